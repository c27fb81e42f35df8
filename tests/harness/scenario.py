"""The databases that a migration of each pair carries, and the writers that go with them."""

import subprocess

from . import operations, oracle
from .servers import MYSQL97, MARIADB
from .writers import Writers

# Database -> fixture file.
BASE = {"film": "sakila_like.sql", "keys": "chunk_keys.sql", "types": "all_types.sql"}
MORE = {MYSQL97: {"newer": "all_types_mysql97.sql"}, MARIADB: {"newer": "all_types_mariadb.sql"}}

SYSBENCH_TABLES, SYSBENCH_ROWS = 2, 6000


def databases(source, target):
    found = dict(BASE)
    found.update(MORE.get(source.kind, {}))
    return found


def include(names):
    return [f"{name}.*" for name in names]


def left_out(source, target):
    """Tables that the plan blocks for this pair: the target has no such values."""
    if source.mariadb or not target.mariadb:
        return []
    return [t for t in oracle.tables(source, "newer") if t.startswith("only_")]


def load(source, target, fixtures, with_sysbench=True):
    """Fills the source; returns the databases to compare."""
    names = databases(source, target)
    for name, file in names.items():
        source.load(fixtures / file, name)
    if "newer" in names:
        for table in left_out(source, target):
            source.script(f"DROP TABLE newer.`{table}`")
    if with_sysbench:
        sysbench(source, "bench", SYSBENCH_TABLES, SYSBENCH_ROWS)
        names["bench"] = None
    return list(names)


def sysbench(server, database, tables, rows):
    server.script(f"CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    subprocess.run(["sysbench", "oltp_read_write", f"--mysql-socket={server.socket}", "--mysql-user=root",
                    f"--mysql-db={database}", f"--tables={tables}", f"--table-size={rows}", "--db-ps-mode=disable",
                    "prepare"], check=True, capture_output=True)


def writers(source, names, **options):
    found = []
    if "film" in names:
        found += operations.film_operations("film")
    if "keys" in names:
        found += operations.key_operations("keys")
    if "mixed" in names:
        found += operations.mixed_operations("mixed")
    if "types" in names:
        found += operations.table_operations(source, "types")
    if "newer" in names:
        found += operations.table_operations(source, "newer", "%")
    if "bench" in names:
        found += operations.sysbench_operations("bench", SYSBENCH_TABLES, SYSBENCH_ROWS) * 3
    return Writers(source, "film" if "film" in names else names[0], found, **options)


def drain(job, seconds=300):
    """The writers have stopped: the rest of the stream, and the job stops in step with the source."""
    return job.run("migrate", "--until", "synced", seconds=seconds).expect(0)


def assert_arrived(job, writers, names, objects=True):
    """All that was committed is there, and nothing else."""
    assert writers.ledger(writers.server) == writers.count(), "the test's own ledger is wrong"
    assert writers.ledger(job.target) == writers.count()
    oracle.assert_equal(job.source, job.target, names, objects)
