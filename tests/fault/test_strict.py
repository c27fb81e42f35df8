"""What must stop a job: differences on the target, DDL, tables that vanish. And how it says so."""

import re

import pytest

from harness import oracle, scenario
from harness.unmoor import DIFFERENT, OK, SOURCE, TARGET, UNSUPPORTED, environment

pytestmark = pytest.mark.usefixtures("binary")

# What was spoilt on the target, then what the application does, then what the text names.
CONFLICTS = {
    "update of a missing row": ("DELETE FROM k_auto_pk WHERE id=-41", "UPDATE k_auto_pk SET v='x' WHERE id=-41", "k_auto_pk", "id=-41"),
    "delete of a missing row": ("DELETE FROM k_int_string WHERE a=2147483647", "DELETE FROM k_int_string WHERE a=2147483647", "k_int_string", "a=2147483647"),
    "duplicate primary key": ("INSERT INTO k_big VALUES (4711, 1)", "INSERT INTO k_big VALUES (4711, 2)", "k_big", "id=4711"),
    "duplicate secondary key": ("INSERT INTO k_two_unique VALUES (-1, 777777, NULL)", "INSERT INTO k_two_unique VALUES (5000, 777777, NULL)", "k_two_unique", "id=5000"),
    "missing row without a key": ("DELETE FROM k_none WHERE v=7 AND s='dup1'", "DELETE FROM k_none WHERE v=7 AND s='dup1' LIMIT 1", "k_none", "v=7"),
    "update to a key that is taken": ("INSERT INTO k_negative VALUES (-3, 1)", "UPDATE k_negative SET id=-3 WHERE id=-9223372036854775808", "k_negative", "Duplicate entry '-3'"),
}


@pytest.fixture
def job(two, new_job, fixtures):
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "chunk_keys.sql", "keys")
    return new_job(source, target, ["keys.*"])


@pytest.mark.parametrize("what", CONFLICTS)
def test_conflict(job, what):
    spoil, write, table, key = CONFLICTS[what]
    job.run("migrate", "--until", "synced").expect(OK)
    job.target.script(spoil, database="keys")
    job.source.script(write, database="keys")
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    assert re.search(r"UM-6\d\d\d", result.stderr), str(result)
    for part in (f"keys.{table}", key):
        assert part in result.stderr.replace("`", ""), f"{part} is not named\n{result}"
    assert re.search(r"binlog\.0*\d+:\d+", result.stderr), f"no position\n{result}"
    # Nothing of the transaction was applied, and it stops at the same place again.
    again = job.run("migrate", "--until", "synced").expect(TARGET)
    assert f"keys.{table}" in again.stderr.replace("`", "")
    status = job.status()
    assert status["cutover_ready"] is False and status["reasons"]


def test_other_columns_are_not_compared(job):
    """A row is found by its key. What somebody changed beside that, verify finds."""
    job.run("migrate", "--until", "synced").expect(OK)
    job.target.script("UPDATE k_two_unique SET a=-77 WHERE id=3", database="keys")
    job.source.script("UPDATE k_two_unique SET b='from the source' WHERE id=3", database="keys")
    job.run("migrate", "--until", "synced").expect(OK)
    assert job.target.query("SELECT a, b FROM `keys`.k_two_unique WHERE id=3") == ((-77, "from the source"),)
    report = job.run("verify").expect(DIFFERENT)
    assert "k_two_unique" in report.stdout and "id=3" in report.stdout.replace(" ", "")


DDL = ["ALTER TABLE k_big ADD COLUMN extra INT", "DROP TABLE k_big", "TRUNCATE TABLE k_big",
       "RENAME TABLE k_big TO k_bigger", "CREATE INDEX more ON k_big (v)", "ALTER TABLE `keys`.k_big ENGINE=InnoDB"]


@pytest.mark.parametrize("ddl", DDL)
def test_ddl_on_a_followed_table(job, ddl):
    job.set("apply.ddl", "stop")
    job.write()
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    job.source.script(ddl, database="keys")
    result = migrate.wait(120).expect(UNSUPPORTED)
    assert re.search(r"UM-\d{4}", result.stderr)
    assert ddl.split()[0] in result.stderr.upper() and "k_big" in result.stderr


# What is never followed, whatever apply.ddl says.
UNKNOWN_DDL = ["CREATE SEQUENCE `keys`.s", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "CREATE TABLE k_merge (id INT) ENGINE=MERGE",
               "RENAME TABLE k_big TO `elsewhere`.k_big", "RENAME TABLE `elsewhere`.x TO k_x",
               "CREATE TABLE k_like LIKE `elsewhere`.x"]


