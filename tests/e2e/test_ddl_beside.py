"""While a DDL runs on the target, tables that it has nothing to do with go on."""

import contextlib
import signal

import pytest

from harness import oracle, wait
from harness.unmoor import OK, TARGET, TERMINATED

pytestmark = pytest.mark.usefixtures("binary")

FLAVOURS = ["mysql97-mysql97", "mariadb-mariadb"]

SCHEMA = """
CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL);
CREATE TABLE child (id INT PRIMARY KEY, t_id INT, FOREIGN KEY (t_id) REFERENCES t (id));
CREATE TABLE other (id INT PRIMARY KEY, n INT NOT NULL);
CREATE TABLE keyless (n INT);
INSERT INTO t VALUES (1, 1), (2, 2);
INSERT INTO child VALUES (1, 1);
INSERT INTO other VALUES (1, 1), (2, 2), (3, 3)
"""


@pytest.fixture
def follower(two, new_job):
    """A job that follows: follower(pair) gives it and the process."""
    def make(pair, **config):
        source, target = two(pair)
        source.script("CREATE DATABASE d", SCHEMA.replace("TABLE ", "TABLE d.").replace("INTO ", "INTO d.")
                      .replace("REFERENCES ", "REFERENCES d."))
        job = new_job(source, target, ["d.*"], **config)
        migrate = job.spawn("migrate")
        migrate.until(job.follows, "the copy's end")
        return job, migrate
    return make


@contextlib.contextmanager
def definition_held(job, sql="SELECT COUNT(*) FROM t"):
    """A session on the target that DDL has to wait for: a reader at its end, a lock at its beginning."""
    with job.target.connect("d", autocommit=False) as session, session.cursor() as cursor:
        cursor.execute(sql)
        yield


def ddl_waits(job):
    return job.target.query("SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata lock%'")


def alter(job, migrate, sql="ALTER TABLE t ADD c INT NOT NULL DEFAULT 5 AFTER id"):
    job.source.script(sql, database="d")
    migrate.until(lambda: ddl_waits(job), "the DDL on the target")


def other(job):
    return dict(job.target.query("SELECT id, n FROM d.other"))


# Each change shows if it is made twice, or in another order.
MIXED = """
INSERT INTO t VALUES (3, 33, 333);
UPDATE other SET n=n*10+1 WHERE id=2;
BEGIN; UPDATE t SET n=n+1 WHERE id=1; UPDATE other SET n=n*10+2 WHERE id=1; COMMIT;
UPDATE other SET n=n*10+3 WHERE id=1;
INSERT INTO child VALUES (2, 3);
INSERT INTO keyless VALUES (1), (1), (2);
UPDATE other SET n=n*10+4 WHERE id=2;
BEGIN; UPDATE other SET n=n*10+5 WHERE id=1; UPDATE other SET n=n*10+6 WHERE id=3; COMMIT;
UPDATE other SET n=n*10+7 WHERE id=3;
INSERT INTO keyless VALUES (1);
INSERT INTO other VALUES (9, 9)
"""
# What shares a row with a transaction on t waits with it, and nothing else does.
GONE_ON = {1: 1, 2: 214, 3: 3, 9: 9}


def is_recorded(job, migrate):
    """How far it is, as seen by the next start."""
    def seen():
        return job.state("SELECT MAX(seen_at) FROM job_progress")
    for _ in range(2):
        before = seen()
        migrate.until(lambda: seen() != before, "a sign of life")


def run_mixed(job, migrate):
    job.source.query("INSERT INTO d.keyless VALUES (0)")
    migrate.until(lambda: job.target.query("SELECT * FROM d.keyless"), "a change right behind the DDL")
    is_recorded(job, migrate)
    job.source.script(MIXED, database="d")
    migrate.until(lambda: other(job) == GONE_ON and len(job.target.query("SELECT * FROM d.keyless")) == 5,
                  "what has nothing to do with the DDL")
    assert job.target.query("SELECT id FROM d.child") == ((1,),)
    assert ddl_waits(job)


def arrives(job):
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.core
@pytest.mark.parametrize("pair", FLAVOURS)
def test_others_go_on(pair, follower):
    job, migrate = follower(pair)
    with definition_held(job):
        alter(job, migrate)
        run_mixed(job, migrate)
    migrate.until(lambda: other(job).get(1) == 1235, "the rest")
    migrate.stop()
    arrives(job)


@pytest.mark.parametrize("pair", FLAVOURS)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_interrupted_beside_it(how, pair, follower):
    """What was applied ahead of the DDL is not applied again."""
    job, migrate = follower(pair)
    with definition_held(job):
        alter(job, migrate)
        run_mixed(job, migrate)
        if how == signal.SIGKILL:
            migrate.kill()
        else:
            migrate.stop(how, TERMINATED)
        job.source.query("INSERT INTO d.other VALUES (10, 10)")
        again = job.spawn("migrate")
    again.until(lambda: 10 in other(job), "the rest")
    again.stop()
    arrives(job)


