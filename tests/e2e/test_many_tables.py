"""Many small tables: what one costs are a few statements and one commit, and what is made at once is what would be made later."""

import collections
import json
import re

import pytest

from harness import oracle
from harness.proxy import Proxy
from harness.unmoor import BLOCKED, OK, environment

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb"]
TABLES = 120


def small(n):
    return (f"CREATE TABLE d.t{n} (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40), KEY a (a), UNIQUE KEY b (b));"
            f"INSERT INTO d.t{n} (a, b) VALUES " + ", ".join(f"({n * k}, 'row {k} of {n}')" for k in range(5)))


def counted(texts):
    """How many statements of a kind there were, all names of tables being one."""
    kinds = collections.Counter()
    for text in texts:
        kinds[re.sub(rb"`d`.`t\d+`", b"T", text.split(b"(")[0])[:60].decode("utf-8", "replace").strip()] += 1
    return kinds


@pytest.mark.parametrize("pair", PAIRS)
def test_what_a_table_costs(pair, two, new_job):
    source, target = two(pair)
    source.script("CREATE DATABASE d", *(small(n) for n in range(TABLES)))
    job = new_job(source, target, ["d.*"])
    with Proxy(source) as from_source, Proxy(target) as to_target:
        for side, proxy in (("source", from_source), ("target", to_target)):
            job.set(f"{side}.port", proxy.port)
            job.set(f"{side}.tls.mode", "disabled")
        job.write()
        job.run("migrate", "--until", "copied").expect(OK)
    oracle.assert_equal(source, target, ["d"], objects=False)
    kinds = counted(to_target.texts())
    of_each = {"CREATE TABLE T": 1, "START TRANSACTION; LOAD DATA LOCAL INFILE 'unmoor' INTO TABL": 1, "SHOW CREATE TABLE T": 2,
               "ALTER TABLE T": 0, "DROP TABLE IF EXISTS T": 0}
    assert {kind: kinds[kind] / TABLES for kind in of_each} == of_each, kinds
    assert TABLES <= kinds["COMMIT"] <= TABLES + 5 and kinds["START TRANSACTION"] <= 5, kinds
    assert sum(n for kind, n in kinds.items() if "information_schema" in kind) < TABLES / 2, kinds
    # Recorded: that it is about to be made, that it is made, that it is copied; the first two for many at a time.
    assert sum(n for kind, n in kinds.items() if kind.startswith("UPDATE `unmoor`.`job_table`")) < 1.3 * TABLES, kinds
    assert sum(n for kind, n in kinds.items() if kind.startswith("INSERT INTO `unmoor`.`job_table`")) < 5, kinds
    assert (sum(kinds.values()) - 200) / TABLES < 7.3, kinds
    assert (len(from_source.texts()) - 200) / TABLES < 4.5, counted(from_source.texts())


# ---- what is made at once, and what waits --------------------------------------------------------

SHAPES = {
    "plain": "id INT PRIMARY KEY, a INT, b VARCHAR(9), KEY b (b), KEY a (a, b DESC)",
    "uniques": "id INT PRIMARY KEY, a INT, u INT, v INT NOT NULL, KEY a (a), UNIQUE u (u), UNIQUE v (v), KEY b (v, a)",
    "no_key": "a INT, b INT, KEY b (b), KEY a (a)",
    "unique_alone": "a INT, u INT NOT NULL, UNIQUE u (u), KEY a (a)",
    "counter": "a INT, id INT NOT NULL AUTO_INCREMENT, KEY a (a), KEY id (id)",
    "unique_counter": "a INT, id INT NOT NULL AUTO_INCREMENT, KEY a (a), UNIQUE id (id, a)",
    "shape": "id INT PRIMARY KEY, a INT, g POINT NOT NULL, KEY a (a), SPATIAL KEY g (g), KEY b (a, id)",
    "text": "id INT PRIMARY KEY, a INT, t TEXT, KEY a (a), FULLTEXT KEY t (t), KEY p (t(9))",
    "computed": "id INT PRIMARY KEY, a INT, g INT AS (a * 2) VIRTUAL, KEY g (g), KEY a (a)",
    "parent": "id INT PRIMARY KEY, a INT, UNIQUE a (a)",
    "child": "id INT PRIMARY KEY, a INT, b INT, KEY b (b), KEY c (a, b), CONSTRAINT child_a FOREIGN KEY (a) REFERENCES parent (a) ON DELETE CASCADE",
}
VALUES = {"shape": "({0}, {0}, ST_GeomFromText('POINT({0} 1)'))", "text": "({0}, {0}, 'some words {0}')", "plain": "({0}, {0}, 'v{0}')",
          "uniques": "({0}, {0}, {0}, -{0})", "child": "({0}, {0}, {0})", "computed": "({0}, {0}, DEFAULT)"}