@pytest.mark.parametrize("ddl", UNKNOWN_DDL)
def test_ddl_that_is_not_followed(job, ddl):
    job.source.script("CREATE DATABASE elsewhere; CREATE TABLE elsewhere.x (id INT PRIMARY KEY)")
    job.run("migrate", "--until", "synced").expect(OK)
    job.source.script(ddl, database="keys")
    result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
    assert "UM-6101" in result.stderr and ddl.split(" ", 1)[1] in result.stderr and re.search(r"binlog\.\d+:\d+", result.stderr), str(result)
    assert "UM-6101" in job.run("migrate", "--until", "synced").expect(UNSUPPORTED).stderr


def test_ddl_that_is_ignored(job):
    """What fits all the same goes on; rows of another form end the job."""
    job.set("apply.ddl", "ignore")
    job.write()
    job.run("migrate", "--until", "synced").expect(OK)
    job.source.script("CREATE INDEX more ON k_big (v); UPDATE k_big SET v=v+1 WHERE id=1", database="keys")
    assert "passed over" in job.run("migrate", "--until", "synced").expect(OK).stderr
    job.source.script("ALTER TABLE k_big MODIFY v BIGINT; UPDATE k_big SET v=v+1 WHERE id=1", database="keys")
    result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
    assert "UM-5003" in result.stderr and "k_big" in result.stderr, str(result)


def test_ddl_that_the_target_refuses(job):
    job.run("migrate", "--until", "synced").expect(OK)
    job.target.script("ALTER TABLE k_big ADD INDEX more (v)", database="keys")
    job.source.script("CREATE INDEX more ON k_big (v)", database="keys")
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    assert "UM-6104" in result.stderr and "CREATE INDEX more" in result.stderr and re.search(r"binlog\.\d+:\d+", result.stderr), str(result)
    job.target.script("DROP INDEX more ON k_big", database="keys")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["keys"])


def test_ddl_elsewhere_does_not_matter(job):
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    job.source.script("CREATE DATABASE other; CREATE TABLE other.t (id INT PRIMARY KEY); ALTER TABLE other.t ADD c INT;"
                      " INSERT INTO other.t VALUES (1, 1); DROP TABLE other.t; CREATE USER someone; DROP USER someone;"
                      " ANALYZE TABLE `keys`.k_big; FLUSH TABLES; INSERT INTO `keys`.k_single VALUES (8, 8)")
    migrate.until(lambda: job.target.query("SELECT 1 FROM `keys`.k_single WHERE id=8"), "the row")
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["keys"])


def test_statement_on_a_followed_table(job):
    """A statement instead of rows cannot be applied exactly."""
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    job.source.script("SET SESSION binlog_format=STATEMENT; UPDATE `keys`.k_big SET v=v+1 WHERE id=1")
    result = migrate.wait(120).expect(UNSUPPORTED, SOURCE)
    assert "STATEMENT" in result.stderr.upper() or "row" in result.stderr


# What an application may do at any time, whatever the plan saw: pair, statements, and what the text names.
EVENTS = {
    "LOAD DATA as a statement": (
        "mariadb-mariadb", "SET SESSION binlog_format=STATEMENT; SELECT 900001, 5 INTO OUTFILE '{0}/load.txt';"
        " LOAD DATA INFILE '{0}/load.txt' INTO TABLE `keys`.k_big", "LOAD_QUERY"),
}


@pytest.mark.parametrize("what", EVENTS)
def test_an_event_that_is_not_followed(what, two, new_job, fixtures):
    pair, sql, name = EVENTS[what]
    source, target = two(pair)
    source.load(fixtures / "chunk_keys.sql", "keys")
    job = new_job(source, target, ["keys.*"])
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    checksums = "CHECKSUM TABLE `keys`.k_big, `keys`.k_auto_pk"
    before = target.query(checksums)
    source.script(sql.format(source.directory))
    result = migrate.wait(120).expect(UNSUPPORTED)
    assert "UM-6103" in result.stderr and name in result.stderr and re.search(r"binlog\.\d+:\d+", result.stderr), str(result)
    # It is not passed over by starting again either, and nothing of it was applied.
    assert "UM-6103" in job.run("migrate", "--until", "synced").expect(UNSUPPORTED).stderr
    assert target.query(checksums) == before != source.query(checksums)


