"""copy.redo_log: off. The target's redo log is off while rows are copied and at no other time, on a server that may be lost."""

import signal

import pytest

from harness import oracle
from harness.unmoor import BLOCKED, OK, OTHER, TARGET, environment

pytestmark = pytest.mark.usefixtures("binary")

PAIR = "mysql97-mysql97"
SLOW = {"UNMOOR_FAULT": "copy.before_chunk_commit=delay:300"}
PRIVILEGES = ["INNODB_REDO_LOG_ENABLE", "SHOW DATABASES"]


def is_on(target):
    return target.query("SHOW GLOBAL STATUS LIKE 'Innodb_redo_log_enabled'")[0][1] == "ON"


def grant(job, *privileges):
    for privilege in privileges:
        job.target.script(f"GRANT {privilege} ON *.* TO '{job.users['target']}'@'127.0.0.1'")


@pytest.fixture
def servers(two):
    source, target = two(PAIR)
    target.script("ALTER INSTANCE ENABLE INNODB REDO_LOG")
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(20), KEY v (v))", "CREATE TABLE d.parent (id INT PRIMARY KEY)",
                  "CREATE TABLE d.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES d.parent (id))",
                  "INSERT INTO d.t VALUES " + ", ".join(f"({n}, 'v{n}')" for n in range(3000)), "INSERT INTO d.parent VALUES (1)",
                  "INSERT INTO d.child VALUES (1, 1)", "ANALYZE TABLE d.t")
    yield source, target
    target.script("ALTER INSTANCE ENABLE INNODB REDO_LOG")


@pytest.fixture
def job(servers, new_job):
    job = new_job(*servers, ["d.*"], copy__redo_log="off", copy__threads=1)
    grant(job, *PRIVILEGES)
    return job


def copying(job, **env):
    migrate = job.spawn("migrate", env=environment(**(env or SLOW)))
    migrate.until(lambda: len(job.chunks()) >= 2, "some chunks")
    return migrate


def killed(job):
    migrate = copying(job)
    migrate.kill()
    assert not is_on(job.target)
    return job


def finishes(job):
    job.run("migrate", "--until", "synced").expect(OK)
    assert is_on(job.target)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.core
def test_it_is_off_during_the_copy_alone(job):
    assert is_on(job.target)
    plan = job.run("plan").expect(OK)
    assert "loses the whole server" in plan.stdout and is_on(job.target)
    migrate = copying(job)
    assert not is_on(job.target)
    status = job.status()
    assert status["redo_log_off"] and any("redo log is off" in reason for reason in status["reasons"])
    assert "redo log" in job.run("status").expect(OK).stdout
    migrate.until(job.follows, "following")
    assert is_on(job.target) and not job.status()["redo_log_off"]
    migrate.stop()
    assert "a crash of that server loses all that it holds" in migrate.result().stderr
    finishes(job)


def test_it_is_on_when_the_rest_is_built(job):
    """What comes behind the rows is nothing that a crash may cost."""
    crashed = job.run("migrate", env=environment(UNMOOR_FAULT="finish.before_foreign_keys=crash"))
    assert crashed.code == -signal.SIGKILL and is_on(job.target)
    job.target.script("CREATE DATABASE other", "CREATE TABLE other.t (id INT PRIMARY KEY)")  # which is nothing to it any more
    finishes(job)


def test_only_where_it_is_asked_for(job):
    job.set("copy.redo_log", None)
    job.write()
    migrate = copying(job)
    assert is_on(job.target) and not job.status()["redo_log_off"]
    migrate.stop()


@pytest.mark.parametrize("how", ["stop", "error", "server's error"])
def test_however_it_ends(how, job):
    if how == "stop":
        migrate = copying(job)
        assert not is_on(job.target)
        migrate.stop()
    elif how == "error":
        job.run("migrate", env=environment(UNMOOR_FAULT="copy.after_chunk_commit=fail@2")).expect(OTHER)
    else:
        migrate = copying(job)
        job.target.script("DROP TABLE d.t")
        migrate.wait().expect(TARGET)
    assert is_on(job.target)
    if how != "server's error":
        finishes(job)


