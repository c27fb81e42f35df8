"""Fixtures of all tests against real servers."""

import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import servers, unmoor  # noqa: E402
from harness.servers import MARIADB, MYSQL56, MYSQL97  # noqa: E402

PAIRS = {
    "mysql56-mysql97": (MYSQL56, MYSQL97),
    "mysql97-mysql97": (MYSQL97, MYSQL97),
    "mariadb-mariadb": (MARIADB, MARIADB),
    "mysql97-mariadb": (MYSQL97, MARIADB),
}


@pytest.fixture(scope="session")
def pool():
    pool = servers.Pool()
    yield pool
    pool.close()


@pytest.fixture
def both(pool):
    """both(MARIADB118, MYSQL97) gives a server of each kind, emptied."""
    def get(source, target, prefix="", source_options=(), target_options=()):
        found = (pool.get(f"{prefix}src-{source}", source, source_options),
                    pool.get(f"{prefix}dst-{target}", target, target_options))
        for server in found:
            server.reset()
        return found
    return get


@pytest.fixture
def two(both):
    """two("mariadb-mariadb") does so by the pair's name."""
    return lambda pair, **options: both(*PAIRS[pair], **options)


@pytest.fixture
def binary():
    if not unmoor.BINARY.exists():
        pytest.exit(f"there is no {unmoor.BINARY}: build it or set UNMOOR_BIN", returncode=3)
    return unmoor.BINARY


@pytest.fixture
def new_job(tmp_path, binary):
    """Makes jobs; at the end nothing of them runs, and no output holds a password."""
    jobs = []

    def make(source, target, include, **config):
        name = config.get("name", "shop")
        job = unmoor.Job(tmp_path / f"job-{len(jobs)}-{name}", source, target, include, **config)
        jobs.append(job)
        return job

    yield make
    problems = []
    for job in jobs:
        try:
            job.close()
        except AssertionError as error:
            problems.append(str(error))
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="session")
def fixtures():
    return pathlib.Path(__file__).parent / "fixtures"


def pytest_configure():
    """A run that is told to end stops its servers, as one does that is interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """Of each matrix every third case, and each of its tests at least once: all of them together take hours of a
    small machine. UNMOOR_TEST_MATRIX=all runs them all, 1/3 to 3/3 the three parts."""
    part = os.environ.get("UNMOOR_TEST_MATRIX", "1/3")
    if part == "all":
        return
    turn, of = map(int, part.split("/"))
    number, left_out = {}, []
    for item in items:
        if item.get_closest_marker("matrix") and hasattr(item, "callspec"):
            function = item.nodeid.split("[")[0]
            number[function] = number.get(function, -1) + 1
            if number[function] % of != (turn - 1) % of:
                left_out.append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def pytest_report_header():
    return [f"unmoor: {unmoor.BINARY}", f"seed: {seed()}"]


def seed():
    """UNMOOR_TEST_SEED repeats what a run did at random."""
    if "UNMOOR_TEST_SEED" not in os.environ:
        os.environ["UNMOOR_TEST_SEED"] = str(int.from_bytes(os.urandom(4), "big"))
    return int(os.environ["UNMOOR_TEST_SEED"])


@pytest.fixture
def test_seed(request):
    return f"{seed()}/{request.node.name}"