def test_the_source_s_order(follower):
    """A reader of the target sees no state that the source never had."""
    job, migrate = follower("mysql97-mysql97", apply__commit_order="source")
    with definition_held(job):
        alter(job, migrate)
        job.source.query("INSERT INTO d.other VALUES (9, 9)")
        with pytest.raises(wait.Timeout):
            wait.until(lambda: 9 in other(job), "the row", 2)
    migrate.until(lambda: 9 in other(job), "the rest")
    migrate.stop()
    arrives(job)


@pytest.mark.parametrize("pair", FLAVOURS)
def test_what_has_to_wait(pair, follower):
    """Another DDL, and a verification."""
    job, migrate = follower(pair)
    with definition_held(job):
        alter(job, migrate)
        run_mixed(job, migrate)
        verify = job.spawn("verify")
        job.source.script("ALTER TABLE other ADD late INT DEFAULT 4; INSERT INTO other VALUES (11, 11, 11)", database="d")
        assert len(job.target.query("SHOW COLUMNS FROM d.other")) == 2
    verify.wait().expect(OK)
    migrate.until(lambda: job.target.query("SELECT 1 FROM d.other WHERE id=11"), "the rest")
    migrate.stop()
    arrives(job)


def test_the_target_refuses_it_in_the_end(follower):
    """What went on beside it stays, and is not applied again."""
    job, migrate = follower("mysql97-mysql97")
    job.target.query("UPDATE d.t SET n=5000000 WHERE id=2")
    with definition_held(job, "LOCK TABLES t WRITE"):
        alter(job, migrate, "ALTER TABLE t ADD CHECK (n < 1000000), ADD c INT NOT NULL DEFAULT 5 AFTER id")
        run_mixed(job, migrate)
    result = migrate.wait().expect(TARGET)
    assert "UM-6104" in result.stderr, str(result)
    job.target.query("UPDATE d.t SET n=2 WHERE id=2")
    arrives(job)


def test_a_table_s_end(follower):
    job, migrate = follower("mysql97-mysql97")
    with definition_held(job, "SELECT COUNT(*) FROM keyless"):
        alter(job, migrate, "DROP TABLE keyless")
        job.source.query("UPDATE d.other SET n=n*10+1 WHERE id=1")
        migrate.until(lambda: other(job)[1] == 11, "the row")
    job.source.script("CREATE TABLE keyless (id INT PRIMARY KEY); INSERT INTO keyless VALUES (1)", database="d")
    migrate.until(lambda: job.target.query("SHOW TABLES IN d LIKE 'keyless'") and
                  job.target.query("SELECT * FROM d.keyless") == ((1,),), "the new one")
    migrate.stop()
    arrives(job)


def test_a_renamed_parent_keeps_its_children(follower):
    """They are known by their foreign keys, which may have been built after following had begun."""
    job, migrate = follower("mysql97-mysql97")
    job.source.script("RENAME TABLE t TO parent", database="d")
    migrate.until(lambda: job.target.query("SHOW TABLES IN d LIKE 'parent'"), "the new name")
    with definition_held(job, "SELECT COUNT(*) FROM parent"):
        alter(job, migrate, "ALTER TABLE parent ADD c INT")
        job.source.script("INSERT INTO parent VALUES (7, 7, 7); INSERT INTO child VALUES (7, 7); INSERT INTO other VALUES (9, 9)",
                          database="d")
        migrate.until(lambda: 9 in other(job), "what has nothing to do with the DDL")
        assert job.target.query("SELECT id FROM d.child") == ((1,),)
    migrate.stop()
    arrives(job)


def test_parents_wait_too(follower):
    """To take a row of one away, a server looks into the table that is altered."""
    job, migrate = follower("mysql97-mysql97")
    with definition_held(job, "SELECT COUNT(*) FROM child"):
        alter(job, migrate, "ALTER TABLE child ADD c INT")
        job.source.script("DELETE FROM t WHERE id=2; INSERT INTO other VALUES (9, 9)", database="d")
        migrate.until(lambda: 9 in other(job), "what has nothing to do with the DDL")
        assert len(job.target.query("SELECT * FROM d.t")) == 2
    migrate.until(lambda: len(job.target.query("SELECT * FROM d.t")) == 1, "the rest")
    migrate.stop()
    arrives(job)


def test_the_source_is_lost_beside_it(follower):
    job, migrate = follower("mysql97-mysql97")
    with definition_held(job):
        alter(job, migrate)
        run_mixed(job, migrate)
        for number, in job.source.query("SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"):
            job.source.query(f"KILL {number}")
        job.source.query("INSERT INTO d.other VALUES (10, 10)")
        migrate.until(lambda: 10 in other(job), "what has nothing to do with the DDL")
        assert ddl_waits(job)
    migrate.until(lambda: other(job).get(1) == 1235, "the rest")
    migrate.stop()
    arrives(job)
