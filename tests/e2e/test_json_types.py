"""JSON documents arrive with the types that their text does not show: JSON_TYPE is equal at every path."""

import random

import pytest

from harness.unmoor import OK, environment

pytestmark = pytest.mark.usefixtures("binary")

# Every value with its type, by JSON_TABLE: another way than the one that the copy goes.
TYPES = ("(SELECT GROUP_CONCAT(JSON_TYPE(v), '=', v ORDER BY o SEPARATOR '\\n')"
         " FROM JSON_TABLE({column}, '$**[0]' COLUMNS (o FOR ORDINALITY, v JSON PATH '$')) x)")

SCALARS = [
    "2.5", "2.50", "-0.001", "0.0", "1.", "-0.", "100.", "CAST(0.5 AS DECIMAL(65,30))", "0." + "1" * 30,
    "9" * 65 + ".", "-" + "9" * 35 + "." + "9" * 30, "18446744073709551616.", "123456789012345678901234567890.",
    "2.5e0", "-0e0", "1e300", "5e-324", "0.1e0", "100e0",
    "0", "5", "-5", "2147483648", "4294967295", "4294967296", "9223372036854775807", "-9223372036854775808",
    "CAST(5 AS UNSIGNED)", "CAST(0 AS UNSIGNED)", "CAST(4294967295 AS UNSIGNED)", "CAST(4294967296 AS UNSIGNED)",
    "18446744073709551615", "CAST(4294967295 AS SIGNED)", "CAST(9223372036854775807 AS SIGNED)", "CAST(2024 AS YEAR)",
    "DATE'2020-02-29'", "CAST('0000-00-00' AS DATE)", "TIME'-838:59:59'", "TIME'12:34:56.789'", "TIME'100:00:00'",
    "TIMESTAMP'2020-02-29 12:34:56.789012'", "TIMESTAMP'9999-12-31 23:59:59'",
    "x'00ff'", "x''", "REPEAT(x'00ff27', 100)", "b'1011'",
    "'2020-02-29'", "'2020-02-29 12:34:56.789012'", "'12:34:56.789000'", "'-12:34:56'", "'2.50'", "'base64:type15:AP8='",
    "'base64:type'", "'a\"b\\\\c\\n\\0é😀'", "''", "NULL", "CAST('true' AS JSON)", "JSON_ARRAY()", "JSON_OBJECT()",
]
KEYS = ["a", "", " ", "a b", "a.b", "a\"b", "a\\b", "\\\"", "$", "é", "😀", "\n\x01\x7f", "'", "0", "[0]", "**", "a\tb", "x" * 300]


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"


def nested(depth, value):
    for level in range(depth):
        value = f"JSON_ARRAY(1, {value})" if level % 2 else f"JSON_OBJECT({quoted(KEYS[level % 12])}, {value})"
    return value


def documents(rng):
    found = [f"CAST({s} AS JSON)" for s in SCALARS if s not in ("NULL",) and not s.startswith("'")]
    found += ["NULL", "CAST('null' AS JSON)", "CAST('\"2020-02-29\"' AS JSON)"]
    found += [f"JSON_ARRAY({', '.join(SCALARS)})"]
    found += [f"JSON_OBJECT({', '.join(f'{quoted(k)}, {rng.choice(SCALARS)}' for k in KEYS)})" for _ in range(20)]
    found += [nested(depth, value) for depth in (2, 50, 99) for value in ("2.50", "'x'", "DATE'2020-02-29'")]
    found += [f"JSON_OBJECT('items', JSON_ARRAY({', '.join(rng.choices(SCALARS, k=rng.randrange(40)))}))" for _ in range(200)]
    found += ["JSON_ARRAY(" + ", ".join(f"{n}.{n % 100:02}" for n in range(10000)) + ")"]
    found += ["JSON_OBJECT('big', REPEAT('2020-02-29 ', 300000), 'price', 9.90, 'size', 9.9e0)"]
    return found


