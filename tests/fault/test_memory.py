"""Bounds of memory. Large: run with -m slow, on a build without sanitizers.

UNMOOR_TEST_SCALE=0.1 makes everything ten times smaller but the single row.
"""

import os
import pathlib

import pytest

from harness.unmoor import OK

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.slow]

SCALE = float(os.environ.get("UNMOOR_TEST_SCALE", "1"))
LIMIT_KIB = 256 * 1024
OPTIONS = ["--max-allowed-packet=128M", "--innodb-buffer-pool-size=256M", "--innodb-flush-log-at-trx-commit=0",
           "--innodb-flush-method=nosync", "--sync-binlog=0", "--innodb-log-file-size=1G", "--innodb-doublewrite=0",
           "--max-binlog-size=1G"]
# A row of 20 MB, and one of 1 MB, which no buffer can hold more than a few of.
HUGE, LARGE = "REPEAT(RANDOM_BYTES(1000), 20000)", "REPEAT(RANDOM_BYTES(1000), 1000)"


def scaled(n):
    return max(2, int(n * SCALE))


@pytest.fixture
def sides(two):
    source, target = two("mariadb-mariadb", prefix="large-", source_options=OPTIONS, target_options=OPTIONS)
    yield source, target
    for server in (source, target):
        server.reset()
        server.script("RESET MASTER")


@pytest.fixture
def job(sides, new_job):
    """Tables that are copied at once; the first alone is 2 GB."""
    source, target = sides
    source.script("CREATE DATABASE large")
    for name, huge, large in (("t", scaled(60), scaled(850)), ("u", scaled(6), 0), ("v", scaled(6), 0), ("w", scaled(6), 0)):
        source.script("SET sql_log_bin=0",
                      f"CREATE TABLE large.{name} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b LONGBLOB NOT NULL)",
                      *[f"INSERT INTO large.{name} (b) SELECT {row} FROM large.seq_1_to_{count}" for row, count in ((HUGE, huge), (LARGE, large))
                        if count])
    return unlogged(new_job(source, target, ["large.*"], copy__threads=4, copy__chunk_time="2s", copy__chunk_rows_max=1000000,
                            target__sql_log_bin=False))


def unlogged(job):
    """The target's binlog would only take disk."""
    job.target.script(f"GRANT BINLOG ADMIN ON *.* TO '{job.users['target']}'@'127.0.0.1'")
    return job


def resident(process):
    """The most that was ever resident, in KiB."""
    try:
        for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def watch(process, what, condition):
    highest = 0

    def step():
        nonlocal highest
        highest = max(highest, resident(process))
        assert highest < LIMIT_KIB, f"{highest} KiB resident while {what}"
        return condition()

    process.until(step, what, 900)
    print(f"{what}: {highest / 1024:.0f} MiB at most")


def watch_to_the_end(process, what):
    highest = 0
    while process.running():
        highest = max(highest, resident(process))
        assert highest < LIMIT_KIB, f"{highest} KiB resident while {what}"
        process.popen.poll()
    print(f"{what}: {highest / 1024:.0f} MiB at most")
    return process.wait()


def sums(server):
    tables = [name for (name,) in server.query("SHOW TABLES FROM large")]
    return {name: server.query(f"CHECKSUM TABLE large.{name}")[0][1] for name in tables}


def test_memory_is_bounded(sides, job):
    source, target = sides
    migrate = job.spawn("migrate")
    watch(migrate, "copying 2 GB with rows of 20 MB", job.follows)

    def arrived(sql):
        wanted = source.value(sql)
        return lambda: target.value(sql) == wanted

    # One transaction of 1 GB.
    rows = scaled(10000)
    source.script(f"INSERT INTO large.u (b) SELECT REPEAT(RANDOM_BYTES(1000), 100) FROM large.seq_1_to_{rows}")
    watch(migrate, "applying a transaction of 1 GB", arrived("SELECT COUNT(*) FROM large.u"))

    # Rows of 20 MB with both images, then their removal, each in one transaction.
    source.script(f"UPDATE large.t SET b=REVERSE(b) WHERE id <= {scaled(12)}")
    source.script("INSERT INTO large.v (b) VALUES ('after the update')")
    watch(migrate, "applying updates of rows of 20 MB", arrived("SELECT COUNT(*) FROM large.v"))
    source.script(f"DELETE FROM large.t WHERE id <= {scaled(12)}")
    watch(migrate, "applying deletes of rows of 20 MB", arrived("SELECT COUNT(*) FROM large.t"))

    verify = watch_to_the_end(job.spawn("verify"), "verifying while it follows")
    verify.expect(OK)
    migrate.stop()
    assert sums(source) == sums(target)

    # Rows that differ are read again on both sides.
    target.script("UPDATE large.t SET b=CONCAT(LEFT(b, LENGTH(b) - 1), 'x') WHERE id % 7 = 0")
    watch_to_the_end(job.spawn("verify"), "verifying rows that differ").expect(7)


def test_insert_instead_of_load(sides, new_job):
    """Where the target refuses LOAD DATA LOCAL, the rows are in the text of statements."""
    source, target = sides
    source.script("CREATE DATABASE large", "CREATE TABLE large.t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b LONGBLOB NOT NULL)",
                  f"INSERT INTO large.t (b) SELECT {HUGE} FROM large.seq_1_to_{scaled(10)}")
    target.script("SET GLOBAL local_infile=0")
    job = unlogged(new_job(source, target, ["large.*"], copy__threads=4, target__sql_log_bin=False))
    watch_to_the_end(job.spawn("migrate", "--until", "synced"), "copying by INSERT").expect(OK)
    assert sums(source) == sums(target)
