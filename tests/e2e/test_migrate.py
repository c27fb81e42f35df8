"""Whole migrations between real servers while an application writes."""

import json
import re
import threading

import pymysql
import pytest

from conftest import PAIRS
from harness import oracle, scenario, wait
from harness.unmoor import BLOCKED, OK, environment

pytestmark = pytest.mark.usefixtures("binary")

core = pytest.mark.core


@pytest.mark.parametrize("pair", [pytest.param(p, marks=core) if p in ("mysql97-mysql97", "mariadb-mariadb") else p for p in PAIRS])
def test_everything_under_writes(pair, two, new_job, fixtures, test_seed):
    """plan, migrate, verify while it follows, stop, drain, verify, status, cleanup; equal by oracle."""
    source, target = two(pair)
    names = scenario.load(source, target, fixtures)
    job = new_job(source, target, scenario.include(names))
    assert_plan(job)
    assert not job.has_state(), "plan must not write"

    with scenario.writers(source, names, seed=test_seed) as writers:
        writers.wait_for(20)
        before = writers.count()
        migrate = job.spawn("migrate")
        migrate.until(job.follows, "the copy's end")
        assert writers.count() > before, "nothing was written during the copy"
        writers.wait_for(200, migrate)

        # Exact although writes go on: both sides are read at one position.
        report = job.run("verify", "--format", "json").expect(OK).json
        assert_verified(report, source, names)
        writers.wait_for(100, migrate)
        assert_status(job.status(), job, ("follow",))
        migrate.stop()

        # Again from where it stopped, writers still at it.
        assert writers.count() > before
        job.run("migrate", "--until", "synced").expect(OK)
        writers.wait_for(50)

    assert len(writers.by_operation) > len(writers.operations) // 2, "the writers did too little"
    scenario.drain(job)
    scenario.assert_arrived(job, writers, names)
    assert not [e for n in names for e in oracle.enabled_events(target, n)], "events run before the cutover"

    report = job.run("verify", "--format", "json").expect(OK).json
    assert_verified(report, source, names)
    assert_status(job.status(), job, ("synced",))

    job.run("cleanup").expect(OK)
    assert not job.has_state()
    assert not target.query("SELECT routine_name FROM information_schema.routines WHERE routine_schema='unmoor'")
    oracle.assert_equal(source, target, names)


def assert_plan(job):
    plan = job.run("plan", "--format", "json").expect(OK, BLOCKED).json
    assert [c for c in plan["checks"] if c["level"] not in ("PASS", "WARN")] == []
    job.run("plan").expect(OK)
    assert all(check["id"] and check["title"] for check in plan["checks"])
    found = {(t["schema"], t["name"]) for t in plan["tables"]}
    expected = {(n.split(".")[0], t) for n in job.config["tables"]["include"]
                for t in oracle.tables(job.source, n.split(".")[0])}
    assert found == expected


def assert_verified(report, source, names):
    assert report["equal"] is True
    seen = {(t["schema"], t["name"]): t for t in report["tables"]}
    expected = {(n, t) for n in names for t in oracle.tables(source, n)}
    assert set(seen) == expected
    for table in seen.values():
        assert table["verdict"] == "equal", table
        assert table["rows_source"] == table["rows_target"]
        assert table["keys_different"] == 0
    assert sum(t["rows_source"] for t in seen.values()) > 30000


def assert_status(status, job, phases):
    wanted = {"job", "phase", "source_position", "applied_position", "lag_seconds", "tables", "eta_seconds",
              "bottleneck", "cutover_ready", "reasons"}
    assert wanted <= set(status)
    assert status["job"] == job.name
    assert status["phase"] in phases
    for table in status["tables"]:
        assert {"name", "rows_total", "rows_copied", "bytes_copied", "state"} <= set(table)
        assert table["state"] == "copied"
    assert len(status["tables"]) > 20


# ---- the chunk key of each table ------------------------------------------------------------------

def test_the_plan_chooses_the_chunk_key(two, new_job, fixtures):
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "chunk_keys.sql", "keys")
    plan = new_job(source, target, ["keys.*"]).run("plan", "--format", "json").expect(OK).json
    columns = {t["name"]: t["key_columns"] for t in plan["tables"]}
    assert columns["k_auto_pk"] == ["id"] and columns["k_auto_not_pk"] == ["id"]
    assert columns["k_int_string"] == ["a", "b"]
    assert columns["k_int_binary"] == ["a", "b", "c"]
    assert columns["k_unique_not_null"] == ["sure"]
    assert columns["k_index"] == ["g"]
    assert not columns["k_none"] and not columns["k_prefix"]
    assert columns["k_reversed"] == ["b", "a"]


