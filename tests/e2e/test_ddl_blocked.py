"""DDL that would bring what the plan blocks: the job stops in front of it, however often it is started."""

import pytest

from harness import oracle
from harness.servers import MARIADB, MARIADB118
from harness.unmoor import BLOCKED, OK, UNSUPPORTED, environment

pytestmark = pytest.mark.usefixtures("binary")

# Sources that do not log what foreign keys do to other rows.
UNLOGGED = ["mariadb-mariadb", "mysql56-mysql97"]

# The schema `oth` is no part of the job; the parent is there on both sides.
TABLES = ["CREATE DATABASE oth", "CREATE TABLE oth.p (id INT PRIMARY KEY)", "INSERT INTO oth.p VALUES (1), (2)"]
OWN = ["CREATE DATABASE d", "CREATE TABLE d.p (id INT PRIMARY KEY)", "INSERT INTO d.p VALUES (1), (2)",
       "CREATE TABLE d.c (id INT PRIMARY KEY, p INT, KEY (p))", "INSERT INTO d.c VALUES (1, 1), (2, 2)"]


def followed(two, new_job, pair, *more):
    source, target = two(pair)
    source.script(*TABLES, *OWN, *more)
    target.script(*TABLES)
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    return job


def stops_at(job, *words):
    """And nothing of it is on the target."""
    before = definitions(job.target)
    for _ in range(2):
        result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
        assert "UM-6101" in result.stderr and all(word in result.stderr for word in words), str(result)
        assert definitions(job.target) == before
    assert job.state("SELECT COUNT(*) FROM job_ddl") == ((0,),)


def definitions(server):
    return [server.query(f"SHOW CREATE TABLE d.{name}") for name in oracle.tables(server, "d")]


FROM_OUTSIDE = {
    "alter": (["ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p) REFERENCES oth.p (id) ON DELETE CASCADE"], "foreign key `c_p` of `d`.`c`"),
    "alter, checks off": (["SET foreign_key_checks=0", "ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES `oth` . `p` (id) ON DELETE SET NULL"],
                          "a foreign key of `d`.`c`"),
    "update": (["ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES oth.p (id) ON DELETE NO ACTION ON UPDATE CASCADE"],
               "a foreign key of `d`.`c`"),
    "create": (["CREATE TABLE e (id INT PRIMARY KEY, p INT, CONSTRAINT e_p FOREIGN KEY (p) REFERENCES oth.p (id) ON UPDATE SET NULL)"],
               "foreign key `e_p` of `d`.`e`"),
    "the second": (["CREATE TABLE e (id INT PRIMARY KEY, p INT, q INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE,"
                    " FOREIGN KEY (q) REFERENCES oth.p (id) ON DELETE CASCADE)"], "a foreign key of `d`.`e`"),
    "from elsewhere": (["USE oth", "ALTER TABLE d.c ADD FOREIGN KEY (p) REFERENCES oth.p (id) ON DELETE CASCADE"], "a foreign key of `d`.`c`"),
}


@pytest.mark.parametrize("what", FROM_OUTSIDE)
@pytest.mark.parametrize("pair", UNLOGGED)
def test_cascades_from_outside(pair, what, two, new_job):
    """The binlog would say nothing of the rows that go with the parent's."""
    statements, words = FROM_OUTSIDE[what]
    job = followed(two, new_job, pair)
    job.source.script(*statements, database="d")
    job.source.script("UPDATE p SET id=3 WHERE id=1" if what in ("update", "create") else "DELETE FROM p WHERE id=1", database="oth")
    stops_at(job, words, "`oth`.`p`", statements[-1])
    # What begins anew is told by the plan.
    assert "tables.foreign_keys" in str(job.run("migrate", "--until", "synced", "--restart").expect(BLOCKED))


