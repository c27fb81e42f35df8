"""verify --repair: rows of the target that differ become what they are on the source, and nothing else does."""

import json
import random
import re
import signal

import pymysql
import pytest

from harness import accounts, operations, oracle, scenario, wait
from harness.servers import MARIADB118, MYSQL97
from harness.unmoor import BLOCKED, DIFFERENT, GATE, OK, OTHER, TARGET, environment

pytestmark = pytest.mark.usefixtures("binary")

FLAVOURS = ["mysql97-mysql97", "mariadb-mariadb"]
PAIRS = ["mysql97-mysql97", "mysql56-mysql97", "mariadb-mariadb", "mysql97-mariadb118", "mariadb118-mysql97"]
CROSS = {"mysql97-mariadb118": (MYSQL97, MARIADB118), "mariadb118-mysql97": (MARIADB118, MYSQL97)}


@pytest.fixture
def pair(two, both):
    return lambda name: both(*CROSS[name]) if name in CROSS else two(name)


def has_unique_key(server, database, table):
    """Of whole columns: a part of one names no row."""
    return bool(server.query("SELECT index_name FROM information_schema.statistics WHERE table_schema=%s AND table_name=%s AND non_unique=0"
                             " GROUP BY index_name HAVING SUM(sub_part IS NOT NULL)=0", (database, table)))


def repair(job, *codes, env=None):
    result = job.run("verify", "--repair", "--format", "json", env=env).expect(*(codes or (OK,)))
    return result.json


def table(report, name):
    (found,) = [t for t in report["tables"] if t["name"] == name]
    return found


def records(job, report):
    rows = job.state("SELECT table_name, op, row_key, before_image, after_image FROM job_repair WHERE job=%s AND run=%s ORDER BY id",
                     job.name, report["run"])
    return [(*row[:3], *(image and json.loads(image) for image in row[3:])) for row in rows]


# ---- every type and every key ------------------------------------------------------------------------

def damage(server, names, seed):
    """What the writers do to a source, done to the target."""
    found = []
    for name in names:
        found += operations.table_operations(server, name, "%") if name in ("types", "newer") else []
    found += operations.film_operations("film") + operations.key_operations("keys")
    rnd = random.Random(seed)
    connection = server.connect("film", autocommit=True)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks=0")
        for operation in found * 3:
            try:
                operation(cursor, rnd)
            except pymysql.MySQLError:
                connection.rollback()


@pytest.mark.parametrize("name", [name for name in PAIRS if name != "mariadb118-mysql97"])
def test_every_type_and_key(name, pair, new_job, fixtures, test_seed):
    source, target = pair(name)
    names = scenario.load(source, target, fixtures, with_sysbench=False)
    job = new_job(source, target, scenario.include(names))
    job.run("migrate", "--until", "synced").expect(OK)
    damage(target, names, test_seed)
    before = job.run("verify", "--format", "json").expect(DIFFERENT).json
    report = repair(job, OK, DIFFERENT)
    refused = {(t["schema"], t["name"]) for t in report["tables"] if t.get("repair", {}).get("refused")}
    assert len(refused) < 5 and not any(has_unique_key(source, *name) for name in refused), refused
    assert {(t["schema"], t["name"]) for t in report["tables"] if t["verdict"] != "equal"} == refused
    assert sum(t["verdict"] == "different" for t in before["tables"]) > 20 and report["rows_repaired"] > 200
    assert len(records(job, report)) == report["rows_repaired"]
    for database, keyless in refused:
        for server in (source, target):
            server.script(f"DROP TABLE `{database}`.`{keyless}`")
    for database in names:
        oracle.compare_rows(source, target, database)
        oracle.compare_structure(source, target, database, True)
        if source.kind == target.kind:
            oracle.compare_checksums(source, target, database)
            oracle.compare_dumps(source, target, database, False)


# ---- what is recorded and reported -------------------------------------------------------------------

