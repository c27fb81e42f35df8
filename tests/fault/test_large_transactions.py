"""Transactions that are larger than what is kept in memory: they come in fragments, each of which is folded."""

import os
import random
import signal

import pytest

from harness import oracle
from harness.unmoor import OK, TARGET, environment

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb", "mysql56-mysql97"]
ROWS = 400
TABLES = ["plain (id INT PRIMARY KEY, n INT, v VARCHAR(2000)) CHARACTER SET latin1",
          "uniq (id INT PRIMARY KEY, u INT UNIQUE, v VARCHAR(2000)) CHARACTER SET latin1",
          "keyless (n INT, v VARCHAR(2000)) CHARACTER SET latin1",
          "parent (id INT PRIMARY KEY, v VARCHAR(2000)) CHARACTER SET latin1",
          "child (id INT PRIMARY KEY, p INT, v VARCHAR(2000), FOREIGN KEY (p) REFERENCES parent (id) ON UPDATE CASCADE ON DELETE SET NULL)"
          " CHARACTER SET latin1",
          "named (name VARCHAR(50) COLLATE utf8mb4_general_ci PRIMARY KEY, v VARCHAR(2000)) CHARACTER SET utf8mb4"]


def steps(rnd):
    """Statements of one transaction, which come back to the same rows again and again."""
    some = lambda: f"id % {rnd.choice([2, 3, 7])} = {rnd.randrange(2)}"
    one = lambda: rnd.randrange(ROWS)
    text = lambda: f"REPEAT('{rnd.choice('abcäé')}', {rnd.randrange(50, 1200)})"
    for _ in range(60):
        a, b = rnd.sample(range(ROWS), 2)
        yield from rnd.choice([
            lambda: [f"UPDATE plain SET n = n + 1, v = {text()} WHERE {some()}"],
            lambda: [f"DELETE FROM plain WHERE id = {a}", f"INSERT INTO plain VALUES ({a}, {b}, {text()})"],
            lambda: [f"UPDATE plain SET id = id + 100000 WHERE id = {a}", f"UPDATE plain SET id = id - 100000 WHERE id = {a + 100000}"],
            lambda: [f"UPDATE uniq SET v = {text()} WHERE {some()}"],
            lambda: [f"UPDATE IGNORE uniq SET u = -1 WHERE id = {a}", f"UPDATE IGNORE uniq SET u = {a} WHERE id = {b}",
                     f"UPDATE IGNORE uniq SET u = NULL WHERE u = {b} AND id <> {a}", f"UPDATE IGNORE uniq SET u = {b} WHERE id = {a} AND u = -1"],
            lambda: [f"DELETE FROM uniq WHERE id = {a}", f"REPLACE INTO uniq VALUES ({a}, {b}, {text()})"],
            lambda: [f"INSERT INTO keyless SELECT n, v FROM plain WHERE id % 40 = {a % 40}", f"DELETE FROM keyless WHERE n = {one()}"],
            lambda: [f"UPDATE keyless SET v = {text()} WHERE n % 11 = {a % 11}"],
            lambda: [f"UPDATE parent SET id = id + 100000 WHERE id = {a}", f"UPDATE child SET v = {text()} WHERE p = {a + 100000}"],
            lambda: [f"DELETE FROM parent WHERE id = {a}", f"UPDATE child SET v = {text()} WHERE {some()}"],
            lambda: [f"UPDATE named SET v = {text()}, name = UPPER(name) WHERE name LIKE 'row {a % 10}%'"],
        ])()


def begin(two, new_job, pair, **config):
    source, target = two(pair)
    source.script("CREATE DATABASE d")
    numbers = ", ".join(f"({n})" for n in range(ROWS))
    source.script("CREATE TABLE numbers (n INT PRIMARY KEY)", f"INSERT INTO numbers VALUES {numbers}", *(f"CREATE TABLE {t}" for t in TABLES),
                  "INSERT INTO plain SELECT n, n, 'x' FROM numbers", "INSERT INTO uniq SELECT n, n, 'x' FROM numbers",
                  "INSERT INTO keyless SELECT n, 'x' FROM numbers", "INSERT INTO parent SELECT n, 'x' FROM numbers",
                  "INSERT INTO child SELECT n, n, 'x' FROM numbers", "INSERT INTO named SELECT CONCAT('row ', n), 'x' FROM numbers", database="d")
    job = new_job(source, target, ["d.*"], apply__memory="1MiB", **config)
    job.run("migrate", "--until", "synced").expect(OK)
    return job


def transaction(job, rnd):
    job.source.script("SET unique_checks=1", "BEGIN", *steps(rnd), "INSERT INTO numbers VALUES (100000)", "COMMIT", database="d")



@pytest.mark.parametrize("order", ["free", "source"])
@pytest.mark.parametrize("pair", PAIRS)
def test_any_rows(pair, order, two, new_job):
    seed = int(os.environ.get("UNMOOR_TEST_SEED") or random.randrange(1 << 30))
    print(f"UNMOOR_TEST_SEED={seed}")
    job = begin(two, new_job, pair, apply__commit_order=order)
    transaction(job, random.Random(seed))
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])


def statements(server):
    return sum(int(n) for name, n in server.query("SHOW GLOBAL STATUS LIKE 'Com\\_%'") if name in ("Com_insert", "Com_update", "Com_delete"))


@pytest.mark.parametrize("pair", PAIRS[:2])
def test_few_statements(pair, two, new_job):
    job = begin(two, new_job, pair)
    job.source.script("BEGIN", *["UPDATE plain SET n = n + 1, v = REPEAT('x', 500)"] * 20, "COMMIT", database="d")
    before = statements(job.target)
    job.run("migrate", "--until", "synced").expect(OK)
    assert statements(job.target) - before < 20 * ROWS / 20
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("pair", PAIRS[:2])
def test_killed_in_a_fragment(pair, two, new_job):
    job = begin(two, new_job, pair)
    transaction(job, random.Random(7))
    for passage in (1, 40, 200):
        result = job.run("migrate", "--until", "synced", env=environment(UNMOOR_FAULT=f"apply.mid_transaction=crash@{passage}"))
        assert result.code == -signal.SIGKILL, str(result)
        assert not job.target.query("SELECT 1 FROM d.numbers WHERE n=100000")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("pair", PAIRS[:2])
def test_the_culprit_is_named(pair, two, new_job):
    """By its number in the whole transaction, as if it had been written row by row."""
    job = begin(two, new_job, pair)
    job.target.script("DELETE FROM d.plain WHERE id=333")
    job.source.script("BEGIN", "UPDATE plain SET v = REPEAT('y', 1900)", "UPDATE plain SET v = REPEAT('z', 1900) WHERE id<10", "COMMIT", database="d")
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    assert "UM-6110" in result.stderr and "id=333" in result.stderr, str(result)
    assert job.state("SELECT row_no FROM job_stopped") == ((334,),)
    job.run("ctl skip").expect(OK)
    job.run("migrate", "--until", "synced").expect(OK)
    job.target.script("INSERT INTO d.plain VALUES (333, 333, REPEAT('y', 1900))")
    oracle.assert_equal(job.source, job.target, ["d"])
