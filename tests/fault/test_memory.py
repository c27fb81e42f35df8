"""Bounds of memory. Large: run with -m slow, on a build without sanitizers.

UNMOOR_TEST_SCALE=0.1 makes everything ten times smaller but the single row.
"""

import os
import pathlib

import pytest

from harness.unmoor import DIFFERENT, OK, environment

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.slow]

SCALE = float(os.environ.get("UNMOOR_TEST_SCALE", "1"))
LIMIT_KIB = 256 * 1024
# Where no row is large, so that what grows with the number of rows is seen in a small run, too.
SMALL_ROWS_KIB = 32 * 1024
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


def watch(process, what, condition, limit=LIMIT_KIB):
    highest = 0

    def step():
        nonlocal highest
        highest = max(highest, resident(process))
        assert highest < limit, f"{highest} KiB resident while {what}"
        return condition()

    process.until(step, what, 900)
    print(f"{what}: {highest / 1024:.0f} MiB at most")


def watch_to_the_end(process, what, limit=LIMIT_KIB):
    highest = 0
    while process.running():
        highest = max(highest, resident(process))
        assert highest < limit, f"{highest} KiB resident while {what}"
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


def test_the_spool_is_bounded(sides, new_job, tmp_path):
    """Its disk by spool.max_bytes, at every moment; memory while it is written, and while it is read."""
    source, target = sides
    directory, rows = tmp_path / "spool", scaled(3000)
    bound = (rows * 120000 // 1048576 + 45) * 1048576
    source.script("CREATE DATABASE large", "SET sql_log_bin=0",
                  "CREATE TABLE large.t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b LONGBLOB NOT NULL)",
                  "CREATE TABLE large.u LIKE large.t", "INSERT INTO large.t (b) SELECT RANDOM_BYTES(1000) FROM large.seq_1_to_400")
    job = unlogged(new_job(source, target, ["large.*"], copy__threads=2, copy__chunk_rows_max=5, target__sql_log_bin=False,
                           spool__directory=str(directory), spool__max_bytes=f"{bound >> 20}MiB"))
    migrate = job.spawn("migrate", "--until", "synced", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:100"))
    migrate.until(lambda: len(job.chunks()) > 2, "some chunks")
    job.run("ctl throttle").expect(OK)
    migrate.until(lambda: "Throttled: by hand." in migrate.text()[1], "that the copy waits")
    assert job.phase() == "copy"

    def on_disk():
        size = sum(file.stat().st_size for file in directory.iterdir())
        assert size <= bound + 4096, f"{size} bytes in the spool, which may have {bound}"  # and its mark
        return size

    of_rows = f"INSERT INTO large.u (b) SELECT REPEAT(RANDOM_BYTES(1000), 100) FROM large.seq_1_to_{rows}"
    source.script(of_rows)
    watch(migrate, "spooling a transaction of 300 MB", lambda: on_disk() > rows * 100000)
    source.script(f"INSERT INTO large.u (b) SELECT {HUGE} FROM large.seq_1_to_2")
    watch(migrate, "spooling rows of 20 MB", lambda: on_disk() > rows * 100000 + 40000000)
    source.script(of_rows)
    watch(migrate, "reaching the spool's bound", lambda: on_disk() and "UM-8022" in (job.status()["spool"]["stopped"] or ""))
    job.run("ctl unthrottle").expect(OK)
    watch_to_the_end(migrate, "reading the spool").expect(OK)
    assert "The spool is read" in migrate.text()[1]
    assert sums(source) == sums(target)


def test_much_damage(sides, new_job):
    """What a verification and a repair know of rows that differ does not grow with them."""
    source, target = sides
    rows = scaled(3000000)
    source.script("CREATE DATABASE large", "SET sql_log_bin=0",
                  "CREATE TABLE large.n (id INT NOT NULL PRIMARY KEY, v INT NOT NULL, s VARCHAR(30))",
                  "CREATE TABLE large.k (k VARCHAR(60) COLLATE utf8mb4_unicode_ci NOT NULL PRIMARY KEY, v INT)",
                  f"INSERT INTO large.n SELECT seq, seq, CONCAT('row ', seq) FROM large.seq_1_to_{rows}",
                  f"INSERT INTO large.k SELECT CONCAT('the key of row number ', seq), seq FROM large.seq_1_to_{rows // 4}")
    job = unlogged(new_job(source, target, ["large.*"], target__sql_log_bin=False, copy__chunk_rows_max=100000))
    watch_to_the_end(job.spawn("migrate", "--until", "synced"), "copying", SMALL_ROWS_KIB).expect(OK)
    target.script("UPDATE large.n SET v=-v", "DELETE FROM large.n WHERE id % 5 = 0",
                  f"INSERT INTO large.n SELECT -seq, seq, 'more' FROM large.seq_1_to_{rows // 4}",
                  "UPDATE large.k SET v=-v", "UPDATE large.k SET k=CONCAT(k, '!') WHERE v % 3 = 0")
    watch_to_the_end(job.spawn("verify"), "verifying rows that all differ", SMALL_ROWS_KIB).expect(DIFFERENT)

    def repaired():
        return job.state("SELECT COUNT(*) FROM job_repair")[0][0]

    def repair(what):
        """All that differs is known by the time that the first row is written; to write all would take long."""
        goal = repaired() + scaled(60000)
        process = job.spawn("verify", "--repair")
        watch(process, what, lambda: repaired() >= goal, SMALL_ROWS_KIB)
        process.stop()

    repair("repairing rows that all differ")
    target.script("TRUNCATE TABLE large.n", "TRUNCATE TABLE large.k")
    repair("repairing tables that are empty")


def test_tables_that_are_copied_while_it_follows(sides, job):
    """By order, one again and one for the first time; what lies before their copies is passed over."""
    source, target = sides
    job.set("tables.include", ["large.t", "large.v", "large.w"])
    job.write()
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "following", 900)
    migrate.stop()
    source.script(f"INSERT INTO large.u (b) SELECT REPEAT(RANDOM_BYTES(1000), 100) FROM large.seq_1_to_{scaled(3000)}",
                  f"UPDATE large.t SET b=REVERSE(b) WHERE id <= {scaled(12)}")
    job.run("ctl recopy", "large.t").expect(OK)
    job.run("ctl add-table", "large.u").expect(OK)
    watch_to_the_end(job.spawn("migrate", "--until", "synced"), "copying 2 GB again").expect(OK)
    assert sums(source) == sums(target)


def test_the_plan_of_many_tables(sides, new_job):
    source, target = sides
    tables = scaled(10000)
    source.script("CREATE DATABASE large", *(
        f"CREATE TABLE large.t{n} (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40), KEY a (a), UNIQUE KEY b (b))" for n in range(tables)))
    job = unlogged(new_job(source, target, ["large.*"], target__sql_log_bin=False))
    plan = watch_to_the_end(job.spawn("plan", "--format", "json"), f"planning {tables} tables",
                            SMALL_ROWS_KIB + 8 * tables).expect(OK)
    assert len(plan.json["tables"]) == tables