@pytest.mark.parametrize("rows", [5, 1000])
@pytest.mark.parametrize("pair", PAIRS)
def test_definitions(pair, rows, two, new_job):
    """The same, in the same order, whether indexes were made with the table or later."""
    source, target = two(pair)
    # What AUTO_INCREMENT needs comes first where the others come later.
    shapes = [name for name in SHAPES if name != "counter" or rows == 5]
    source.script("CREATE DATABASE d", "USE d", *(f"CREATE TABLE {name} ({SHAPES[name]})" for name in shapes))
    source.script(*(f"INSERT INTO d.{name} VALUES " + ", ".join(VALUES.get(name, "({0}, {0})").format(i) for i in range(1, rows + 1)) for name in shapes),
                  "ANALYZE TABLE " + ", ".join(f"d.{name}" for name in shapes))
    job = new_job(source, target, ["d.*"])
    with Proxy(target) as proxy:
        job.set("target.port", proxy.port)
        job.set("target.tls.mode", "disabled")
        job.write()
        job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])

    def keys(server, name):
        return re.findall(r"^  (?!`)(.*?),?$", server.query(f"SHOW CREATE TABLE d.{name}")[0][1], re.MULTILINE)

    assert {name: keys(source, name) for name in shapes} == {name: keys(target, name) for name in shapes}
    altered = {name for name in shapes for text in proxy.texts() if text.startswith(b"ALTER TABLE `d`.`%s`\n" % name.encode())}
    assert altered == ({"text", "computed", "child"} if rows == 5 else set(shapes))


@pytest.mark.parametrize("existing", ["refuse", "drop"])
def test_a_table_that_is_larger_than_it_seemed(existing, two, new_job):
    """MySQL takes its statistics from a table. Its unique index is there from the beginning, and rows of two snapshots would collide under it."""
    source, target = two("mysql97-mysql97")
    rows = 3000
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, u INT, v INT, UNIQUE u (u), KEY v (v)) STATS_PERSISTENT=1 STATS_AUTO_RECALC=0",
                  f"INSERT INTO d.t VALUES {', '.join(f'({n}, {n}, 0)' for n in range(rows))}", "ANALYZE TABLE d.t",
                  "UPDATE mysql.innodb_table_stats SET n_rows=5 WHERE database_name='d' AND table_name='t'", "FLUSH TABLES d.t")
    job = new_job(source, target, ["d.*"], copy__existing=existing, copy__threads=1)
    crashed = job.run("migrate", env=environment(UNMOOR_FAULT="copy.after_chunk_commit=crash@3"))
    assert crashed.code < 0 and target.value("SELECT COUNT(*) FROM d.t") < rows
    present = {name for (name,) in target.query("SELECT index_name FROM information_schema.statistics WHERE table_schema='d'")}
    assert present == {"PRIMARY", "u", "v"}, "it did not seem small"
    last = rows - 1
    source.script(f"UPDATE d.t SET u=-1 WHERE id=1; UPDATE d.t SET u=1 WHERE id={last}; UPDATE d.t SET u={last} WHERE id=1")
    result = job.run("migrate", "--until", "synced").expect(OK)
    assert "`d`.`t` is copied anew" in result.stderr
    oracle.assert_equal(source, target, ["d"])


