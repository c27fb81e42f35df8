"""Every type with its edge values, by copy, insert, update and delete, between each pair of servers."""

import itertools

import pymysql
import pytest

from harness import oracle, types
from harness.servers import MARIADB, MARIADB105, MARIADB118, MYSQL56, MYSQL97
from harness.unmoor import BLOCKED, OK

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = [(MYSQL56, MYSQL97), (MYSQL97, MYSQL97), (MARIADB105, MARIADB118), (MARIADB, MARIADB), (MARIADB118, MARIADB118),
         (MYSQL97, MARIADB118), (MARIADB118, MYSQL97)]


# What decides how a change is written, as far as the server has it: off, then on.
ROUNDS = [
    {"binlog_checksum": "CRC32", "binlog_row_metadata": "MINIMAL", "binlog_transaction_compression": "OFF",
     "log_bin_compress": "OFF", "binlog_row_image": "FULL"},
    {"binlog_checksum": "NONE", "binlog_row_metadata": "FULL", "binlog_transaction_compression": "ON",
     "log_bin_compress": "ON", "binlog_row_image": "MINIMAL"},
]


def set_variables(server, settings):
    for name, value in settings.items():
        if name == "binlog_row_image" and server.mariadb:
            continue  # its partial images are refused
        if server.query("SHOW GLOBAL VARIABLES LIKE %s", (name,)):
            server.script(f"SET GLOBAL {name}='{value}'")


def values_of(kind):
    return [*kind.values, *(["NULL"] if kind.null else [])]


class Matrix:
    """One table for each type, and one without a key, where the before image has to find the row."""

    def __init__(self, server, target):
        self.server = server
        self.types = {f"t{i:03}": kind for i, kind in enumerate(types.ALL)
                      if kind.exists_on(server) and (kind.seen or kind.fits_on(target))}

    def run(self, statements):
        connection = self.server.connect("matrix", autocommit=False)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', foreign_key_checks=0")
                for statement in statements:
                    try:
                        cursor.execute(statement)
                    except pymysql.MySQLError as error:
                        raise AssertionError(f"{statement[:300]}: {error}") from error
            connection.commit()
        finally:
            connection.close()

    def create(self):
        self.server.script("CREATE DATABASE matrix CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        statements = []
        for name, kind in self.types.items():
            extra = f", {kind.extra}" if kind.extra else ""
            statements += [f"CREATE TABLE {name} (id INT NOT NULL PRIMARY KEY, v {kind.declaration}{extra})",
                           f"CREATE TABLE {name}_nokey (part VARCHAR(10), v {kind.declaration}{extra})"]
        statements += self.insert(0, "copied")
        for i in range(len(ROUNDS)):
            statements += self.insert(10000 * i + 2000, f"update {i}") + self.insert(10000 * i + 3000, f"delete {i}")
        self.run(statements)

    def insert(self, first, part):
        statements = []
        for name, kind in self.types.items():
            for i, value in enumerate(values_of(kind)):
                statements += [f"INSERT INTO {name} (id, v) VALUES ({first + i}, {value})",
                               f"INSERT INTO {name}_nokey (part, v) VALUES ('{part}', {value})"]
        return statements

    def change(self, i):
        """Each value is the before image once and the after image once; then those that go."""
        base = 10000 * i
        statements = self.insert(base + 1000, f"insert {i}")
        for name, kind in self.types.items():
            values = values_of(kind)
            statements += [f"UPDATE {name} SET v={v} WHERE id={base + 2000 + k}" for k, v in enumerate(values[1:] + values[:1])]
            statements += [f"UPDATE {name} SET id=id+{len(values)}, v=v WHERE id={base + 2000}",
                           f"DELETE FROM {name} WHERE id BETWEEN {base + 3000} AND {base + 3999}",
                           f"UPDATE {name}_nokey SET part='updated' WHERE part='update {i}'",
                           f"DELETE FROM {name}_nokey WHERE part='delete {i}'"]
        self.run(statements)

    def blocked_for(self, target):
        return {name for name, kind in self.types.items() if not kind.fits_on(target)}

    def leave_out(self, job, expected):
        """The plan names exactly the tables that the target cannot hold; they go then."""
        result = job.run("plan", "--format", "json")
        found = set()
        for check in result.json["checks"]:
            if check["level"] == "BLOCK":
                words = check["seen"].replace(",", " ").replace("`", "").split()
                found |= {word.split(".")[1] for word in words if word.startswith("matrix.")}
        wanted = set(itertools.chain.from_iterable((name, f"{name}_nokey") for name in expected))
        assert found == wanted, f"not expected: {sorted(found - wanted)}, not blocked: {sorted(wanted - found)}"
        assert result.code == (BLOCKED if wanted else OK), str(result)
        for name in wanted:
            self.server.script(f"DROP TABLE matrix.{name}")
        for name in expected:
            del self.types[name]


@pytest.mark.parametrize("source_kind, target_kind", PAIRS, ids=lambda kind: kind)
def test_every_type(source_kind, target_kind, pool, new_job):
    source, target = pool.get(f"src-{source_kind}", source_kind), pool.get(f"dst-{target_kind}", target_kind)
    source.reset()
    target.reset()
    matrix = Matrix(source, target)
    matrix.create()
    job = new_job(source, target, ["matrix.*"])
    matrix.leave_out(job, matrix.blocked_for(target))
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    try:
        for i, settings in enumerate(ROUNDS):
            set_variables(source, settings)
            matrix.change(i)
    finally:
        set_variables(source, ROUNDS[0])
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.compare_rows(source, target, "matrix")
    job.run("verify").expect(OK)
