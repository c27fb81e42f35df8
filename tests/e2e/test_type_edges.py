"""What the matrix of types cannot show: tables that only another server can make, and values that the target cannot hold."""

import shutil

import pytest

from harness import oracle, types
from harness.servers import MARIADB, MARIADB105, MARIADB118, MYSQL56, MYSQL97
from harness.unmoor import BLOCKED, OK, TARGET, UNSUPPORTED

pytestmark = pytest.mark.usefixtures("binary")


# ---- moments as MySQL 5.5 stored them ------------------------------------------------------------------

OLD_COLUMNS = "id INT PRIMARY KEY, a DATETIME, b TIMESTAMP NULL DEFAULT NULL, c TIME"
OLD_VALUES = ["'0000-00-00 00:00:00', '0000-00-00 00:00:00', '00:00:00'", "'9999-12-31 23:59:59', '2038-01-19 03:14:07', '838:59:59'",
              "'1000-01-01 00:00:00', '1970-01-01 00:00:01', '-838:59:59'", "'2024-00-00 00:00:00', '2001-09-09 01:46:40', '-00:00:01'",
              "'2023-02-31 01:02:03', '1999-12-31 23:59:59', '12:34:56'", "NULL, NULL, NULL"]


def old_table(pool, server, name, columns):
    """MySQL 5.6 makes no such table, but it takes one that MariaDB made, and keeps its form."""
    maker = pool.get(f"src-{MARIADB105}", MARIADB105)
    maker.script("DROP DATABASE IF EXISTS made", "CREATE DATABASE made CHARACTER SET latin1", "SET GLOBAL mysql56_temporal_format=OFF",
                 f"CREATE TABLE made.{name} ({columns}) ENGINE=MyISAM", "SET GLOBAL mysql56_temporal_format=ON", "FLUSH TABLES")
    for file in (maker.directory / "made").glob(f"{name}.*"):
        shutil.copy(file, server.directory / "old")
    server.script(f"ALTER TABLE old.{name} ENGINE=InnoDB")


@pytest.mark.parametrize("shown", ["OFF", "ON"])
def test_moments_of_mysql_55(shown, pool, both, new_job):
    source, target = both(MYSQL56, MYSQL97)
    source.script("CREATE DATABASE old CHARACTER SET latin1", "SET GLOBAL avoid_temporal_upgrade=ON", f"SET GLOBAL show_old_temporals={shown}")
    try:
        old_table(pool, source, "t", OLD_COLUMNS)
        old_table(pool, source, "bare", OLD_COLUMNS.replace(" PRIMARY KEY", ""))
        if shown == "ON":
            assert source.query("SHOW CREATE TABLE old.t")[0][1].count("/* 5.5 binary format */") == 3
        rows = [f"({{0}} + {i}, {values})" for i, values in enumerate(OLD_VALUES)]

        def insert(first):
            return (f"INSERT INTO old.{table} VALUES " + ", ".join(rows).format(first) for table in ("t", "bare"))

        source.script(*insert(0), *insert(10), *insert(20))
        job = new_job(source, target, ["old.*"])
        migrate = job.spawn("migrate")
        migrate.until(job.follows, "the copy's end")
        source.script(*insert(30), *(f"UPDATE old.{table} SET a='2024-02-29 12:13:14', b='2024-02-29 12:13:14', c='-01:02:03' WHERE id BETWEEN 10"
                                     " AND 19" for table in ("t", "bare")),
                      *(f"DELETE FROM old.{table} WHERE id BETWEEN 20 AND 29" for table in ("t", "bare")))
        migrate.stop()
        job.run("migrate", "--until", "synced").expect(OK)
        oracle.compare_rows(source, target, "old")
        job.run("verify").expect(OK)
    finally:
        source.script("SET GLOBAL avoid_temporal_upgrade=OFF", "SET GLOBAL show_old_temporals=OFF")


# ---- values that the target cannot hold ---------------------------------------------------------------------

