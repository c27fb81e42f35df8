"""DDL on the source while a job follows: the target has to become the same, whatever the statement."""

import pymysql
import pytest

from harness import oracle
from harness.servers import MARIADB118
from harness.unmoor import OK, UNSUPPORTED
from harness.wait import Timeout

pytestmark = pytest.mark.usefixtures("binary")

SAME = ["mysql97-mysql97", "mariadb-mariadb", "mysql56-mysql97"]

BASE = """
CREATE TABLE d.a (id INT PRIMARY KEY AUTO_INCREMENT, n INT, s VARCHAR(20) CHARACTER SET latin1);
CREATE TABLE d.b (id INT PRIMARY KEY, a_id INT, KEY (a_id), CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES d.a (id));
CREATE TABLE d.p (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id)
  (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (200));
INSERT INTO d.a (n, s) VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO d.b VALUES (1, 1), (2, 2);
INSERT INTO d.p VALUES (1, 1), (150, 150);
"""

# What the application does: DDL and rows mixed.
CASES = {
    "add a column": "ALTER TABLE a ADD COLUMN c INT NOT NULL DEFAULT 7 AFTER id; INSERT INTO a (c, n, s) VALUES (9, 9, 'nine')",
    "add and drop it again": "ALTER TABLE a ADD c INT; INSERT INTO a (c, n) VALUES (1, 5); ALTER TABLE a DROP c;"
                             " INSERT INTO a (n) VALUES (6); ALTER TABLE a ADD c VARCHAR(5); INSERT INTO a (c, n) VALUES ('x', 7)",
    "drop a column": "ALTER TABLE a DROP COLUMN n; INSERT INTO a (s) VALUES ('x')",
    "change a type": "ALTER TABLE a MODIFY n BIGINT UNSIGNED; INSERT INTO a (n) VALUES (18446744073709551615)",
    "rename a column": "ALTER TABLE a CHANGE n m SMALLINT; UPDATE a SET m=m+1",
    "change a charset": "ALTER TABLE a CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; INSERT INTO a (s) VALUES ('\u20ac')",
    "now() of the statement": "SET timestamp=1234567890; ALTER TABLE a ADD t TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP;"
                              " SET timestamp=DEFAULT; INSERT INTO a (n) VALUES (8)",
    "a timestamp": "CREATE TABLE c (id INT PRIMARY KEY, t TIMESTAMP); INSERT INTO c (id) VALUES (1)",
    "a timestamp, in the old way": "SET explicit_defaults_for_timestamp=0; CREATE TABLE c (id INT PRIMARY KEY, t TIMESTAMP);"
                                   " INSERT INTO c (id) VALUES (1)",
    "default collations": "CREATE TABLE c (s VARCHAR(9) CHARACTER SET utf8mb4 PRIMARY KEY) CHARACTER SET utf8mb4; INSERT INTO c VALUES ('ä')",
    "indexes": "CREATE INDEX i ON a (n); CREATE UNIQUE INDEX u ON a (s); DROP INDEX i ON a; UPDATE a SET n=n+1",
    "another primary key": "ALTER TABLE p DROP PRIMARY KEY, ADD PRIMARY KEY (v, id); DELETE FROM p WHERE id=1",
    "create": "CREATE TABLE c (id INT PRIMARY KEY, v VARCHAR(9)) ENGINE=InnoDB; INSERT INTO c VALUES (1, 'x')",
    "create like": "CREATE TABLE c LIKE a; INSERT INTO c SELECT * FROM a",
    "create from a query": "CREATE TABLE c (PRIMARY KEY (id)) AS SELECT id, n FROM a; INSERT INTO c VALUES (99, 9)",
    "drop": "DROP TABLE b; INSERT INTO a (n) VALUES (4)",
    "drop and create anew": "DROP TABLE b; CREATE TABLE b (x VARCHAR(9) PRIMARY KEY); INSERT INTO b VALUES ('x')",
    "drop what is not there": "DROP TABLE IF EXISTS nothing, b, nothing_either",
    "truncate": "TRUNCATE TABLE b; INSERT INTO b VALUES (5, 3)",
    "rename": "RENAME TABLE a TO c; INSERT INTO c (n) VALUES (4); INSERT INTO b VALUES (9, 1)",
    "rename by alter": "ALTER TABLE b RENAME TO c; INSERT INTO c VALUES (9, 1)",
    "rename in a ring": "RENAME TABLE a TO t, p TO a, t TO p; INSERT INTO p (n) VALUES (11); INSERT INTO a VALUES (3, 3)",
    "as gh-ost does": "CREATE TABLE _p_gho LIKE p; ALTER TABLE _p_gho ADD COLUMN w INT; INSERT INTO _p_gho (id, v) SELECT id, v FROM p;"
                      " CREATE TABLE _p_del (id INT); DROP TABLE _p_del; RENAME TABLE p TO _p_del, _p_gho TO p;"
                      " INSERT INTO p VALUES (2, 2, 2); DROP TABLE _p_del",
    "as pt-online-schema-change does":
        "CREATE TABLE _p_new (id INT PRIMARY KEY, v INT); ALTER TABLE _p_new ADD COLUMN w INT;"
        " CREATE TRIGGER pt_osc_ins AFTER INSERT ON p FOR EACH ROW REPLACE INTO _p_new (id, v) VALUES (NEW.id, NEW.v);"
        " INSERT INTO p VALUES (3, 3); INSERT IGNORE INTO _p_new (id, v) SELECT id, v FROM p; INSERT INTO p VALUES (4, 4);"
        " RENAME TABLE p TO _p_old, _p_new TO p; DROP TABLE IF EXISTS _p_old; DROP TRIGGER IF EXISTS pt_osc_ins;"
        " INSERT INTO p VALUES (5, 5, 5)",
    "partitions": "ALTER TABLE p ADD PARTITION (PARTITION p2 VALUES LESS THAN (300)); INSERT INTO p VALUES (250, 1);"
                  " ALTER TABLE p TRUNCATE PARTITION p0; ALTER TABLE p DROP PARTITION p1;"
                  " ALTER TABLE p REORGANIZE PARTITION p2 INTO (PARTITION p3 VALUES LESS THAN (260), PARTITION p4 VALUES LESS THAN (400));"
                  " INSERT INTO p VALUES (350, 1)",
    "what changes nothing": "ALTER TABLE a ENGINE=InnoDB; ALTER TABLE a FORCE; ALTER TABLE a AUTO_INCREMENT=1000; INSERT INTO a (n) VALUES (1)",
    "quotes and comments": "SET SESSION sql_mode='ANSI_QUOTES'; ALTER /* x */ TABLE \"a\" ADD \"c c\" VARCHAR(9) DEFAULT 'it''s';"
                           " INSERT INTO a (n) VALUES (1); /*!40000 ALTER TABLE a DISABLE KEYS */; /*!99999 ALTER TABLE a ADD nothing INT */",
    "views": "CREATE VIEW v AS SELECT id, n FROM a WHERE n>1; CREATE VIEW w AS SELECT * FROM v; ALTER VIEW v AS SELECT id, s FROM a;"
             " DROP VIEW w; CREATE OR REPLACE VIEW x AS SELECT 1 AS one",
    "routines": "CREATE PROCEDURE p1() /* why */ SELECT 1 /* kept */; ALTER PROCEDURE p1 COMMENT 'c'; CREATE PROCEDURE p2() SELECT 2;"
                " CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x+1; DROP PROCEDURE p2",
    "triggers": "CREATE TRIGGER t1 BEFORE INSERT ON a FOR EACH ROW SET NEW.n=NEW.n+1; INSERT INTO a (n) VALUES (50);"
                " CREATE TRIGGER t2 BEFORE INSERT ON b FOR EACH ROW SET @x=1; DROP TRIGGER t2; INSERT INTO a (n) VALUES (51)",
    "databases": "CREATE DATABASE dnew CHARACTER SET latin1; CREATE TABLE dnew.t (v VARCHAR(9) PRIMARY KEY); INSERT INTO dnew.t VALUES ('x');"
                 " CREATE DATABASE dgone; CREATE TABLE dgone.t (id INT PRIMARY KEY); DROP DATABASE dgone; INSERT INTO a (n) VALUES (77)",
    "another default of a database": "CREATE TABLE c (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO c VALUES (1, 'é');"
                                     " ALTER DATABASE CHARACTER SET utf8mb4; CREATE TABLE e (v VARCHAR(9) PRIMARY KEY); INSERT INTO e VALUES ('€')",
    "another charset later": "CREATE TABLE c (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO c VALUES (1, 'é');"
                             " ALTER TABLE c CONVERT TO CHARACTER SET utf8mb4; INSERT INTO c VALUES (2, '€')",
    "settings of one statement": "SET STATEMENT lock_wait_timeout=5 FOR TRUNCATE TABLE b; SET STATEMENT max_statement_time=9, sql_mode='' FOR"
                                 " ALTER TABLE a ADD w INT NOT NULL; SET STATEMENT lock_wait_timeout=5 FOR INSERT INTO a (n) VALUES (5);"
                                 " SET STATEMENT lock_wait_timeout=5 FOR RENAME TABLE p TO q; SET STATEMENT lock_wait_timeout=5 FOR"
                                 " CREATE TABLE c (id INT PRIMARY KEY); INSERT INTO c VALUES (1); SET STATEMENT lock_wait_timeout=5 FOR DROP TABLE b",
}
# MySQL 5.6 gives a column that a key makes NOT NULL a default, which none does since.
NOT_EVERYWHERE = {("another primary key", "mysql56-mysql97"), ("a timestamp, in the old way", "mysql56-mysql97"),
                  ("settings of one statement", "mysql56-mysql97"), ("settings of one statement", "mysql97-mysql97")}