ROWS = """
CREATE DATABASE d;
CREATE TABLE d.t (a INT, b VARCHAR(20) COLLATE utf8mb4_general_ci, n DECIMAL(9,2), x VARBINARY(9), j LONGTEXT,
                  f FLOAT, e ENUM('p','q'), PRIMARY KEY (a, b)) CHARSET=utf8mb4;
INSERT INTO d.t VALUES (1, 'one', 1.50, X'00FF', '{"k": 1}', 0.1, 'p'), (1, 'two', NULL, NULL, NULL, NULL, NULL),
                       (2, 'one', -3.25, X'', 'text', -7.5, 'q'), (3, 'Ä', 0, 'abc', 'x', 1, 'q');
CREATE TABLE d.equal (id INT PRIMARY KEY);
INSERT INTO d.equal VALUES (1), (2)
"""


@pytest.fixture
def synced(pair, new_job):
    def make(name, sql, **config):
        source, target = pair(name)
        source.script("SET NAMES utf8mb4", *filter(str.strip, sql.split(";\n")))
        job = new_job(source, target, ["d.*"], **config)
        job.run("migrate", "--until", "synced").expect(OK)
        return job
    return make


@pytest.mark.core
@pytest.mark.parametrize("name", FLAVOURS)
def test_what_is_recorded(name, synced):
    job = synced(name, ROWS)
    job.target.script("SET sql_mode=''", "DELETE FROM d.t WHERE a=2", "UPDATE d.t SET n=9, f=0.25, x=X'01FE', e='' WHERE b='two'",
                      "INSERT INTO d.t VALUES (7, 'extra', 7, 'x', 'j', 7, 'p')", "UPDATE d.t SET b='ä' WHERE a=3")
    report = repair(job)
    t = table(report, "t")
    assert t["verdict"] == "equal" and report["equal"] and t["position"] and t["keys_different"] == 0
    assert (t["repair"]["inserted"], t["repair"]["updated"], t["repair"]["deleted"]) == (2, 1, 2)
    assert report["rows_repaired"] == 5 and report["repaired_in"] == "unmoor.job_repair"
    assert "repair" not in table(report, "equal")
    one = {"a": 2, "b": "one", "n": "-3.25", "x": "", "j": "text", "f": -7.5, "e": 2}
    two = {"a": 1, "b": "two", "n": None, "x": None, "j": None, "f": None, "e": None}
    extra = {"a": 7, "b": "extra", "n": "7.00", "x": "x", "j": "j", "f": 7, "e": 1}
    three = {"a": 3, "b": "Ä", "n": "0.00", "x": "abc", "j": "x", "f": 1, "e": 2}
    written = {("insert", "a=2, b='one'"): (None, one),
               ("update", "a=1, b='two'"): ({**two, "n": "9.00", "f": 0.25, "x": {"hex": "01fe"}, "e": 0}, two),
               ("delete", "a=7, b='extra'"): (extra, None),
               ("delete", "a=3, b='ä'"): ({**three, "b": "ä"}, None), ("insert", "a=3, b='Ä'"): (None, three)}
    found = {(op, key): (before, after) for _, op, key, before, after in records(job, report)}
    assert found == written
    kinds = {"insert": "only_source", "delete": "only_target", "update": "differs"}
    assert {(k["kind"], k["key"]) for k in t["repair"]["keys"]} == {(kinds[op], key) for op, key in written}
    oracle.assert_equal(job.source, job.target, ["d"])
    again = repair(job)
    assert again["rows_repaired"] == 0 and again["repaired_in"] is None and again["equal"]


def test_the_text(synced):
    job = synced("mariadb-mariadb", ROWS)
    job.target.script("DELETE FROM d.t WHERE a=1")
    text = job.run("verify", "--repair").expect(OK).stdout
    run = job.state("SELECT DISTINCT run FROM job_repair")[0][0]
    assert re.search(r"repaired: 2 inserted; compared again at \S", text), text
    assert f"Repaired: 2 rows, recorded in unmoor.job_repair with run={run}" in text


