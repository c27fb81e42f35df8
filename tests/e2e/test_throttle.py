"""Throttling: each reason holds the copy and the verification up, is shown, and lets them go on."""

import re
import signal
import threading
import time

import pytest

from harness import wait
from harness.servers import MARIADB, MYSQL56, MYSQL97
from harness.unmoor import BLOCKED, CONFIG, INTERRUPTED, OK, SOURCE, environment

pytestmark = pytest.mark.usefixtures("binary")

# A chunk takes so long that the copy goes on for as long as a test needs.
SLOW = {"UNMOOR_FAULT": "copy.before_chunk_commit=delay:100"}


def fill(source):
    source.script("CREATE DATABASE d; CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(40));"
                  " CREATE TABLE d.switch (id INT PRIMARY KEY, n INT); INSERT INTO d.switch VALUES (1, 0);"
                  " INSERT INTO d.t (v) SELECT 'x' FROM information_schema.collations a, information_schema.collations b LIMIT 12000")


@pytest.fixture
def pair(two):
    source, target = two("mariadb-mariadb")
    fill(source)
    return source, target


def make(new_job, pair, **config):
    return new_job(*pair, ["d.t"], copy__chunk_rows_max=50, copy__threads=2, **config)


def copying(job, *args):
    migrate = job.spawn("migrate", "--until", "synced", *args, env=environment(**SLOW))
    migrate.until(lambda: len(job.chunks()) > 3, "some chunks")
    return migrate


def throttled(job):
    return job.status()["throttled"]


def chunks(job):
    return len(job.chunks())


def stands_still(job, process):
    """What was under way when the order came ends; then no chunk follows."""
    counts = []

    def same():
        counts.append(chunks(job))
        time.sleep(0.4)
        return len(counts) > 2 and counts[-1] == counts[-2] == counts[-3]
    process.until(same, "an end of the chunks that were under way", 30)
    # Ten more would be done by now.
    time.sleep(1)
    assert chunks(job) == counts[-1]


def held_then_released(job, process, hold, release, reason):
    """The whole life of a reason: it is in the status and once in the log, and nothing moves."""
    assert throttled(job) is None and "Throttled" not in process.text()[1]
    hold()
    process.until(lambda: throttled(job), "the reason in the status")
    status = job.status()
    assert re.fullmatch(reason, status["throttled"]), status["throttled"]
    assert [r for r in status["reasons"] if r.startswith("the copy is throttled: ")], status["reasons"]
    assert status["bottleneck"] == "throttle"
    assert re.search(rf"(?m)^throttled +{reason}$", job.run("status").expect(OK).stdout)
    stands_still(job, process)
    log = process.text()[1]
    assert len(re.findall(rf"Throttled: {reason}\.$", log, re.MULTILINE)) == log.count("Throttled: ") == 1, log
    assert "No longer throttled" not in log
    before = chunks(job)
    release()
    process.until(lambda: chunks(job) > before + 3, "more chunks")
    assert throttled(job) is None and process.text()[1].count("No longer throttled, after ") == 1


def finish(job, process):
    """Without delays: the rest of the copy is no part of the test."""
    process.stop()
    job.run("migrate", "--until", "synced").expect(OK)
    assert job.target.value("SELECT COUNT(*) FROM d.t") == 12000


# ---- each kind of reason --------------------------------------------------------------------------

def test_a_file(pair, new_job, tmp_path):
    file = tmp_path / "hold"
    job = make(new_job, pair, throttle__file=str(file))
    migrate = copying(job)
    held_then_released(job, migrate, file.touch, file.unlink, rf"the file {re.escape(str(file))} exists")
    finish(job, migrate)


@pytest.mark.parametrize("kinds", [(MARIADB, MARIADB), (MYSQL97, MYSQL97), (MYSQL56, MYSQL97)], ids="-".join)
def test_a_query(kinds, both, new_job):
    source, target = both(*kinds)
    fill(source)
    job = make(new_job, (source, target), throttle__query="SELECT n FROM d.switch WHERE id = 1")
    migrate = copying(job)
    held_then_released(job, migrate, lambda: source.script("UPDATE d.switch SET n=7"),
                       lambda: source.script("UPDATE d.switch SET n=0"), "throttle\\.query gives 7")
    finish(job, migrate)


