"""copy.snapshot_max_age: the copy goes on with a new snapshot before the one at hand becomes too old."""

import threading
import time

import pytest

from harness import scenario
from harness.unmoor import OK, environment

pytestmark = pytest.mark.usefixtures("binary")

SAME = ["mysql97-mysql97", "mariadb-mariadb"]
SLOW = {"UNMOOR_FAULT": "copy.before_chunk_commit=delay:20"}
MAX_AGE = 1  # s


class Watch(threading.Thread):
    """The longest time that a transaction of the copy was open on the source, as the server tells it."""

    def __init__(self, source):
        super().__init__(daemon=True)
        self.source, self.done, self.oldest = source, threading.Event(), 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.done.set()
        self.join()

    def run(self):
        while not self.done.wait(0.1):
            for (seconds,) in self.source.query(
                    "SELECT CAST(TIMESTAMPDIFF(MICROSECOND, t.trx_started, NOW(6)) / 1e6 AS DOUBLE) FROM information_schema.innodb_trx t"
                    " JOIN information_schema.processlist p ON p.id=t.trx_mysql_thread_id WHERE p.user='unmoor_src'"):
                self.oldest = max(self.oldest, seconds)


def chunks_by_snapshot(job):
    return dict(job.state("SELECT snapshot_id, COUNT(*) FROM job_chunk GROUP BY snapshot_id"))


def snapshots_of(job, table):
    return {s for (s,) in job.state("SELECT DISTINCT c.snapshot_id FROM job_chunk c JOIN job_table t ON t.job=c.job AND t.id=c.table_id"
                                    f" WHERE t.table_name='{table}'")}


@pytest.mark.parametrize("pair", SAME)
def test_many_snapshots_under_writes(pair, two, new_job, fixtures, test_seed):
    source, target = two(pair)
    names = scenario.load(source, target, fixtures)
    job = new_job(source, target, scenario.include(names), copy__snapshot_max_age=f"{MAX_AGE}s", copy__chunk_rows_max=100)
    with scenario.writers(source, names, seed=test_seed) as writers:
        writers.wait_for(20)
        migrate = job.spawn("migrate", env=environment(**SLOW))
        migrate.until(job.follows, "the copy's end")
        writers.wait_for(50, migrate)
        migrate.stop()
    by_snapshot = chunks_by_snapshot(job)
    assert len(by_snapshot) > 2 and "copy.snapshot_max_age" in migrate.result().stderr, by_snapshot
    assert len(snapshots_of(job, "sbtest1")) > 1, "a table's chunks may be of several"
    positions = job.state("SELECT DISTINCT log_file, log_pos FROM job_snapshot")
    assert len(positions) > 1, "written to in between"
    scenario.drain(job)
    scenario.assert_arrived(job, writers, names)


@pytest.fixture
def slow_job(request, two, new_job):
    source, target = two(request.param)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(20))",
                  "CREATE TABLE d.words (w VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY)")
    source.script("INSERT INTO d.t VALUES " + ", ".join(f"({n}, 'v{n}')" for n in range(3000)),
                  "INSERT INTO d.words VALUES " + ", ".join(f"('w{n}')" for n in range(1000)), "ANALYZE TABLE d.t, d.words")
    return new_job(source, target, ["d.*"], copy__snapshot_max_age=f"{MAX_AGE}s", copy__chunk_rows_max=20, copy__threads=2)


@pytest.mark.parametrize("slow_job", SAME, indirect=True)
def test_no_transaction_is_older(slow_job):
    slow_job.set("tables.exclude", ["d.words"])
    slow_job.write()
    with Watch(slow_job.source) as watch:
        slow_job.run("migrate", "--until", "copied", env=environment(**SLOW)).expect(OK)
    assert MAX_AGE / 2 < watch.oldest < 3 * MAX_AGE, "and it was looked at"
    assert len(chunks_by_snapshot(slow_job)) > 1


@pytest.mark.parametrize("slow_job", SAME, indirect=True)
def test_what_has_to_be_of_one_snapshot(slow_job):
    """Only the server can order the words, so they are copied to their end."""
    slow_job.run("migrate", "--until", "copied", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:60")).expect(OK)
    assert len(snapshots_of(slow_job, "t")) > 1 and len(snapshots_of(slow_job, "words")) == 1
    slow_job.run("migrate", "--until", "synced").expect(OK)
    slow_job.run("verify").expect(OK)


@pytest.mark.core
def test_each_snapshot_brings_something(two, new_job):
    """However short it may last."""
    source, target = two(SAME[0])
    source.script("CREATE DATABASE d", *(f"CREATE TABLE d.t{n} (id INT PRIMARY KEY); INSERT INTO d.t{n} VALUES (1)" for n in range(5)))
    job = new_job(source, target, ["d.*"], copy__snapshot_max_age="1ms", copy__threads=1)
    began = time.monotonic()
    job.run("migrate", "--until", "synced").expect(OK)
    assert len(chunks_by_snapshot(job)) == 5 and time.monotonic() - began < 60
