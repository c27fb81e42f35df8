"""FLOAT(M,D) and DOUBLE(M,D): what is written to them is rounded, what another column brings is not, and no literal writes that."""

import os
import pathlib
import random
import struct

import pytest

from harness import oracle
from harness.servers import MARIADB, MARIADB105, MARIADB118, MYSQL56, MYSQL97
from harness.unmoor import BLOCKED, OK, TARGET

pytestmark = pytest.mark.usefixtures("binary")

RECORD = pathlib.Path(__file__).parent.parent / "fixtures" / "fixed_scale.txt"
COLUMNS = [("double", 20, 0), ("double", 20, 2), ("double", 25, 5), ("double", 40, 15), ("double", 60, 30), ("float", 20, 0), ("float", 7, 3),
           ("float", 12, 5), ("float", 40, 30)]
FIXED = "id INT PRIMARY KEY, d DOUBLE(30,2), f FLOAT(7,3), other INT"


def made(*rows):
    """A table that no job takes, with values as they are; MariaDB copies by the bits only to columns of the same scale."""
    return ["CREATE TABLE d.made (id INT PRIMARY KEY, d DOUBLE, f FLOAT, other INT)", "INSERT INTO d.made VALUES " + ", ".join(rows),
            "ALTER TABLE d.made MODIFY d DOUBLE(30,2), MODIFY f FLOAT(7,3)"]


# ---- what the servers make of a literal ------------------------------------------------------------------

