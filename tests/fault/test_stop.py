"""Signals, and a second instance."""

import os
import signal

import pytest

from harness import scenario
from harness.unmoor import INTERRUPTED, OK, RUNNING, TERMINATED, environment

pytestmark = pytest.mark.usefixtures("binary")


@pytest.fixture
def job(two, new_job, fixtures):
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "chunk_keys.sql", "keys")
    return new_job(source, target, ["keys.*"], copy__chunk_rows_max=40)


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, TERMINATED), (signal.SIGINT, INTERRUPTED)])
@pytest.mark.parametrize("when", ["copy", "follow"])
def test_stops_cleanly_and_resumes(job, when, number, code, test_seed):
    with scenario.writers(job.source, ["keys"], seed=test_seed) as writers:
        # A delay at each chunk keeps the copy going for as long as the test needs.
        env = environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:30")
        migrate = job.spawn("migrate", env=env)
        if when == "copy":
            # Of several tables: some of them have to begin anew.
            migrate.until(lambda: len({row[1] for row in job.chunks().values()}) > 6, "chunks of several tables")
        else:
            migrate.until(job.follows, "the copy's end")
            writers.wait_for(20, migrate)
        result = migrate.stop(number, code)
        assert "goes on from here" in result.stderr
        before = job.chunks()
        assert before and (when == "follow" or not job.follows())
        assert job.status()["phase"] in ("copy", "follow", "synced")
        job.run("migrate", "--until", "synced").expect(OK)
    scenario.drain(job)
    after = job.chunks()
    kept = [i for i in before if after.get(i) == before[i]]
    assert kept, "nothing of the copy was kept"
    scenario.assert_arrived(job, writers, ["keys"])


def test_the_second_signal_ends_it_at_once(job):
    """A stop that is held up, here by a target that does not answer, is not waited for."""
    env = environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:30")
    migrate = job.spawn("migrate", env=env)
    migrate.until(job.chunks, "a first chunk")
    os.kill(job.target.pid, signal.SIGSTOP)
    try:
        migrate.send(signal.SIGTERM)
        migrate.until(lambda: "a second signal ends it at once" in migrate.text()[1], "an answer to the first signal")
        migrate.send(signal.SIGTERM)
        migrate.wait(20).expect(TERMINATED)
    finally:
        os.kill(job.target.pid, signal.SIGCONT)
    job.run("migrate", "--until", "synced").expect(OK)


def test_a_second_instance_is_refused(job):
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    second = job.run("migrate").expect(RUNNING)
    assert "UM-" in second.stderr and "shop" in second.stderr
    assert job.run("cleanup").code == RUNNING, "cleanup must not pull the state from under a running job"
    assert migrate.running()
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(OK)


def test_a_killed_instance_leaves_no_lock(job):
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    migrate.kill()
    job.run("migrate", "--until", "synced").expect(OK)
