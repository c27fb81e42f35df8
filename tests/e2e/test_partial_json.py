"""MySQL's partial updates of JSON documents: the changed part alone is in the binlog."""

import json
import random

import pytest
from test_json_types import KEYS, SCALARS, TYPES, quoted

from harness import oracle
from harness.unmoor import OK, UNSUPPORTED

pytestmark = pytest.mark.usefixtures("binary")

ROWS, UPDATES = 24, 260
NAMES = [key for key in KEYS if len(key) < 10] + ["b", "ключ", "_1", "e\u0301"]
# Longer than any difference: else the server writes the document instead.
PADDING = "JSON_ARRAY('stays', REPEAT('0123456789', {0}), 2.50, DATE'2020-02-29', CAST(7 AS UNSIGNED))"


def value(rng, depth=0):
    kind = rng.random()
    if depth < 4 and kind < 0.2:
        return f"JSON_ARRAY({', '.join(value(rng, depth + 1) for _ in range(rng.randrange(5)))})"
    if depth < 4 and kind < 0.45:
        names = rng.sample(NAMES, rng.randrange(7))
        return f"JSON_OBJECT({', '.join(f'{quoted(n)}, {value(rng, depth + 1)}' for n in names)})"
    if kind < 0.5:
        return "CAST('null' AS JSON)"
    return rng.choice(SCALARS)


def document(rng, column, padding):
    """An object, in column c an array."""
    padding = PADDING.format(padding)
    if column == "c":
        return f"JSON_ARRAY({', '.join(value(rng) for _ in range(6))}, {padding})"
    return f"JSON_OBJECT({', '.join(f'{quoted(n)}, {value(rng, 1)}' for n in NAMES)}, 'padding', {padding})"


def name(rng):
    return "." + json.dumps(rng.choice(NAMES), ensure_ascii=False)


def element(rng):
    return rng.choice(["[0]", "[1]", "[2]", "[5]", "[300]", "[last]", "[last-1]", "[last-300]"])


def path(rng, column):
    # [0] of an object is the object: that would be another document.
    legs = [element(rng) if column == "c" else name(rng)]
    legs += [rng.choice([name, element])(rng) for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 3]))]
    return quoted("$" + "".join(legs))


def change(rng, column):
    found = column
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        function = rng.choice(["JSON_SET", "JSON_SET", "JSON_REPLACE", "JSON_REMOVE"])
        arguments = [path(rng, column) + ("" if function == "JSON_REMOVE" else f", {value(rng, 2)}")
                     for _ in range(rng.choice([1, 2, 3, 6]))]
        found = f"{function}({found}, {', '.join(arguments)})"
    return f"{column} = {found}"


def updates(rng, table):
    for n in range(UPDATES):
        columns = rng.sample(["a", "b", "c"], rng.choice([1, 1, 2, 3]))
        assignments = [change(rng, c) for c in columns]
        if n % 9 == 0:
            assignments.append(f"n = {n}")
        if n % 13 == 0:
            assignments.append(f"d = {document(rng, 'd', 9)}")
        which = rng.sample(range(ROWS), rng.choice([1, 1, 1, 5]))
        yield f"UPDATE {table} SET {', '.join(assignments)} WHERE id IN ({', '.join(map(str, which))})"


