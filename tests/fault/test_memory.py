"""Bounds of memory and disk. Large: run with -m slow, on a build without sanitizers.

UNMOOR_TEST_SCALE=0.1 makes everything ten times smaller.
"""

import os
import pathlib

import pytest

from harness.unmoor import OK

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.slow]

SCALE = float(os.environ.get("UNMOOR_TEST_SCALE", "1"))
LIMIT_KIB = 256 * 1024
MIB = 1024 * 1024
OPTIONS = ["--max-allowed-packet=256M", "--innodb-buffer-pool-size=512M", "--innodb-flush-log-at-trx-commit=2",
           "--sync-binlog=0", "--max-binlog-cache-size=4G", "--innodb-log-file-size=512M"]


def resident(process):
    """The most that was ever resident, in KiB."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


@pytest.fixture
def sides(two):
    source, target = two("mariadb-mariadb", prefix="large-", source_options=OPTIONS, target_options=OPTIONS)
    yield source, target
    for server in (source, target):
        server.script("SET GLOBAL innodb_fast_shutdown=1")
        server.reset()
        server.script("RESET MASTER")


def wait_watching(process, what, condition):
    highest = 0

    def step():
        nonlocal highest
        highest = max(highest, resident(process))
        assert highest < LIMIT_KIB, f"{highest} KiB resident while {what}"
        return condition()

    process.until(step, what, 1800)
    print(f"{what}: {highest} KiB at most")
    return highest


def test_large_table_and_large_rows(sides, new_job):
    """2 GB in all, and rows of 20 MB among small ones."""
    source, target = sides
    source.script("CREATE DATABASE large", "CREATE TABLE large.t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b LONGBLOB)")
    big, small = max(2, int(60 * SCALE)), max(1, int(850 * SCALE))
    for i in range(big):
        source.script("INSERT INTO large.t (b) VALUES (REPEAT(RANDOM_BYTES(1000), 20000))")
        for _ in range(small // big):
            source.script("INSERT INTO large.t (b) VALUES (REPEAT(RANDOM_BYTES(1000), 1000))")
    job = new_job(source, target, ["large.*"], copy__chunk_time="2s", copy__chunk_rows_max=100000, copy__threads=4)
    migrate = job.spawn("migrate")
    wait_watching(migrate, "copying", job.follows)
    # Large rows through the stream as well, with both images.
    source.script("UPDATE large.t SET b=REVERSE(b) WHERE LENGTH(b) > 10000000 LIMIT 5", "DELETE FROM large.t WHERE LENGTH(b) > 10000000 LIMIT 3")
    wait_watching(migrate, "following large rows", lambda: same_count(source, target))
    migrate.stop()
    drain = job.spawn("migrate", "--until", "synced")
    drain.wait(600).expect(OK)
    assert_same(source, target)
    verify = job.spawn("verify")
    highest = 0
    while verify.running():
        highest = max(highest, resident(verify))
        try:
            verify.popen.wait(0.02)
        except Exception:
            pass
    verify.wait().expect(OK)
    print(f"verifying: {highest} KiB at most")
    assert highest < LIMIT_KIB


def test_large_transaction(sides, new_job):
    """One transaction of 1 GB in the binary log."""
    source, target = sides
    source.script("CREATE DATABASE large", "CREATE TABLE large.t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b LONGBLOB)",
                  "INSERT INTO large.t (b) VALUES ('first')")
    job = new_job(source, target, ["large.*"])
    migrate = job.spawn("migrate")
    wait_watching(migrate, "copying", job.follows)
    rows = max(10, int(10000 * SCALE))
    connection = source.connect("large", autocommit=False)
    with connection.cursor() as cursor:
        for i in range(0, rows, 50):
            cursor.execute("INSERT INTO t (b) VALUES " + ", ".join(["(REPEAT(RANDOM_BYTES(1000), 100))"] * 50))
    connection.commit()
    connection.close()
    wait_watching(migrate, "applying the transaction", lambda: same_count(source, target))
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(OK)
    assert_same(source, target)


def same_count(source, target):
    counts = [s.query("SELECT COUNT(*), COALESCE(SUM(LENGTH(b)), 0) FROM large.t")[0] for s in (source, target)]
    return counts[0] == counts[1]


def assert_same(source, target):
    sums = [s.query("CHECKSUM TABLE large.t")[0][1] for s in (source, target)]
    assert sums[0] == sums[1]
