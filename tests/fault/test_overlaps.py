"""Periods that may not overlap (MariaDB): rows are in each other's way without an equal value."""

import random

import pytest

from harness import oracle
from harness.unmoor import OK

pytestmark = pytest.mark.usefixtures("binary")

DAYS = 40


def book(cursor, rnd, table, ids):
    """A booking takes the place of those that it overlaps, or moves, or ends earlier."""
    room, first = rnd.randrange(2), rnd.randrange(DAYS)
    last = first + rnd.randrange(1, 6)
    days = f"DATE '2024-01-01' + INTERVAL {first} DAY, DATE '2024-01-01' + INTERVAL {last} DAY"
    cursor.execute(f"DELETE FROM {table} WHERE room={room} AND s < DATE '2024-01-01' + INTERVAL {last} DAY"
                   f" AND e > DATE '2024-01-01' + INTERVAL {first} DAY")
    if rnd.random() < 0.8:
        cursor.execute(f"INSERT INTO {table} VALUES ({next(ids)}, {room}, {days})")
    else:
        cursor.execute(f"UPDATE {table} SET room={room}, s=DATE '2024-01-01' + INTERVAL {first} DAY,"
                       f" e=DATE '2024-01-01' + INTERVAL {last} DAY ORDER BY RAND({rnd.randrange(1000)}) LIMIT 1")


@pytest.mark.parametrize("workers, batch_rows", [(8, 1), (4, 2000)])
@pytest.mark.parametrize("by_ddl", [False, True])
def test_periods(workers, batch_rows, by_ddl, two, new_job, test_seed):
    source, target = two("mariadb-mariadb")
    columns = "id INT PRIMARY KEY, room INT, s DATE, e DATE, PERIOD FOR p (s, e)"
    source.script("CREATE DATABASE d", f"CREATE TABLE d.b ({columns}{'' if by_ddl else ', UNIQUE (room, p WITHOUT OVERLAPS)'})",
                  f"CREATE TABLE d.k ({columns.replace('PRIMARY KEY', 'NOT NULL')}, PRIMARY KEY (room, p WITHOUT OVERLAPS))")
    job = new_job(source, target, ["d.*"], apply__workers=workers, apply__batch_rows=batch_rows)
    job.run("migrate", "--until", "synced").expect(OK)
    if by_ddl:
        source.script("ALTER TABLE d.b ADD UNIQUE (room, p WITHOUT OVERLAPS)")
    rnd, ids = random.Random(test_seed), iter(range(1, 10000))
    connection = source.connect("d", autocommit=False)
    with connection.cursor() as cursor:
        for _ in range(600):
            book(cursor, rnd, rnd.choice("bk"), ids)
            connection.commit()
    connection.close()
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])
    assert source.value("SELECT COUNT(*) FROM d.b") and source.value("SELECT COUNT(*) FROM d.k")
