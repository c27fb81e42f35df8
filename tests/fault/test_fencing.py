"""An instance that lost its lock on the job, without knowing: another has taken over, and it changes nothing more."""

import signal

import pytest

from harness import scenario, wait
from harness.unmoor import OK, RUNNING, environment

pytestmark = pytest.mark.usefixtures("binary")


SESSIONS = {"all": "SELECT id FROM information_schema.processlist WHERE user=%s",
            "lock": "SELECT IS_USED_LOCK('unmoor.shop') FROM (SELECT %s) account"}

IN_A_TRANSACTION = ("SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist ON id=trx_mysql_thread_id"
                    " WHERE user=%s")


def stops(process, job, lost):
    """Where its other sessions live on, what they are about to write stays locked."""
    process.send(signal.SIGSTOP)
    if lost == "all" or not job.target.value(IN_A_TRANSACTION, (job.users["target"],)):
        return True
    process.send(signal.SIGCONT)
    return False


# A session that the server still holds keeps the locks of the chunk that is in work: then there is no successor.
@pytest.mark.parametrize("when, lost", [("copy", "all"), ("follow", "all"), ("follow", "lock")])
def test_the_successor_wins(when, lost, two, new_job, fixtures, test_seed):
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "mixed.sql", "mixed")
    job = new_job(source, target, ["mixed.*"], copy__chunk_rows_max=40)
    with scenario.writers(source, ["mixed"], seed=test_seed) as writers:
        first = job.spawn("migrate", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:30"))
        first.until(lambda: len(job.chunks()) > 5 if when == "copy" else job.follows(), f"the {when}")
        writers.wait_for(10, first)
        # Not scheduled for a while, and meanwhile the server took its session for dead.
        wait.until(lambda: stops(first, job, lost), "a gap between its transactions")
        for id_, in target.query(SESSIONS[lost], (job.users["target"],)):
            target.script(f"KILL {id_}")
        job.run("migrate", "--until", "synced").expect(OK)
        writers.wait_for(20)
        first.send(signal.SIGCONT)
        result = first.wait(120)
        assert result.code == RUNNING and "UM-8" in result.stderr, str(result)
        job.run("migrate", "--until", "synced").expect(OK)
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])
    job.run("verify").expect(OK)


@pytest.mark.parametrize("rows", [2000, 300])
@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_no_chunk_without_its_record(pair, rows, two, new_job):
    """Nor a table that is one chunk: rows are there only with what tells of them, and that is the successor's to write."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, v INT)",
                  f"INSERT INTO d.t VALUES {', '.join(f'({n}, {n})' for n in range(rows))}")
    job = new_job(source, target, ["d.*"], copy__threads=1, copy__chunk_rows_max=400)
    first = job.spawn("migrate", env=environment(UNMOOR_FAULT="copy.mid_chunk=delay:5"))
    first.until(lambda: job.has_table("job_snapshot") and job.state("SELECT 1 FROM job_snapshot"), "the snapshot, and its first chunk")
    target.script("UPDATE unmoor.job SET epoch=epoch+1")
    result = first.wait(120)
    assert result.code == RUNNING and "UM-8" in result.stderr, str(result)
    assert target.value("SELECT COUNT(*) FROM d.t") == sum(chunk[5] for chunk in job.chunks().values()) < rows
    assert job.state("SELECT state FROM job_table") == (("created",),) and not job.state("SELECT 1 FROM job_model")
    job.run("migrate", "--until", "synced").expect(OK)
    assert target.value("SELECT COUNT(*) FROM d.t") == rows
