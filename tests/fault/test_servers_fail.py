"""Source or target killed and started again while a job copies or follows."""

import pytest

from harness import scenario
from harness.unmoor import OK, environment

pytestmark = pytest.mark.usefixtures("binary")


@pytest.mark.parametrize("when", ["copy", "follow"])
@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_a_server_crashes(pair, side, when, two, new_job, fixtures, test_seed):
    durable = ["--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1"]
    source, target = two(pair, prefix="crash-", source_options=durable, target_options=durable)
    source.load(fixtures / "mixed.sql", "mixed")
    job = new_job(source, target, ["mixed.*"], copy__chunk_rows_max=20, follow__reconnect_timeout="2m")
    slow = environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:20") if when == "copy" else None
    with scenario.writers(source, ["mixed"], seed=test_seed) as writers:
        migrate = job.spawn("migrate", env=slow)
        if when == "copy":
            migrate.until(lambda: len(job.chunks()) > 5, "some chunks")
        else:
            migrate.until(job.follows, "the copy's end")
            writers.wait_for(20, migrate)
        victim = source if side == "source" else target
        victim.kill()
        victim.start()
        writers.wait_for(30)
        # It reconnects by itself. The copy loses its snapshot with the source, and goes on from a
        # new one; with the target it loses nothing.
        if when == "follow":
            applied = job.applied()
            migrate.until(lambda: job.applied() > applied, "that it goes on")
        else:
            migrate.until(job.follows, "the copy's end")
            snapshots = len(job.state("SELECT id FROM job_snapshot"))
            assert snapshots >= 2 if side == "source" else snapshots == 1
        migrate.stop()
        job.run("migrate", "--until", "synced").expect(OK)
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])
    job.run("verify").expect(OK)


@pytest.mark.parametrize("side, code", [("source", 5), ("target", 6)])
def test_a_server_stays_away(side, code, two, new_job, fixtures):
    source, target = two("mariadb-mariadb", prefix="crash-")
    source.load(fixtures / "chunk_keys.sql", "keys")
    job = new_job(source, target, ["keys.*"], follow__reconnect_timeout="2s")
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    victim = source if side == "source" else target
    victim.kill()
    result = migrate.wait(120).expect(code)
    assert "127.0.0.1" in result.stderr
    victim.start()
    job.run("migrate", "--until", "synced").expect(OK)
    scenario.oracle.assert_equal(source, target, ["keys"])