def test_more_than_is_listed(synced):
    """Whole ranges, on either side alone, and single rows; the memory for names is for a hundred."""
    job = synced("mysql97-mysql97", "CREATE DATABASE d;\nCREATE TABLE d.t (id INT PRIMARY KEY, n INT, u INT UNIQUE)")
    numbers = range(0, 300000, 3)
    connection = job.source.connect("d", autocommit=False)
    with connection, connection.cursor() as cursor:
        for first in range(0, len(numbers), 5000):
            cursor.execute("INSERT INTO t VALUES " + ",".join(f"({n},{n % 7},{n})" for n in numbers[first:first + 5000]))
        connection.commit()
    job.run("migrate", "--until", "synced").expect(OK)
    job.target.script("DELETE FROM d.t WHERE id BETWEEN 90000 AND 129000", "UPDATE d.t SET n=-1 WHERE id % 997 = 0",
                      "INSERT INTO d.t SELECT id+1, 0, NULL FROM d.t WHERE id > 200000 AND id < 236000")
    gone = len([n for n in numbers if 90000 <= n <= 129000])
    more = len([n for n in numbers if 200000 < n < 236000])
    changed = len([n for n in numbers if n % 997 == 0 and not 90000 <= n <= 129000])
    report = repair(job)
    t = table(report, "t")["repair"]
    assert (t["inserted"], t["deleted"], t["updated"]) == (gone, more, changed) and len(t["keys"]) == 100
    assert job.state("SELECT COUNT(*) FROM job_repair") == ((gone + more + changed,),)
    oracle.assert_equal(job.source, job.target, ["d"])


def test_large_rows(synced):
    """As many in a transaction as fit; and one that cannot be recorded is named."""
    job = synced("mysql97-mysql97", "CREATE DATABASE d;\nCREATE TABLE d.t (id INT PRIMARY KEY, b LONGBLOB)")
    job.source.script("INSERT INTO d.t SELECT n, REPEAT(CHAR(n USING latin1), 3000000) FROM (SELECT 1 n UNION SELECT 200 UNION SELECT 3) x")
    job.run("migrate", "--until", "synced").expect(OK)
    job.target.script("DELETE FROM d.t WHERE id > 2")
    report = repair(job)
    assert report["rows_repaired"] == 2 and len(records(job, report)) == 2
    oracle.assert_equal(job.source, job.target, ["d"])
    job.target.script("UPDATE d.t SET b=CONCAT(b, 'x') WHERE id=200", "SET GLOBAL max_allowed_packet=8388608")
    try:
        result = job.run("verify", "--repair").expect(TARGET)
        assert "UM-7111" in result.stderr and "`d`.`t`" in result.stderr, str(result)
    finally:
        job.target.script("SET GLOBAL max_allowed_packet=67108864")
    assert repair(job)["rows_repaired"] == 1
    oracle.assert_equal(job.source, job.target, ["d"])


# ---- while a migration runs --------------------------------------------------------------------------

def fill(server, rows):
    server.script("CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "CREATE TABLE d.t (id INT PRIMARY KEY, n INT NOT NULL, s VARCHAR(40), u INT, UNIQUE (u))",
                  "CREATE TABLE d.ledger (writer INT, number INT, what VARCHAR(20), PRIMARY KEY (writer, number))")
    for first in range(0, rows, 5000):
        server.script("INSERT INTO d.t VALUES " + ",".join(f"({n},{n % 11},'s{n}',{n})" for n in range(first, min(rows, first + 5000))))


def live_operations(rows):
    """Rows whose number ends with 0 are left alone: the applier would miss them on a damaged target."""
    def some(rnd, last):
        return rnd.randrange(0, rows, 10) + rnd.choice(last)

    def update(c, rnd):
        c.execute("UPDATE t SET n=n+1, s=%s WHERE id=%s", (f"live{rnd.random()}", some(rnd, range(1, 10))))

    def replace(c, rnd):
        key = some(rnd, range(2, 10))
        c.execute("DELETE FROM t WHERE id=%s", (key,))
        c.execute("INSERT INTO t VALUES (%s, 1, 'again', NULL)", (key,))

    def insert(c, rnd):
        c.execute("INSERT INTO t SELECT MAX(id)+1, 5, 'new', NULL FROM t")

    return [update, update, replace, insert]


