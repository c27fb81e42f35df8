"""Generated columns: rows come without them, and the target computes what the source did."""

import pytest

from harness import oracle
from harness.unmoor import OK, TARGET

pytestmark = pytest.mark.usefixtures("binary")

SAME = ["mysql97-mysql97", "mariadb-mariadb"]

# The server notes of each row that it rounds what it computes.
ROUNDED = {
    "price": "id INT PRIMARY KEY, price DECIMAL(10,2), gross DECIMAL(10,2) AS (price*1.19) STORED, net DECIMAL(10,1) AS (price) VIRTUAL",
    "ratio": "id INT PRIMARY KEY, price DECIMAL(10,2), p DECIMAL(8,2) AS (price/3) STORED, KEY (p)",
    "day": "id INT PRIMARY KEY, price DATETIME, d DATE AS (price) STORED",
}


def values(table, n):
    return f"({n}, '2024-02-{n % 28 + 1:02d} 10:20:30')" if table == "day" else f"({n}, {n}.{n % 90 + 10})"


def fill(source, first, last):
    for table in ROUNDED:
        rows = ", ".join(values(table, n) for n in range(first, last))
        source.script("SET sql_mode='STRICT_ALL_TABLES'", f"INSERT INTO {table} (id, price) VALUES {rows}", database="d")


@pytest.mark.parametrize("local_infile", [1, 0])
@pytest.mark.parametrize("pair", SAME)
def test_rounding_that_is_only_noted(pair, local_infile, two, new_job):
    source, target = two(pair)
    source.script("CREATE DATABASE d", *(f"CREATE TABLE d.{t} ({columns})" for t, columns in ROUNDED.items()))
    fill(source, 0, 1200)
    target.script(f"SET GLOBAL local_infile={local_infile}")
    try:
        job = new_job(source, target, ["d.*"])
        job.run("migrate", "--until", "synced").expect(OK)
        fill(source, 2000, 2900)
        source.script("UPDATE price SET price=price+0.13 WHERE id%3=0; DELETE FROM ratio WHERE id%7=0; UPDATE day SET price=price+INTERVAL 1 DAY",
                      "UPDATE ratio SET id=id+10000, price=price+0.01 WHERE id%5=0", database="d")
        job.run("migrate", "--until", "synced").expect(OK)
    finally:
        target.script("SET GLOBAL local_infile=1")
    oracle.assert_equal(source, target, ["d"])
    job.run("verify").expect(OK)


@pytest.mark.parametrize("pair", SAME)
def test_rounding_of_what_is_written_still_stops(pair, two, new_job):
    """Where the target's columns are not those of the source, a note may be of a loss."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, v DECIMAL(10,2), g DECIMAL(10,1) AS (v) STORED)")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    target.script("ALTER TABLE d.t MODIFY v DECIMAL(10,1)")
    source.script("INSERT INTO d.t (id, v) VALUES (1, 1.25)")
    assert "UM-6113" in job.run("migrate", "--until", "synced").expect(TARGET).stderr
