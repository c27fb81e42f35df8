"""Workers that could hold each other up: no wait for a lock is left to the server's patience."""

import pytest

from harness import oracle
from harness.unmoor import OK

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb"]


def start(pair, two, new_job, *statements, **config):
    """Behind the first copy. A wait for a lock does not end by itself within this test's time."""
    source, target = two(pair, prefix="patient-", target_options=["--innodb-lock-wait-timeout=100000"])
    source.script("CREATE DATABASE d", *statements)
    job = new_job(source, target, ["d.*"], **config)
    job.run("migrate", "--until", "synced").expect(OK)
    return job


def finish(job):
    job.run("migrate", "--until", "synced", seconds=60).expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("pair", PAIRS)
def test_a_parent_changes_while_children_come(pair, two, new_job):
    """A child's insert locks its parent's row, which an earlier or a later batch may have changed."""
    job = start(pair, two, new_job, "CREATE TABLE d.parent (id INT PRIMARY KEY, v INT)", "INSERT INTO d.parent VALUES (1, 0), (2, 0)",
                "CREATE TABLE d.slow (id INT PRIMARY KEY, v INT, u INT UNIQUE)", "INSERT INTO d.slow VALUES " + ", ".join(f"({i}, 0, {i})" for i in range(200)),
                "CREATE TABLE d.child (id INT AUTO_INCREMENT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES d.parent (id))",
                apply__workers=8, apply__batch_rows=1, apply__commit_order="source")
    # The child comes at the end of a transaction, when the batch behind it has long changed the parent.
    job.source.script(*["BEGIN; UPDATE d.slow SET v=v+1; INSERT INTO d.child (parent) VALUES (1); COMMIT",
                        "UPDATE d.parent SET v=v+1 WHERE id=1"] * 5)
    finish(job)


@pytest.mark.parametrize("pair", PAIRS)
def test_gaps_between_unique_values(pair, two, new_job):
    """A unique value that was deleted and comes again locks the gap beside it, into which another batch inserts."""
    job = start(pair, two, new_job, "CREATE TABLE d.t (id INT PRIMARY KEY, u INT, UNIQUE (u))",
                "INSERT INTO d.t VALUES " + ", ".join(f"({i}, {10 * i})" for i in range(50)),
                apply__workers=8, apply__batch_rows=2, apply__commit_order="source")
    for i in range(60):
        u = 10 * (i * 7 % 50)
        job.source.script(f"DELETE FROM d.t WHERE u={u}", f"INSERT INTO d.t VALUES ({100 + i}, {u})", f"INSERT INTO d.t VALUES ({1000 + i}, {u + 1 + i % 9})"
                          f" ON DUPLICATE KEY UPDATE id={2000 + i}", f"DELETE FROM d.t WHERE id={1000 + i - 3}")
    finish(job)


@pytest.mark.parametrize("order", ["free", "source"])
def test_a_stranger_holds_a_row(order, two, new_job):
    """For longer than one attempt takes; everything goes on when it lets go."""
    job = start("mysql97-mysql97", two, new_job, "CREATE TABLE d.t (id INT PRIMARY KEY, v INT)", "INSERT INTO d.t VALUES (1, 0), (2, 0), (3, 0)",
                apply__workers=3, apply__batch_rows=1, apply__commit_order=order)
    stranger = job.target.connect("d", autocommit=False)
    try:
        stranger.cursor().execute("SELECT * FROM t WHERE id=1 FOR UPDATE")
        job.source.script(*[f"UPDATE d.t SET v={i} WHERE id={id}" for i in range(1, 20) for id in (1, 2, 3)])
        migrate = job.spawn("migrate", "--until", "synced")
        waits = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'"  # innodb_trx may be old
        migrate.until(lambda: int(job.target.query(waits)[0][1]), "a worker that waits for the row")
    finally:
        stranger.close()  # what it holds would be waited for without end
    migrate.wait(60).expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("order", ["free", "source"])
def test_large_rows_and_little_memory(order, two, new_job):
    """Each row is a multiple of what may be under way, and there are more workers than rows."""
    job = start("mysql97-mysql97", two, new_job, "CREATE TABLE d.t (id INT PRIMARY KEY, v INT, b LONGBLOB)", "INSERT INTO d.t VALUES (0, 0, NULL)",
                apply__workers=64, apply__memory="1MiB", apply__commit_order=order)
    job.source.script(*[f"BEGIN; INSERT INTO d.t VALUES ({i}, 0, REPEAT('{i}', 2500000)); UPDATE d.t SET v=v+1 WHERE id=0; COMMIT" for i in range(10, 18)],
                      "UPDATE d.t SET b=CONCAT(b, 'x') WHERE id IN (10, 11)", "DELETE FROM d.t WHERE id > 15")
    finish(job)