def spoil(server, rows):
    for statement in (f"DELETE FROM d.t WHERE id % 10 = 0 AND id < {rows // 2}",
                      f"UPDATE d.t SET n=n-5, s='spoilt' WHERE id % 10 = 1 AND id < {rows}",
                      f"INSERT INTO d.t SELECT -id-1, 0, 'extra', NULL FROM d.t WHERE id % 10 = 3 AND id BETWEEN 0 AND {rows}"):
        while True:
            try:
                server.script(statement)
                break
            except pymysql.OperationalError as error:
                assert error.args[0] == 1213, error  # the applier was in the way


@pytest.fixture
def followed(pair, new_job):
    def make(name, rows, **config):
        source, target = pair(name)
        fill(source, rows)
        job = new_job(source, target, ["d.*"], **config)
        migrate = job.spawn("migrate")
        migrate.until(job.follows, "following")
        return job, migrate
    return make


@pytest.mark.core
@pytest.mark.parametrize("name", ["mysql97-mysql97", "mariadb-mariadb", "mysql56-mysql97", "mariadb118-mysql97"])
def test_under_live_writes(name, followed, test_seed):
    rows = 30000
    job, migrate = followed(name, rows)
    with scenario.Writers(job.source, "d", live_operations(rows), threads=2, per_second=40, seed=test_seed) as writers:
        writers.wait_for(20, migrate)
        spoil(job.target, rows)
        report = repair(job)
        assert report["equal"] and report["rows_repaired"] >= 2 * rows // 10
        writers.wait_for(writers.count() + 20, migrate)
    migrate.stop()
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["d"], objects=False)


POINTS = ["repair.aligned", "repair.before_commit", "repair.after_commit"]


