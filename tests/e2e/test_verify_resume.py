"""verify --resume: one that was stopped goes on with what it has not compared, and forgets nothing that it has found."""

import re
import signal

import pytest

from harness import wait
from harness.unmoor import DIFFERENT, OK, OTHER, SOURCE, USAGE, environment
from harness.writers import Writers

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb", "mysql97-mariadb"]
ROWS, CHUNK = 3000, 50
EARLY, LATE = 10, 2990  # keys that differ; no writer touches them
UNSEEN = 80             # damaged behind the mark, once its chunk was compared
SLOW = "verify.range=delay:100"


def change(cursor, rnd):
    cursor.execute("UPDATE d.t SET n=n+1, v=%s WHERE id=%s", (str(rnd.random()), rnd.randrange(200, ROWS - 100)))


def move(cursor, rnd):
    cursor.execute("DELETE FROM d.w WHERE id=%s", (rnd.randrange(50),))
    cursor.execute("REPLACE INTO d.w VALUES (%s, %s)", (rnd.randrange(50), rnd.random()))


@pytest.fixture
def follows(two, new_job):
    def make(name, **config):
        source, target = two(name)
        source.script("CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "CREATE TABLE d.t (id INT PRIMARY KEY, n INT NOT NULL, v VARCHAR(40)) CHARSET=latin1",
                      "CREATE TABLE d.w (id INT PRIMARY KEY, r DOUBLE)", "CREATE TABLE d.keyless (a INT, b INT)",
                      "INSERT INTO d.keyless VALUES (1, 1), (1, 1), (2, NULL)")
        connection = source.connect("d", autocommit=True)
        with connection, connection.cursor() as cursor:
            cursor.executemany("INSERT INTO d.t VALUES (%s, %s, %s)", [(n, n % 7, f"v{n}") for n in range(ROWS)])
        writers = Writers(source, "d", [change, move])
        job = new_job(source, target, ["d.*"], verify__chunk_rows_max=CHUNK, verify__threads=2, **config)
        migrate = job.spawn("migrate")
        migrate.until(job.follows, "following")
        return job, migrate, writers
    return make


def marks(job, table="t"):
    return job.state("SELECT part, log_file, log_pos, hi, differing, chunks, rows_source FROM job_verified"
                     " WHERE job='shop' AND table_name=%s ORDER BY part", table)


def begin(job, *args):
    """A verification that has recorded something of d.t, and is not over."""
    verify = job.spawn("verify", *args, env=environment(UNMOOR_FAULT=SLOW))
    verify.until(lambda: marks(job) and marks(job)[-1][5] >= 2, "a mark")
    return verify


def table(report, name="t"):
    (found,) = [t for t in report["tables"] if t["name"] == name]
    return found


def keys(report, name="t"):
    return {k["key"] for k in table(report, name)["keys"]}


def damage(job, *ids):
    job.target.script(*(f"UPDATE d.t SET v='damaged' WHERE id={n}" for n in ids))


def mend(job, *ids):
    job.target.script(*(f"UPDATE d.t SET v='v{n}' WHERE id={n}" for n in ids))


def resume(job, *codes, **env):
    return job.run("verify", "--resume", "--format", "json", env=environment(**env)).expect(*codes)


STOPS = {
    "SIGTERM": lambda job, verify: verify.stop(),
    "SIGKILL": lambda job, verify: verify.kill(),
    "lost": lambda job, verify: (kill_sessions(job), verify.wait().expect(SOURCE)),
}


def kill_sessions(job):
    """Of those that read for the verification, which are in a statement or between two."""
    for (number,) in job.source.query("SELECT id FROM information_schema.processlist WHERE user='unmoor_src' AND command NOT LIKE 'Binlog%'"):
        try:
            job.source.script(f"KILL {number}")
        except Exception:  # it ended meanwhile
            pass


