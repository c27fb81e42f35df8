"""What the copy asks of the servers: few round trips for a chunk and for a login, and all workers get some of large rows."""

import collections
import json

import pytest

from harness import oracle, servers
from harness.proxy import Proxy
from harness.unmoor import OK, environment

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb", "mysql56-mysql97", "mysql97-mariadb"]
CHUNK = 400


def by_connection(proxy):
    """The statements of each, those of one packet as one."""
    texts = collections.defaultdict(list)
    for connection, request in proxy.requests:
        if request[:1] == b"\x03":
            texts[connection].append(request[1:].removeprefix(b"\x00\x01"))
    return list(texts.values())


def fill(source, chunks):
    source.script("CREATE DATABASE d COLLATE utf8mb4_unicode_ci", "CREATE TABLE d.t (id INT PRIMARY KEY, v INT)",
                  f"INSERT INTO d.t VALUES {', '.join(f'({n}, {n})' for n in range(1, CHUNK * chunks + 1))}", "ANALYZE TABLE d.t")


@pytest.mark.core
@pytest.mark.parametrize("checksum", [True, False])
@pytest.mark.parametrize("pair", PAIRS)
def test_what_a_chunk_costs(pair, checksum, two, new_job):
    """On the source the look for its end, and its rows with all that is asked behind them; on the target the rows on their way
    there, the rows back, what is recorded, and the commit. The first chunk's end takes longer to find, nothing lies behind the last."""
    source, target = two(pair)
    chunks = 12
    fill(source, chunks)
    job = new_job(source, target, ["d.*"], copy__threads=1, copy__chunk_rows_max=CHUNK, copy__chunk_time="60s", copy__checksum=checksum)
    with Proxy(source) as from_source, Proxy(target) as to_target:
        for side, proxy in (("source", from_source), ("target", to_target)):
            job.set(f"{side}.port", proxy.port)
            job.set(f"{side}.tls.mode", "disabled")
        job.write()
        job.run("migrate", "--until", "copied").expect(OK)
    assert len(job.chunks()) == chunks
    (reading,) = [texts for texts in by_connection(from_source) if any(b"FORCE INDEX" in text for text in texts)]
    (writing,) = [texts for texts in by_connection(to_target) if any(b"LOAD DATA" in text for text in texts)]
    first_look = next(i for i, text in enumerate(reading) if b"FORCE INDEX" in text)
    assert len(reading) - first_look <= 2 * chunks + 1, reading[first_look:]
    first_load = next(i for i, text in enumerate(writing) if b"LOAD DATA" in text)
    last_load = max(i for i, text in enumerate(writing) if b"LOAD DATA" in text)
    assert last_load - first_load == (chunks - 1) * (4 if checksum else 3), writing[first_load:]
    # The definition is asked for behind the rows, before their lock is given back.
    for text in reading:
        if b"SHOW CREATE TABLE" in text:
            rows, definition, unlock = text.split(b"; ")
            assert rows.startswith(b"SELECT `id`,") and definition.startswith(b"SHOW") and unlock == b"ROLLBACK TO SAVEPOINT unmoor"
    assert sum(b"SHOW CREATE TABLE" in text for text in reading) == chunks
    oracle.assert_equal(source, target, ["d"])


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_large_rows_are_shared_out(pair, two, new_job):
    """How many rows a first chunk has follows from how large they are, as far as the catalogue knows."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, v LONGBLOB)",
                  *(f"INSERT INTO d.t VALUES ({n}, REPEAT('{n:016}', 65536))" for n in range(24)), "ANALYZE TABLE d.t")
    job = new_job(source, target, ["d.*"], copy__threads=3, copy__chunk_time=None, copy__chunk_rows_max=None)
    job.run("migrate", "--until", "copied").expect(OK)
    rows = sorted(chunk[5] for chunk in job.chunks().values())
    assert sum(rows) == 24 and len(rows) >= 3 and rows[-1] <= 10, rows
    oracle.assert_equal(source, target, ["d"])


# ---- logins ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("pair", PAIRS)
def test_what_a_login_costs(pair, two, new_job):
    """Three statements; what the server refuses is asked for by the first connection alone."""
    source, target = two(pair)
    fill(source, 1)
    job = new_job(source, target, ["d.*"])
    with Proxy(source) as from_source, Proxy(target) as to_target:
        for side, proxy in (("source", from_source), ("target", to_target)):
            job.set(f"{side}.port", proxy.port)
            job.set(f"{side}.tls.mode", "disabled")
        job.write()
        job.run("migrate", "--until", "copied").expect(OK)
    for proxy in (from_source, to_target):
        first, *others = by_connection(proxy)
        assert len(others) > 4
        setting_up = [[text for text in texts if text.startswith((b"SET NAMES", b"SELECT VERSION()", b"SET SESSION tx_", b"SET SESSION transaction_"))]
                      for texts in others]
        assert {len(texts) for texts in setting_up} == {3}, setting_up
        for wish in (b"sql_require_primary_key", b"max_statement_time", b"lc_messages"):
            assert not any(text.startswith(b"SET SESSION " + wish) for texts in others for text in texts)


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb", "mysql56-mysql97"])
def test_isolation_is_the_sessions_own(pair, both, new_job):
    """Whatever the servers have as their defaults: rows that come after the snapshot are in no chunk, and what is read only by
    default is written."""
    source, target = both(*{"mysql97-mysql97": (servers.MYSQL97, servers.MYSQL97), "mariadb-mariadb": (servers.MARIADB, servers.MARIADB),
                            "mysql56-mysql97": (servers.MYSQL56, servers.MYSQL97)}[pair])
    fill(source, 4)
    job = new_job(source, target, ["d.*"], copy__threads=1, copy__chunk_rows_max=CHUNK)

    def set_defaults(isolation, read_only):
        for server in (source, target):
            prefix = "transaction" if server.kind == servers.MYSQL97 else "tx"
            server.script(f"SET GLOBAL {prefix}_isolation='{isolation}'")
        target.script(f"SET GLOBAL {'transaction' if target.kind == servers.MYSQL97 else 'tx'}_read_only={read_only}")

    set_defaults("READ-COMMITTED", 1)
    try:
        migrate = job.spawn("migrate", "--until", "copied", env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:300"))
        migrate.until(lambda: len(job.chunks()) >= 1, "the first chunk")
        source.script(f"INSERT INTO d.t VALUES ({CHUNK * 4 + 1}, 0)")
        migrate.wait().expect(OK)
        there = target.value("SELECT COUNT(*) FROM d.t")
    finally:
        set_defaults("REPEATABLE-READ", 0)
    assert there == CHUNK * 4
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])


# ---- where the time goes -----------------------------------------------------------------------------

@pytest.mark.parametrize("fault, told", [("copy.mid_chunk=delay:5", "source (reading)"), ("copy.before_chunk_commit=delay:1000", "target (writing)")])
def test_what_holds_the_copy_up(fault, told, two, new_job):
    """Rows that come slowly, and commits that take long."""
    source, target = two("mysql97-mysql97")
    fill(source, 8)
    job = new_job(source, target, ["d.*"], copy__threads=1, copy__chunk_rows_max=CHUNK)
    migrate = job.spawn("migrate", "--until", "copied", "--format", "json", env=environment(UNMOOR_FAULT=fault))

    def bottlenecks():
        lines = [json.loads(line) for line in migrate.text()[0].splitlines(keepends=True) if line.endswith("\n")]
        return [line["bottleneck"] for line in lines if line["phase"] == "copy" and line["bottleneck"]]

    migrate.until(bottlenecks, "the progress to tell")
    assert set(bottlenecks()) == {told}
    migrate.kill()
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])