# ---- what is already on the target ----------------------------------------------------------------

@pytest.fixture
def small(two, fixtures):
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "chunk_keys.sql", "keys")
    return source, target


def test_existing_refuse(small, new_job):
    source, target = small
    target.script("CREATE DATABASE `keys`; CREATE TABLE `keys`.k_single (id INT PRIMARY KEY, v INT);"
                  " INSERT INTO `keys`.k_single VALUES (99, 99)")
    job = new_job(source, target, ["keys.*"])
    plan = job.run("plan", "--format", "json").expect(BLOCKED).json
    assert [c["id"] for c in plan["checks"] if c["level"] == "BLOCK"] == ["target.existing"]
    job.run("migrate", "--until", "synced").expect(BLOCKED)
    assert oracle.tables(target, "keys") == ["k_single"]
    assert target.query("SELECT * FROM `keys`.k_single") == ((99, 99),)
    assert not job.has_state()


def test_existing_drop(small, new_job):
    source, target = small
    target.script("CREATE DATABASE `keys`; CREATE TABLE `keys`.k_single (other TEXT);"
                  " INSERT INTO `keys`.k_single VALUES ('x'); CREATE TABLE `keys`.k_stays (id INT PRIMARY KEY)")
    job = new_job(source, target, ["keys.*"], copy__existing="drop")
    job.run("migrate", "--until", "synced").expect(OK)
    assert "k_stays" in oracle.tables(target, "keys"), "a table that is not the job's must stay"
    target.script("DROP TABLE `keys`.k_stays")
    oracle.compare_rows(source, target, "keys")
    oracle.compare_structure(source, target, "keys")


def test_existing_empty(small, new_job):
    source, target = small
    ddl = source.query("SHOW CREATE TABLE `keys`.k_two_unique")[0][1]
    target.script("CREATE DATABASE `keys`", database=None)
    target.script(ddl, "INSERT INTO k_two_unique VALUES (1, 1, 'old'), (100000, 10001, 'b1')", database="keys")
    job = new_job(source, target, ["keys.*"], copy__existing="empty")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["keys"])


def test_excluded_tables_stay_behind(small, new_job):
    source, target = small
    job = new_job(source, target, ["keys.*"], tables__exclude=["keys.k_a*", "keys.k_?ig"])
    job.run("migrate", "--until", "synced").expect(OK)
    left = set(oracle.tables(source, "keys")) - set(oracle.tables(target, "keys"))
    assert left == {"k_auto_pk", "k_auto_not_pk", "k_big"}


# ---- ways to load, ways to follow -------------------------------------------------------------------

@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_without_local_infile(pair, two, new_job, fixtures, test_seed):
    """Multi-row INSERT instead of LOAD DATA LOCAL."""
    source, target = two(pair)
    target.script("SET GLOBAL local_infile=0")
    names = scenario.load(source, target, fixtures, with_sysbench=False)
    job = new_job(source, target, scenario.include(names))
    with scenario.writers(source, names, seed=test_seed) as writers:
        writers.wait_for(10)
        job.run("migrate", "--until", "synced").expect(OK)
    scenario.drain(job)
    scenario.assert_arrived(job, writers, names)


@pytest.mark.parametrize("gtid", ["off", "on"])
@pytest.mark.parametrize("kind", ["mysql97", "mysql56"])
def test_gtid_or_position(kind, gtid, two, pool, new_job, fixtures, test_seed):
    """The other way than the one that the pairs above take."""
    options = {
        ("mysql97", "off"): ["--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"],
        ("mysql97", "on"): [],
        ("mysql56", "off"): [],
        ("mysql56", "on"): ["--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-slave-updates=ON"],
    }[kind, gtid]
    source, target = two(f"{kind}-mysql97", prefix=f"gtid-{gtid}-", source_options=options)
    source.load(fixtures / "chunk_keys.sql", "keys")
    source.load(fixtures / "sakila_like.sql", "film")
    job = new_job(source, target, ["keys.*", "film.*"])
    with scenario.writers(source, ["film", "keys"], seed=test_seed) as writers:
        migrate = job.spawn("migrate")
        migrate.until(job.follows, "the copy's end")
        # The stream has to cross files.
        for _ in range(3):
            writers.wait_for(30, migrate)
            source.script("FLUSH BINARY LOGS")
        migrate.stop()
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["film", "keys"])
    gtids = job.state("SELECT gtids FROM job_progress WHERE job='shop'")[0][0]
    assert bool(gtids) == (gtid == "on")


