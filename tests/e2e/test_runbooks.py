"""The commands of docs/runbooks, in their order, each in the situation that it is for."""

import signal

import pytest

from harness import cutover, runbook
from harness.unmoor import HOOK, OK, environment

pytestmark = pytest.mark.usefixtures("binary")

SAME = ["mysql97-mysql97", "mariadb-mariadb"]
FENCED, SWITCHING, OPENING = "cutover.fenced=crash", "cutover.state=crash@2", "cutover.state=crash@3"


@pytest.fixture
def job(request, two, new_job):
    source, target = two(request.param)
    source.script("CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
                  "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "INSERT INTO d.t (v) VALUES (1), (2)")
    return cutover.make(new_job, source, target, ["d.*"], cutover__max_lag="1m")


@pytest.fixture
def app(job):
    veto = job.directory / "veto"
    route, _ = cutover.switch_hook(job, f"[ ! -e {veto} ] || {{ echo not today; exit 3; }}")
    application = cutover.Application(job.source, job.target, route, "d")
    with application:
        yield application


def following(job, command):
    process = job.spawn(command)
    process.until(lambda: "Following from" in process.text()[1], "following")
    return process


def migrating(job, verify=True):
    process = following(job, "migrate")
    if verify:
        job.run("verify").expect(OK)
    return process


def owner(job):
    """The sides that take the application's writes."""
    return [side for side in ("source", "target") if cutover.takes_writes(getattr(job, side), "d")]


@pytest.mark.parametrize("job", SAME, indirect=True)
def test_go_no_go(job, app):
    page = runbook.Page("go-no-go.md", job)
    job.source.script("CREATE PROCEDURE d.p() INSERT INTO d.t (v) VALUES (3)")
    migrating(job, verify=False)
    app.wait_for("source")
    assert "follow" in page.next("unmoor status")
    # Two commands, one block: the verification is what the gate asks for.
    assert "The gate is open" in page.next("unmoor cutover")
    assert "root" in page.next("user_privileges")
    assert "root@localhost" in page.next("information_schema.routines")
    assert "rehearsed" in page.next("--rehearse")
    page.end()
    assert owner(job) == ["source"]
    app.wait_for("source")


@pytest.mark.parametrize("job", SAME, indirect=True)
def test_there_and_back(job, app):
    page = runbook.Page("cutover.md", job)
    migrate = migrating(job)
    page.next("unmoor cutover")
    assert "the target owns the writes" in page.next("--execute")
    migrate.wait().expect(OK)
    app.wait_for("target")
    assert page.next("read_only").split() == ["@@global.read_only", "0", "@@global.read_only", "1"]
    reverse = page.next_lasts("reverse")
    reverse.until(lambda: "Following from" in reverse.text()[1], "following")
    page.next("--back")
    page.end()
    assert owner(job) == ["target"]
    reverse.stop()

    page = runbook.Page("rollback.md", job)
    reverse = page.next_lasts("reverse")
    reverse.until(lambda: "Following from" in reverse.text()[1], "following")
    app.wait_for("target")
    page.next("unmoor verify")
    assert "The gate is open" in page.next("unmoor cutover")
    page.next("--execute")
    reverse.wait().expect(OK)
    app.wait_for("source")
    assert page.next("read_only").split() == ["@@global.read_only", "0", "@@global.read_only", "1"]
    assert owner(job) == ["source"]
    migrate = page.next_lasts("migrate")
    migrate.until(lambda: "Following from" in migrate.text()[1], "following")
    page.end()
    app.__exit__()
    app.check("source")


def crash(job, point):
    """A cutover that dies there."""
    result = job.run("cutover", "--execute", env=environment(UNMOOR_FAULT=point))
    assert result.code == -signal.SIGKILL, result


def go_back(job):
    reverse = following(job, "reverse")
    job.run("verify", "--back").expect(OK)
    job.run("cutover", "--back", "--execute").expect(OK)
    reverse.wait().expect(OK)


@pytest.mark.parametrize("job", SAME[:1], indirect=True)
def test_stuck(job, app):
    page = runbook.Page("stuck.md", job)
    migrating(job)
    crash(job, SWITCHING)
    assert not owner(job)
    assert page.next("IS_USED_LOCK").split()[1::2] == ["NULL", "NULL"]
    seen = page.next("unmoor.job_cutover")
    assert "switching" in seen and "read_only=OFF" in seen
    assert seen.split()[-4:] == ["@@global.read_only", "1"] * 2
    page.next("--retreat")
    assert owner(job) == ["source"]
    app.wait_for("source")

    crash(job, OPENING)
    page.next("# exit 12")
    assert not owner(job)
    page.next("--execute")
    assert owner(job) == ["target"]
    app.wait_for("target")

    go_back(job)
    migrate = migrating(job)
    crash(job, FENCED)
    migrate.kill()
    job.target.kill()
    assert '"fencing"' in page.next("grep")
    assert not cutover.takes_writes(job.source, "d")
    page.next("read_only=OFF")
    app.wait_for("source")
    job.target.start()
    page.next("--retreat")
    assert owner(job) == ["source"]

    (job.directory / "veto").touch()
    migrating(job)
    job.run("cutover", "--execute").expect(HOOK)
    assert "exit status 3" in page.next("failed") and owner(job) == ["source"]
    page.end()
    app.wait_for("source")
    app.__exit__()
    app.check("source")