def test_threads_running(pair, new_job):
    source, _ = pair
    job = make(new_job, pair, throttle__threads_running=12)
    migrate = copying(job)
    sleepers = []

    def sleep(connection):
        try:
            connection.cursor().execute("SELECT SLEEP(600)")
        except Exception:  # it is killed
            pass

    def hold():
        for _ in range(15):
            connection = source.connect()
            thread = threading.Thread(target=sleep, args=(connection,), daemon=True)
            thread.start()
            sleepers.append((connection.thread_id(), thread))

    def release():
        source.script(*(f"KILL {number}" for number, _ in sleepers))
        for _, thread in sleepers:
            thread.join(60)

    held_then_released(job, migrate, hold, release, r"\d+ threads run on the source, more than 12")
    finish(job, migrate)


@pytest.mark.core
def test_by_hand(pair, new_job):
    job = make(new_job, pair)
    migrate = copying(job)
    held_then_released(job, migrate, lambda: job.run("ctl throttle", "--reason", "backup until 4:00").expect(OK),
                       lambda: job.run("ctl unthrottle").expect(OK), "by hand: backup until 4:00")
    assert job.run("ctl throttle", "--format", "json").expect(OK).json == {"job": "shop", "throttled": "by hand"}
    migrate.until(lambda: migrate.text()[1].count("Throttled: by hand.") == 1, "the order")
    assert job.run("ctl unthrottle", "--format", "json").expect(OK).json == {"job": "shop", "throttled": None}
    finish(job, migrate)


def test_an_order_outlives_the_process(pair, new_job):
    job = make(new_job, pair)
    migrate = copying(job)
    job.run("ctl throttle").expect(OK)
    migrate.until(lambda: "Throttled: by hand." in migrate.text()[1], "the order")
    migrate.kill()
    assert throttled(job) == "by hand"
    before = chunks(job)
    again = job.spawn("migrate", "--until", "synced")
    again.until(lambda: "Throttled: by hand." in again.text()[1], "the order to be read again")
    stands_still(job, again)
    assert chunks(job) == before
    assert "Snapshot taken" not in again.text()[1], "a snapshot is not held open while nothing is read"
    job.run("ctl unthrottle").expect(OK)
    again.wait().expect(OK)
    assert job.target.value("SELECT COUNT(*) FROM d.t") == 12000


def test_there_is_no_such_job(pair, new_job):
    result = make(new_job, pair).run("ctl throttle").expect(CONFIG)
    assert "UM-8004" in result.stderr


# ---- replicas -------------------------------------------------------------------------------------

class Replica:
    """Of the source, from its present position on."""

    def __init__(self, pool, source):
        self.source, self.server = source, pool.get(f"replica-{source.kind}", source.kind)
        self.words = ("SLAVE", "MASTER") if source.mariadb else ("REPLICA", "SOURCE")
        replica, upstream = self.words
        self.stop()
        self.server.script(f"RESET {replica} ALL")
        self.server.reset()
        source.script("DROP USER IF EXISTS 'unmoor_repl'@'127.0.0.1'", "CREATE USER 'unmoor_repl'@'127.0.0.1' IDENTIFIED BY 'repl'",
                      "GRANT REPLICATION SLAVE ON *.* TO 'unmoor_repl'@'127.0.0.1'")
        file, position = source.query("SHOW MASTER STATUS" if source.mariadb else "SHOW BINARY LOG STATUS")[0][:2]
        change = "CHANGE MASTER TO" if source.mariadb else "CHANGE REPLICATION SOURCE TO"
        more = "" if source.mariadb else ", GET_SOURCE_PUBLIC_KEY=1, SOURCE_AUTO_POSITION=0"
        self.server.script(f"{change} {upstream}_HOST='127.0.0.1', {upstream}_PORT={source.port}, {upstream}_USER='unmoor_repl',"
                           f" {upstream}_PASSWORD='repl', {upstream}_LOG_FILE='{file}', {upstream}_LOG_POS={position},"
                           f" {upstream}_CONNECT_RETRY=1{more}")
        self.start()

    def run(self, *statements):
        self.server.script(*statements)

    def start(self):
        self.run(f"START {self.words[0]}")

    def stop(self):
        self.run(f"STOP {self.words[0]}")

    def wait_for(self, sql):
        wait.until(lambda: self.has(sql), f"{sql} on the replica")

    def has(self, sql):
        try:
            return self.server.query(sql)
        except Exception:
            return False


@pytest.fixture
def replicated(pool, both, request):
    source, target = both(request.param, request.param)
    replica = Replica(pool, source)
    fill(source)
    yield source, target, replica
    try:
        replica.stop()
    except Exception:  # it is down
        pass


