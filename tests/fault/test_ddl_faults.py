"""A crash or a failure at each step of a DDL: it takes effect once, and the job goes on."""

import re
import signal

import pytest

from harness import oracle
from harness.servers import ROOT
from harness.unmoor import OK, OTHER, environment

pytestmark = pytest.mark.usefixtures("binary")

POINTS = re.findall(r'UM_FAULT\(\w+, "(ddl\.[\w.]+)"\)', (ROOT / "src/base/faults.def").read_text())

# None of them may run twice, or be left out: that it ran twice would fail, or show in the rows.
STATEMENTS = [
    "ALTER TABLE a ADD COLUMN c INT DEFAULT 5; INSERT INTO a VALUES (11, 1, 2)",
    "RENAME TABLE a TO old, b TO a; INSERT INTO a VALUES (12, 1)",
    "RENAME TABLE a TO swap, same TO a, swap TO same; INSERT INTO a VALUES (13, 1); INSERT INTO same VALUES (14, 1)",
    "DROP TABLE old, gone; CREATE TABLE gone (x VARCHAR(9) PRIMARY KEY); INSERT INTO gone VALUES ('x')",
    "TRUNCATE TABLE cut; INSERT INTO cut VALUES (1, 2)",
    "CREATE TABLE made LIKE a; INSERT INTO made VALUES (1, 1)",
    "CREATE VIEW v AS SELECT id FROM a; CREATE PROCEDURE p() SELECT 1",
    "ALTER TABLE cut ADD d INT, RENAME TO short; INSERT INTO short VALUES (2, 2, 2)",
]


def prepare(two, new_job, pair):
    source, target = two(pair)
    source.script("CREATE DATABASE d CHARACTER SET latin1")
    for table in ("a", "b", "same", "gone", "cut"):
        source.script(f"CREATE TABLE {table} (id INT PRIMARY KEY, n INT); INSERT INTO {table} VALUES (1, 1), (2, 2)",
                      database="d")
    job = new_job(source, target, ["d.*"], apply__workers=1)
    target.script("GRANT PROCESS ON *.* TO 'unmoor_dst'@'127.0.0.1'")
    return job


@pytest.mark.parametrize("how", ["crash", "fail"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_each_statement(pair, point, how, two, new_job):
    """The point is met at the first statement of each start, so every start gets one statement further."""
    job = prepare(two, new_job, pair)
    job.run("migrate", "--until", "synced").expect(OK)
    for statement in STATEMENTS:
        job.source.script(statement, database="d")
        result = job.run("migrate", "--until", "synced", env=environment(UNMOOR_FAULT=f"{point}={how}@1"))
        if how == "crash":
            assert result.code == -signal.SIGKILL, str(result)
        else:
            result.expect(OTHER)
            assert "UM-9004" in result.stderr and point in result.stderr
        job.run("migrate", "--until", "synced").expect(OK)
        oracle.assert_equal(job.source, job.target, ["d"])
