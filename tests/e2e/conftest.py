"""Fixtures of the end-to-end tests."""

import pytest


@pytest.fixture
def pair(pool):
    """pair(MARIADB118, MYSQL97) gives a server of each kind, emptied."""
    def get(source, target):
        both = pool.get(f"src-{source}", source), pool.get(f"dst-{target}", target)
        for server in both:
            server.reset()
        return both
    return get
