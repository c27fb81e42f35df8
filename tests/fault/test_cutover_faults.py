"""Whatever fails in a cutover, and wherever: never do both servers take the application's writes, in the end exactly
one does, and it has everything that was acknowledged."""

import json
import signal

import pytest

from harness import cutover, wait
from harness.proxy import Proxy
from harness.unmoor import GATE, HOOK, OK, OWNERSHIP, environment

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.matrix]

SAME = ["mysql97-mysql97", "mariadb-mariadb"]
STEPS = ["fence", "drain", "check", "settle", "arm", "switch", "open"]
STATES = ["fencing", "switching", "opening", "done"]
# Where a cutover passes: point, passage, and whether the target may have been opened by then.
PLACES = [("cutover.state", i + 1, i >= STATES.index("opening")) for i in range(len(STATES))]
PLACES += [("cutover.step", i + 1, STEPS[i] == "open") for i in range(len(STEPS))]
PLACES += [("cutover.step_done", i + 1, STEPS[i] == "open") for i in range(len(STEPS))]
PLACES += [("cutover.fenced", 1, False), ("cutover.opened", 1, True)]
IDS = [f"{point}-{passage}" for point, passage, _ in PLACES]


def in_turn(places):
    """Each place on one of the flavours, for want of time."""
    cases = [(SAME[i % len(SAME)], *place) for i, place in enumerate(places)]
    return pytest.mark.parametrize("pair, point, passage, opened", cases, ids=[f"{c[0]}-{c[1]}-{c[2]}" for c in cases])


class Scene:
    """A job in step, verified, with an application that the switch hook leads."""

    def __init__(self, job, application, prober, calls):
        self.job, self.application, self.prober, self._calls = job, application, prober, calls
        self.migrate = job.spawn("migrate")
        self.migrate.until(job.follows, "following")
        job.run("verify").expect(OK)
        application.wait_for("source")

    def calls(self):
        return [json.loads(line)["event"] for line in self._calls.read_text().splitlines()] if self._calls.exists() else []

    def open_ones(self):
        return [side for side, server in (("source", self.job.source), ("target", self.job.target))
                if cutover.takes_writes(server, "d")]

    def ends_on(self, owner):
        """The application goes on there, and there alone."""
        self.application.wait_for(owner)
        self.application.__exit__()
        self.prober.__exit__()
        assert self.open_ones() == [owner]
        self.prober.check()
        self.application.check(owner)

    def equal(self):
        """After a retreat the migration goes on, by itself or started anew."""
        if not self.migrate.running():
            self.migrate = self.job.spawn("migrate")
        self.migrate.until(lambda: self.job.target.query("SELECT COUNT(*) FROM d.ledger")
                           == self.job.source.query("SELECT COUNT(*) FROM d.ledger"), "the rest")
        self.job.run("verify").expect(OK)


@pytest.fixture
def make(two, new_job):
    made = []

    def scene(pair, **config):
        source, target = two(pair)
        source.script("CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
                      "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
                      "INSERT INTO d.t (v) VALUES (1), (2), (3)",
                      "CREATE TRIGGER d.b BEFORE INSERT ON d.t FOR EACH ROW SET NEW.v = NEW.v + 1")
        job = cutover.make(new_job, source, target, ["d.*"], **config)
        route, calls = cutover.switch_hook(job)
        application = cutover.Application(source, target, route, "d").__enter__()
        prober = cutover.Prober(source, target, "d").__enter__()
        made.extend((application, prober))
        return Scene(job, application, prober, calls)

    yield scene
    for thing in made:
        thing.__exit__()


def with_fault(point, how, passage=1):
    return environment(UNMOOR_FAULT=f"{point}={how}@{passage}")


@pytest.mark.parametrize("point, passage, opened", PLACES, ids=IDS)
@pytest.mark.parametrize("pair", SAME)
def test_killed_and_gone_on_with(pair, point, passage, opened, make):
    scene = make(pair)
    result = scene.job.run("cutover", "--execute", env=with_fault(point, "crash", passage))
    assert result.code == -signal.SIGKILL, str(result)
    assert len(scene.open_ones()) <= 1
    scene.job.run("cutover", "--execute").expect(OK)
    scene.ends_on("target")