def fill(source, rng):
    source.script("CREATE DATABASE part CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    for table, key in (("keyed", "PRIMARY KEY (id)"), ("bare", "KEY (n)")):
        source.script(f"CREATE TABLE part.{table} (id INT, a JSON, n INT, b JSON, c JSON, d JSON, {key})")
        for i in range(ROWS):
            # Documents on both sides of the size at which their form changes.
            padding = 6540 if i % 6 == 0 else 30
            a, b, c, d = (document(rng, column, padding) for column in "abcd")
            source.script(f"INSERT INTO part.{table} VALUES ({i}, {a}, {i}, {b}, {'NULL' if i % 5 == 1 else c}, {d})")


def write(source, statements):
    with source.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION binlog_row_value_options=PARTIAL_JSON")
        for statement in statements:
            cursor.execute(statement)


def partial_events(source):
    return sum(sum("Update_rows_partial" in event[2] for event in source.query(f"SHOW BINLOG EVENTS IN '{log[0]}'"))
               for log in source.query("SHOW BINARY LOGS"))


def types(server, table):
    with server.connect("part") as connection, connection.cursor() as cursor:
        cursor.execute("SET group_concat_max_len=1000000000")
        cursor.execute(f"SELECT id, {', '.join(TYPES.format(column=c) for c in 'abcd')} FROM {table}")
        return sorted(cursor.fetchall(), key=repr)


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mysql97-mariadb"])
def test_partial_updates(pair, two, new_job, test_seed):
    source, target = two(pair)
    rng = random.Random(test_seed)
    fill(source, rng)
    before = partial_events(source)
    job = new_job(source, target, ["part.*"])
    write(source, list(updates(rng, "part.keyed"))[:20])
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    for table in ("part.keyed", "part.bare"):
        write(source, updates(rng, table))
    migrate.stop()
    write(source, list(updates(rng, "part.bare"))[:50])
    job.run("migrate", "--until", "synced").expect(OK)

    assert partial_events(source) - before > UPDATES, "the source wrote whole documents"
    assert source.value("SELECT MAX(JSON_STORAGE_SIZE(a)) FROM part.keyed") > 1 << 16
    oracle.assert_equal(source, target, ["part"])
    if not target.mariadb:
        for table in ("keyed", "bare"):
            assert types(source, table) == types(target, table)
    job.run("verify").expect(OK)


def test_global_option_and_plan(two, new_job):
    """The plan lets the option pass, for a server with full row images."""
    source, target = two("mysql97-mysql97")
    source.script("CREATE DATABASE part", "CREATE TABLE part.t (id INT PRIMARY KEY, j JSON)",
                  "SET GLOBAL binlog_row_value_options=PARTIAL_JSON")
    try:
        job = new_job(source, target, ["part.*"])
        checks = {c["id"]: c for c in job.run("plan", "--format", "json").expect(OK).json["checks"]}
        assert checks["source.binlog_row_value_options"]["level"] == "PASS"
        assert "PARTIAL_JSON" in checks["source.binlog_row_value_options"]["seen"]
        source.script("INSERT INTO part.t SELECT 1, JSON_OBJECT('k', 1, 'text', REPEAT('x', 100))")
        job.run("migrate", "--until", "synced").expect(OK)
        source.script("UPDATE part.t SET j=JSON_SET(j, '$.k', 2.50)")
        job.run("migrate", "--until", "synced").expect(OK)
        oracle.assert_equal(source, target, ["part"])
    finally:
        source.script("SET GLOBAL binlog_row_value_options=''")


def test_part_of_an_unknown_document(two, new_job):
    """A row image without the document before the change: nothing is guessed, and the job can go on after --restart."""
    source, target = two("mysql97-mysql97")
    source.script("CREATE DATABASE part", "CREATE TABLE part.t (id INT PRIMARY KEY, v INT, j JSON)",
                  "INSERT INTO part.t SELECT 1, 1, JSON_OBJECT('k', 1, 'text', REPEAT('x', 100))")
    job = new_job(source, target, ["part.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("SET SESSION binlog_row_value_options=PARTIAL_JSON; SET SESSION binlog_row_image=MINIMAL;"
                  " UPDATE part.t SET j=JSON_SET(j, '$.k', 2)")
    result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
    assert "UM-6003" in result.stderr and "`part`.`t`" in result.stderr and "column 3" in result.stderr, str(result)
    assert "binlog_row_image=FULL" in result.stderr
    assert target.value("SELECT j->'$.k' FROM part.t") == "1"
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    oracle.assert_equal(source, target, ["part"])