@pytest.mark.parametrize("how", ["crash@1", "crash@3", "fail@2"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("running", [True, False])
def test_killed(running, point, how, followed):
    """The migration goes on by itself, and a second run repairs what is left."""
    rows = 4000
    if point == "repair.aligned":
        how = how[:-1] + "1"
    job, migrate = followed("mariadb-mariadb", rows)
    if not running:
        migrate.stop()
    spoil(job.target, rows)
    result = job.run("verify", "--repair", env=environment(UNMOOR_FAULT=f"{point}={how}"))
    if how.startswith("crash"):
        assert result.code == -signal.SIGKILL, str(result)
    else:
        result.expect(OTHER)
    job.source.script("INSERT INTO d.t VALUES (999999, 1, 'later', NULL)")
    if running:
        migrate.until(lambda: job.target.query("SELECT 1 FROM d.t WHERE id=999999"), "what came later")
    done = job.state("SELECT COUNT(*) FROM job_repair")[0][0]
    assert (done > 0) == (point == "repair.after_commit" or (point == "repair.before_commit" and not how.endswith("1")))
    report = repair(job)
    assert report["equal"] and report["rows_repaired"] + done == rows // 10 + rows // 20 + rows // 10
    if running:
        migrate.stop()
    scenario.drain(job)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("lock, delay", [("unmoor.shop.verify", 600), ("unmoor.shop", 6000)])
def test_what_is_applied_is_not_written_over(lock, delay, followed):
    """
    A repair loses what lets it write, which is the hold or, where it is the job's owner itself, the job: between two batches
    a change to a row of the second is applied, and must stay.
    """
    job, migrate = followed("mysql97-mysql97", 10000)
    if lock == "unmoor.shop":
        migrate.stop()
    job.target.script("UPDATE d.t SET s='spoilt' WHERE id < 500")
    verify = job.spawn("verify", "--repair", "--format", "json", env=environment(UNMOOR_FAULT=f"repair.after_commit=delay:{delay}"))
    verify.until(lambda: job.state("SELECT 1 FROM job_repair LIMIT 1"), "the first batch")
    job.source.script("UPDATE d.t SET n=1000 WHERE id=300")
    job.target.script(f"KILL {job.target.value('SELECT IS_USED_LOCK(%s)', (lock,))}")
    if lock == "unmoor.shop":
        migrate = job.spawn("migrate")
    migrate.until(lambda: job.target.value("SELECT n FROM d.t WHERE id=300") == 1000, "the change")
    if lock == "unmoor.shop":
        assert "The repair goes on from there." in verify.wait().expect(OK).stderr
    else:
        verify.wait().expect(TARGET)
    assert job.target.value("SELECT n FROM d.t WHERE id=300") == 1000
    repair(job)
    migrate.stop()
    scenario.drain(job)
    oracle.assert_equal(job.source, job.target, ["d"])


def test_a_lock_of_somebody_else(followed):
    """Is waited for between two moments, not during one."""
    job, migrate = followed("mysql97-mysql97", 1000)
    job.target.script("UPDATE d.t SET s='spoilt' WHERE id IN (5, 700)")
    other = job.target.connect("d", autocommit=False)
    with other, other.cursor() as cursor:
        cursor.execute("SELECT * FROM t WHERE id=700 FOR UPDATE")
        verify = job.spawn("verify", "--repair", "--format", "json")
        verify.until(lambda: "The repair goes on from there." in verify.text()[1], "the lock")
        job.source.script("INSERT INTO d.t VALUES (999999, 1, 'later', NULL)")
        migrate.until(lambda: job.target.query("SELECT 1 FROM d.t WHERE id=999999"), "what comes meanwhile")
        assert verify.running()
        other.rollback()
        assert verify.wait().expect(OK).json["rows_repaired"] == 2
    migrate.stop()


# ---- unique keys and triggers ------------------------------------------------------------------------

UNIQUE = """
CREATE DATABASE d;
CREATE TABLE d.t (id INT PRIMARY KEY, u INT NOT NULL, p VARCHAR(30) NOT NULL, UNIQUE KEY (u), UNIQUE KEY (p(4)));
INSERT INTO d.t VALUES (1, 1, 'aaaa1'), (2, 2, 'bbbb2'), (3, 3, 'cccc3'), (4, 4, 'dddd4')
"""


@pytest.mark.parametrize("name", FLAVOURS)
def test_values_that_changed_places(name, synced):
    job = synced(name, UNIQUE)
    job.target.script("UPDATE d.t SET u=-1 WHERE id=1", "UPDATE d.t SET u=1 WHERE id=4", "UPDATE d.t SET u=4 WHERE id=1",
                      "UPDATE d.t SET p='x' WHERE id=2", "UPDATE d.t SET p='bbbb9' WHERE id=3", "UPDATE d.t SET p='cccc9' WHERE id=2")
    assert repair(job)["rows_repaired"] == 4
    oracle.assert_equal(job.source, job.target, ["d"])


def test_a_chain_across_batches(synced):
    """Each row has the value of the next one, and more differ than go into one transaction."""
    job = synced("mysql97-mysql97", "CREATE DATABASE d;\nCREATE TABLE d.t (id INT PRIMARY KEY, u INT NOT NULL UNIQUE)")
    job.source.script("INSERT INTO d.t VALUES " + ",".join(f"({n},{n})" for n in range(1, 601)))
    job.run("migrate", "--until", "synced").expect(OK)
    job.target.script("UPDATE d.t SET u=u-1 ORDER BY id")
    assert repair(job)["rows_repaired"] == 600
    oracle.assert_equal(job.source, job.target, ["d"])


def test_a_row_in_the_way_that_is_right(synced):
    """The target knows a unique key that the source does not."""
    job = synced("mysql97-mysql97", "CREATE DATABASE d;\nCREATE TABLE d.t (id INT PRIMARY KEY, v INT);\nINSERT INTO d.t VALUES (1, 5), (2, 5), (3, 6)")
    job.target.script("UPDATE d.t SET v=7 WHERE id=2", "ALTER TABLE d.t ADD UNIQUE (v)")
    before = job.target.query("SELECT * FROM d.t")
    result = job.run("verify", "--repair").expect(TARGET)
    assert "UM-7107" in result.stderr and "`d`.`t`" in result.stderr, str(result)
    assert job.target.query("SELECT * FROM d.t") == before and not job.state("SELECT * FROM job_repair")


TRIGGERS = """
CREATE DATABASE d;
CREATE TABLE d.t (id INT PRIMARY KEY, v INT);
CREATE TABLE d.log (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20));
CREATE TRIGGER d.i AFTER INSERT ON d.t FOR EACH ROW INSERT INTO log (what) VALUES ('insert');
CREATE TRIGGER d.r AFTER DELETE ON d.t FOR EACH ROW INSERT INTO log (what) VALUES ('delete');
INSERT INTO d.t VALUES (1, 1), (2, 2), (3, 3)
"""


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("name", FLAVOURS)
def test_triggers_do_not_fire(name, running, synced):
    job = synced(name, TRIGGERS)
    migrate = job.spawn("migrate") if running else None
    if running:
        migrate.until(lambda: "Following from" in migrate.text()[1], "following")
    assert job.target.query("SHOW TRIGGERS FROM d"), "they are there while the job is in step"
    job.target.script("SET foreign_key_checks=0", "UPDATE d.t SET v=9 WHERE id=1")
    assert repair(job)["rows_repaired"] == 1
    assert job.target.value("SELECT COUNT(*) FROM d.log") == 3
    if running:
        migrate.stop()
        job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])