def cases(pair):
    """Each in a database of its own: (what, database, statements)."""
    return [(what, f"d{n}", sql) for n, (what, sql) in enumerate(CASES.items()) if (what, pair) not in NOT_EVERYWHERE]


def prepare(two, new_job, pair, **config):
    source, target = two(pair)
    source.script("CREATE DATABASE d; CREATE TABLE d.done (what VARCHAR(99) PRIMARY KEY)")
    for _, database, _ in cases(pair):
        source.script(f"CREATE DATABASE {database} CHARACTER SET latin1", BASE.replace("d.", f"{database}."))
    return new_job(source, target, ["d*.*"], **config)


def run_on_source(job, what, database, sql):
    # One by one: of several sent together MySQL keeps the semicolon in the body of a routine.
    job.source.script(*sql.split("; "), database=database)
    job.source.query("INSERT INTO d.done VALUES (%s)", (what,))


def becomes_equal(job, migrate, database):
    """What the source committed last may be there before the rest is: apply.commit_order is free."""
    differences = []

    def is_equal():
        try:
            oracle.assert_equal(job.source, job.target, [database], objects=False)
            return True
        except (oracle.Different, pymysql.err.ProgrammingError) as different:  # a table that is just being renamed
            differences.append(different)
            return False

    try:
        migrate.until(is_equal, f"{database} to be equal", seconds=30)
    except Timeout as late:
        raise late from differences[-1]


