"""What the tests against real servers share: servers, the program, writers, oracles."""
