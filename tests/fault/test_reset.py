"""A source whose binlog is reset: the old names of files, offsets and GTIDs come again and mean other changes."""

import pytest

from harness import wait
from harness.unmoor import CANNOT_RESUME, OK, environment

pytestmark = pytest.mark.usefixtures("binary")

created = {}  # by port, the last reset


@pytest.fixture(params=["mysql56-mysql97", "mysql97-mysql97", "mariadb-mariadb"])
def job(request, two, new_job):
    source, target = two(request.param)
    reset(source)
    source.script("CREATE DATABASE d; CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20))")
    return new_job(source, target, ["d.*"])


def reset(server):
    """A binlog file tells the second in which it was created: each begins in one of its own."""
    wait.until(lambda: server.value("SELECT UNIX_TIMESTAMP()") > created.get(server.port, 0), "the next second")
    server.script("RESET BINARY LOGS AND GTIDS" if server.kind == "mysql-9.7" else "RESET MASTER")
    created[server.port] = server.value("SELECT UNIX_TIMESTAMP()")


def write(server, count):
    for i in range(count):
        server.script(f"INSERT INTO d.t (v) VALUES ('{i}')")


def expect_refused(result):
    assert "UM-2024" in result.expect(CANNOT_RESUME).stderr


@pytest.mark.parametrize("after", [0, 1, 6])
def test_reset_while_nobody_follows(job, after):
    """The source is behind, exactly where it was, or ahead: none of it may pass for what was applied."""
    job.run("migrate", "--until", "synced").expect(OK)
    write(job.source, 1)
    job.run("migrate", "--until", "synced").expect(OK)
    reset(job.source)
    write(job.source, after)
    expect_refused(job.run("migrate", "--until", "synced"))
    status = job.status()
    assert status["cutover_ready"] is False
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    assert job.target.query("SELECT * FROM d.t") == job.source.query("SELECT * FROM d.t")


@pytest.mark.parametrize("after", [0, 6])
def test_reset_while_it_follows(job, after):
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    write(job.source, 2)
    migrate.until(lambda: job.target.value("SELECT COUNT(*) FROM d.t") == 2, "both rows")
    reset(job.source)
    write(job.source, after)
    expect_refused(migrate.wait(180))


@pytest.mark.parametrize("after", [0, 20])
@pytest.mark.parametrize("point", ["snapshot.recorded", "copy.after_chunk_commit", "finish.before_objects"])
def test_reset_before_it_follows(job, point, after):
    """While it copies: what it follows from is the position of its first snapshot."""
    write(job.source, 3)
    assert job.spawn("migrate", env=environment(UNMOOR_FAULT=f"{point}=crash@1")).wait().code < 0
    reset(job.source)
    write(job.source, after)
    expect_refused(job.run("migrate", "--until", "synced"))
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    assert job.target.query("SELECT * FROM d.t") == job.source.query("SELECT * FROM d.t")