@in_turn([place for place in PLACES if not place[2]])
def test_killed_and_taken_back(pair, point, passage, opened, make):
    scene = make(pair)
    result = scene.job.run("cutover", "--execute", env=with_fault(point, "crash", passage))
    assert result.code == -signal.SIGKILL, str(result)
    scene.job.run("cutover", "--retreat").expect(OK)
    scene.ends_on("source")
    scene.equal()


@in_turn(PLACES)
def test_failed(pair, point, passage, opened, make):
    """Before the target may be open it retreats by itself; behind that it says what to look at."""
    scene = make(pair)
    result = scene.job.run("cutover", "--execute", env=with_fault(point, "fail", passage))
    assert "UM-9004" in result.stderr or point in result.stderr, str(result)
    if not opened:
        result.expect(GATE)
        assert "the source takes writes again" in result.stderr
        scene.ends_on("source")
        scene.equal()
        assert scene.calls() in ([], ["switch", "retreat"], ["retreat"])
    else:
        result.expect(OWNERSHIP)
        assert "job_cutover" in result.stderr
        assert scene.open_ones() in ([], ["target"])
        scene.job.run("cutover", "--execute").expect(OK)
        scene.ends_on("target")


# Where it is held while something happens to a server.
HELD = [("cutover.state", 1, "fencing"), ("cutover.fenced", 1, "fencing"), ("cutover.step", 2, "fencing"),
        ("cutover.step", 3, "fencing"), ("cutover.step", 4, "fencing"), ("cutover.step", 5, "fencing"),
        ("cutover.state", 2, "switching"), ("cutover.step_done", 6, "switching"), ("cutover.state", 3, "opening")]
HELD_IDS = [f"{point}-{passage}" for point, passage, _ in HELD]


def held(scene, point, passage, state):
    """The cutover, at that place."""
    process = scene.job.spawn("cutover", "--execute", env=with_fault(point, "delay:4000", passage))
    process.until(lambda: scene.job.has_table("job_cutover") and
                  scene.job.state("SELECT state FROM job_cutover WHERE state=%s", state), state)
    return process


@pytest.mark.parametrize("point, passage, state", HELD, ids=HELD_IDS)
def test_the_target_is_killed(point, passage, state, make):
    scene = make("mysql97-mysql97")
    process = held(scene, point, passage, state)
    scene.job.target.kill()
    result = process.wait()
    if state == "opening":
        result.expect(OWNERSHIP)
        assert scene.job.source.value("SELECT @@read_only") == 1
    else:
        result.expect(GATE, OWNERSHIP)
        assert "takes writes again" in result.stderr or result.code == OWNERSHIP
    scene.job.target.start()
    scene.job.run("cutover", "--execute").expect(OK)
    scene.ends_on("target")


@pytest.mark.parametrize("point, passage, state", HELD, ids=HELD_IDS)
def test_the_source_is_killed(point, passage, state, make):
    scene = make("mysql97-mysql97")
    process = held(scene, point, passage, state)
    scene.job.source.kill()
    scene.job.source.start()
    result = process.wait()
    if state == "opening":
        result.expect(OK)
        scene.ends_on("target")
    else:
        result.expect(GATE)
        scene.ends_on("source")
        scene.equal()


@pytest.mark.parametrize("point, passage, state", HELD, ids=HELD_IDS)
def test_the_target_keeps_silent(point, passage, state, make):
    """A connection that hangs instead of breaking."""
    scene = make("mysql97-mysql97", cutover__timeout="6s", cutover__lock_wait="1s")
    with Proxy(scene.job.target, look=False) as way:
        scene.job.set("target.port", way.port)
        scene.job.write()
        process = held(scene, point, passage, state)
        way.open.clear()
        result = process.wait()
        if state == "opening":
            result.expect(OWNERSHIP)
            assert scene.open_ones() == []
        else:
            result.expect(GATE)
            assert scene.open_ones() == ["source"]
    scene.job.set("target.port", scene.job.target.port)
    scene.job.write()
    scene.job.run("cutover", "--execute").expect(OK)
    scene.ends_on("target")