@pytest.mark.parametrize("target_kind", [MYSQL97, MARIADB105])
def test_moments_after_2038(target_kind, both, new_job):
    """The plan warns; a value that comes stops the job, by copy and by the stream, and nothing is clipped."""
    source, target = both(MARIADB118, target_kind)
    source.script("CREATE DATABASE late CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                  "CREATE TABLE late.t (id INT PRIMARY KEY, at TIMESTAMP(6) NULL DEFAULT NULL)",
                  "INSERT INTO late.t VALUES (1, '2038-01-19 03:14:07.999999'), (2, '2038-01-19 03:14:08')")
    job = new_job(source, target, ["late.*"])
    (check,) = [c for c in job.run("plan", "--format", "json").expect(OK).json["checks"] if c["id"] == "tables.target"]
    assert check["level"] == "WARN" and "late.t column at" in check["seen"] and "2038" in check["seen"]
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    assert "`late`.`t`" in result.stderr and "column 'at'" in result.stderr, str(result)
    source.script("DELETE FROM late.t WHERE id=2")
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    source.script("INSERT INTO late.t VALUES (3, '2106-02-07 06:28:15')")
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    assert "UM-6112" in result.stderr and "`late`.`t`" in result.stderr and "2106-02-07 06:28:15" in result.stderr, str(result)
    assert target.query("SELECT id, CAST(at AS CHAR) FROM late.t") == ((1, "2038-01-19 03:14:07.999999"),)


