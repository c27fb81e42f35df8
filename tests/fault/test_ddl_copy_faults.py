"""DDL between two snapshots of a copy: crashes while the job is brought in line with it, and what it does to others."""

import signal

import pytest

from harness import oracle
from harness.unmoor import OK, OTHER, UNSUPPORTED, environment

pytestmark = pytest.mark.usefixtures("binary")


def begin(two, new_job, pair, chunks):
    """c is copied, of p a part, of the others nothing."""
    source, target = two(pair)
    source.script("CREATE DATABASE d CHARACTER SET latin1")
    source.script("CREATE TABLE p (id INT PRIMARY KEY AUTO_INCREMENT, n INT, s VARCHAR(7500))",
                  "CREATE TABLE c (id INT PRIMARY KEY AUTO_INCREMENT, n INT, s VARCHAR(7500), p_id INT, FOREIGN KEY p_of_c (p_id) REFERENCES p (id))",
                  *(f"CREATE TABLE {t} (id INT PRIMARY KEY, n INT)" for t in ("late", "other", "last")),
                  "SET cte_max_recursion_depth=5000" if not source.mariadb else "SET @x=1",
                  "INSERT INTO p (n, s) WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i+1 FROM r WHERE i<1000) SELECT i, 'x' FROM r",
                  "INSERT INTO c (n, s, p_id) SELECT n, REPEAT('y', 7000), id FROM p WHERE n<=250",
                  *(f"INSERT INTO {t} VALUES (1, 1), (2, 2)" for t in ("late", "other", "last")),
                  "ANALYZE TABLE p, c", database="d")
    job = new_job(source, target, ["d.*"], copy__threads=1, copy__chunk_rows_max=100)
    result = job.run("migrate", env=environment(UNMOOR_FAULT=f"copy.after_chunk_commit=crash@{chunks}"))
    assert result.code == -signal.SIGKILL, str(result)
    return job


def arrives(job):
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])
    job.run("verify").expect(OK)


CHANGES = ["ALTER TABLE p ADD k INT", "INSERT INTO p (n, k) VALUES (1, 1)", "DROP TABLE late", "RENAME TABLE other TO another",
           "ALTER TABLE last DROP n", "CREATE TABLE more (id INT PRIMARY KEY)", "INSERT INTO more VALUES (1)"]


@pytest.mark.parametrize("how", ["crash", "fail"])
@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_each_table_that_changed(pair, how, two, new_job):
    """The point is met once for each, so every start gets one further."""
    job = begin(two, new_job, pair, 6)
    job.source.script(*CHANGES, database="d")
    # p, late, other, last; another, more
    for passage in (1, 2, 2, 1):
        result = job.run("migrate", env=environment(UNMOOR_FAULT=f"copy.before_renewal={how}@{passage}"))
        if how == "crash":
            assert result.code == -signal.SIGKILL, str(result)
        else:
            result.expect(OTHER)
    arrives(job)


# What it does to tables that refer to each other, and what the job says; None: it goes on.
FAMILY = {
    "a parent that is copied later": ("ALTER TABLE p ADD k INT; INSERT INTO p (n, k) VALUES (1, 1); INSERT INTO c (p_id) SELECT MAX(id) FROM p", None),
    "a child whose key waits": ("ALTER TABLE c ADD k INT", "wait for the stream"),
    "a parent by another name": ("RENAME TABLE p TO q", "`d`.`c`, which refers to it, before"),
    "another child of it": ("CREATE TABLE e (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES p (id)); INSERT INTO e VALUES (1); DELETE FROM e", None),
    "a child that came and went": ("CREATE TABLE e (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES p (id)); INSERT INTO e VALUES (1); DROP TABLE e", None),
    "each other's names": ("RENAME TABLE c TO x, p TO c, x TO p", "because"),
    "a table in the place of one that is copied": ("DROP TABLE c; RENAME TABLE p TO c", "takes the place of"),
    "a table in the place of one that was renamed": ("RENAME TABLE c TO was; RENAME TABLE late TO c", "takes the place of"),
    "one made like another in its place": ("DROP TABLE c; ALTER TABLE late ADD k INT; CREATE TABLE c LIKE late", "because"),
    "what becomes one that is copied later": ("CREATE TABLE q (id INT PRIMARY KEY, w INT); INSERT INTO q VALUES (1, 1); RENAME TABLE late TO old, q TO late; "
                                              "INSERT INTO late VALUES (3, 3)", None),
    "a database, and anew": ("DROP DATABASE d; CREATE DATABASE d; CREATE TABLE d.late (x INT PRIMARY KEY); INSERT INTO d.late VALUES (1)",
                             "some of its tables were copied before"),
}


@pytest.mark.parametrize("what", FAMILY)
def test_tables_that_belong_together(what, two, new_job):
    job = begin(two, new_job, "mysql97-mysql97", 6)
    statements, reason = FAMILY[what]
    job.source.script(*statements.split("; "), database="d")
    if reason:
        result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
        assert "UM-6101" in result.stderr and reason in result.stderr, str(result)
        job.run("migrate", "--until", "synced", "--restart").expect(OK)
        oracle.assert_equal(job.source, job.target, ["d"])
    else:
        arrives(job)


def test_a_table_that_is_always_emptied(two, new_job):
    """No endless loop: a table that never stays until it is copied ends the job, and says why."""
    job = begin(two, new_job, "mysql97-mysql97", 6)
    job.set("follow.reconnect_timeout", "1s")
    job.write()
    migrate = job.spawn("migrate", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:300"))
    while migrate.running():
        job.source.script("ALTER TABLE p FORCE", database="d")
    result = migrate.wait().expect(5)
    assert "UM-5007" in result.stderr and "`d`.`p`" in result.stderr, str(result)
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])