def fill(source):
    rng = random.Random(7)
    documents_ = documents(rng)
    source.script("CREATE DATABASE doc")
    for table, key in (("keyed", "id INT AUTO_INCREMENT PRIMARY KEY"), ("bare", "id INT"),
                       ("several", "id INT AUTO_INCREMENT, KEY (id)")):
        source.script(
            f"CREATE TABLE doc.{table} ({key}, j JSON, n INT, k JSON, e ENUM('a','b') DEFAULT 'b',"
            " t TIMESTAMP(3) DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP(3),"
            " g JSON GENERATED ALWAYS AS (JSON_ARRAY(n, 2.5)) STORED)")
        for i, document in enumerate(documents_):
            source.script(f"INSERT INTO doc.{table} (id, j, n, k) VALUES"
                          f" ({i + 1}, {document}, {i}, {rng.choice(['NULL', 'JSON_ARRAY(1.0)', 'JSON_ARRAY(1e0)'])})")
    source.script("CREATE TABLE doc.stamp (a VARCHAR(20), b INT, t TIMESTAMP(3), y TINYBLOB, z LONGBLOB, s BINARY(3),"
                  " f BIT(11), j JSON, PRIMARY KEY (a, b))",
                  "INSERT INTO doc.stamp VALUES ('x', 1, '2020-01-01 00:00:00.5', 'tb', 'lb', 'bi', b'101', NULL),"
                  " ('ä', 2, '2038-01-19 03:14:07', '', '', '', 0, NULL)",
                  "UPDATE doc.stamp SET j=JSON_ARRAY(t, y, z, s, f)")
    # Every document has paths of its own: more than can be asked about at once.
    source.script("CREATE TABLE doc.unlike (id INT PRIMARY KEY, j JSON)")
    for first in range(0, 400, 40):
        source.script("INSERT INTO doc.unlike VALUES " + ", ".join(
            f"({i}, JSON_OBJECT(" + ", ".join(f"'{i}-{k}', {rng.choice(SCALARS[:30])}" for k in range(30)) + "))"
            for i in range(first, first + 40)))
    source.script("CREATE TABLE doc.plain (id INT PRIMARY KEY, j JSON)",
                  "INSERT INTO doc.plain SELECT id, CAST(JSON_OBJECT('id', id, 'x', 0.5e0, 's', '2020-01-01') AS JSON)"
                  " FROM doc.keyed")


def contents(server, table):
    with server.connect("doc") as connection:
        cursor = connection.cursor()
        cursor.execute("SET group_concat_max_len=1000000000, time_zone='+00:00'")
        columns = server.query("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema='doc'"
                               " AND table_name=%s ORDER BY ordinal_position", (table,))
        items = [f"`{name}`" for name, _ in columns]
        items += [TYPES.format(column=f"`{name}`") for name, kind in columns if kind == "json"]
        cursor.execute(f"SELECT {', '.join(items)} FROM doc.{table}")
        return sorted(cursor.fetchall(), key=repr)


@pytest.mark.parametrize("local_infile", ["ON", "OFF"])
def test_types_arrive(local_infile, two, new_job):
    source, target = two("mysql97-mysql97")
    fill(source)
    target.query(f"SET GLOBAL local_infile={local_infile}")
    try:
        job = new_job(source, target, ["doc.*"])
        job.run("migrate", "--until", "synced").expect(OK)
    finally:
        target.query("SET GLOBAL local_infile=ON")
    for table in ("keyed", "bare", "several", "stamp", "unlike", "plain"):
        left, right = contents(source, table), contents(target, table)
        assert len(left) == len(right) > 0
        for a, b in zip(left, right):
            assert a == b, f"{table}: {str(a)[:300]}"
    job.run("verify").expect(OK)
    # The check sees what it is to see.
    seen = {line.partition("=")[0] for table in ("keyed", "stamp") for row in contents(target, table)
            for types in row[-3:] for line in str(types).split("\n")}
    assert {"DECIMAL", "DATE", "TIME", "DATETIME", "TIMESTAMP", "BLOB", "BIT", "UNSIGNED INTEGER", "INTEGER", "DOUBLE",
            "STRING", "BOOLEAN"} <= seen


# MySQL finds each first document equal to the last, and would not store the last in place of it.
ALIKE = [("1", "1.0"), ("0", "-0.0"), ("-0.0", "0"), ('{"a": [1, {"b": 2}]}', '{"a": [1.0, {"b": 2.0}]}'),
         ("18446744073709551615", "18446744073709551615.0"), ("[3, 1]", "[3e0, 1]")]


@pytest.mark.parametrize("between", ["'\"between\"'", None])
def test_documents_of_equal_numbers_follow(between, two, new_job):
    """By way of another document, or of another row with the same key: what one batch makes one change."""
    source, target = two("mysql97-mysql97")
    values = ", ".join(f"({n}, '{first}')" for n, (first, _) in enumerate(ALIKE))
    source.script("CREATE DATABASE doc", "CREATE TABLE doc.alike (id INT PRIMARY KEY, j JSON)", f"INSERT INTO doc.alike VALUES {values}")
    job = new_job(source, target, ["doc.*"], apply__workers=1)
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("INSERT INTO doc.alike VALUES (100, '0')")  # all the rest piles up behind it
    if between:
        source.script(f"UPDATE doc.alike SET j={between}", *(f"UPDATE doc.alike SET j='{last}' WHERE id={n}" for n, (_, last) in enumerate(ALIKE)))
    else:
        source.script("DELETE FROM doc.alike", *(f"INSERT INTO doc.alike VALUES ({n}, '{last}')" for n, (_, last) in enumerate(ALIKE)))
    job.run("migrate", "--until", "synced", env=environment(UNMOOR_FAULT="apply.before_commit=delay:500")).expect(OK)
    rows = [server.query("SELECT id, CAST(j AS CHAR), " + TYPES.format(column="j") + " FROM doc.alike ORDER BY id") for server in (source, target)]
    assert rows[0] == rows[1]
    assert [float(text) for _, text, _ in rows[0][:3]] == [1, 0, 0]
    job.run("verify").expect(OK)
