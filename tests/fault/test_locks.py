"""Somebody on the target holds a lock on a row that the applier changes: it is waited for, said, and not for ever."""

import contextlib

import pytest

from harness.unmoor import OK, TARGET

pytestmark = pytest.mark.usefixtures("binary")

MANY = "INSERT INTO l.t VALUES " + ", ".join(f"({i}, 1, REPEAT('x', 500))" for i in range(100, 4000))
# What the source does: how its change of the row 3 gets to the target.
WAYS = {
    "batch": ["UPDATE l.t SET a=3 WHERE id=3", "UPDATE l.t SET a=2 WHERE id=2"],
    "row by row": ["BEGIN", "UPDATE l.t SET a=3 WHERE id=3", "UPDATE l.t SET a=9 WHERE id=9", "COMMIT"],
    "parts": ["BEGIN", MANY, "UPDATE l.t SET a=3 WHERE id=3", "COMMIT"],
    "XA": ["XA START 'x'", "UPDATE l.t SET a=3 WHERE id=3", "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'"],
}


@pytest.fixture(params=["mariadb-mariadb", "mysql97-mysql97"])
def job(two, new_job, request):
    source, target = two(request.param)
    source.script("CREATE DATABASE l", "CREATE TABLE l.t (id INT PRIMARY KEY, a INT, s TEXT CHARACTER SET latin1)",
                  "INSERT INTO l.t (id, a) VALUES (1, 0), (2, 0), (3, 0), (9, 0)")
    job = new_job(source, target, ["l.*"], apply__memory="1MiB", apply__on_conflict="skip")
    job.run("migrate", "--until", "synced").expect(OK)
    target.script("DELETE FROM l.t WHERE id=9")
    before = target.value("SELECT @@GLOBAL.innodb_lock_wait_timeout")
    target.script("SET GLOBAL innodb_lock_wait_timeout=1")
    yield job
    target.script(f"SET GLOBAL innodb_lock_wait_timeout={before}")


@contextlib.contextmanager
def locked(server):
    connection = server.connect(autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM l.t WHERE id=3 FOR UPDATE")
        yield
    connection.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_lock_is_waited_for(way, job):
    with locked(job.target):
        job.source.script(*WAYS[way])
        migrate = job.spawn("migrate")
        migrate.until(lambda: migrate.text()[1].count("Lock wait" if way in ("parts", "XA") else "holds a lock") > 0, "a word about the lock")
        said = migrate.text()[1]
        assert "`l`.`t`" in said and ("id=3" in said or "or one of those" in said) and "1205" in said, said
        assert job.target.value("SELECT a FROM l.t WHERE id=3") == 0
    migrate.until(lambda: job.target.value("SELECT a FROM l.t WHERE id=3") == 3, "the change")
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(OK)
    assert job.target.value("SELECT COUNT(*) FROM l.t WHERE id<>9") == job.source.value("SELECT COUNT(*) FROM l.t WHERE id<>9")


@pytest.mark.parametrize("way", WAYS)
def test_a_lock_is_not_waited_for_for_ever(way, job):
    job.set("follow.reconnect_timeout", "2s")
    job.write()
    with locked(job.target):
        job.source.script(*WAYS[way])
        result = job.run("migrate").expect(TARGET)
        assert "UM-3007" in result.stderr and "`l`.`t`" in result.stderr, str(result)
        assert job.status()["stopped_at"] is None, "a lock is nothing to pass over"
    job.run("migrate", "--until", "synced").expect(OK)
    assert job.target.value("SELECT a FROM l.t WHERE id=3") == 3