def test_binlog_without_checksums(two, new_job, fixtures, test_seed):
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "chunk_keys.sql", "keys")
    source.script("SET GLOBAL binlog_checksum=NONE")
    try:
        job = new_job(source, target, ["keys.*"])
        with scenario.writers(source, ["keys"], seed=test_seed) as writers:
            migrate = job.spawn("migrate")
            migrate.until(job.follows, "the copy's end")
            writers.wait_for(30, migrate)
            source.script("SET GLOBAL binlog_checksum=CRC32")  # rotates, and the next file has them
            writers.wait_for(30, migrate)
            migrate.stop()
        scenario.drain(job)
        scenario.assert_arrived(job, writers, ["keys"])
    finally:
        source.script("SET GLOBAL binlog_checksum=CRC32")


# The server option, and what makes small changes worth its while.
PACKED = {"mysql97-mysql97": "SET GLOBAL binlog_transaction_compression={0}",
          "mariadb-mariadb": "SET GLOBAL log_bin_compress_min_len=10; SET GLOBAL log_bin_compress={0}"}


@pytest.mark.parametrize("pair", PACKED)
def test_compressed_binlog(pair, two, new_job, fixtures, test_seed):
    source, target = two(pair)
    names = scenario.load(source, target, fixtures, with_sysbench=False)
    source.script(PACKED[pair].format("ON"))
    try:
        job = new_job(source, target, scenario.include(names))
        with scenario.writers(source, names, seed=test_seed) as writers:
            writers.wait_for(10)
            migrate = job.spawn("migrate")
            migrate.until(job.follows, "the copy's end")
            writers.wait_for(60, migrate)
            # One event that holds a large transaction.
            source.script("INSERT INTO `keys`.k_auto_pk (v) SELECT REPEAT(v, 3) FROM `keys`.k_auto_pk")
            migrate.stop()
        scenario.drain(job)
        scenario.assert_arrived(job, writers, names)
    finally:
        source.script(PACKED[pair].format("OFF"))