def test_killed_and_gone_on_with(job):
    killed(job)
    assert job.status()["redo_log_off"]
    migrate = copying(job)
    assert not is_on(job.target)
    migrate.until(job.follows, "following")
    assert is_on(job.target)
    migrate.stop()
    finishes(job)


@pytest.mark.parametrize("fault", ["target.redo_log_off=crash", "target.before_redo_log_on=crash"])
def test_killed_beside_it(fault, job):
    crashed = job.run("migrate", "--until", "copied", env=environment(UNMOOR_FAULT=fault))
    assert crashed.code == -signal.SIGKILL and not is_on(job.target)
    finishes(job)


def test_killed_and_the_option_taken_back(job):
    killed(job)
    job.set("copy.redo_log", "on")
    job.write()
    plan = job.run("plan").expect(OK, BLOCKED)
    assert "ALTER INSTANCE ENABLE INNODB REDO_LOG" in plan.stdout
    chunks = len(job.chunks())
    migrate = job.spawn("migrate", env=environment(**SLOW))
    migrate.until(lambda: len(job.chunks()) > chunks, "another chunk")
    assert is_on(job.target)
    migrate.stop()
    finishes(job)


def test_killed_and_refused_the_next_time(job):
    """What the plan blocks by now is no reason to leave it off."""
    killed(job)
    job.target.script("CREATE DATABASE other", "CREATE TABLE other.t (id INT PRIMARY KEY)")
    refused = job.run("migrate").expect(BLOCKED)
    assert "other.t" in refused.stderr and is_on(job.target)


def test_killed_and_cleaned_up(job):
    killed(job)
    job.run("cleanup").expect(OK)
    assert is_on(job.target)


def test_killed_and_begun_anew(job):
    killed(job)
    job.run("migrate", "--restart", "--until", "copied").expect(OK)
    finishes(job)


# ---- refused -------------------------------------------------------------------------------------

def refused(job, *seen):
    before = job.target.databases()
    for command in ("plan", "migrate"):
        result = job.run(command).expect(BLOCKED)
        text = " ".join((result.stdout + result.stderr).split())  # the plan's lines are cut
        assert "target.redo_log" in text and all(word in text for word in seen), str(result)
    assert job.target.databases() == before


def test_refused_with_tables_of_others(job):
    job.target.script("CREATE DATABASE other", "CREATE TABLE other.t (id INT PRIMARY KEY)")
    refused(job, "other.t")
    assert is_on(job.target)


def test_refused_with_tables_that_it_would_drop(job):
    job.set("copy.existing", "drop")
    job.write()
    job.target.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
    refused(job, "d.t")


def test_refused_where_tables_may_be_hidden(job):
    """An account that has privileges on its own schemas alone sees no tables elsewhere."""
    account = f"'{job.users['target']}'@'127.0.0.1'"
    schemas = ("d", "unmoor")
    job.target.script("CREATE DATABASE other", "CREATE TABLE other.t (id INT PRIMARY KEY)",
                      f"REVOKE SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE,"
                      f" TRIGGER, EVENT ON *.* FROM {account}", *(f"GRANT ALL ON {schema}.* TO {account}" for schema in schemas))
    refused(job, "other.*")
    job.target.script("DROP DATABASE other")
    job.run("plan").expect(OK)


def test_refused_with_another_job(job, new_job):
    other = new_job(job.source, job.target, ["d.parent"], name="other", grants=False)
    other.passwords = job.passwords
    for side in ("source", "target"):
        other.set(side, job.config[side])
    other.write()
    other.run("migrate", "--until", "copied").expect(OK)
    job.set("tables.exclude", ["d.parent", "d.child"])
    job.write()
    refused(job, "d.parent", "the state of job 'other'")


@pytest.mark.parametrize("privilege", PRIVILEGES)
def test_refused_without_the_privilege(privilege, servers, new_job):
    job = new_job(*servers, ["d.*"], copy__redo_log="off")
    grant(job, *(p for p in PRIVILEGES if p != privilege))
    refused(job, f"missing: {privilege}", f"GRANT {privilege} ON *.*")
    assert is_on(job.target)


def test_refused_on_mariadb(two, new_job):
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
    refused(new_job(source, target, ["d.*"], copy__redo_log="off"), "cannot switch it off")