@pytest.mark.parametrize("pair", UNLOGGED)
def test_cascades_within_the_job(pair, two, new_job):
    """And keys that change nothing by themselves, wherever the parent is."""
    job = followed(two, new_job, pair)
    job.source.script("ALTER TABLE d.c ADD FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE", database="oth")  # of d, like the table
    job.source.script("CREATE TABLE e (id INT PRIMARY KEY, e INT, q INT, FOREIGN KEY (q) REFERENCES oth.p (id) ON DELETE RESTRICT, s VARCHAR(99)"
                      " DEFAULT 'FOREIGN KEY (p) REFERENCES oth.p (id) ON DELETE CASCADE', FOREIGN KEY (e) REFERENCES e (id) ON DELETE SET NULL)",
                      "INSERT INTO e (id, e) VALUES (1, NULL), (2, 1)",
                      # The parent comes later.
                      "SET foreign_key_checks=0", "CREATE TABLE f (id INT PRIMARY KEY, g INT, FOREIGN KEY (g) REFERENCES g (id) ON DELETE CASCADE)",
                      "CREATE TABLE g (id INT PRIMARY KEY)", "SET foreign_key_checks=1", "INSERT INTO g VALUES (1), (2)",
                      "INSERT INTO f VALUES (1, 1), (2, 2)", "DELETE FROM p WHERE id=1", "DELETE FROM e WHERE id=1", "DELETE FROM g WHERE id=1",
                      database="d")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])
    assert job.target.query("SELECT id FROM d.c") == job.target.query("SELECT id FROM d.f") == ((2,),)


@pytest.mark.parametrize("pair", UNLOGGED)
def test_a_parent_does_not_leave(pair, two, new_job):
    job = followed(two, new_job, pair, "ALTER TABLE d.c ADD FOREIGN KEY (p) REFERENCES d.p (id) ON DELETE CASCADE")
    job.source.script("RENAME TABLE d.p TO oth.q", "DELETE FROM oth.q WHERE id=1")
    stops_at(job, "RENAME TABLE d.p TO oth.q", "not included")


# How far the copy of the table is, and what stops the job: the plan, or the statement when the stream meets it.
DURING_COPY = {"not begun": (1, BLOCKED, "tables.foreign_keys"), "done": (2, UNSUPPORTED, "UM-6101")}


@pytest.mark.parametrize("when", DURING_COPY)
@pytest.mark.parametrize("pair", UNLOGGED)
def test_cascades_from_outside_during_the_copy(pair, when, two, new_job):
    threads, code, words = DURING_COPY[when]
    source, target = two(pair)
    source.script(*TABLES, *OWN, "CREATE TABLE d.a (id INT PRIMARY KEY AUTO_INCREMENT, s VARCHAR(50))", "INSERT INTO d.a (s) VALUES ('x')",
                  *["INSERT INTO d.a (s) SELECT s FROM d.a"] * 11, "ANALYZE TABLE d.a, d.c")
    target.script(*TABLES)
    job = new_job(source, target, ["d.*"], copy__threads=threads, copy__chunk_rows_max=100)
    if source.mariadb:  # else its sessions keep all DDL waiting until the copy's end
        source.script("GRANT BINLOG ADMIN ON *.* TO 'unmoor_src'@'127.0.0.1'")
    migrate = job.spawn("migrate", "--until", "synced", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:250"))

    def ready():
        states = dict(job.has_table("job_chunk") and job.state("SELECT table_name, state FROM job_table") or ())
        begun = {name for (name,) in states and job.state("SELECT DISTINCT table_name FROM job_table t JOIN job_chunk c ON c.table_id=t.id")}
        return states.get("a") == "created" and "a" in begun and (states["c"] == "copied" if when == "done" else "c" not in begun)

    migrate.until(ready, f"the copy of d.c to be {when}")
    source.script("ALTER TABLE d.c ADD CONSTRAINT c_p FOREIGN KEY (p) REFERENCES oth.p (id) ON DELETE CASCADE", "DELETE FROM oth.p WHERE id=1")
    result = migrate.wait().expect(code)
    assert words in str(result) and "oth" in str(result), str(result)
    again = job.run("migrate", "--until", "synced").expect(BLOCKED, UNSUPPORTED)
    assert "oth" in str(again), str(again)


BETWEEN = ["ALTER TABLE d.c ADD FOREIGN KEY (p) REFERENCES oth.p (id) ON DELETE CASCADE", "ALTER TABLE d.c ADD SYSTEM VERSIONING",
           "CREATE TABLE d.e (id INT PRIMARY KEY) ENGINE=MyISAM"]


@pytest.mark.parametrize("statement", BETWEEN)
def test_between_the_plan_and_the_snapshot(statement, two, new_job):
    """Such a table is copied as it is by then, and was in no plan."""
    source, target = two("mariadb-mariadb")
    source.script(*TABLES, *OWN)
    target.script(*TABLES)
    job = new_job(source, target, ["d.*"])
    migrate = job.spawn("migrate", "--until", "synced", env=environment(UNMOOR_FAULT="state.created=delay:3000"))
    migrate.until(lambda: job.has_table("job") and job.state("SELECT 1 FROM job"), "the plan")
    source.script(statement)
    assert "UM-4101" in migrate.wait().expect(BLOCKED).stderr
    assert job.state("SELECT COUNT(*) FROM job_chunk") == ((0,),)
    source.script("DROP TABLE IF EXISTS d.e; DROP TABLE d.c; CREATE TABLE d.c (id INT PRIMARY KEY)")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])


