"""Waiting for conditions. No test sleeps for a fixed time and hopes."""

import time


class Timeout(AssertionError):
    pass


def until(condition, what, seconds=60, pause=0.02):
    """Polls until condition() is true and returns its value."""
    deadline = time.monotonic() + seconds * SLACK
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f"waited {seconds * SLACK:.0f} s in vain for: {what}")
        time.sleep(pause)


# Sanitizers and busy machines make everything slower; no test asserts a time.
SLACK = 3