@pytest.mark.parametrize("how", STOPS)
@pytest.mark.parametrize("name", PAIRS)
def test_goes_on(name, how, follows):
    job, migrate, writers = follows(name)
    damage(job, EARLY, LATE)
    with writers:
        writers.wait_for(20)
        STOPS[how](job, begin(job))
        (mark,) = marks(job)
        assert mark[3] and 2 <= mark[5] < ROWS // CHUNK and mark[4].count("\n") == 2, mark
        damage(job, UNSEEN)
        writers.wait_for(20)
        report = resume(job, DIFFERENT).json
    t = table(report)
    assert keys(report) == {f"id={EARLY}", f"id={LATE}"} and t["keys_different"] == 2
    assert t["rows_source"] == t["rows_target"] == ROWS
    first, second = t["parts"]
    assert first["position"].startswith(f"{mark[1]}:{mark[2]}") and (first["chunks"], first["rows_source"]) == mark[5:]
    assert first["chunks_that_differed"] == 1 and second["chunks_that_differed"] == 0
    assert second["position"] == report["position"] != first["position"]
    assert first["chunks"] + second["chunks"] == t["chunks"] and first["rows_source"] + second["rows_source"] == ROWS
    assert table(report, "keyless")["verdict"] == "equal" and not marks(job) and not marks(job, "keyless")
    # What is behind the mark was not read again: its position is said, and all of it is seen by a new one.
    report = job.run("verify", "--format", "json").expect(DIFFERENT).json
    assert keys(report) == {f"id={n}" for n in (EARLY, UNSEEN, LATE)} and "parts" not in table(report)
    migrate.stop()


@pytest.mark.parametrize("name", PAIRS)
def test_what_differed_is_told(name, follows):
    """Also when somebody has mended it by the time that it is compared again."""
    job, migrate, _ = follows(name)
    damage(job, EARLY)
    begin(job).stop()
    mend(job, EARLY)
    verify = job.run("verify", "--resume").expect(OK)
    assert "1 chunk differed, and was compared again later" in verify.stdout, verify
    assert re.search(r"; \d tables?, or parts of them, at the earlier positions told above\n", verify.stdout), verify
    migrate.stop()


@pytest.mark.parametrize("name", PAIRS)
def test_killed_again_and_again(name, follows):
    """After each record of what was compared: all of it is compared in the end, and nothing twice but what differed."""
    job, migrate, writers = follows(name)
    damage(job, EARLY, LATE)
    with writers:
        for kills in range(60):
            result = job.run("verify", "--resume", "--format", "json",
                             env=environment(UNMOOR_FAULT=f"verify.recorded=crash@1,{SLOW}")).expect(-signal.SIGKILL, DIFFERENT)
            if result.code == DIFFERENT:
                break
        writers.wait_for(5)
    t = table(result.json)
    assert kills >= 2 and len(t["parts"]) >= 2 and keys(result.json) == {f"id={EARLY}", f"id={LATE}"}
    assert t["rows_source"] == t["rows_target"] == ROWS and sum(p["rows_source"] for p in t["parts"]) == ROWS
    positions = [p["position"] for p in t["parts"]]
    assert len(set(positions)) == len(positions) and not marks(job)
    migrate.stop()


@pytest.mark.parametrize("point", ["verify.range", "verify.recorded"])
def test_faults(point, follows):
    job, migrate, _ = follows("mariadb-mariadb")
    for how, code in ("fail", OTHER), ("crash", -signal.SIGKILL):
        result = job.run("verify", env=environment(UNMOOR_FAULT=f"{point}={how}@1,{'' if point == 'verify.range' else SLOW}".strip(",")))
        result.expect(code)
    report = resume(job, OK).json
    assert report["equal"] is True and table(report)["rows_source"] == ROWS
    migrate.stop()


# ---- when it does not hold any more ------------------------------------------------------------------

def alter(job):
    job.source.script("ALTER TABLE d.t ADD x INT")
    wait.until(lambda: job.target.query("SHOW COLUMNS FROM d.t LIKE 'x'"), "the column")


def truncate(job):
    """Leaves the definition as it is."""
    job.source.script("TRUNCATE TABLE d.t", *(f"INSERT INTO d.t VALUES ({n}, 0, 'v{n}')" for n in range(100)))
    wait.until(lambda: job.target.value("SELECT COUNT(*) FROM d.t") == 100, "the rows")


def skip(job):
    """The row is not there, and the change is passed over."""
    job.target.script("DELETE FROM d.t WHERE id=30")
    job.source.script("UPDATE d.t SET n=99 WHERE id=30")
    wait.until(lambda: job.state("SELECT 1 FROM job_conflict"), "the conflict")