# ---- what somebody else makes meanwhile ----------------------------------------------------------

@pytest.mark.parametrize("pair", PAIRS)
def test_a_table_that_somebody_else_makes(pair, two, new_job):
    """It is refused, and not taken for one that a crash has left."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", *(small(n) for n in range(3)))
    job = new_job(source, target, ["d.*"], copy__threads=1)
    migrate = job.spawn("migrate", env=environment(UNMOOR_FAULT="target.before_create_table=delay:2000"))
    migrate.until(lambda: job.has_table("job_table") and ("creating",) in job.state("SELECT state FROM job_table"), "the first table")
    target.script("CREATE DATABASE IF NOT EXISTS d", "CREATE TABLE d.t2 (other INT)", "INSERT INTO d.t2 VALUES (1)")
    failed = migrate.wait().expect(BLOCKED)
    assert "UM-5004" in failed.stderr and "`d`.`t2` is already on the target" in failed.stderr
    for _ in range(2):
        job.run("migrate", "--until", "copied").expect(BLOCKED)
        assert target.query("SELECT other FROM d.t2") == ((1,),)
    target.script("DROP TABLE d.t2")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])


@pytest.mark.parametrize("pair", PAIRS)
def test_a_statement_that_outlives_its_client(pair, two, new_job):
    """What a killed predecessor was making may be there only after it was looked what is there."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", *(small(n) for n in range(3)))
    job = new_job(source, target, ["d.*"], copy__threads=1)
    assert job.run("migrate", env=environment(UNMOOR_FAULT="target.before_create_table=crash")).code < 0
    migrate = job.spawn("migrate", "--until", "synced", env=environment(UNMOOR_FAULT="target.before_create_table=delay:2000"))
    migrate.until(lambda: target.query("SELECT 1 FROM information_schema.tables WHERE table_schema='d' AND table_name='t0'"), "the first table")
    target.script("CREATE TABLE d.t2 (half INT)")
    migrate.wait().expect(OK)
    oracle.assert_equal(source, target, ["d"])


# ---- showing -------------------------------------------------------------------------------------

def lines(process):
    return [json.loads(line) for line in process.text()[0].splitlines() if line.startswith("{") and line.endswith("}")]


def test_creation_and_what_was_done_before_in_the_progress(two, new_job):
    source, target = two(PAIRS[0])
    source.script("CREATE DATABASE d", *(small(n) for n in range(9)), "CREATE TABLE d.large (id INT PRIMARY KEY)",
                  "INSERT INTO d.large VALUES " + ", ".join(f"({n})" for n in range(4000)), "ANALYZE TABLE d.large")
    job = new_job(source, target, ["d.*"], copy__threads=1)
    migrate = job.spawn("migrate", "--format", "json", env=environment(UNMOOR_FAULT="target.before_create_table=delay:400"))
    migrate.until(lambda: [x for x in lines(migrate) if x["phase"] == "create" and 0 < x["steps_done"] < x["steps"] and x["eta_seconds"]], "creation")
    assert {x["steps"] for x in lines(migrate) if x["phase"] == "create"} <= {0, 10}
    migrate.kill()
    assert job.run("migrate", env=environment(UNMOOR_FAULT="copy.after_chunk_commit=crash@5")).code < 0
    before = sum(row[5] for row in job.chunks().values())
    # The first chunk takes its time: until it is there nothing is known of how long the rest takes.
    migrate = job.spawn("migrate", "--format", "json", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:3000"))
    migrate.until(lambda: [x for x in lines(migrate) if x["phase"] == "copy" and x["rows_copied"]], "the copy")
    shown = next(x for x in lines(migrate) if x["phase"] == "copy" and x["rows_copied"])
    assert shown["rows_copied"] == before and shown["eta_seconds"] is None, shown
    migrate.kill()
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])