@pytest.mark.parametrize("point, passage, state", [place for place in HELD if place[2] != "opening"],
                         ids=[i for i, place in zip(HELD_IDS, HELD) if place[2] != "opening"])
def test_the_source_keeps_silent(point, passage, state, make):
    """It is opened as soon as it answers again."""
    scene = make("mysql97-mysql97", cutover__timeout="6s", cutover__lock_wait="1s", source__connect_timeout="2s")
    with Proxy(scene.job.source, look=False) as way:
        scene.job.set("source.port", way.port)
        scene.job.write()
        process = held(scene, point, passage, state)
        way.open.clear()
        process.until(lambda: "Trying again to open the source" in process.text()[1], "the retreat")
        way.open.set()
        process.wait().expect(GATE)
        scene.ends_on("source")
    scene.job.set("source.port", scene.job.source.port)
    scene.job.write()
    scene.equal()


@pytest.mark.parametrize("pair", SAME)
def test_the_disk_is_full(pair, make):
    """What cannot be written down is not begun."""
    scene = make(pair, cutover__journal="/dev/full")
    result = scene.job.run("cutover", "--execute").expect(GATE)
    assert "'/dev/full' cannot be written" in result.stderr
    scene.ends_on("source")
    scene.equal()


def test_the_hook_hangs(make):
    scene = make("mysql97-mysql97", cutover__hook_timeout="1s")
    cutover.switch_hook(scene.job, "case \"$facts\" in *switch*) sleep 1000 ;; esac")
    result = scene.job.run("cutover", "--execute").expect(HOOK)
    assert "UM-8039" in result.stderr
    scene.ends_on("source")
    scene.equal()


def test_the_fence_is_not_granted(make):
    """A statement that writes for long: the fence waits for it, and gives up."""
    scene = make("mysql97-mysql97", cutover__lock_wait="1s")
    blocker = scene.job.source.connect("d")
    with blocker.cursor() as cursor:
        cursor.execute("LOCK TABLES t WRITE")
        result = scene.job.run("cutover", "--execute").expect(GATE)
        assert "read_only=ON" in result.stderr and "the source takes writes again" in result.stderr
        assert scene.open_ones() == ["source"]
        cursor.execute("UNLOCK TABLES")
    scene.ends_on("source")
    scene.equal()


def test_too_slow(make):
    scene = make("mysql97-mysql97", cutover__timeout="1s")
    result = scene.job.run("cutover", "--execute", env=with_fault("cutover.step", "delay:1500", 4)).expect(GATE)
    assert "cutover.timeout" in result.stderr
    scene.ends_on("source")
    scene.equal()


def test_interrupted(make):
    scene = make("mysql97-mysql97", cutover__timeout="1m")
    process = held(scene, "cutover.step", 4, "fencing")
    process.stop()
    scene.ends_on("source")
    scene.equal()


def test_a_long_transaction(make):
    """It is seen before; one that is not is rolled back by its end."""
    scene = make("mysql97-mysql97", cutover__max_transaction="1s")
    connection = scene.job.source.connect("d")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO t (v) VALUES (100)")
        wait.until(lambda: "open on the source" in scene.job.run("cutover").stdout, "its age")
        result = scene.job.run("cutover", "--execute").expect(GATE)
        assert "UM-8030" in result.stderr
        cursor.execute("ROLLBACK")
    scene.job.run("cutover", "--execute").expect(OK)
    scene.ends_on("target")


def test_two_at_once(make):
    scene = make("mysql97-mysql97", cutover__timeout="1m")
    process = held(scene, "cutover.step", 4, "fencing")
    assert "UM-8040" in scene.job.run("cutover", "--execute").expect(10).stderr
    process.wait().expect(OK)
    scene.ends_on("target")
