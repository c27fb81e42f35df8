"""Distributed transactions: their rows are in the binlog when they are prepared, their outcome comes later, or never."""

import random

import pytest

from harness import oracle
from harness.unmoor import OK, environment

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql56-mysql97", "mysql97-mysql97", "mariadb-mariadb", "mysql97-mariadb"]
# All names of a kind that a server may use: quotes and bytes in the two parts, another format number.
XIDS = ["'plain'", "'it''s', 'branch'", "X'00ff27', X'5c', 77", f"'{'g' * 64}', '{'b' * 64}', 2147483647"]


@pytest.fixture(params=PAIRS)
def job(request, two, new_job):
    source, target = two(request.param)
    source.script("CREATE DATABASE d COLLATE utf8mb4_bin", "CREATE DATABASE elsewhere", "CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(100), b LONGBLOB, f FLOAT, d DATETIME)",
                  "CREATE TABLE elsewhere.other (id INT PRIMARY KEY, v INT)",
                  "INSERT INTO d.t VALUES (1, 'one', x'00ff', 1.5, '2020-02-29'), (2, 'two', NULL, -0.1, NULL), (3, 'three', '', NULL, NULL)")
    job = new_job(source, target, ["d.t"])
    job.logs_prepare = not request.param.startswith("mysql56")
    job.run("migrate", "--until", "synced").expect(OK)
    return job


def prepare(source, xid, *statements):
    source.script(f"XA START {xid}", *statements, f"XA END {xid}", f"XA PREPARE {xid}")


def synced(job):
    return job.run("migrate", "--until", "synced").expect(OK)


def kept(job):
    return job.state("SELECT COUNT(DISTINCT xid), COUNT(*) FROM job_prepared")[0]


def assert_equal(job):
    oracle.assert_equal(job.source, job.target, ["d"])


def test_outcome_after_a_restart(job):
    if not job.logs_prepare:
        pytest.skip("5.6 logs the transaction when it commits, and loses it with its session")
    before = job.target.query("SELECT * FROM d.t")
    for i, xid in enumerate(XIDS):
        prepare(job.source, xid, f"INSERT INTO d.t VALUES ({10 + i}, 'new', REPEAT(x'00', 300000), 1e-30, '0001-01-01')",
                f"INSERT INTO elsewhere.other VALUES ({i}, 1)", f"UPDATE d.t SET v='changed', f=0.3 WHERE id={i}", f"DELETE FROM d.t WHERE id={-i}")
    synced(job)
    assert job.target.query("SELECT * FROM d.t") == before
    assert kept(job)[0] == len(XIDS)
    job.source.script("INSERT INTO d.t VALUES (99, 'meanwhile', NULL, NULL, NULL)")
    synced(job)
    for end, xid in zip(["COMMIT", "ROLLBACK", "COMMIT", "COMMIT"], XIDS):
        job.source.script(f"XA {end} {xid}")
        synced(job)
    assert_equal(job)
    assert kept(job) == (0, 0) and len(job.target.query("SELECT id FROM d.t WHERE id >= 10")) == 4
    # A name may be used again.
    prepare(job.source, XIDS[0], "DELETE FROM d.t")
    job.source.script(f"XA COMMIT {XIDS[0]}")
    synced(job)
    assert_equal(job)
    assert job.target.query("SELECT COUNT(*) FROM d.t") == ((0,),)


def test_one_phase(job):
    job.source.script("XA START 'one'", "UPDATE d.t SET v='one phase'", "XA END 'one'", "XA COMMIT 'one' ONE PHASE",
                      "XA START 'two'", "UPDATE d.t SET v='never'", "XA END 'two'", "XA ROLLBACK 'two'",
                      "XA START 'three'", "UPDATE elsewhere.other SET v=1", "XA END 'three'", "XA PREPARE 'three'", "XA COMMIT 'three'")
    synced(job)
    assert_equal(job)
    assert kept(job) == (0, 0)


@pytest.mark.parametrize("end", ["PREPARE 'big'; XA COMMIT 'big'", "COMMIT 'big' ONE PHASE", "PREPARE 'big'; XA ROLLBACK 'big'"])
def test_larger_than_memory(job, end):
    """Its parts go their way before its end is known."""
    job.set("apply.memory", "4MiB")
    job.write()
    job.source.script("XA START 'big'", *[f"INSERT INTO d.t VALUES ({i}, 'x', REPEAT(CHAR({65 + i % 26}), {size}), {i}, NULL)"
                                          for i, size in enumerate([1500000] * 6 + [5, 3000000, 0], 100)], "XA END 'big'", f"XA {end}")
    synced(job)
    assert_equal(job)
    assert kept(job) == (0, 0)


@pytest.mark.parametrize("point", ["apply.before_commit", "apply.after_commit", "apply.mid_transaction"])
def test_killed_between(job, point):
    if not job.logs_prepare:
        pytest.skip("5.6 loses what is prepared with its session")
    rng = random.Random(point)
    undecided = []
    for i in range(8):
        prepare(job.source, f"'x{i}'", f"INSERT INTO d.t VALUES ({100 + i}, 'prepared', REPEAT('b', 1000), 1, NULL)")
        undecided.append(i)
        job.source.script(f"INSERT INTO d.t VALUES ({200 + i}, 'plain', NULL, NULL, NULL)")
        if rng.random() < 0.6:
            i = undecided.pop(rng.randrange(len(undecided)))
            job.source.script(f"XA {rng.choice(['COMMIT', 'ROLLBACK'])} 'x{i}'")
        job.run("migrate", "--until", "synced", env=environment(UNMOOR_FAULT=f"{point}=crash"))
    for i in undecided:
        job.source.script(f"XA COMMIT 'x{i}'")
    synced(job)
    assert_equal(job)
    assert kept(job) == (0, 0)