on_each = pytest.mark.parametrize("replicated", [MARIADB, MYSQL97], indirect=True)


def replica_job(new_job, replicated, **config):
    source, target, replica = replicated
    job = make(new_job, (source, target), throttle__replicas=[f"127.0.0.1:{replica.server.port}"], throttle__max_lag="1s", **config)
    replica.wait_for("SELECT 1 FROM mysql.user WHERE user='unmoor_src'")
    replica.wait_for("SELECT 1 FROM d.t WHERE id=12000 OR id > 11000 LIMIT 1")
    return job, rf"replica 127\.0\.0\.1:{replica.server.port}"


@on_each
def test_a_replica_that_lags(replicated, new_job):
    source, _, replica = replicated
    job, name = replica_job(new_job, replicated)
    migrate = copying(job)
    blocker = replica.server.connect()

    def hold():
        blocker.cursor().execute("LOCK TABLES d.switch READ")
        source.script("UPDATE d.switch SET n=n+1")

    def release():
        blocker.cursor().execute("UNLOCK TABLES")

    held_then_released(job, migrate, hold, release, rf"{name} lags \d+ s behind, more than 1 s")
    blocker.close()
    finish(job, migrate)


@on_each
def test_a_replica_that_does_not_replicate(replicated, new_job):
    _, _, replica = replicated
    job, name = replica_job(new_job, replicated)
    migrate = copying(job)
    held_then_released(job, migrate, lambda: replica.run(f"STOP {replica.words[0]} SQL_THREAD"), replica.start,
                       rf"{name} does not replicate \(I/O thread: Yes, SQL thread: No\)")
    finish(job, migrate)


@pytest.mark.parametrize("replicated", [MARIADB], indirect=True)
def test_a_replica_that_is_gone(replicated, new_job):
    _, _, replica = replicated
    job, name = replica_job(new_job, replicated)
    migrate = copying(job)
    held_then_released(job, migrate, replica.server.kill, replica.server.start, rf"{name} cannot be asked \(.*error 2\d\d\d.*\)")
    finish(job, migrate)


@on_each
def test_a_replica_that_refuses_to_tell(replicated, new_job):
    """The plan says what to grant, and so does a job that is resumed."""
    source, _, replica = replicated
    job, _ = replica_job(new_job, replicated)
    privilege = "SLAVE MONITOR" if source.mariadb else "REPLICATION CLIENT"
    replica.run(f"REVOKE {privilege} ON *.* FROM 'unmoor_src'@'127.0.0.1'")
    plan = job.run("plan", "--format", "json").expect(BLOCKED).json
    blocks = [c for c in plan["checks"] if c["level"] == "BLOCK"]
    assert [c["id"] for c in blocks] == ["source.throttle"]
    assert f"GRANT {privilege} ON *.* TO 'unmoor_src'@'127.0.0.1'" in blocks[0]["mend"]
    assert "source.throttle" in job.run("migrate").expect(BLOCKED).stderr
    replica.run(f"GRANT {privilege} ON *.* TO 'unmoor_src'@'127.0.0.1'")
    migrate = copying(job)
    migrate.stop()
    replica.run(f"REVOKE {privilege} ON *.* FROM 'unmoor_src'@'127.0.0.1'")
    assert "UM-5030" in job.run("migrate").expect(CONFIG).stderr


def test_no_replica_at_all(pair, new_job):
    job = make(new_job, pair, throttle__replicas=[f"127.0.0.1:{pair[0].port}"])
    job.run("plan").expect(BLOCKED)
    job.set("throttle.replicas", None)
    job.write()
    copying(job).stop()
    job.set("throttle.replicas", [f"127.0.0.1:{pair[0].port}"])
    job.write()
    assert "replicates from no server" in job.run("migrate").expect(CONFIG).stderr


# ---- queries that are none ------------------------------------------------------------------------

WRONG = {"SELECT 1 FROM d.nothing": "doesn't exist", "SELECT NULL": "NULL", "SELECT 'many'": "a text", "SELECT 1, 2": "several columns",
         "SELECT 1 FROM d.t": "several rows", "SELECT 1 FROM d.t WHERE id < 0": "no row", "SELECT d.writes()": "read-?only|READ ONLY"}