def test_bytes_of_no_character(both, new_job):
    """Old servers let them in. New ones hold most of them; what they do not, stops the job."""
    source, target = both(MYSQL56, MYSQL97)
    source.script("CREATE DATABASE odd", "CREATE TABLE odd.t (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET cp1250, KEY (v))",
                  "CREATE TABLE odd.bare (v VARCHAR(9) CHARACTER SET cp1250)", "INSERT INTO odd.t VALUES (1, x'6181')", "INSERT INTO odd.bare VALUES (x'6181')")
    job = new_job(source, target, ["odd.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("INSERT INTO odd.t VALUES (2, x'6281')", "UPDATE odd.t SET v=x'6381' WHERE id=1", "UPDATE odd.bare SET v=x'6481'")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.compare_rows(source, target, "odd")
    job.run("verify").expect(OK)

    source.script("CREATE TABLE odd.seven (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET ascii)", "INSERT INTO odd.seven VALUES (1, x'61ff')")
    job.set("copy.existing", "drop")
    job.write()
    result = job.run("migrate", "--until", "synced", "--restart").expect(TARGET)
    assert "UM-5002" in result.stderr and "`odd`.`seven`" in result.stderr and "column 'v' at row 1" in result.stderr, str(result)
    assert not target.value("SELECT COUNT(*) FROM odd.seven")


# ---- definitions --------------------------------------------------------------------------------------

def test_enum_of_65535_members(both, new_job):
    source, target = both(MYSQL97, MYSQL97)
    source.script("CREATE DATABASE lists CHARACTER SET latin1 COLLATE latin1_bin",
                  f"CREATE TABLE lists.t (id INT PRIMARY KEY, v ENUM({types.MOST}))", "INSERT INTO lists.t VALUES (1, 1), (2, 65535), (3, NULL)")
    job = new_job(source, target, ["lists.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("INSERT INTO lists.t VALUES (4, 255), (5, 256), (6, 32768)", "UPDATE lists.t SET v=65535-v", "DELETE FROM lists.t WHERE v=0")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.compare_rows(source, target, "lists")
    job.run("verify").expect(OK)


def test_a_definition_that_may_be_too_large(both, new_job):
    """How long expressions are in MariaDB's words, only MariaDB knows: before anything is copied."""
    source, target = both(MYSQL97, MARIADB118)
    columns = ", ".join(f"g{i} TEXT AS (CONCAT(a, '{'long' * 1500}')) VIRTUAL" for i in range(12))
    source.script("CREATE DATABASE large CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "CREATE TABLE large.a (id INT PRIMARY KEY)",
                  f"CREATE TABLE large.z (id INT PRIMARY KEY, a BIGINT, {columns})", "INSERT INTO large.a VALUES (1)")
    job = new_job(source, target, ["large.*"])
    (check,) = [c for c in job.run("plan", "--format", "json").expect(OK).json["checks"] if c["id"] == "tables.target"]
    assert check["level"] == "WARN" and "large.z table" in check["seen"]
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    assert "creating `large`.`z`" in result.stderr and "too large" in result.stderr, str(result)
    assert target.value("SELECT COUNT(*) FROM large.a") == 0
    source.script("ALTER TABLE large.z " + ", ".join(f"DROP COLUMN g{i}" for i in range(6)))
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    oracle.compare_rows(source, target, "large")


# ---- images without duplicates -----------------------------------------------------------------------------

WRITES = ["UPDATE d.t SET c=NULL WHERE id=4", "UPDATE d.t SET c='' WHERE id=4", "UPDATE d.t SET b='B' WHERE id=4", "UPDATE d.t SET id=14, e=0 WHERE id=4",
          "REPLACE INTO d.t (id, a) VALUES (1, 5)", "REPLACE INTO d.t (id) VALUES (3)", "INSERT INTO d.t (id, a) VALUES (2, 9) ON DUPLICATE KEY UPDATE a=9",
          "UPDATE d.t SET c=DEFAULT, b=DEFAULT, e=DEFAULT WHERE id=5", "UPDATE d.t JOIN d.link ON id=x SET e=y, y=y+1", "INSERT INTO d.t (id) VALUES (6)",
          "UPDATE d.link SET x=x+10", "REPLACE INTO d.link VALUES (11, 2)", "UPDATE d.bare SET a=7, b=NULL", "UPDATE d.spans FOR PORTION OF p"
          " FROM '2003-01-01' TO '2005-01-01' SET v=2", "DELETE FROM d.spans FOR PORTION OF p FROM '2008-01-01' TO '2009-01-01'", "UPDATE d.made SET a=a+1"]


def test_images_without_duplicates(both, new_job):
    """MariaDB's FULL_NODUP leaves out of the second image what did not change, and nothing that did."""
    source, target = both(MARIADB118, MARIADB118)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, a INT, c VARBINARY(9) DEFAULT NULL, b TEXT, e INT DEFAULT 7)",
                  "CREATE TABLE d.link (x INT, y INT, PRIMARY KEY (x, y))", "CREATE TABLE d.bare (a INT, b TEXT, c INT DEFAULT 4)",
                  "CREATE TABLE d.spans (id INT, v INT, s DATE, e DATE, PERIOD FOR p (s, e), KEY (id))",
                  "CREATE TABLE d.made (id INT PRIMARY KEY, a INT, g INT AS (a * 2) STORED, u TIMESTAMP(6) DEFAULT 0 ON UPDATE CURRENT_TIMESTAMP(6), z INT)",
                  "INSERT INTO d.t VALUES (1, 1, 'c', 'b', 1), (2, 1, 'c', 'b', 1), (3, 1, 'c', 'b', 1), (4, 1, 'c', 'b', 1), (5, 1, 'c', 'b', 1)",
                  "INSERT INTO d.link VALUES (1, 1), (2, 2)", "INSERT INTO d.bare VALUES (1, 'b', 1), (2, NULL, 2)",
                  "INSERT INTO d.spans VALUES (1, 1, '2000-01-01', '2010-01-01')", "INSERT INTO d.made (id, a, z) VALUES (1, 1, 1), (2, 2, 2)",
                  "CREATE TRIGGER d.before_update BEFORE UPDATE ON d.made FOR EACH ROW SET NEW.z = NEW.z + 100", "SET GLOBAL binlog_row_image=FULL_NODUP")
    try:
        job = new_job(source, target, ["d.*"])
        checks = {c["id"]: c for c in job.run("plan", "--format", "json").expect(OK).json["checks"]}
        assert (checks["source.binlog_row_image"]["level"], checks["source.binlog_row_image"]["seen"]) == ("PASS", "FULL_NODUP")
        job.run("migrate", "--until", "synced").expect(OK)
        source.script(*WRITES)
        job.run("migrate", "--until", "synced").expect(OK)
        oracle.compare_rows(source, target, "d")
    finally:
        source.script("SET GLOBAL binlog_row_image=FULL")


TWICE = ["CREATE DATABASE d", "CREATE TABLE d.twice (a INT, b INT DEFAULT 5, PRIMARY KEY (a, b), UNIQUE (a))", "INSERT INTO d.twice VALUES (1, 7)"]


def test_images_that_may_be_minimal(both, new_job):
    """MINIMAL's images of this table have all columns, too."""
    source, target = both(MARIADB118, MARIADB118)
    source.script(*TWICE, "SET GLOBAL binlog_row_image=FULL_NODUP")
    try:
        plan = new_job(source, target, ["d.*"]).run("plan", "--format", "json").expect(BLOCKED).json
        assert [c["seen"] for c in plan["checks"] if c["level"] == "BLOCK"] == \
            ["FULL_NODUP, whose updates cannot be told from those of MINIMAL or NOBLOB in: d.twice"]
    finally:
        source.script("SET GLOBAL binlog_row_image=FULL")


def test_an_image_that_may_be_minimal(both, new_job):
    """A session's MINIMAL leaves out what its REPLACE sets to a default: that is refused where FULL_NODUP looks alike."""
    source, target = both(MARIADB, MARIADB)
    source.script(*TWICE)
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("SET SESSION binlog_row_image=MINIMAL; REPLACE INTO d.twice (a) VALUES (1)")
    assert "UM-6114" in job.run("migrate", "--until", "synced").expect(UNSUPPORTED).stderr
    assert target.query("SELECT * FROM d.twice") == ((1, 7),)
