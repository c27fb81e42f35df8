"""Giving the application's writes over to the target, and back."""

import json

import pytest

from harness import cutover, oracle
from harness.unmoor import GATE, HOOK, OK

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb", "mysql97-mariadb"]
SAME = ["mysql97-mysql97", "mariadb-mariadb"]


@pytest.fixture
def job(request, two, new_job):
    source, target = two(request.param)
    source.script(
        "CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
        "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT, w INT DEFAULT 0)",
        "CREATE TABLE d.copies (id INT PRIMARY KEY)",
        "INSERT INTO d.t (v) VALUES (1), (2), (3)",
        "CREATE TRIGGER d.b BEFORE INSERT ON d.t FOR EACH ROW SET NEW.w = NEW.v + 1")
    return cutover.make(new_job, source, target, ["d.*"])


@pytest.fixture
def app(job):
    route, calls = cutover.switch_hook(job)
    application = cutover.Application(job.source, job.target, route, "d")
    application.calls = lambda: [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
    with application:
        yield application


def follow(job, command="migrate"):
    process = job.spawn(command)
    process.until(job.follows, "following")
    return process


def verified(job):
    job.run("verify").expect(OK)


@pytest.mark.parametrize("job", PAIRS, indirect=True)
def test_there(job, app):
    migrate = follow(job)
    verified(job)
    app.wait_for("source")
    result = job.run("cutover", "--execute", "--format", "json").expect(OK).json
    assert result["outcome"] == "done" and result["pause_seconds"] > 0
    migrate.wait().expect(OK)
    app.wait_for("target")
    app.__exit__()
    assert not cutover.takes_writes(job.source, "d") and cutover.takes_writes(job.target, "d")
    app.check("target")
    assert [c["event"] for c in app.calls()] == ["switch"]
    job.target.script("INSERT INTO d.t (v) VALUES (10)")
    assert job.target.query("SELECT id, w FROM d.t WHERE v = 10") == ((4, 11),)
    # Once more is the same as once.
    assert job.run("cutover", "--execute", "--format", "json").expect(OK).json["outcome"] == "done before"
    # The old way is barred.
    assert "UM-8035" in job.run("migrate").expect(GATE).stderr
    assert "UM-8035" in job.run("migrate", "--restart").expect(GATE).stderr


@pytest.mark.parametrize("job", PAIRS, indirect=True)
def test_there_and_back(job, app):
    migrate = follow(job)
    reverse = job.spawn("reverse")
    for _ in range(3):
        verified(job)
        app.wait_for("source")
        job.run("cutover", "--execute").expect(OK)
        migrate.wait().expect(OK)
        app.wait_for("target")
        reverse.until(lambda: "Following from" in reverse.text()[1], "the way back")
        job.run("verify", "--back").expect(OK)
        assert job.run("status", "--back", "--format", "json").expect(OK).json["phase"] == "follow"
        job.run("cutover", "--back", "--execute").expect(OK)
        reverse.wait().expect(OK)
        app.wait_for("source")
        assert cutover.takes_writes(job.source, "d") and not cutover.takes_writes(job.target, "d")
        migrate, reverse = follow(job), job.spawn("reverse")
    app.__exit__()
    app.check("source")
    migrate.until(lambda: job.target.query("SELECT COUNT(*) FROM d.ledger")
                  == job.source.query("SELECT COUNT(*) FROM d.ledger"), "the rest")
    migrate.stop()
    verified(job)
    job.source.script("INSERT INTO d.t (v) VALUES (20)")
    assert job.source.query("SELECT w FROM d.t WHERE v = 20") == ((21,),)


@pytest.mark.parametrize("job", SAME, indirect=True)
def test_a_veto(job, app):
    cutover.switch_hook(job, "case \"$facts\" in *switch*) echo not today; exit 3 ;; esac")
    migrate = follow(job)
    verified(job)
    result = job.run("cutover", "--execute").expect(HOOK)
    assert "UM-8038" in result.stderr and "not today" in result.stderr and "exit status 3" in result.stderr
    assert cutover.takes_writes(job.source, "d") and not cutover.takes_writes(job.target, "d")
    app.wait_for("source")
    assert [c["event"] for c in app.calls()] == ["switch", "retreat"]
    # The migration goes on by itself, triggers aside.
    migrate.until(lambda: "Following from" in migrate.text()[1].split("handed over")[-1], "following again")
    app.__exit__()
    migrate.until(lambda: job.target.query("SELECT COUNT(*) FROM d.ledger")
                  == job.source.query("SELECT COUNT(*) FROM d.ledger"), "the rest")
    migrate.stop()
    verified(job)


@pytest.mark.parametrize("job", SAME, indirect=True)
def test_rehearsal(job, app):
    migrate = follow(job)
    verified(job)
    result = job.run("cutover", "--rehearse", "--format", "json").expect(OK).json
    assert result["outcome"] == "retreated" and result["rehearsed"] and result["pause_seconds"] > 0
    assert [s["step"] for s in result["steps"]] == ["fence", "drain", "check", "settle", "arm"]
    assert not app.calls()
    app.wait_for("source")
    assert cutover.takes_writes(job.source, "d") and not cutover.takes_writes(job.target, "d")
    migrate.until(lambda: "Following from" in migrate.text()[1].split("handed over")[-1], "following again")
    # And in earnest.
    job.run("cutover", "--execute").expect(OK)
    app.wait_for("target")
    app.__exit__()
    app.check("target")


@pytest.mark.parametrize("job", SAME, indirect=True)
def test_what_would_be_done(job, app):
    result = job.run("cutover")
    assert result.code == 6 or "UM-8004" in result.stderr
    migrate = follow(job)
    result = job.run("cutover").expect(GATE)
    assert "both sides have not been verified" in result.stdout
    verified(job)
    result = job.run("cutover").expect(OK)
    for words in ("read_only=ON", "read_only=OFF", "The gate is open", "hook"):
        assert words in result.stdout, words
    assert not app.calls() and cutover.takes_writes(job.source, "d")
    assert job.status()["cutover_ready"]
    migrate.stop()



@pytest.mark.parametrize("job", SAME, indirect=True)
def test_accounts(job, app):
    """The application's account is locked where it may not write, and its connections end."""
    name = f"{cutover.APPLICATION}@{cutover.HOST}"
    for key, value in (("fence", "accounts"), ("accounts", [name]), ("fence_may_be_lost", None)):
        job.set(f"cutover.{key}", value)
    job.write()
    migrate = follow(job)
    verified(job)
    app.wait_for("source")
    job.run("cutover", "--execute").expect(OK)
    migrate.wait().expect(OK)
    app.wait_for("target")
    app.__exit__()
    assert not cutover.takes_writes(job.source, "d") and cutover.takes_writes(job.target, "d")
    app.check("target")


@pytest.mark.parametrize("job", SAME, indirect=True)
def test_events(job, app):
    """They run where the writes are."""
    job.source.script("CREATE EVENT d.e ON SCHEDULE EVERY 1 DAY DO INSERT INTO d.copies VALUES (1)",
                      "CREATE EVENT d.off ON SCHEDULE EVERY 1 DAY DISABLE DO INSERT INTO d.copies VALUES (2)")

    def events(server):
        return dict(server.query("SELECT event_name, CONCAT(status, ' ', definer) FROM information_schema.events"
                                 " WHERE event_schema='d'"))

    before = events(job.source)
    migrate = follow(job)
    verified(job)
    job.run("cutover", "--rehearse").expect(OK)
    assert events(job.source) == before
    job.run("cutover", "--execute").expect(OK)
    migrate.wait().expect(OK)
    assert events(job.target) == before
    assert {status.split()[0] for status in events(job.source).values()} <= {"DISABLED", "SLAVESIDE_DISABLED"}


@pytest.mark.parametrize("job", SAME, indirect=True)
def test_the_fence_is_tried(job, app):
    """An account without privileges is refused because of the fence; one that the fence does not stop is seen."""
    secret = job.directory / "probe.password"
    secret.write_text("pw-probe\n")
    secret.chmod(0o600)
    job.set("cutover.probe_user", "unmoor_probe")
    job.set("cutover.probe_password_file", str(secret))
    job.write()
    admin = "READ_ONLY ADMIN" if job.source.mariadb else "CONNECTION_ADMIN"
    for server in (job.source, job.target):
        server.script(f"CREATE USER 'unmoor_probe'@'{cutover.HOST}' IDENTIFIED BY 'pw-probe'",
                      f"GRANT {admin} ON *.* TO 'unmoor_probe'@'{cutover.HOST}'")
    follow(job)
    verified(job)
    result = job.run("cutover", "--execute").expect(GATE)
    assert "UM-8031" in result.stderr and "the probe was not stopped" in result.stderr
    assert cutover.takes_writes(job.source, "d")
    for server in (job.source, job.target):
        server.script(f"REVOKE {admin} ON *.* FROM 'unmoor_probe'@'{cutover.HOST}'")
    job.run("cutover", "--execute").expect(OK)
    app.wait_for("target")
    app.__exit__()
    app.check("target")


def test_no_way_back(two, new_job):
    """Where the source is too old to be a target, that is said before; without a way back it can be done."""
    source, target = two("mysql56-mysql97")
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
                  "CREATE TABLE d.ledger (writer INT PRIMARY KEY)", "INSERT INTO d.t (v) VALUES (1)")
    job = cutover.make(new_job, source, target, ["d.*"])
    follow(job)
    verified(job)
    result = job.run("cutover", "--execute").expect(GATE)
    assert "there would be no way back (target.version): MySQL 5.6" in result.stdout
    assert cutover.takes_writes(source, "d")
    job.set("cutover.reverse", "off")
    job.write()
    job.run("cutover", "--execute").expect(OK)
    assert not cutover.takes_writes(source, "d") and cutover.takes_writes(target, "d")
    assert "UM-8042" in job.run("reverse").expect(GATE).stderr
    oracle.assert_equal(source, target, ["d"], objects=False)