@pytest.mark.parametrize("image", ["MINIMAL", "NOBLOB"])
def test_mariadb_leaves_out_what_replace_sets_to_defaults(image, two, new_job):
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, a INT, b BLOB)", "INSERT INTO d.t VALUES (1, 1, 'b')")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script(f"SET SESSION binlog_row_image={image}; REPLACE INTO d.t (id, a) VALUES (1, 5)")
    result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
    assert "UM-6114" in result.stderr and "`d`.`t`" in result.stderr, str(result)
    assert target.query("SELECT * FROM d.t") == ((1, 1, b"b"),)


def test_part_of_a_row_that_would_have_to_be_whole(two, new_job, fixtures):
    """A row moves from a chunk that is still to be copied to one that was: all of it must come from the event."""
    source, target = two("mysql97-mysql97")
    source.load(fixtures / "mixed.sql", "mixed")
    source.script("DROP TABLE mixed.leaf, mixed.item")
    job = new_job(source, target, ["mixed.owner"], copy__chunk_rows_max=20, copy__threads=1)
    migrate = job.spawn("migrate", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:300"))
    migrate.until(lambda: len(job.chunks()) > 1, "two chunks")
    migrate.kill()
    source.script("SET SESSION binlog_row_image=MINIMAL; UPDATE mixed.owner SET id=-5 WHERE id=599")
    result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
    assert "UM-6114" in result.stderr and "`mixed`.`owner`" in result.stderr and "binlog_row_image" in result.stderr
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    assert target.query("CHECKSUM TABLE mixed.owner") == source.query("CHECKSUM TABLE mixed.owner")


def test_table_dropped_during_the_copy(job):
    """Where no DDL is to be followed."""
    env = environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:50")
    job.set("copy.threads", 1)
    job.set("apply.ddl", "stop")
    job.write()
    migrate = job.spawn("migrate", env=env)
    migrate.until(lambda: len(job.chunks()) > 1, "a first chunk")
    job.source.script("DROP TABLE k_year_time_bit", database="keys")
    result = migrate.wait(60).expect(UNSUPPORTED)
    assert "UM-5003" in result.stderr and "k_year_time_bit" in result.stderr


def test_target_table_dropped_while_following(job):
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    job.target.script("DROP TABLE k_single", database="keys")
    job.source.script("INSERT INTO k_single VALUES (8, 8)", database="keys")
    result = migrate.wait(120).expect(TARGET)
    assert "k_single" in result.stderr


# Columns that somebody narrowed by hand. Of the decimals that it cuts, a strict server only makes a note.
NARROWER = ["s VARCHAR(3)", "d DECIMAL(20,1)", "n TINYINT", "e ENUM('a')"]


@pytest.fixture
def wide(job):
    job.source.script("CREATE TABLE wide (id INT PRIMARY KEY, s VARCHAR(30), d DECIMAL(20,6), n INT, e ENUM('a', 'b'));"
                      " INSERT INTO wide VALUES (1, 'long text', 1.234567, 1000, 'b')", database="keys")
    return job


@pytest.mark.parametrize("column", NARROWER)
def test_the_copy_refuses_to_clip(wide, column):
    migrate = wide.spawn("migrate", env=environment(UNMOOR_FAULT="snapshot.recorded=delay:3000"))
    migrate.until(lambda: "Snapshot taken" in migrate.text()[1], "the snapshot")
    wide.target.script(f"ALTER TABLE wide MODIFY {column}", database="keys")
    result = migrate.wait(120).expect(TARGET)
    assert re.search(r"UM-\d{4}", result.stderr) and "`keys`.`wide`" in result.stderr, str(result)
    assert not wide.target.query("SELECT 1 FROM `keys`.wide")


def test_the_insert_refuses_to_clip(wide):
    """Rows go as INSERT where LOAD DATA LOCAL is refused."""
    wide.target.script("SET GLOBAL local_infile=0")
    test_the_copy_refuses_to_clip(wide, "d DECIMAL(20,1)")


@pytest.mark.parametrize("column", NARROWER)
def test_the_applier_refuses_to_clip(wide, column):
    wide.run("migrate", "--until", "synced").expect(OK)
    wide.source.script("INSERT INTO wide VALUES (2, 'abc', 1.2, 1, 'a')", database="keys")
    wide.target.script("DELETE FROM wide", database="keys")
    wide.target.script(f"ALTER TABLE wide MODIFY {column}", database="keys")
    wide.source.script("INSERT INTO wide VALUES (3, 'long text', 1.234567, 1000, 'b')", database="keys")
    result = wide.run("migrate", "--until", "synced").expect(TARGET)
    assert re.search(r"UM-\d{4}", result.stderr) and "`keys`.`wide`" in result.stderr, str(result)
    assert wide.target.query("SELECT id FROM `keys`.wide") in ((), ((2,),))
