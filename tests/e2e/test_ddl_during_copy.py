"""DDL on the source while the copy runs: it does not stop the job where it can be followed exactly."""

import threading

import pymysql
import pytest

from harness import oracle
from harness.unmoor import OK, UNSUPPORTED, environment

pytestmark = pytest.mark.usefixtures("binary")

SAME = ["mysql97-mysql97", "mariadb-mariadb"]
SLOW = environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:250")

# A table of each kind for each statement, by how far its copy is when the statement comes.
STATEMENTS = {
    "add": "ALTER TABLE {t} ADD COLUMN c INT NOT NULL DEFAULT 7 AFTER id; INSERT INTO {t} (c, n, s) VALUES (9, 9, 'nine');"
           " CREATE VIEW v_{t} AS SELECT id, c FROM {t}",
    "cut": "CREATE VIEW w_{t} AS SELECT id, s FROM {t}; ALTER TABLE {t} DROP COLUMN s; ALTER VIEW w_{t} AS SELECT id, n FROM {t};"
           " INSERT INTO {t} (n) VALUES (10)",
    "type": "ALTER TABLE {t} MODIFY n BIGINT UNSIGNED; INSERT INTO {t} (n) VALUES (18446744073709551615)",
    "index": "CREATE INDEX i ON {t} (n); INSERT INTO {t} (n) VALUES (11)",
    "empty": "INSERT INTO {t} (n) VALUES (1); TRUNCATE TABLE {t}; INSERT INTO {t} (n) VALUES (12)",
    "build": "ALTER TABLE {t} FORCE; INSERT INTO {t} (n) VALUES (13)",
    "gone": "INSERT INTO {t} (n) VALUES (1); DROP TABLE {t}",
    "again": "DROP TABLE {t}; CREATE TABLE {t} (x VARCHAR(9) PRIMARY KEY); INSERT INTO {t} VALUES ('x')",
    "name": "INSERT INTO {t} (n) VALUES (1); RENAME TABLE {t} TO {t}_new; INSERT INTO {t}_new (n) VALUES (14)",
    "both": "ALTER TABLE {t} ADD d INT; UPDATE {t} SET d=id WHERE id<5; ALTER TABLE {t} DROP d; INSERT INTO {t} (n) VALUES (15)",
    "like": "CREATE TABLE {t}_like LIKE {t}; INSERT INTO {t}_like SELECT * FROM {t} LIMIT 7",
    "ghost": "CREATE TABLE _{t}_gho LIKE {t}; ALTER TABLE _{t}_gho ADD w INT; INSERT INTO _{t}_gho (id, n, s) SELECT id, n, s FROM {t};"
             " RENAME TABLE {t} TO _{t}_del, _{t}_gho TO {t}; INSERT INTO {t} (n, w) VALUES (16, 16); DROP TABLE _{t}_del",
}
ROWS = {"done": (250, 7000), "half": (3000, 60), "late": (60, 60)}
QUIET = "quiet"  # nothing but rows happens to it, all the time


def table(kind, what):
    return f"{kind}_{what}"


def prepare(two, new_job, pair, prefix="", **config):
    source, target = two(pair, prefix=prefix)
    source.script("CREATE DATABASE d CHARACTER SET latin1")
    source.script("CREATE TABLE numbers (i INT PRIMARY KEY); INSERT INTO numbers WITH RECURSIVE r AS "
                  "(SELECT 1 AS i UNION ALL SELECT i+1 FROM r WHERE i<3000) SELECT i FROM r"
                  if source.mariadb else
                  "CREATE TABLE numbers (i INT PRIMARY KEY); SET cte_max_recursion_depth=5000; INSERT INTO numbers WITH RECURSIVE r AS "
                  "(SELECT 1 AS i UNION ALL SELECT i+1 FROM r WHERE i<3000) SELECT i FROM r", database="d")
    for kind, (rows, width) in ROWS.items():
        for what in [*STATEMENTS, QUIET]:
            name = table(kind, what)
            source.script(f"CREATE TABLE {name} (id INT PRIMARY KEY AUTO_INCREMENT, n INT, m INT DEFAULT 5, s VARCHAR(7500))",
                          f"INSERT INTO {name} (n, s) SELECT i, REPEAT('x', {width}) FROM numbers WHERE i<={rows}",
                          f"ANALYZE TABLE {name}", database="d")
    # Many at once: when the first ones are copied, the next are being copied, and the last have not begun.
    threads = len(STATEMENTS) + 1
    job = new_job(source, target, ["d.*"], copy__threads=threads, copy__chunk_rows_max=100, **config)
    if source.mariadb:  # else its sessions keep all DDL waiting until the copy's end
        source.script("GRANT BINLOG ADMIN ON *.* TO 'unmoor_src'@'127.0.0.1'")
    return job