@pytest.mark.parametrize("query", WRONG)
def test_a_query_that_is_none(query, pair, new_job):
    pair[0].script("CREATE FUNCTION d.writes() RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN UPDATE d.switch SET n=5; RETURN 0; END")
    job = make(new_job, pair, throttle__query=query)
    pair[0].script("GRANT EXECUTE, UPDATE ON d.* TO 'unmoor_src'@'127.0.0.1'")
    assert re.search(WRONG[query], job.run("migrate").expect(BLOCKED).stderr)
    job.set("throttle.query", "SELECT 0")
    job.write()
    copying(job).stop()
    job.set("throttle.query", query)
    job.write()
    result = job.run("migrate").expect(CONFIG)
    assert "UM-5031" in result.stderr and re.search(WRONG[query], result.stderr), str(result)
    assert pair[0].value("SELECT n FROM d.switch") == 0


def test_a_query_that_fails_later_is_waited_for(pair, new_job):
    """The configuration was right when the job began: a table that comes and goes does not end it."""
    source, _ = pair
    job = make(new_job, pair, throttle__query="SELECT n FROM d.switch WHERE id = 1")
    migrate = copying(job)
    held_then_released(job, migrate, lambda: source.script("RENAME TABLE d.switch TO d.gone"),
                       lambda: source.script("RENAME TABLE d.gone TO d.switch"),
                       r"the source cannot be asked \(throttle\.query fails: .*doesn't exist\)")
    finish(job, migrate)


def test_a_source_that_stays_away(pair, new_job):
    """It would be waited for in vain, and nobody reads from it meanwhile who could tell."""
    source, _ = pair
    job = make(new_job, pair, throttle__query="SELECT n FROM d.switch WHERE id = 1", follow__reconnect_timeout="3s")
    migrate = copying(job)
    source.script("UPDATE d.switch SET n=1")
    migrate.until(lambda: throttled(job) == "throttle.query gives 1", "the reason")
    stands_still(job, migrate)
    source.kill()
    try:
        result = migrate.wait(60).expect(SOURCE)
    finally:
        source.start()
    assert "Throttled: the source cannot be asked" in result.stderr and "UM-2001" in result.stderr, str(result)
    source.script("UPDATE d.switch SET n=0")
    job.run("migrate", "--until", "synced").expect(OK)
    assert job.target.value("SELECT COUNT(*) FROM d.t") == 12000


# ---- stopping, and what must not be held meanwhile ------------------------------------------------

def test_a_stop_while_throttled(pair, new_job, tmp_path):
    file = tmp_path / "hold"
    job = make(new_job, pair, throttle__file=str(file))
    migrate = copying(job)
    file.touch()
    migrate.until(lambda: throttled(job), "the reason")
    stands_still(job, migrate)
    started = time.monotonic()
    migrate.stop(signal.SIGINT, INTERRUPTED)
    assert time.monotonic() - started < 2 * wait.SLACK
    assert throttled(job) is None
    assert job.state("SELECT who FROM job_throttle") == (), "what a process told of itself goes with it"


def test_a_worker_that_fails_ends_those_that_wait(pair, new_job, tmp_path):
    """One is in the middle of a chunk when the snapshot is lost, the other waits: the copy begins again."""
    file = tmp_path / "hold"
    source, target = pair
    # A chunk is more than what the source has sent already when nobody reads.
    source.script("CREATE TABLE d.u (id INT AUTO_INCREMENT PRIMARY KEY, v LONGTEXT)", "INSERT INTO d.u (v) SELECT REPEAT('12345678', 40000) FROM d.t LIMIT 300")
    job = new_job(source, target, ["d.t", "d.u"], copy__chunk_rows_max=50, copy__threads=2, throttle__file=str(file))
    migrate = copying(job)
    with target.connect() as blocker:
        blocker.cursor().execute("LOCK TABLES d.u WRITE")
        migrate.until(lambda: target.query("SELECT 1 FROM information_schema.processlist WHERE user='unmoor_dst'"
                                           " AND state LIKE 'Waiting for table metadata lock'"), "a chunk that waits")
        file.touch()
        migrate.until(lambda: throttled(job), "the reason")
        stands_still(job, migrate)
        source.script(*(f"KILL {number}" for (number,) in source.query(
            "SELECT id FROM information_schema.processlist WHERE user='unmoor_src'")))
    migrate.until(lambda: "The copy goes on with a new snapshot." in migrate.text()[1], "the end of those that wait")
    assert migrate.text()[1].count("Snapshot taken") == 1
    file.unlink()
    migrate.until(lambda: migrate.text()[1].count("Snapshot taken") == 2, "another snapshot")
    finish(job, migrate)