@pytest.mark.parametrize("pair", ["mysql97-mysql97"])
def test_cascades_from_outside_that_are_logged(pair, two, new_job):
    job = followed(two, new_job, pair)
    job.source.script("ALTER TABLE d.c ADD FOREIGN KEY (p) REFERENCES oth.p (id) ON DELETE CASCADE", "DELETE FROM oth.p WHERE id=1")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])
    assert job.target.query("SELECT id FROM d.c") == ((2,),)


def test_references_of_a_column_that_mean_nothing(two, new_job):
    """MySQL reads them from 9.0 on."""
    job = followed(two, new_job, "mysql56-mysql97")
    statement = "CREATE TABLE e (id INT PRIMARY KEY, p INT REFERENCES p (id) ON DELETE CASCADE)"
    job.source.script(statement, "INSERT INTO e VALUES (1, 1), (2, 77)", "DELETE FROM p", database="d")
    stops_at(job, statement, "behind a column")


def test_references_of_a_column_that_cascade(two, new_job):
    job = followed(two, new_job, "mariadb-mariadb")
    statement = "ALTER TABLE c ADD q INT REFERENCES oth.p (id) ON DELETE CASCADE"
    job.source.script(statement, database="d")
    stops_at(job, statement, "a foreign key of `d`.`c`", "`oth`.`p`")


PERIOD = "st TIMESTAMP(6) GENERATED ALWAYS AS ROW START, en TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (st, en)"
VERSIONED = {
    "create": "CREATE TABLE h (id INT PRIMARY KEY, u INT UNIQUE) WITH SYSTEM VERSIONING",
    "create with columns": f"CREATE TABLE h (id INT PRIMARY KEY, u INT, {PERIOD}) WITH SYSTEM VERSIONING",
    "of one column": "CREATE TABLE h (id INT PRIMARY KEY, u INT WITH SYSTEM VERSIONING)",
    "from a query": "CREATE TABLE h WITH SYSTEM VERSIONING AS SELECT * FROM c",
    "alter": "ALTER TABLE c ADD SYSTEM VERSIONING",
    "alter with columns": "ALTER TABLE c " + ", ".join("ADD " + part for part in PERIOD.split(", ", 2)) + ", ADD SYSTEM VERSIONING",
    "partitions": "ALTER TABLE c ADD SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION h HISTORY, PARTITION n CURRENT)",
}


@pytest.mark.parametrize("statement", VERSIONED.values(), ids=VERSIONED)
@pytest.mark.parametrize("kind", [MARIADB, MARIADB118])
def test_system_versioning(kind, statement, both, new_job):
    """A server writes the row times itself, and keeps what was."""
    source, target = both(kind, kind)
    source.script(*OWN)
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script(statement, "UPDATE c SET p=5 WHERE id=1", "DELETE FROM c WHERE id=2", database="d")
    stops_at(job, "system-versioned", "SYSTEM VERSIONING")


def test_words_that_make_nothing_versioned(two, new_job):
    job = followed(two, new_job, "mariadb-mariadb")
    job.source.script("CREATE TABLE h (id INT PRIMARY KEY, `system` INT, versioning VARCHAR(30) DEFAULT 'WITH SYSTEM VERSIONING')"
                      " COMMENT 'ADD SYSTEM VERSIONING'", "ALTER TABLE h ADD s DATE, ADD e DATE, ADD PERIOD FOR pd (s, e), ADD system_time INT",
                      "INSERT INTO h (id, s, e) VALUES (1, '2024-01-01', '2024-01-02')", database="d")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])
