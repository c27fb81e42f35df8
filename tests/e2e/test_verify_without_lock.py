"""verify.lock: never: compared while both sides move, without a lock on the source, and exact to the key all the same."""

import contextlib
import threading

import pytest

from harness.servers import MARIADB118, MYSQL97
from harness.unmoor import DIFFERENT, GATE, OK, USAGE, environment
from harness.writers import Writers

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb", "mysql97-mariadb118", "mariadb118-mysql97"]
CROSS = {"mysql97-mariadb118": (MYSQL97, MARIADB118), "mariadb118-mysql97": (MARIADB118, MYSQL97)}
ROWS, HOT = 2000, 500
BEHIND = "apply.before_commit=delay:50"  # whatever is read on the target is of the past

TABLES = """
CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE d.t (id INT PRIMARY KEY, n INT NOT NULL, v VARCHAR(40)) CHARSET=latin1;
CREATE TABLE d.w (id INT PRIMARY KEY, r DOUBLE);
CREATE TABLE d.words (word VARCHAR(30) COLLATE utf8mb4_general_ci PRIMARY KEY, n INT NOT NULL) CHARSET=utf8mb4;
CREATE TABLE d.keyless (a INT, b INT);
INSERT INTO d.keyless VALUES (1, 1), (1, 1), (2, NULL)
"""


def change(cursor, rnd):
    first = rnd.randrange(20, 1900)
    cursor.execute("UPDATE d.t SET n=n+1, v=%s WHERE id BETWEEN %s AND %s", (str(rnd.random()), first, first + rnd.randrange(10)))


def move(cursor, rnd):
    cursor.execute("DELETE FROM d.w WHERE id=%s", (rnd.randrange(50),))
    cursor.execute("REPLACE INTO d.w VALUES (%s, %s)", (rnd.randrange(50), rnd.random()))
    cursor.execute("UPDATE d.words SET n=n+1 WHERE word=%s", (f"Word{rnd.randrange(100)}",))


@pytest.fixture
def follows(two, both, new_job):
    def make(name, fault="", operations=(change, move), **config):
        source, target = both(*CROSS[name]) if name in CROSS else two(name)
        source.script(*filter(str.strip, TABLES.split(";\n")))
        connection = source.connect("d", autocommit=True)
        with connection, connection.cursor() as cursor:
            cursor.executemany("INSERT INTO d.t VALUES (%s, %s, %s)", [(n, n % 7, f"v{n}") for n in range(ROWS)])
            cursor.executemany("INSERT INTO d.words VALUES (%s, %s)", [(f"Word{n}", n) for n in range(200)])
        writers = Writers(source, "d", operations)
        job = new_job(source, target, ["d.*"], verify__lock="never", verify__chunk_rows_max=700, **config)
        job.run("migrate", "--until", "copied").expect(OK)
        migrate = job.spawn("migrate", env=environment(UNMOOR_FAULT=fault) if fault else None)
        migrate.until(job.follows, "following")
        return job, migrate, writers
    return make


def table(report, name):
    (found,) = [t for t in report["tables"] if t["name"] == name]
    return found


def named(report, name):
    return {(k["kind"], k["key"]) for k in table(report, name)["keys"]}


@contextlib.contextmanager
def statements(server):
    """What the server is asked, by whom."""
    server.script("SET GLOBAL log_output='TABLE'", "TRUNCATE TABLE mysql.general_log", "SET GLOBAL general_log=1")
    found = []
    try:
        yield found
        found += [(user.split("[")[0], text.decode() if isinstance(text, bytes) else text) for user, text in server.query(
            "SELECT user_host, argument FROM mysql.general_log WHERE command_type='Query'")]
    finally:
        server.script("SET GLOBAL general_log=0", "SET GLOBAL log_output='FILE'")


def verify(job, *codes, args=()):
    return job.run("verify", "--format", "json", *args).expect(*codes).json


@pytest.mark.parametrize("name", PAIRS)
def test_differences_are_found_and_nothing_else(name, follows):
    job, migrate, writers = follows(name, BEHIND)
    job.target.script("UPDATE d.t SET v='damaged' WHERE id=7", "DELETE FROM d.t WHERE id=8", "INSERT INTO d.t VALUES (5000, 1, 'extra')",
                      "UPDATE d.words SET n=n+1 WHERE word='Word150'", "INSERT INTO d.words VALUES ('extra', 1)", "DELETE FROM d.words WHERE word='Word160'",
                      "DELETE FROM d.keyless WHERE a=1 LIMIT 1")
    with writers, statements(job.source) as asked:
        writers.wait_for(20)
        report = verify(job, DIFFERENT)
    assert named(report, "t") == {("differs", "id=7"), ("only_source", "id=8"), ("only_target", "id=5000")}
    assert named(report, "words") == {("differs", "word='Word150'"), ("only_target", "word='extra'"), ("only_source", "word='Word160'")}
    assert table(report, "keyless")["verdict"] == "different" and table(report, "keyless")["keys_different"] == 1
    assert table(report, "w")["verdict"] == "equal" and report["equal"] is False
    assert report["position_from"] and report["position_from"] != report["position"]
    texts = [text.upper() for user, text in asked if user == "unmoor_src"]
    assert any("CONSISTENT SNAPSHOT" in text for text in texts)
    assert not [text for text in texts if text.startswith(("FLUSH", "LOCK", "BACKUP"))]
    migrate.stop()


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_on_its_way_is_no_difference(name, follows):
    job, migrate, writers = follows(name, BEHIND)
    with writers:
        writers.wait_for(20)
        for _ in range(2):
            report = verify(job, OK)
            assert report["equal"] is True and report["keys_different"] == 0 and "keys_undecided" not in report
    migrate.stop()