def test_no_lock_is_held_while_throttled(pair, new_job, tmp_path):
    """A DDL on either side does not wait for the copy to go on."""
    file = tmp_path / "hold"
    source, target = pair
    job = make(new_job, pair, throttle__file=str(file))
    source.script("GRANT BINLOG ADMIN ON *.* TO 'unmoor_src'@'127.0.0.1'")
    migrate = copying(job)
    file.touch()
    migrate.until(lambda: throttled(job), "the reason")
    stands_still(job, migrate)
    source.script("SET lock_wait_timeout=5; ALTER TABLE d.t COMMENT 'new'; SET innodb_lock_wait_timeout=5; UPDATE d.t SET v='y' WHERE id < 100")
    target.script("SET lock_wait_timeout=5; LOCK TABLES d.t WRITE; UNLOCK TABLES")
    migrate.stop()


# ---- showing --------------------------------------------------------------------------------------

def test_the_reason_in_the_progress(pair, new_job, tmp_path):
    file = tmp_path / "hold"
    job = make(new_job, pair, throttle__file=str(file))
    migrate = copying(job, "--format", "json")
    migrate.until(lambda: '"throttled":null' in migrate.text()[0], "progress")
    file.touch()
    migrate.until(lambda: f'"throttled":"the file {file} exists"' in migrate.text()[0], "the reason in the progress")
    migrate.stop()


def test_the_reason_in_the_line_and_the_block(pair, new_job, tmp_path):
    file = tmp_path / "hold"
    file.touch()
    job = make(new_job, pair, throttle__file=str(file))
    migrate = job.spawn("migrate")
    migrate.until(lambda: re.search(rf"(?m)^\S+ copy  .*  throttled: the file {re.escape(str(file))} exists$", migrate.text()[1]),
                  "the reason in the line", 60)
    migrate.stop()
    timer = threading.Timer(5, file.unlink)
    timer.start()
    code, text = job.on_terminal("migrate", "--until", "synced")
    timer.join()
    assert code == OK, text
    assert re.search(r"throttled: the file ", text), text


# ---- verification ---------------------------------------------------------------------------------

def test_a_verification_waits_before_it_takes_a_snapshot(pair, new_job):
    job = make(new_job, pair)
    job.run("migrate", "--until", "synced").expect(OK)
    job.run("ctl throttle", "--reason", "sale").expect(OK)
    verify = job.spawn("verify")
    verify.until(lambda: "Throttled: by hand: sale." in verify.text()[1], "the order")
    assert throttled(job) == "by hand: sale"
    time.sleep(1)
    assert verify.running() and "Verifying" not in verify.text()[1]
    job.run("ctl unthrottle").expect(OK)
    verify.wait().expect(OK)


@pytest.mark.parametrize("ends", ["released", "stopped"])
def test_a_verification_is_held_between_ranges(ends, pair, new_job, tmp_path):
    """In the middle of a range when the reason comes; before the next one it waits, without a lock on what it has read."""
    file = tmp_path / "hold"
    source, target = pair
    source.script("CREATE TABLE d.u (id INT PRIMARY KEY); INSERT INTO d.u SELECT id FROM d.t LIMIT 6000; CREATE TABLE d.w (id INT PRIMARY KEY);"
                  " INSERT INTO d.w VALUES (1)")
    job = new_job(source, target, ["d.*"], throttle__file=str(file), verify__threads=1)
    source.script("GRANT BINLOG ADMIN ON *.* TO 'unmoor_src'@'127.0.0.1'")
    target.script("GRANT BINLOG ADMIN ON *.* TO 'unmoor_dst'@'127.0.0.1'")
    job.run("migrate", "--until", "synced").expect(OK)
    with target.connect() as blocker:
        blocker.cursor().execute("LOCK TABLES d.u WRITE")
        verify = job.spawn("verify")
        verify.until(lambda: target.query("SELECT 1 FROM information_schema.processlist WHERE user='unmoor_dst'"
                                          " AND state LIKE 'Waiting for table metadata lock'"), "a range that waits")
        file.touch()
        verify.until(lambda: throttled(job) == f"the file {file} exists", "the reason")
        blocker.cursor().execute("UNLOCK TABLES")
    for server in (source, target):
        server.script("SET lock_wait_timeout=10; ALTER TABLE d.t COMMENT 'new'")
    assert verify.running()
    if ends == "stopped":
        verify.stop(signal.SIGINT, INTERRUPTED, 20)
        assert throttled(job) is None
        return
    time.sleep(1)
    assert verify.running()
    file.unlink()
    verify.wait().expect(OK)
    assert "No longer throttled" in verify.text()[1]