@pytest.mark.parametrize("image", ["MINIMAL", "NOBLOB"])
@pytest.mark.parametrize("pair", ["mysql56-mysql97", "mysql97-mysql97"])
def test_partial_row_images(pair, image, two, new_job, fixtures, test_seed):
    """Rows of which the binlog has only a part: enough, where the part is sure to have the key."""
    source, target = two(pair)
    names = scenario.load(source, target, fixtures, with_sysbench=False)
    names.remove("keys")  # has tables that the plan blocks
    source.load(fixtures / "mixed.sql", "mixed")
    source.script("ALTER TABLE coded_unique DROP KEY code, ADD PRIMARY KEY (code)", database="mixed")
    names.append("mixed")
    source.script(f"SET GLOBAL binlog_row_image={image}")
    try:
        job = new_job(source, target, scenario.include(names), copy__chunk_rows_max=100)
        with scenario.writers(source, names, seed=test_seed, per_second=100) as writers:
            writers.wait_for(10)
            migrate = job.spawn("migrate", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:20"))
            migrate.until(lambda: len(job.chunks()) > 10, "some chunks")
            migrate.kill()
            migrate = job.spawn("migrate")
            migrate.until(job.follows, "the copy's end")
            writers.wait_for(60, migrate)
            migrate.stop()
        scenario.drain(job)
        scenario.assert_arrived(job, writers, names)
    finally:
        source.script("SET GLOBAL binlog_row_image=FULL")


@pytest.mark.parametrize("image", ["MINIMAL", "NOBLOB"])
@pytest.mark.parametrize("pair", ["mysql56-mysql97", "mysql97-mysql97"])
def test_what_replace_sets_to_defaults(pair, image, two, new_job):
    """Some servers log a REPLACE as an update: all that it changed has to be in the image."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, a INT, c VARBINARY(9) DEFAULT NULL, b BLOB, e INT DEFAULT 7)",
                  "INSERT INTO d.t VALUES (1, 1, 'c', 'b', 1), (2, 1, 'c', 'b', 1), (3, 1, 'c', 'b', 1), (4, 1, 'c', 'b', 1)")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script(f"SET SESSION binlog_row_image={image}; REPLACE INTO d.t (id, a) VALUES (1, 5); REPLACE INTO d.t (id) VALUES (3);"
                  " INSERT INTO d.t (id, a) VALUES (2, 9) ON DUPLICATE KEY UPDATE a=9;"
                  " UPDATE d.t SET c=DEFAULT, b=DEFAULT, e=DEFAULT WHERE id=4; INSERT INTO d.t (id) VALUES (5)")
    job.run("migrate", "--until", "synced").expect(OK)
    assert target.query("SELECT * FROM d.t ORDER BY id") == source.query("SELECT * FROM d.t ORDER BY id")


@pytest.mark.parametrize("pair", ["mysql56-mysql97", "mysql97-mysql97"])
def test_a_moment_that_the_image_leaves_out_stays(pair, two, new_job):
    """The target does not set a column with ON UPDATE by itself because an update did not change it."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, v INT, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP"
                  " ON UPDATE CURRENT_TIMESTAMP, on_day DATETIME DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP)")
    job = new_job(source, target, ["d.*"])
    source.script("INSERT INTO d.t (id, v) VALUES (1, 0), (2, 0), (3, 0)")
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("SET SESSION binlog_row_image=MINIMAL, timestamp=1700000000; UPDATE d.t SET v=1; UPDATE d.t SET v=2;"
                  " UPDATE d.t SET v=3, at=at WHERE id=1; UPDATE d.t SET v=4, at=at, on_day=on_day WHERE id=2;"
                  " UPDATE d.t SET v=5, on_day=NULL WHERE id=3; SET timestamp=1700000001; UPDATE d.t SET v=6, at=at, on_day=on_day")
    job.run("migrate", "--until", "synced").expect(OK)
    assert target.query("SELECT * FROM d.t ORDER BY id") == source.query("SELECT * FROM d.t ORDER BY id")


def test_target_without_binlog(two, new_job, fixtures):
    """target.sql_log_bin: false leaves nothing of the rows in the target's own binary log."""
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "chunk_keys.sql", "keys")
    job = new_job(source, target, ["keys.*"], grants=False, target__sql_log_bin=False)
    job.create_accounts()
    target.script("GRANT BINLOG ADMIN ON *.* TO 'unmoor_dst'@'127.0.0.1'")
    before = target.value("SELECT @@gtid_binlog_pos")
    job.run("migrate", "--until", "synced").expect(OK)
    assert target.value("SELECT @@gtid_binlog_pos") == before
    oracle.assert_equal(source, target, ["keys"])


# ---- until, restart, several jobs ----------------------------------------------------------------------

def test_until_copied_then_synced(small, new_job, test_seed):
    source, target = small
    job = new_job(source, target, ["keys.*"])
    with scenario.writers(source, ["keys"], seed=test_seed) as writers:
        writers.wait_for(20)
        job.run("migrate", "--until", "copied").expect(OK)
        first = job.chunks()
        writers.wait_for(50)
    assert first
    scenario.drain(job)
    assert job.chunks() == first, "what was copied must not be copied again"
    scenario.assert_arrived(job, writers, ["keys"])