# ---- what is refused ---------------------------------------------------------------------------------

def test_without_a_job(two, new_job):
    source, target = two("mysql97-mysql97")
    for server in (source, target):
        server.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
    source.script("INSERT INTO d.t VALUES (1)")
    result = new_job(source, target, ["d.*"]).run("verify", "--repair").expect(GATE)
    assert "UM-7105" in result.stderr and not target.query("SELECT * FROM d.t")


def test_a_state_without_a_place_for_records(followed):
    job, migrate = followed("mariadb-mariadb", 100)
    job.target.script("UPDATE unmoor.job SET version=3", "DROP TABLE unmoor.job_repair", "UPDATE d.t SET n=99")
    result = job.run("verify", "--repair").expect(GATE)
    assert "UM-7110" in result.stderr and job.target.value("SELECT MIN(n) FROM d.t") == 99
    migrate.stop()
    assert repair(job)["rows_repaired"] == 100, "a job that is taken over gets its state raised"


@pytest.mark.parametrize("name", FLAVOURS)
def test_tables_that_are_not_repaired(name, followed):
    job, migrate = followed(name, 50)
    job.source.script("CREATE TABLE d.bare (v INT)", "INSERT INTO d.bare VALUES (1), (1), (2)", "CREATE TABLE d.gone (id INT PRIMARY KEY)",
                      "CREATE TABLE d.other (id INT PRIMARY KEY, v INT)", "INSERT INTO d.other VALUES (1, 1)")
    migrate.until(lambda: job.target.query("SELECT 1 FROM information_schema.tables WHERE table_schema='d' AND table_name='other'")
                  and job.target.query("SELECT 1 FROM d.other"), "the tables")
    job.target.script("DELETE FROM d.bare WHERE v=2", "DROP TABLE d.gone", "ALTER TABLE d.other ADD w INT", "UPDATE d.t SET n=99 WHERE id=7")
    report = repair(job, DIFFERENT)
    verdicts = {t["name"]: (t["verdict"], t.get("repair", {}).get("refused")) for t in report["tables"] if t["name"] != "ledger"}
    assert verdicts == {"bare": ("different", "no unique key tells its rows apart"), "gone": ("missing", "it is missing on the target"),
                        "other": ("different", "its columns are others on the target"), "t": ("equal", None)}
    assert report["rows_repaired"] == 1 and not report["equal"]
    assert job.target.query("SELECT * FROM d.bare") == ((1,), (1,))
    text = job.run("verify", "--repair").expect(DIFFERENT).stdout
    assert "not repaired: no unique key tells its rows apart" in text, text
    migrate.stop()


def test_an_account_that_may_not_write(followed):
    job, migrate = followed("mysql97-mysql97", 50)
    job.target.script("UPDATE d.t SET n=99 WHERE id=7")
    migrate.stop()
    user = f"'{job.users['target']}'@'127.0.0.1'"
    job.target.script(f"REVOKE INSERT ON *.* FROM {user}", f"GRANT INSERT ON unmoor.* TO {user}")
    result = job.run("verify", "--repair").expect(BLOCKED)
    assert "INSERT" in result.stderr and job.target.value("SELECT n FROM d.t WHERE id=7") == 99, str(result)