def arrives(job, pair):
    job.run("migrate", "--until", "synced").expect(OK)
    assert "dgone" not in job.target.databases()
    oracle.assert_equal(job.source, job.target, ["d", "dnew", *(database for _, database, _ in cases(pair))])


@pytest.mark.parametrize("pair", SAME)
def test_every_statement_while_it_follows(pair, two, new_job):
    job = prepare(two, new_job, pair)
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    for what, database, sql in cases(pair):
        run_on_source(job, what, database, sql)
        migrate.until(lambda: job.target.query("SELECT 1 FROM d.done WHERE what=%s", (what,)), what)
        becomes_equal(job, migrate, database)
    migrate.stop()
    arrives(job, pair)


@pytest.mark.parametrize("pair", SAME)
def test_the_source_is_far_ahead(pair, two, new_job):
    """All of it has happened before the job goes on: the source's catalogue tells nothing of what comes."""
    job = prepare(two, new_job, pair)
    job.run("migrate", "--until", "synced").expect(OK)
    for case in cases(pair):
        run_on_source(job, *case)
    arrives(job, pair)


ACROSS = ["drop", "drop what is not there", "truncate", "rename", "rename in a ring"]


def test_between_flavours(two, new_job):
    """What means the same to both is followed, all else stops the job."""
    source, target = two("mysql97-mariadb")
    names = [f"d{n}" for n in range(len(ACROSS))]
    for name in names:
        source.script(f"CREATE DATABASE {name} CHARACTER SET latin1", BASE.replace("d.", f"{name}."))
    job = new_job(source, target, ["d*.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    for what, name in zip(ACROSS, names):
        source.script(CASES[what], database=name)
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, names)
    source.script("ALTER TABLE d1.a ADD c INT")
    result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
    assert "UM-6101" in result.stderr and "flavour" in result.stderr, str(result)


ONLINE_CHANGES = {what: CASES[what] for what in ("as gh-ost does", "as pt-online-schema-change does")}


@pytest.mark.parametrize("what", ONLINE_CHANGES)
def test_online_change_of_a_table_that_is_included_alone(what, two, new_job):
    """What the tools make beside it belongs to it."""
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE d", BASE)
    job = new_job(source, target, ["d.p"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script(ONLINE_CHANGES[what], database="d")
    job.run("migrate", "--until", "synced").expect(OK)
    assert [t for t, in target.query("SHOW TABLES IN d")] == ["p"]
    assert target.query("SHOW CREATE TABLE d.p") == source.query("SHOW CREATE TABLE d.p")
    assert target.query("SELECT * FROM d.p") == source.query("SELECT * FROM d.p") != ()


@pytest.mark.parametrize("running", [False, True])
def test_verify_behind_a_ddl(running, two, new_job):
    """What it applies first, or waits for, changes the tables that it compares."""
    source, target = two("mysql97-mysql97")
    source.script("CREATE DATABASE d", BASE)
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("ALTER TABLE a ADD c INT DEFAULT 3; INSERT INTO a (n, c) VALUES (4, 4); CREATE TABLE z LIKE a; INSERT INTO z SELECT * FROM a",
                  database="d")
    migrate = job.spawn("migrate") if running else None
    if running:
        migrate.until(job.follows, "following")
    report = job.run("verify", "--format", "json").expect(OK).json
    assert {t["name"] for t in report["tables"]} == {"a", "b", "p", "z"} and report["equal"]
    if running:
        migrate.stop()
    assert target.query("SELECT * FROM d.z") == source.query("SELECT * FROM d.z") != ()


def test_a_table_that_could_not_roll_back(two, new_job):
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE d; CREATE TABLE d.a (id INT PRIMARY KEY)")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("CREATE TABLE d.m (id INT PRIMARY KEY, engine INT) ENGINE=MyISAM; INSERT INTO d.m VALUES (1, 1)",
                  "ALTER TABLE d.a ENGINE=Aria; INSERT INTO d.a VALUES (1)",
                  "SET STATEMENT default_storage_engine=Aria FOR CREATE TABLE d.s (id INT PRIMARY KEY); INSERT INTO d.s VALUES (1)")
    job.run("migrate", "--until", "synced").expect(OK)
    assert target.query("SELECT table_name, engine FROM information_schema.tables WHERE table_schema='d' ORDER BY 1") == (
        ("a", "InnoDB"), ("m", "InnoDB"), ("s", "InnoDB"))
    for table in ("a", "m", "s"):
        assert target.query(f"SELECT * FROM d.{table}") == source.query(f"SELECT * FROM d.{table}") != ()


@pytest.mark.parametrize("charset", ["utf8mb4", "utf8mb3", "latin1"])
def test_sessions_of_mariadb_11_8(charset, both, new_job):
    """Their collation is by default one whose number is none of a client's charset."""
    source, target = both(MARIADB118, MARIADB118)
    source.script("CREATE DATABASE d", "CREATE TABLE d.a (id INT PRIMARY KEY, s VARCHAR(9))")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    with source.connect("d", charset="utf8" if charset == "utf8mb3" else charset) as session, session.cursor() as cursor:
        cursor.execute(f"SET NAMES {charset}")
        cursor.execute("CREATE TABLE b (id INT PRIMARY KEY COMMENT 'ä', s VARCHAR(9) DEFAULT 'ö') COMMENT 'ü'")
        cursor.execute("ALTER TABLE a ADD COLUMN `ß` INT")
        cursor.execute("INSERT INTO a VALUES (1, 'é', 1)")
        session.commit()
        cursor.execute("TRUNCATE TABLE b")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])