def test_restart_discards_the_state(small, new_job):
    source, target = small
    source.script("CREATE VIEW seen AS SELECT id FROM k_empty; CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1",
                  database="keys")
    job = new_job(source, target, ["keys.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    first = job.chunks()
    source.script("INSERT INTO `keys`.k_empty (v) VALUES (5)")
    source.script("DROP VIEW `keys`.seen")  # while nobody followed: the job cannot go on, and begins anew without it
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    assert {c[-1] for c in job.chunks().values()}.isdisjoint({c[-1] for c in first.values()})
    oracle.assert_equal(source, target, ["keys"])


def test_two_jobs_share_a_target(small, new_job, fixtures):
    source, target = small
    source.load(fixtures / "all_types.sql", "types")
    one = new_job(source, target, ["keys.*"], name="one")
    two_ = new_job(source, target, ["types.*"], name="two", grants=False)
    two_.passwords = one.passwords
    for side in ("source", "target"):
        (two_.directory / f"{side}.password").write_text(one.passwords[side] + "\n")
    a, b = one.spawn("migrate", "--until", "synced"), two_.spawn("migrate", "--until", "synced")
    a.wait().expect(OK)
    b.wait().expect(OK)
    oracle.assert_equal(source, target, ["keys", "types"])
    one.run("cleanup").expect(OK)
    assert two_.status()["phase"] == "synced", "another job's cleanup took the state away"
    two_.run("cleanup").expect(OK)
    assert not one.has_state()


# ---- the verdict --------------------------------------------------------------------------------------

DIFFERENCES = {
    "changed": ("UPDATE k_auto_pk SET v='spoilt' WHERE id=0", "k_auto_pk", 1),
    "missing": ("DELETE FROM k_int_string WHERE a=3", "k_int_string", None),
    "extra": ("INSERT INTO k_big VALUES (17, 17)", "k_big", 1),
    "null": ("UPDATE k_unique_not_null SET v=NULL WHERE sure=99000", "k_unique_not_null", 1),
    "duplicate row fewer": ("DELETE FROM k_none WHERE v=7 LIMIT 1", "k_none", None),
    "case of a key": ("UPDATE k_string_ci SET k='RÉSUMÉ' WHERE k='résumé'", "k_string_ci", 2),
    "last microsecond": ("UPDATE k_datetime SET v=v+1 WHERE at='9999-12-31 23:59:59.999999'", "k_datetime", 1),
    "trailing bit": ("UPDATE k_year_time_bit SET b=b-1 WHERE y=2155 AND t='838:59:59'", "k_year_time_bit", None),
}


@pytest.fixture(scope="module")
def synced(pool, fixtures, tmp_path_factory):
    from harness import unmoor
    source, target = [pool.get(f"{role}-{kind}", kind) for role, kind in zip(("src", "dst"), PAIRS["mariadb-mariadb"])]
    for server in (source, target):
        server.reset()
    source.load(fixtures / "chunk_keys.sql", "keys")
    job = unmoor.Job(tmp_path_factory.mktemp("synced"), source, target, ["keys.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    yield job
    job.close()


@pytest.mark.parametrize("what", DIFFERENCES)
def test_verify_names_the_difference(synced, what):
    job = synced
    sql, table, keys = DIFFERENCES[what]
    job.target.script("SET sql_mode='NO_AUTO_VALUE_ON_ZERO'", f"CREATE TABLE `keys`.saved LIKE `keys`.{table}",
                      f"INSERT INTO `keys`.saved SELECT * FROM `keys`.{table}")
    try:
        job.target.script(sql, database="keys")
        report = job.run("verify", "--format", "json").expect(7).json
        assert report["equal"] is False
        wrong = [t for t in report["tables"] if t["verdict"] != "equal"]
        assert [t["name"] for t in wrong] == [table]
        if keys is not None:
            assert wrong[0]["keys_different"] == keys and len(wrong[0]["keys"]) == keys
        text = job.run("verify").expect(7).stdout
        assert table in text
    finally:
        job.target.script("SET sql_mode='NO_AUTO_VALUE_ON_ZERO'", f"DELETE FROM `keys`.{table}", f"INSERT INTO `keys`.{table} SELECT * FROM `keys`.saved",
                          "DROP TABLE `keys`.saved")
    job.run("verify").expect(OK)


def test_verify_misses_a_table(synced):
    job = synced
    job.target.script("RENAME TABLE k_single TO k_elsewhere", database="keys")
    try:
        report = job.run("verify", "--format", "json").expect(7).json
        assert report["equal"] is False
        assert [t["name"] for t in report["tables"] if t["verdict"] != "equal"] == ["k_single"]
    finally:
        job.target.script("RENAME TABLE k_elsewhere TO k_single", database="keys")


def test_verify_without_a_job(small, new_job, fixtures):
    """Compares both sides as they are, and says so."""
    source, target = small
    target.load(fixtures / "chunk_keys.sql", "keys")
    job = new_job(source, target, ["keys.*"])
    assert "There is no job 'shop'" in job.run("verify").expect(OK).stderr
    target.script("DELETE FROM `keys`.k_single")
    job.run("verify").expect(7)
    assert not job.has_state()


# ---- stages that wait for the application -------------------------------------------------------------

LOCKS = [("mysql97-mysql97", lock) for lock in ("global", "tables")] \
    + [("mariadb-mariadb", lock) for lock in ("global", "backup", "tables", "none")]


@pytest.mark.parametrize("pair, lock", LOCKS)
def test_all_snapshots_and_the_position_are_of_one_moment(pair, lock, two, new_job, fixtures, test_seed):
    """However long it takes to open them, while the application would like to write."""
    source, target = two(pair)
    source.load(fixtures / "mixed.sql", "mixed")
    job = new_job(source, target, ["mixed.*"], copy__threads=4, copy__lock=lock)
    source.script(f"GRANT LOCK TABLES ON mixed.* TO '{job.users['source']}'@'127.0.0.1'")
    with scenario.writers(source, ["mixed"], seed=test_seed, per_second=300) as writers:
        writers.wait_for(20)
        migrate = job.spawn("migrate", "--until", "synced", env=environment(UNMOOR_FAULT="snapshot.opened=delay:300"))
        migrate.wait().expect(OK)
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])


def test_a_running_query_is_seen_before_the_lock_is_asked_for(two, new_job, fixtures, test_seed):
    source, target = two("mysql97-mysql97")
    source.load(fixtures / "chunk_keys.sql", "keys")
    job = new_job(source, target, ["keys.*"], copy__lock="global", copy__lock_wait="200ms", copy__lock_timeout="2m")
    query = source.connect("keys")
    number = query.thread_id()
    thread = threading.Thread(target=run_until_killed, args=(query, "SELECT BENCHMARK(100000000000, 1 + 1) FROM k_single"))
    thread.start()
    try:
        wait.until(lambda: source.query("SELECT 1 FROM information_schema.processlist WHERE id=%s AND time >= 2", (number,)),
                   "a query that has run for a while")
        with scenario.writers(source, ["keys"], seed=test_seed, threads=1) as writers:
            migrate = job.spawn("migrate", "--until", "synced")
            migrate.until(lambda: f"connection {number} of user 'root' has been running a statement" in migrate.text()[1],
                          "what is in the way")
            writers.wait_for(20, migrate)
            assert not job.chunks()
            source.script(f"KILL {number}")
            migrate.wait().expect(OK)
    finally:
        if thread.is_alive():
            source.script(f"KILL {number}")
        thread.join()


def run_until_killed(connection, sql):
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
    except pymysql.MySQLError:
        pass


@pytest.mark.parametrize("lock", ["auto", "global"])
@pytest.mark.parametrize("pair", ["mysql56-mysql97", "mysql97-mysql97", "mariadb-mariadb"])
def test_no_write_waits_for_a_query(pair, lock, two, new_job, fixtures, test_seed):
    """FLUSH TABLES WITH READ LOCK, once asked for, would let everybody wait for the query who needs its table, although it is killed."""
    source, target = two(pair)
    source.load(fixtures / "chunk_keys.sql", "keys")
    job = new_job(source, target, ["keys.*"], copy__lock=lock, copy__lock_wait="200ms", copy__lock_timeout="2m")
    source.script(f"GRANT LOCK TABLES ON `keys`.* TO '{job.users['source']}'@'127.0.0.1'")
    query = source.connect("keys")
    waits = lock == "global" and not source.mariadb
    thread = threading.Thread(target=run_until_killed, args=(query, f"SELECT SLEEP({12 if waits else 120}) FROM k_auto_pk LIMIT 1"))
    with scenario.writers(source, ["keys"], seed=test_seed, threads=2) as writers:
        writers.wait_for(20)
        thread.start()
        migrate = job.spawn("migrate", "--until", "synced")
        if not waits:
            migrate.wait().expect(OK)
            assert thread.is_alive(), "nothing had to wait for the query"
            source.script(f"KILL {query.thread_id()}")
        thread.join()
        migrate.wait().expect(OK)
    assert writers.longest < 4, "of at least twelve seconds that the query takes"
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["keys"])


def test_a_long_query_is_waited_for_without_holding_up_writes(small, new_job, test_seed):
    """The lock is not asked for while it would make the application queue behind it."""
    source, target = small
    job = new_job(source, target, ["keys.*"], copy__lock_wait="200ms", copy__lock_timeout="2m")
    blocker = source.connect("keys", autocommit=False)
    try:
        with blocker.cursor() as cursor:
            cursor.execute("LOCK TABLES k_single WRITE")
        with scenario.writers(source, ["keys"], seed=test_seed, threads=1) as writers:
            writers.wait_for(5)
            migrate = job.spawn("migrate", "--until", "synced")
            writers.wait_for(200, migrate)
            assert not job.chunks()
            blocker.close()
            migrate.wait().expect(OK)
        scenario.drain(job)
        scenario.assert_arrived(job, writers, ["keys"])
    finally:
        if blocker.open:
            blocker.close()


# ---- names, many chunks, what is shown ------------------------------------------------------------------

NAMES = ["my shop", "größe`x", "plain"]


@pytest.fixture
def odd(two):
    """Several schemas with names that have to be quoted, an empty table, and one for many chunks."""
    source, target = two("mysql97-mariadb")
    for name in NAMES:
        source.script("CREATE DATABASE `{}` COLLATE utf8mb4_unicode_ci".format(name.replace("`", "``")))
    source.script(
        "CREATE TABLE `my shop`.`a b` (id INT PRIMARY KEY, `c ``d` VARCHAR(10), KEY `k k` (`c ``d`))",
        "INSERT INTO `my shop`.`a b` VALUES (1, 'x'), (2, '`')",
        "CREATE TABLE `größe``x`.`tä``b` (`ключ` INT PRIMARY KEY, v INT, p INT,"
        " CONSTRAINT `f k` FOREIGN KEY (p) REFERENCES `my shop`.`a b` (id))",
        "INSERT INTO `größe``x`.`tä``b` VALUES (1, 1, 1), (2, 2, 2)",
        "CREATE TABLE plain.empty (id INT AUTO_INCREMENT PRIMARY KEY, v INT) AUTO_INCREMENT=77",
        "CREATE TABLE plain.chunky (id INT PRIMARY KEY, v INT)",
        "SET cte_max_recursion_depth=10000",
        "INSERT INTO plain.chunky WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 8200)"
        " SELECT n * 3, n FROM s")
    return source, target


# A name cannot be written with a backtick, but any character is matched by '?'.
ODD = ["my shop.*", "größe?x.*", "plain.*"]


def test_names_and_thousands_of_chunks(odd, new_job):
    source, target = odd
    job = new_job(source, target, ODD, copy__chunk_rows_max=2)
    process = job.spawn("migrate", "--format", "json")
    process.until(job.follows, "the copy's end")
    source.script("UPDATE `größe``x`.`tä``b` SET v=9, `ключ`=7 WHERE `ключ`=2",
                  "INSERT INTO plain.empty (v) VALUES (1)", "DELETE FROM plain.chunky WHERE id < 3000")
    lines = process.stop().stdout.splitlines()
    assert {json.loads(line)["phase"] for line in lines} >= {"copy", "follow"}
    assert len(job.chunks()) > 4000
    scenario.drain(job)
    for name in NAMES:
        oracle.compare_structure(source, target, name)
        oracle.compare_rows(source, target, name)
        oracle.compare_counters(source, target, name)
    job.run("verify").expect(OK)


def test_the_block_on_a_terminal(odd, new_job):
    """It is drawn in place: what is erased is what was drawn, and messages stay above it."""
    source, target = odd
    job = new_job(source, target, ODD)
    code, text = job.on_terminal("migrate", "--until", "synced")
    assert code == OK, text
    assert "\x1b[1A\x1b[2K" in text and "\x1b[?" not in text
    screen = []
    for line in text.replace("\r", "").split("\n"):
        while line.startswith("\x1b[1A\x1b[2K"):
            assert screen and not re.match(r"\d{4}-\d\d-\d\dT", screen[-1]), "a message was erased"
            screen.pop()
            line = line.removeprefix("\x1b[1A\x1b[2K")
        assert "\x1b" not in line and len(line) <= 200
        screen.append(line)
    assert sum("── job shop ──" in line for line in screen) <= 1, screen
    assert any("In step with the source." in line for line in screen), screen


def test_nothing_is_drawn_off_a_terminal(odd, new_job):
    source, target = odd
    result = new_job(source, target, ODD).run("migrate", "--until", "synced").expect(OK)
    assert not result.stdout and "\x1b" not in result.stderr and "\r" not in result.stderr


def test_a_line_from_time_to_time_off_a_terminal(odd, new_job):
    """Who reads a log file sees that it goes on and how far behind it is."""
    source, target = odd
    migrate = new_job(source, target, ODD).spawn("migrate")

    def line():
        return re.search(r"^\S+ follow  .*$", migrate.text()[1], re.MULTILINE)

    migrate.until(line, "a line of progress", 90)
    assert re.search(r"applied 0 transactions.* lag [\d.]+ ?\w+  at binlog\.\d+:\d+", line()[0]), line()[0]
    migrate.stop()


# Keys that need more than a name and a value to find a row again.
KEYS = ["k VARCHAR(20) CHARACTER SET utf8 NOT NULL", "k VARCHAR(20) CHARACTER SET ucs2 NOT NULL",
        "k VARCHAR(20) CHARACTER SET macroman NOT NULL", "k CHAR(20) CHARACTER SET utf16 NOT NULL",
        "n INT NOT NULL, k INT AS (n * 2) STORED NOT NULL", "n VARCHAR(20) CHARACTER SET utf8, k VARCHAR(20) CHARACTER SET utf8 AS (CONCAT(n, '!')) STORED NOT NULL"]


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb", "mysql97-mariadb", "mysql56-mysql97"])
def test_rows_are_found_by_keys_of_any_kind(pair, two, new_job):
    source, target = two(pair)
    source.script("CREATE DATABASE d")
    tables = []
    for i, key in enumerate(KEYS):
        generated = " AS (" in key
        if generated and (source.mariadb or "5.6" in source.kind):
            continue  # no such key
        tables.append((f"t{i}", "n" if generated else "k"))
        source.script(f"CREATE TABLE t{i} ({key}, v INT, {'UNIQUE' if generated else 'PRIMARY'} KEY (k))", database="d")
        source.script(*[f"INSERT INTO t{i} ({tables[-1][1]}, v) VALUES ('{n}', {n})" for n in range(5)], database="d")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    for name, column in tables:
        source.script(f"UPDATE {name} SET v=7 WHERE {column}='1'", f"UPDATE {name} SET {column}='9' WHERE {column}='2'",
                      f"DELETE FROM {name} WHERE {column}='3'", f"DELETE FROM {name} WHERE v IN (0, 4)",
                      f"INSERT INTO {name} ({column}, v) VALUES ('5', 5)", database="d")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.compare_rows(source, target, "d")


def test_objects_of_a_collation_that_the_target_lacks(two, new_job):
    """A client of MySQL 8 or later names utf8mb4_0900_ai_ci in each view and routine that it makes."""
    source, target = two("mysql97-mariadb")
    source.script("CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "USE d; SET NAMES utf8mb4 COLLATE utf8mb4_0900_ai_ci;"
                  " CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (7);"
                  " CREATE VIEW v AS SELECT id FROM t; CREATE PROCEDURE p() SELECT id FROM t")
    job = new_job(source, target, ["d.*"])
    result = job.run("migrate", "--until", "synced").expect(OK)
    assert "`d`.`v`" in result.stderr and "utf8mb4_0900_ai_ci" in result.stderr
    assert target.query("SELECT * FROM d.v") == target.query("CALL d.p()") == ((7,),)


# MariaDB keeps a unique key of long values by a hidden column, which is in the binlog and in no catalogue.
@pytest.mark.parametrize("null", ["", " NOT NULL"])
def test_long_unique_keys(null, two, new_job):
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE d", f"CREATE TABLE d.t (id INT PRIMARY KEY, t TEXT{null}, b LONGBLOB, UNIQUE KEY (t), UNIQUE KEY (b, id))",
                  "INSERT INTO d.t VALUES (1, 'one', 'x'), (2, 'two', NULL)",
                  f"CREATE TABLE d.only (t TEXT{null}, v INT, UNIQUE KEY (t))", "INSERT INTO d.only VALUES ('a', 1), ('b', 2)")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("INSERT INTO d.t VALUES (3, REPEAT('x', 5000), REPEAT('y', 70000))", "UPDATE d.t SET t='three' WHERE id=3",
                  "UPDATE d.t SET b='z' WHERE id=1", "DELETE FROM d.t WHERE id=2",
                  "UPDATE d.only SET v=7 WHERE t='a'", "DELETE FROM d.only WHERE t='b'", "INSERT INTO d.only VALUES ('c', 3)")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])
