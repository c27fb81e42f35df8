"""Where a range ends, by a key of one integer: however the numbers lie, every row is in one range, ranges have about
as many rows as they should, and no row is read only to be counted."""

import random

import pytest

from harness import oracle
from harness.unmoor import OK

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb", "mysql56-mysql97", "mysql97-mariadb"]
ROWS, CHUNK = 20000, 1000


def evenly(rows, step, start=1):
    return [start + step * i for i in range(rows)]


def spread(rows, seed):
    """In clusters of all sizes, with gaps of all sizes, from one end of the type to the other."""
    draw = random.Random(seed)
    numbers = {-2**63, 2**63 - 1, 0}
    while len(numbers) < rows:
        at, step = draw.randrange(-2**63, 2**63), 2**draw.randrange(0, 40)
        numbers.update(n for n in evenly(2**draw.randrange(0, 12), step, at) if -2**63 <= n < 2**63)
    return sorted(draw.sample(sorted(numbers), rows))


TABLES = {
    "dense": ("INT AUTO_INCREMENT", evenly(ROWS, 1)),
    "sparse": ("BIGINT", evenly(ROWS, 1_000_003, -5_000_000_000)),
    "top": ("BIGINT UNSIGNED", evenly(ROWS, 3, 2**64 - 3 * ROWS)),
    "halves": ("BIGINT", evenly(ROWS // 2, 1, -2**63) + evenly(ROWS // 2, 1, 2**63 - ROWS // 2)),
    "spread": ("BIGINT", spread(ROWS, 5)),
    "small": ("TINYINT", evenly(256, 1, -128)),
    "one": ("INT UNSIGNED", [2**32 - 1]),
    "none": ("INT", []),
}
EVEN = ("dense", "sparse", "top")


def fill(source):
    source.script("CREATE DATABASE d COLLATE utf8mb4_unicode_ci")
    for name, (column, numbers) in TABLES.items():
        source.script(f"CREATE TABLE d.`{name}` (v VARCHAR(60), id {column} NOT NULL PRIMARY KEY)")
        for at in range(0, len(numbers), 4000):
            source.script(f"INSERT INTO d.`{name}` VALUES " + ",".join(f"('row {n}',{n})" for n in numbers[at:at + 4000]))
    for name in TABLES:
        source.query(f"ANALYZE TABLE d.`{name}`")


def rows_read(server):
    """How many rows the server's statements have taken from its tables so far."""
    return sum(int(value) for name, value in server.query("SHOW GLOBAL STATUS LIKE 'Handler_read%'") if name != "Handler_read_key")


def chunks(job, table):
    return [n for (n,) in job.state("SELECT k.row_count FROM job_chunk k JOIN job_table t ON t.job=k.job AND t.id=k.table_id"
                                    f" WHERE t.table_name='{table}'")]


@pytest.mark.parametrize("pair", PAIRS)
def test_chunks(pair, two, new_job):
    source, target = two(pair)
    fill(source)
    job = new_job(source, target, ["d.*"], copy__chunk_rows_max=CHUNK, copy__chunk_time="60s")
    job.run("migrate", "--until", "synced").expect(OK)
    for name, (_, numbers) in TABLES.items():
        sizes = chunks(job, name)
        assert sum(sizes) == len(numbers), name
        # Estimates are the server's; no range may be far from what was asked for.
        assert max(sizes, default=0) <= 2 * CHUNK, (name, sizes)
        if name in EVEN:
            assert len(sizes) <= 5 * ROWS / CHUNK, (name, sizes)
    assert set(chunks(job, "dense")[:-1]) == {CHUNK}
    oracle.assert_equal(source, target, ["d"])


@pytest.mark.parametrize("pair", PAIRS)
def test_rows_are_read_once(pair, two, new_job):
    """By the copy on the source, and by a verification on both sides."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
                  f"INSERT INTO d.t VALUES {','.join(f'({n},{n})' for n in range(1, 20001))}",
                  *(f"INSERT INTO d.t SELECT id + {20000 * 2**n}, v FROM d.t" for n in range(3)), "ANALYZE TABLE d.t")
    rows = 160000  # a verification's ranges have 50,000 rows at first
    job = new_job(source, target, ["d.*"], copy__chunk_rows_max=5000)
    before = rows_read(source)
    job.run("migrate", "--until", "copied").expect(OK)
    assert rows <= rows_read(source) - before < 1.4 * rows
    before = rows_read(source), rows_read(target)
    job.run("verify").expect(OK)
    for read in (rows_read(source) - before[0], rows_read(target) - before[1]):
        assert rows <= read < 1.4 * rows