@pytest.mark.parametrize("how", [alter, truncate, skip])
@pytest.mark.parametrize("name", ["mysql97-mysql97", "mariadb-mariadb"])
def test_begins_anew(name, how, follows):
    job, migrate, _ = follows(name, apply__on_conflict="skip")
    begin(job).stop()
    how(job)
    damage(job, UNSEEN)
    result = resume(job, DIFFERENT)
    expected = {f"id={UNSEEN}"} | ({"id=30"} if how is skip else set())
    assert keys(result.json) == expected and "parts" not in table(result.json)
    assert "`d`.`t` is compared from its beginning" in result.stderr
    migrate.stop()


def test_copied_again(follows):
    job, migrate, _ = follows("mysql97-mysql97")
    begin(job).stop()
    before = job.state("SELECT generation FROM job_verified WHERE table_name='t'")
    job.run("ctl recopy", "d.t").expect(OK)
    wait.until(lambda: not job.state("SELECT 1 FROM job_order") and job.follows() and
               job.state("SELECT m.generation FROM job_model m JOIN job_table t ON t.id=m.table_id WHERE t.table_name='t'") not in ((), before),
               "the new copy")
    damage(job, UNSEEN)
    assert keys(resume(job, DIFFERENT).json) == {f"id={UNSEEN}"}
    migrate.stop()


def test_without_it_all_is_compared(follows):
    job, migrate, _ = follows("mariadb-mariadb")
    begin(job).stop()
    damage(job, UNSEEN)
    report = job.run("verify", "--format", "json").expect(DIFFERENT).json
    assert keys(report) == {f"id={UNSEEN}"} and not marks(job)
    result = resume(job, DIFFERENT)
    assert keys(result.json) == {f"id={UNSEEN}"} and "There is no verification to go on with" in result.stderr
    migrate.stop()


def test_a_sample_is_not_recorded(follows):
    job, migrate, _ = follows("mariadb-mariadb")
    assert "UM-1007" in job.run("verify", "--resume", "--sample", "10").expect(USAGE).stderr
    begin(job).stop()
    before = marks(job)
    job.run("verify", "--sample", "50").expect(OK)
    assert marks(job) == before
    migrate.stop()


@pytest.mark.parametrize("command", [("cleanup",), ("migrate", "--until", "synced", "--restart")])
def test_goes_with_the_job(command, follows):
    job, migrate, _ = follows("mysql97-mysql97")
    begin(job).stop()
    migrate.stop()
    assert marks(job)
    job.run(*command).expect(OK)
    assert not job.has_table("job_verified") if command == ("cleanup",) else not marks(job)


def test_a_job_that_is_begun_anew_meanwhile(follows):
    """What is compared of the former one is not recorded as its own."""
    job, migrate, _ = follows("mysql97-mysql97")
    verify = begin(job)
    job.target.script("UPDATE unmoor.job SET origin=REVERSE(origin)", "DELETE FROM unmoor.job_verified")
    result = verify.wait()
    assert "UM-7113" in result.stderr or "is not the one that was there" in result.stderr, result
    assert not marks(job)
    migrate.stop()


def test_with_a_repair(follows):
    """What had differed by then is repaired as well."""
    job, migrate, _ = follows("mariadb-mariadb")
    damage(job, EARLY, LATE)
    begin(job).stop()
    report = job.run("verify", "--resume", "--repair", "--format", "json").expect(OK).json
    assert report["rows_repaired"] == 2 and report["equal"] is True
    assert job.run("verify").code == OK
    migrate.stop()


@pytest.mark.parametrize("how", [alter, truncate])
def test_ddl_that_the_verification_itself_runs(how, follows):
    """No migration runs: the statement lies between what was recorded and the position of the rest."""
    job, migrate, _ = follows("mysql97-mysql97")
    begin(job).stop()
    migrate.stop()
    damage(job, UNSEEN)
    if how is alter:
        job.source.script("ALTER TABLE d.t ADD x INT")
        expected = {f"id={UNSEEN}"}
    else:
        job.source.script("TRUNCATE TABLE d.t", *(f"INSERT INTO d.t VALUES ({n}, 0, 'v{n}')" for n in range(100)))
        expected = set()
    result = resume(job, OK, DIFFERENT)
    assert keys(result.json) == expected and "`d`.`t` is compared from its beginning" in result.stderr
