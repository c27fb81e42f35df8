"""Updates that MySQL does not see: it finds documents equal whose numbers are, and leaves the row alone. The source's REPLACE did not."""

import pytest

from harness import oracle
from harness.unmoor import OK

pytestmark = pytest.mark.usefixtures("binary")

TABLES = {
    "parent": "id INT PRIMARY KEY, j JSON",
    "plain": "id INT PRIMARY KEY, j JSON, v INT",
    "twice": "id INT PRIMARY KEY, j JSON, k JSON NOT NULL DEFAULT ('[2]'), u INT AUTO_INCREMENT UNIQUE",
    "child": "id INT PRIMARY KEY, j JSON, p INT DEFAULT 1, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE",
    "strict": "id INT PRIMARY KEY, j JSON NOT NULL, g DECIMAL(5,2) AS (j->'$.n') STORED NOT NULL, CHECK (JSON_TYPE(j->'$.n') <> 'STRING')",
    "keyless": "id INT, j JSON, v INT",
}
SAME = ["1.0", "1", "1e0"]  # for MySQL


def document(table, number):
    return f'{{"n": {number}}}' if table == "strict" else number


def replace(source, table, id, number):
    if table == "keyless":  # no REPLACE makes one update of it
        source.script(f"UPDATE d.keyless SET j='[]' WHERE id={id}; UPDATE d.keyless SET j='{number}' WHERE id={id}")
    else:
        source.script(f"SET foreign_key_checks=0; REPLACE INTO d.{table} (id, j) VALUES ({id}, '{document(table, number)}')")


@pytest.fixture
def job(two, new_job):
    def make(**config):
        source, target = two("mysql97-mysql97")
        source.script("CREATE DATABASE d", *(f"CREATE TABLE d.{t} ({columns})" for t, columns in TABLES.items()))
        for table in TABLES:
            for id in range(1, 5):
                source.script(f"INSERT INTO d.{table} (id, j) VALUES ({id}, '{document(table, '1.0')}')")
        job = new_job(source, target, ["d.*"], **config)
        job.run("migrate", "--until", "synced").expect(OK)
        return job
    return make


def texts(server, table):
    return server.query(f"SELECT id, CAST(j AS CHAR) FROM d.{table} ORDER BY id")


@pytest.mark.parametrize("image", ["FULL", "MINIMAL", "NOBLOB"])
@pytest.mark.parametrize("batch_rows", [1, 2000])
def test_numbers_of_another_type(image, batch_rows, job):
    job = job(apply__batch_rows=batch_rows)
    source, target = job.source, job.target
    tables = [t for t in TABLES if image == "FULL" or t not in ("keyless", "strict")]
    source.script(f"SET GLOBAL binlog_row_image={image}")
    try:
        for round in range(3):
            for table in tables:
                for id, number in enumerate(SAME[1:] + SAME[:1] + ["2"], start=1):
                    replace(source, table, id, number if round != 1 else SAME[round])
            job.run("migrate", "--until", "synced").expect(OK)
            for table in tables:
                assert texts(target, table) == texts(source, table), (round, table)
        job.run("verify").expect(OK)
    finally:
        source.script("SET GLOBAL binlog_row_image=FULL")
    oracle.assert_equal(source, target, ["d"])


def test_among_other_changes(job):
    """Of one transaction, and of one statement."""
    job = job()
    job.source.script("BEGIN; UPDATE d.plain SET v=5; REPLACE INTO d.plain VALUES (1, '1', 5), (2, '1e0', 5), (3, '1.0', 6);"
                      " REPLACE INTO d.plain VALUES (4, '1', 5); DELETE FROM d.plain WHERE id=4; INSERT INTO d.plain VALUES (4, '1.0', 5);"
                      " UPDATE d.parent SET j='1' WHERE id=2; COMMIT")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])
    job.run("verify").expect(OK)


def test_by_way_of_another_number(job):
    """What comes to 1.0 from 1 in two steps, which become one on the target."""
    job = job(apply__batch_rows=2000)
    source = job.source
    for table in ("plain", "parent", "twice"):
        source.script(f"UPDATE d.{table} SET j='1'", f"UPDATE d.{table} SET j='2'", f"UPDATE d.{table} SET j='1.0'",
                      f"BEGIN; UPDATE d.{table} SET j='3' WHERE id<3; UPDATE d.{table} SET j='1' WHERE id<3; COMMIT")
    job.run("migrate", "--until", "synced").expect(OK)
    assert all(texts(source, t) == texts(job.target, t) for t in ("plain", "parent", "twice"))
    oracle.assert_equal(source, job.target, ["d"])