def as_float(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def values_for(kind, digits, scale, rnd):
    most = 10.0 ** (digits - scale) * 0.99
    found = [0.0, -0.0, 5e-324, -1e-45, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 0.005, 1.005, -0.015, 4.35, 1234.5678]
    for _ in range(60):
        exact = rnd.choice((-1, 1)) * rnd.random() * 10 ** rnd.uniform(-scale - 3, min(digits - scale, 20))
        near = round(exact, scale)
        found += [exact, near, near * (1 + 2 ** -52), near * (1 - 2 ** -53), near + 0.5 * 10.0 ** -scale]
    found = [as_float(v) if kind == "float" else v for v in found]
    return sorted({struct.pack("<d", v): v for v in found if abs(v) < most}.values(), key=lambda v: struct.pack(">d", v))


def stored(server, kind, digits, scale, values):
    server.script("CREATE DATABASE IF NOT EXISTS d", "DROP TABLE IF EXISTS d.t", f"CREATE TABLE d.t (id INT PRIMARY KEY, v {kind}({digits},{scale}))",
                  "INSERT INTO d.t VALUES " + ", ".join(f"({i}, {v:.17e})" for i, v in enumerate(values)))
    return [float(v) for (v,) in server.query("SELECT v * 1e0 FROM d.t ORDER BY id")]


def recorded():
    for line in RECORD.read_text().splitlines():
        kind, digits, scale, value, result = line.split()
        yield (kind, int(digits), int(scale)), float(value), float(result)


def record(server):
    rnd = random.Random(1)
    with RECORD.open("w") as out:
        for kind, digits, scale in COLUMNS:
            values = values_for(kind, digits, scale, rnd)
            for value, result in zip(values, stored(server, kind, digits, scale, values)):
                out.write(f"{kind} {digits} {scale} {value:.17g} {result:.17g}\n")


@pytest.mark.parametrize("server_kind", [MYSQL97, MARIADB105, MARIADB, MARIADB118, MYSQL56])
def test_what_servers_store(server_kind, pool):
    """The record by which a unit test judges our own rounding is what every server does."""
    server = pool.get(f"src-{server_kind}", server_kind)
    server.reset()
    if os.environ.get("UNMOOR_TEST_UPDATE") and server_kind == MYSQL97:
        record(server)
    for column in COLUMNS:
        lines = [(value, result) for where, value, result in recorded() if where == column]
        assert len(lines) > 80
        now = stored(server, *column, [value for value, _ in lines])
        wrong = [(value, was, is_) for (value, was), is_ in zip(lines, now) if struct.pack("<d", was) != struct.pack("<d", is_)]
        assert not wrong, f"{column}: {len(wrong)}, such as {wrong[:5]}"


# ---- what is rounded moves -----------------------------------------------------------------------------------

PAIRS = [(MYSQL97, MYSQL97), (MYSQL56, MYSQL97), (MARIADB, MARIADB), (MARIADB105, MARIADB118), (MARIADB118, MYSQL97), (MYSQL97, MARIADB118)]


@pytest.mark.parametrize("source_kind, target_kind", PAIRS, ids=lambda kind: kind)
def test_what_is_rounded_arrives(source_kind, target_kind, both, new_job):
    """All that a server stores as it was given passes the plan, the copy, inserts and updates."""
    source, target = both(source_kind, target_kind)
    kept = [[value for where, value, result in recorded() if where == column and value == result and str(value) == str(result)] for column in COLUMNS]
    rows = [", ".join(f"{values[i % len(values)]:.17e}" for values in kept) for i in range(max(map(len, kept)))]
    columns = ", ".join(f"v{k} {kind}({digits},{scale})" for k, (kind, digits, scale) in enumerate(COLUMNS))
    source.script("CREATE DATABASE d", f"CREATE TABLE d.t (id INT PRIMARY KEY, {columns})", f"CREATE TABLE d.bare ({columns})",
                  "INSERT INTO d.t VALUES " + ", ".join(f"({i}, {row})" for i, row in enumerate(rows)), "INSERT INTO d.bare SELECT "
                  + ", ".join(f"v{k}" for k in range(len(COLUMNS))) + " FROM d.t")
    job = new_job(source, target, ["d.*"])
    assert rounding(job.run("plan", "--format", "json").expect(OK)) == [("PASS", "all of them")]
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("INSERT INTO d.t VALUES " + ", ".join(f"({1000 + i}, {row})" for i, row in enumerate(rows)),
                  *("UPDATE d.t SET " + ", ".join(f"v{k}={value}" for k, value in enumerate(row.split(", "))) + f" WHERE id={len(rows) - 1 - i}"
                    for i, row in enumerate(rows)), "DELETE FROM d.bare LIMIT 20")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.compare_rows(source, target, "d")


# ---- what is not, stops ----------------------------------------------------------------------------------------

def rounding(plan):
    return [(c["level"], c["seen"]) for c in plan.json["checks"] if c["id"] == "tables.rounding"]


def values_of(server):
    return server.query("SELECT id, d * 1e0, f * 1e0 FROM d.t ORDER BY id")


@pytest.mark.parametrize("source_kind, target_kind", PAIRS, ids=lambda kind: kind)
def test_the_plan_names_what_is_not_rounded(source_kind, target_kind, both, new_job):
    """By whatever way it came; and what the plan says mends it."""
    source, target = both(source_kind, target_kind)
    source.script("CREATE DATABASE d", *made("(1, 0.123456789, 0.25, 1)", "(2, 0.25, 0.0001, 1)", "(3, -0e0, 0, 1)"),
                  *(f"CREATE TABLE d.{name} ({FIXED})" for name in ("t", "zero", "good", "updated")),
                  "INSERT INTO d.good VALUES (1, 0.1, 0.1, 1), (2, NULL, NULL, NULL), (3, -1.005, 1234.567, 1)",
                  "INSERT INTO d.t SELECT * FROM d.made WHERE id=1", "INSERT INTO d.zero SELECT * FROM d.made WHERE id=3",
                  "CREATE TABLE d.altered (id INT PRIMARY KEY, f FLOAT)", "INSERT INTO d.altered VALUES (1, 0.0001)",
                  "ALTER TABLE d.altered MODIFY f FLOAT(7,2)",
                  "INSERT INTO d.updated VALUES (2, 1, 1, 1)", "UPDATE d.updated JOIN d.made USING (id) SET updated.d=made.d, updated.f=made.f")
    job = new_job(source, target, ["d.*"], tables__exclude=["d.made"])
    plan = job.run("plan", "--format", "json").expect(BLOCKED)
    minus = "" if source.value("SELECT LEFT(d * 1e0, 1) FROM d.zero") == "0" else ", d.zero.d (double(30,2))"
    assert rounding(plan) == [("BLOCK", "values that are not rounded as their column says: d.altered.f (float(7,2)), d.t.d (double(30,2)), "
                               f"d.updated.f (float(7,3)){minus}")]
    (mend,) = [c["mend"] for c in plan.json["checks"] if c["id"] == "tables.rounding"]
    source.script(*(line for line in mend.splitlines() if line.startswith("UPDATE")))
    assert rounding(job.run("plan", "--format", "json").expect(OK)) == [("PASS", "all of them")]
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.compare_rows(source, target, "d", ["altered", "good", "t", "updated", "zero"])


@pytest.mark.parametrize("kind", [MYSQL97, MARIADB])
def test_the_plan_looks_for_seconds_only(kind, both, new_job):
    """A table that cannot be read in time is named; here somebody holds it."""
    source, target = both(kind, kind)
    source.script("CREATE DATABASE d", f"CREATE TABLE d.t ({FIXED})")
    job = new_job(source, target, ["d.*"])
    holder = source.connect("d")
    with holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLES t WRITE")
        assert rounding(job.run("plan", "--format", "json", seconds=60)) == [("WARN", "not every row could be looked at in time: d.t")]


def test_the_plan_looks_at_some_rows_only(both, new_job):
    """MySQL 5.6 cannot bound a statement's time, so its first rows have to do."""
    source, target = both(MYSQL56, MYSQL97)
    source.script("CREATE DATABASE d", f"CREATE TABLE d.t ({FIXED})", "INSERT INTO d.t VALUES (0, 1, 1, 1)",
                  *(f"INSERT INTO d.t SELECT id + {1 << i}, d, f, other FROM d.t" for i in range(18)), "ANALYZE TABLE d.t")
    job = new_job(source, target, ["d.*"])
    assert rounding(job.run("plan", "--format", "json").expect(OK)) == [("WARN", "not every row could be looked at in time: d.t")]
    source.script("DELETE FROM d.t WHERE id > 1000", "OPTIMIZE TABLE d.t")
    assert rounding(job.run("plan", "--format", "json").expect(OK)) == [("PASS", "all of them")]


@pytest.mark.parametrize("kind, local_infile", [(MYSQL97, 1), (MYSQL97, 0), (MARIADB, 1)])
def test_the_copy_stops(kind, local_infile, both, new_job):
    """Here rounding moves a FLOAT by one in its last place, which the plan lets pass."""
    source, target = both(kind, kind)
    source.script("CREATE DATABASE d", *made("(7, 1, 9999.0205078125, 1)"), f"CREATE TABLE d.t ({FIXED})", "INSERT INTO d.t SELECT * FROM d.made")
    target.script(f"SET GLOBAL local_infile={local_infile}")
    job = new_job(source, target, ["d.t"])
    assert rounding(job.run("plan", "--format", "json").expect(OK)) == [("PASS", "all of them")]
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    assert "UM-3024" in result.stderr and "`d`.`t`, chunk 1" in result.stderr and "column f (float(7,3))" in result.stderr, str(result)
    assert values_of(target) == ()


WRITES = ["INSERT INTO d.t SELECT * FROM d.made", "UPDATE d.t JOIN d.made ON t.id=5 SET t.d=made.d",
          "UPDATE d.t JOIN d.made ON t.id=5 SET t.f=made.f", "INSERT INTO d.bare SELECT * FROM d.made"]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("source_kind, target_kind", [(MYSQL97, MYSQL97), (MARIADB, MARIADB118)], ids=lambda kind: kind)
def test_the_stream_stops(source_kind, target_kind, write, both, new_job):
    source, target = both(source_kind, target_kind)
    source.script("CREATE DATABASE d", *made("(7, 0.123456789, 0.0001, 1)"), f"CREATE TABLE d.t ({FIXED})", "CREATE TABLE d.bare LIKE d.t",
                  "ALTER TABLE d.bare DROP PRIMARY KEY", "INSERT INTO d.t VALUES (5, 0.5, 0.5, 1)")
    job = new_job(source, target, ["d.*"], tables__exclude=["d.made"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script(write)
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    table, column = ("bare" if "bare" in write else "t"), ("f (float(7,3))" if "t.f" in write else "d (double(30,2))")
    assert f"`d`.`{table}`" in result.stderr and f"column {column}" in result.stderr and "id=" in result.stderr, str(result)
    assert values_of(target) == ((5, 0.5, 0.5),) and not target.value("SELECT COUNT(*) FROM d.bare")
    source.script("UPDATE d.t SET d=ROUND(d,2), f=ROUND(f,3)", "UPDATE d.bare SET d=ROUND(d,2), f=ROUND(f,3)")
    job.set("copy.existing", "drop")
    job.write()
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    oracle.compare_rows(source, target, "d", ["bare", "t"])


def test_what_the_stream_leaves_alone(both, new_job):
    """ALTER TABLE keeps the digits on both sides alike, and an update of another column does not write them."""
    source, target = both(MYSQL97, MYSQL97)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, d DOUBLE, f FLOAT, other INT)",
                  "INSERT INTO d.t VALUES (1, 0.123456789, 0.0001, 1)")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("ALTER TABLE d.t MODIFY d DOUBLE(30,2), MODIFY f FLOAT(7,3)", "UPDATE d.t SET other=2")
    job.run("migrate", "--until", "synced").expect(OK)
    assert values_of(target) == values_of(source) and target.value("SELECT other FROM d.t") == 2
    oracle.compare_rows(source, target, "d")
    job.run("verify").expect(OK)
