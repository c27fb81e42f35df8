"""A job's state written by an earlier version is gone on from; one of a later version is refused."""

import signal

import pytest

from harness import oracle
from harness.unmoor import CANNOT_RESUME, GATE, OK, environment

pytestmark = pytest.mark.usefixtures("binary")

NEWEST = 5


def tables(server, schema):
    return {name for (name,) in server.query("SELECT table_name FROM information_schema.tables WHERE table_schema=%s", (schema,))}


def put_back_to_v1(server, fixtures):
    """The state's rows in the tables that version 1 made, and no other table."""
    server.load(fixtures / "state_v1.sql", "state_v1")
    for table in tables(server, "state_v1"):
        columns = ", ".join(name for (name,) in server.query(
            "SELECT column_name FROM information_schema.columns WHERE table_schema='state_v1' AND table_name=%s", (table,)))
        server.script(f"INSERT INTO state_v1.{table} ({columns}) SELECT {columns} FROM unmoor.{table}")
    server.script("UPDATE state_v1.job SET version=1", "DROP DATABASE unmoor", "CREATE DATABASE unmoor",
                  *(f"RENAME TABLE state_v1.{table} TO unmoor.{table}" for table in tables(server, "state_v1")), "DROP DATABASE state_v1")


@pytest.fixture
def job(two, new_job, fixtures):
    """Stopped in the middle of its copy, and of version 1."""
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "mixed.sql", "mixed")
    job = new_job(source, target, ["mixed.*"], copy__chunk_rows_max=50, copy__threads=1)
    migrate = job.spawn("migrate", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:100"))
    migrate.until(lambda: len(job.chunks()) > 2, "some chunks")
    migrate.kill()
    put_back_to_v1(target, fixtures)
    source.script("DELETE FROM leaf LIMIT 3", database="mixed")
    return job


def test_an_earlier_version_is_gone_on_from(job):
    chunks = set(job.chunks())
    status = job.status()
    assert status["phase"] == "copy" and status["conflicts"] == 0
    assert "job_skip" not in tables(job.target, "unmoor"), "looking must not change anything"
    result = job.run("migrate", "--until", "synced").expect(OK)
    assert "version 1" in result.stderr and chunks <= set(job.chunks()), str(result)
    assert job.state("SELECT version FROM job") == ((NEWEST,),)
    oracle.assert_equal(job.source, job.target, ["mixed"])
    assert "version 1" not in job.run("migrate", "--until", "synced").expect(OK).stderr


@pytest.mark.parametrize("left", [(), ("job_skip",), ("job_conflict", "job_stopped", "job_skip")])
def test_an_upgrade_that_was_interrupted(left, job):
    """By a crash before the version is raised; what a crash between its statements leaves is made by hand."""
    result = job.run("migrate", "--until", "synced", env=environment(UNMOOR_FAULT="state.upgraded=crash"))
    assert result.code == -signal.SIGKILL, str(result)
    assert job.state("SELECT version FROM job") == ((1,),)
    job.target.script(*(f"DROP TABLE unmoor.{table}" for table in left))
    job.run("migrate", "--until", "synced").expect(OK)
    assert job.state("SELECT version FROM job") == ((NEWEST,),)
    oracle.assert_equal(job.source, job.target, ["mixed"])


@pytest.mark.parametrize("command", [("cleanup",), ("migrate", "--until", "synced", "--restart")])
def test_an_earlier_version_is_done_away_with(command, job):
    job.run(*command).expect(OK)
    if command == ("cleanup",):
        assert not job.has_state()
    else:
        oracle.assert_equal(job.source, job.target, ["mixed"])


@pytest.mark.parametrize("command", [("migrate",), ("migrate", "--restart"), ("status",), ("cleanup",), ("verify",), ("ctl skip",)])
def test_a_later_version_is_refused(command, job):
    job.target.script(f"UPDATE unmoor.job SET version={NEWEST + 1}")
    before = job.target.query("SELECT * FROM unmoor.job"), tables(job.target, "unmoor")
    result = job.run(*command).expect(CANNOT_RESUME)
    assert "UM-8003" in result.stderr and f"version {NEWEST + 1}" in result.stderr
    assert (job.target.query("SELECT * FROM unmoor.job"), tables(job.target, "unmoor")) == before


def test_an_order_for_a_job_of_an_earlier_version(job):
    """To wait, by hand: it is kept in what is added for it, and the version stays until the job is taken over."""
    job.run("ctl throttle").expect(OK)
    assert job.state("SELECT version FROM job") == ((1,),)
    migrate = job.spawn("migrate", "--until", "synced")
    migrate.until(lambda: "Throttled: by hand." in migrate.text()[1], "the order")
    assert job.status()["throttled"] == "by hand"
    job.run("ctl unthrottle").expect(OK)
    migrate.wait().expect(OK)
    assert job.state("SELECT version FROM job") == ((NEWEST,),)


def test_an_order_to_copy_again_for_a_job_of_an_earlier_version(job):
    """It is taken up by whoever takes the job over."""
    job.run("ctl recopy", "mixed.owner").expect(OK)
    assert job.state("SELECT version FROM job") == ((1,),)
    result = job.run("migrate", "--until", "synced").expect(OK)
    assert "`mixed`.`owner` is copied again, as ordered" in result.stderr
    assert job.state("SELECT version FROM job") == ((NEWEST,),)
    oracle.assert_equal(job.source, job.target, ["mixed"])


def test_an_order_to_take_in_a_table_for_a_job_of_an_earlier_version(job):
    """Likewise; but who runs it with that version would never look for one."""
    job.source.script("CREATE DATABASE far", "CREATE TABLE far.note (id INT PRIMARY KEY)", "INSERT INTO far.note VALUES (1)")
    running = job.target.connect()
    with running.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK('unmoor.shop', 5)")
        result = job.run("ctl add-table", "far.note").expect(GATE)
        assert "UM-8016" in result.stderr and not job.has_table("job_added")
    running.close()
    job.run("ctl add-table", "far.note").expect(OK)
    assert job.state("SELECT version FROM job") == ((1,),)
    result = job.run("migrate", "--until", "synced").expect(OK)
    assert "`far`.`note` joins the job, as ordered" in result.stderr
    assert job.state("SELECT version FROM job") == ((NEWEST,),)
    oracle.assert_equal(job.source, job.target, ["mixed", "far"])