def test_an_alter_in_two_phases(two, new_job):
    """MariaDB can log its beginning before changes of the old definition, and its end by itself."""
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE d", BASE)
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("SET binlog_alter_two_phase=ON; ALTER TABLE p ADD COLUMN c INT NOT NULL DEFAULT 4 AFTER id; INSERT INTO p VALUES (3, 3, 3)",
                  database="d")
    source.script("INSERT INTO d.a (n) VALUES (1)")
    with pytest.raises(pymysql.err.IntegrityError):
        source.script("SET binlog_alter_two_phase=ON; ALTER TABLE a ADD UNIQUE (n), ADD x INT", database="d")
    source.script("INSERT INTO d.a (n) VALUES (9)")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])


# What an ALTER TABLE writes into the rows that are there, and the target would not.
FILLS = {
    "mysql97-mysql97": ["ALTER TABLE a ADD c VARCHAR(50) DEFAULT (DATABASE())", "ALTER TABLE a ADD c BIGINT DEFAULT (CONNECTION_ID())",
                        "ALTER TABLE keyless ADD id INT AUTO_INCREMENT PRIMARY KEY"],
    "mariadb-mariadb": ["ALTER TABLE a ADD c VARCHAR(50) DEFAULT (UUID())", "ALTER TABLE a ADD c DOUBLE DEFAULT (RAND())",
                        "ALTER TABLE a ADD c VARCHAR(99) DEFAULT CURRENT_USER", "ALTER TABLE keyless ADD id SERIAL",
                        "ALTER IGNORE TABLE keyless ADD UNIQUE (a)"],
}