@contextlib.contextmanager
def hot(server, sql):
    stop, counted = threading.Event(), [0]

    def run():
        connection = server.connect("d", autocommit=True)
        with connection, connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute(sql)
                counted[0] += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield counted
    finally:
        stop.set()
        thread.join(60)


@pytest.mark.parametrize("name", PAIRS)
def test_a_row_that_changes_all_the_time_is_undecided(name, follows):
    """The target is always behind with it, so it is never seen equal; which is said, and not counted as equal."""
    job, migrate, _ = follows(name, BEHIND)
    with hot(job.source, f"UPDATE d.t SET n=n+1 WHERE id={HOT}"):
        report = verify(job, DIFFERENT)
        assert report["equal"] is None and report["keys_different"] == 0 and report["keys_undecided"] == 1
        assert table(report, "t")["verdict"] == "undecided" and named(report, "t") == {("undecided", f"id={HOT}")}
        assert table(report, "words")["verdict"] == "equal" and report["tables_undecided"] == 1
        job.target.script("UPDATE d.t SET v='damaged' WHERE id=7")
        text = job.run("verify").expect(DIFFERENT).stdout
        assert "DIFFERENT: 1 key, 1 undecided" in text and "undecided" in text, text
    job.target.script("UPDATE d.t SET v='v7' WHERE id=7")
    assert verify(job, OK)["equal"] is True
    migrate.stop()


def test_a_keyless_table_that_changes_all_the_time(follows):
    job, migrate, _ = follows("mariadb-mariadb", BEHIND)
    with hot(job.source, "UPDATE d.keyless SET b=COALESCE(b, 0)+1 WHERE a=2"):
        report = verify(job, DIFFERENT)
        assert report["equal"] is None and table(report, "keyless")["verdict"] == "undecided"
    assert verify(job, OK)["equal"] is True
    migrate.stop()


@pytest.mark.parametrize("name", ["mysql97-mysql97", "mariadb-mariadb"])
def test_many_differences(name, follows):
    """More than are read in one statement, and than one chunk has; none of them is named twice."""
    job, migrate, writers = follows(name, operations=[move])
    job.target.script("DELETE FROM d.t WHERE id >= 100")
    with writers:
        writers.wait_for(5)
        report = verify(job, DIFFERENT)
    t = table(report, "t")
    assert t["keys_different"] == ROWS - 100 and len({k["key"] for k in t["keys"]}) == len(t["keys"]) == 100
    migrate.stop()


@pytest.mark.parametrize("name", ["mysql97-mysql97", "mariadb-mariadb"])
def test_without_a_migration(name, follows):
    job, migrate, _ = follows(name)
    job.source.script("UPDATE d.t SET n=n+1 WHERE id=8")
    migrate.until(job.applied, "a transaction")
    migrate.stop()
    assert verify(job, OK)["equal"] is True  # in step, and nothing is missing
    job.source.script("UPDATE d.t SET n=n+1 WHERE id=7")
    result = job.run("verify").expect(GATE)
    assert "UM-7112" in result.stderr


def test_not_with_a_repair(follows):
    job, migrate, _ = follows("mysql97-mysql97")
    assert "UM-1007" in job.run("verify", "--repair").expect(USAGE).stderr
    assert job.run("verify", "--verify-lock", "brief", "--repair").code == OK
    migrate.stop()


def test_gone_on_with(follows):
    job, migrate, _ = follows("mysql97-mysql97")
    job.target.script("UPDATE d.t SET v='damaged' WHERE id IN (7, 1990)")
    process = job.spawn("verify", env=environment(UNMOOR_FAULT="verify.range=delay:500"))
    process.until(lambda: job.state("SELECT 1 FROM job_verified WHERE table_name='t' AND differing<>''"), "a mark")
    process.kill()
    job.target.script("UPDATE d.t SET v='v7' WHERE id=7")
    report = verify(job, DIFFERENT, args=("--resume",))
    first = table(report, "t")["parts"][0]
    assert named(report, "t") == {("differs", "id=1990")} and first["at_or_later"] is True and first["chunks_that_differed"] == 1
    assert table(report, "t")["rows_source"] == ROWS
    migrate.stop()