def copied(job):
    """State and chunks by table."""
    rows = job.has_table("job_chunk") and job.state(
        "SELECT t.table_name, t.state, COUNT(c.id) FROM job_table t LEFT JOIN job_chunk c ON c.job=t.job AND c.table_id=t.id"
        " GROUP BY t.id, t.table_name, t.state")
    return {name: (state, chunks) for name, state, chunks in rows or ()}


def halfway(job):
    """All that is first is copied, all that is next is begun and not at its end."""
    now = copied(job)
    ready = {"done": lambda s, n: s == "copied", "half": lambda s, n: s == "created" and n > 0, "late": lambda s, n: n == 0}
    kinds = {name: name.split("_")[0] for name in now if name != "numbers"}
    return len(kinds) and all(ready[kind](*now[name]) for name, kind in kinds.items())


class Writer(threading.Thread):
    """Rows of the quiet tables, until it is told to end."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.done, self.count, self.unexpected = server, threading.Event(), 0, []

    def run(self):
        connection = None
        while not self.done.wait(0.02):
            try:
                connection = connection or self.server.connect("d")
                for kind in ROWS:
                    name = table(kind, QUIET)
                    with connection.cursor() as cursor:
                        cursor.execute(f"INSERT INTO {name} (n, s) VALUES (%s, 'new')", (self.count,))
                        cursor.execute(f"UPDATE {name} SET n=n+1 WHERE id IN (%s, %s)", (self.count % 60 + 1, self.count * 7 % 3000))
                        cursor.execute(f"DELETE FROM {name} WHERE id=%s", (self.count * 11 % 3000 + 5,))
                self.count += 1
            except pymysql.MySQLError:
                connection = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.done.set()
        self.join(30)
        assert self.count > 10


def statements(server, kinds, left_out=()):
    for kind in kinds:
        for what, sql in STATEMENTS.items():
            if (kind, what) not in left_out:
                server.script(*sql.format(t=table(kind, what)).split("; "), database="d")
    server.script("CREATE TABLE created (id INT PRIMARY KEY); INSERT INTO created VALUES (1)",
                  "CREATE VIEW seen AS SELECT id, n FROM done_quiet", database="d")


def arrives(job):
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("pair", SAME)
def test_while_it_runs(pair, two, new_job):
    """All goes on by itself, with new snapshots for what was not copied."""
    job = prepare(two, new_job, pair)
    with Writer(job.source):
        migrate = job.spawn("migrate", env=SLOW)
        migrate.until(lambda: halfway(job), "the middle of the copy")
        # An instant DDL leaves MariaDB's snapshots as they are, so that nobody sees one that is undone.
        statements(job.source, ROWS, {("half", "both")} if job.source.mariadb else ())
        migrate.until(job.follows, "the copy's end")
        assert len(job.state("SELECT DISTINCT log_file, log_pos FROM job_snapshot")) > 1
        migrate.stop()
    arrives(job)


@pytest.mark.parametrize("pair", SAME)
def test_killed_in_the_middle(pair, two, new_job):
    """It happens while nobody looks. Only what leaves no trace in the definition, of a table of which a part is
    copied, cannot be known then: see below."""
    job = prepare(two, new_job, pair)
    with Writer(job.source):
        migrate = job.spawn("migrate", env=SLOW)
        migrate.until(lambda: halfway(job), "the middle of the copy")
        migrate.kill()
        statements(job.source, ROWS, {("half", "empty"), ("half", "build"), ("half", "both")})
        migrate = job.spawn("migrate", env=SLOW)
        migrate.until(job.follows, "the copy's end")
        job.source.script("ALTER TABLE done_quiet ADD q INT; ALTER TABLE half_quiet ADD q INT; ALTER TABLE late_quiet DROP s", database="d")
        migrate.stop()
    arrives(job)


@pytest.mark.parametrize("what", ["empty", "build", "both"])
def test_what_cannot_be_followed_stops_the_job(what, two, new_job):
    """A part of the rows is of before the statement, a part of after."""
    job = prepare(two, new_job, "mysql97-mysql97")
    migrate = job.spawn("migrate", env=SLOW)
    migrate.until(lambda: halfway(job), "the middle of the copy")
    migrate.kill()
    job.source.script(*STATEMENTS[what].format(t=table("half", what)).split("; "), database="d")
    result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
    assert "UM-6101" in result.stderr and f"`half_{what}` were copied in parts" in result.stderr, str(result)
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("pair", SAME)
def test_the_source_is_lost(pair, two, new_job):
    job = prepare(two, new_job, pair, prefix="crash-", follow__reconnect_timeout="2m")
    migrate = job.spawn("migrate", env=SLOW)
    migrate.until(lambda: halfway(job), "the middle of the copy")
    statements(job.source, ["done"])
    job.source.kill()
    job.source.start()
    with Writer(job.source):
        migrate.until(job.follows, "the copy's end")
        migrate.stop()
    arrives(job)


@pytest.mark.parametrize("instant, snapshots", [("ALTER TABLE half_add ADD COLUMN c INT DEFAULT 3", 1),
                                                ("ALTER TABLE half_add RENAME COLUMN n TO m, RENAME COLUMN m TO n", 2)])
def test_the_snapshot_can_be_read_all_the_same(instant, snapshots, two, new_job):
    """MariaDB reads the rows of an old snapshot by the names that the columns have now."""
    job = prepare(two, new_job, "mariadb-mariadb")
    migrate = job.spawn("migrate", env=SLOW)
    migrate.until(lambda: halfway(job), "the middle of the copy")
    job.source.script(instant, "INSERT INTO half_add (n) VALUES (-1)", database="d")
    migrate.until(job.follows, "the copy's end")
    assert len(job.state("SELECT DISTINCT log_file, log_pos FROM job_snapshot")) == snapshots
    migrate.stop()
    arrives(job)


@pytest.mark.parametrize("more", [[], ["ALTER TABLE z ADD n INT DEFAULT 4", "DROP TABLE b", "TRUNCATE TABLE z", "INSERT INTO z VALUES (2, 2)"]])
@pytest.mark.parametrize("pair", SAME)
def test_while_the_copy_is_being_started(pair, more, two, new_job):
    """Between the reading of the catalogue and the snapshot: in no binlog that is followed."""
    source, target = two(pair)
    source.script("CREATE DATABASE d CHARACTER SET latin1", "CREATE TABLE d.z (id INT PRIMARY KEY)", "INSERT INTO d.z VALUES (1)",
                  *(f"CREATE TABLE d.{name} LIKE d.z" for name in "abc"))
    job = new_job(source, target, ["d.*"])
    migrate = job.spawn("migrate", "--until", "synced", env=environment(UNMOOR_FAULT="target.before_create_table=delay:700"))
    migrate.until(lambda: any(state == "creating" for state, _ in copied(job).values()), "the first table")
    source.script("CREATE TABLE made (id INT PRIMARY KEY)", "INSERT INTO made VALUES (1)", *more, database="d")
    migrate.wait().expect(OK)
    oracle.assert_equal(source, target, ["d"])
    assert target.query("SELECT * FROM d.made") == ((1,),)


def test_ddl_that_is_to_stop_the_job(two, new_job):
    job = prepare(two, new_job, "mariadb-mariadb", apply__ddl="stop")
    migrate = job.spawn("migrate", env=SLOW)
    migrate.until(lambda: halfway(job), "the middle of the copy")
    job.source.script("TRUNCATE TABLE late_empty", database="d")
    result = migrate.wait().expect(UNSUPPORTED)
    assert "UM-5003" in result.stderr and "late_empty" in result.stderr, str(result)


def test_the_application_is_not_held_up(two, new_job):
    """A DDL waits for a chunk at most, not for the copy."""
    job = prepare(two, new_job, "mysql97-mysql97")
    migrate = job.spawn("migrate", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:1500"))
    migrate.until(lambda: halfway(job), "the middle of the copy")
    job.source.script("SET lock_wait_timeout=4; CREATE INDEX i ON half_index (n)", database="d")
    assert any(n and state == "created" for state, n in copied(job).values()), "the copy had ended"
    migrate.stop()