@pytest.mark.parametrize("pair, statement", [(pair, statement) for pair, statements in FILLS.items() for statement in statements])
def test_rows_are_not_filled_otherwise(pair, statement, two, new_job):
    source, target = two(pair)
    source.script("CREATE DATABASE d", "CREATE TABLE d.a (id INT PRIMARY KEY); INSERT INTO d.a VALUES (1), (2)",
                  "CREATE TABLE d.keyless (a INT, b INT); INSERT INTO d.keyless VALUES (94, 1), (95, 2), (95, 3)")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("ALTER TABLE a ADD n INT AUTO_INCREMENT UNIQUE, ADD t DATETIME DEFAULT NOW(), ADD d INT DEFAULT (1+1)", database="d")
    job.run("migrate", "--until", "synced").expect(OK)
    assert target.query("SELECT * FROM d.a ORDER BY id") == source.query("SELECT * FROM d.a ORDER BY id")
    source.script("ALTER TABLE a DROP n", statement, database="d")
    result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
    assert "UM-6101" in result.stderr and statement in result.stderr, str(result)


# A kept value that hangs on the session's time zone, how the target's table is mended, where its values are the table's.
TIMES = {
    "mysql97-mysql97": [("CREATE TABLE z (id INT PRIMARY KEY, t TIMESTAMP NULL, g DATETIME AS (t) STORED)", "MODIFY g DATETIME"),
                        ("CREATE TABLE z (id INT PRIMARY KEY, t TIMESTAMP NULL); ALTER TABLE z ADD INDEX i ((DATE(t)))", None)],
    "mariadb-mariadb": [("CREATE TABLE z (id INT PRIMARY KEY, t TIMESTAMP NULL); ALTER TABLE z ADD g DATETIME AS (t) STORED", "MODIFY g DATETIME")],
}


@pytest.mark.parametrize("pair, made, mend", [(pair, *case) for pair, cases in TIMES.items() for case in cases])
@pytest.mark.parametrize("zone", ["+03:00", "SYSTEM"])
def test_values_that_hang_on_the_time_zone(zone, pair, made, mend, two, new_job):
    """The target would compute them in UTC. Mended there, the table gets the source's."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", BASE)
    job = new_job(source, target, ["d.*"])
    source.script(f"SET GLOBAL time_zone='{zone}'")
    try:
        job.run("migrate", "--until", "synced").expect(OK)
        source.script(made, database="d")
        source.script("INSERT INTO d.z (id, t) VALUES (1, '2023-11-14 23:13:20')")
        result = job.run("migrate", "--until", "synced")
        if mend and zone != "SYSTEM":  # which is UTC here
            for again in (result, job.run("migrate", "--until", "synced")):
                assert "UM-5008" in again.expect(UNSUPPORTED).stderr and "`d`.`z`, column `g`" in again.stderr, str(again)
            target.script(f"ALTER TABLE d.z {mend}")
            job.run("migrate", "--until", "synced").expect(OK)
        else:
            assert "`d`.`z`" in result.expect(OK).stderr and "in UTC" in result.stderr, str(result)
        assert target.query("SELECT * FROM d.z") == source.query("SELECT * FROM d.z") != ()
        job.run("verify").expect(OK)
    finally:
        source.script("SET GLOBAL time_zone='SYSTEM'")
