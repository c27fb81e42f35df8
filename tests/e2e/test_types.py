"""Every type with its edge values and every collation, by copy, insert, update and delete, between each pair of servers."""

import itertools
import re

import pymysql
import pytest

from harness import blocked_page, collations, oracle, types
from harness.servers import MARIADB, MARIADB105, MARIADB118, MYSQL56, MYSQL97
from harness.unmoor import BLOCKED, OK

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = [(MYSQL56, MYSQL97), (MYSQL97, MYSQL97), (MARIADB105, MARIADB118), (MARIADB, MARIADB), (MARIADB118, MARIADB118),
         (MYSQL97, MARIADB118), (MARIADB118, MYSQL97)]

# What decides how a change is written; each server takes what it has. Images that lack columns of
# the row before are refused from MariaDB, and beside parts of documents.
OFF = {"binlog_checksum": "CRC32", "binlog_row_metadata": "MINIMAL", "binlog_transaction_compression": "OFF",
       "log_bin_compress": "OFF", "binlog_row_image": "FULL", "binlog_row_value_options": ""}
ON = {"binlog_checksum": "NONE", "binlog_row_metadata": "FULL", "binlog_transaction_compression": "ON",
      "log_bin_compress": "ON", "log_bin_compress_min_len": 10, "binlog_row_image": "MINIMAL"}
PARTIAL = {**OFF, "binlog_row_value_options": "PARTIAL_JSON", "binlog_row_metadata": "FULL"}
NOBLOB = {**OFF, "binlog_row_image": "NOBLOB"}

# The kind of event that shows that a setting took effect.
EVENTS = {("binlog_transaction_compression", "ON"): "Transaction_payload", ("log_bin_compress", "ON"): "Update_rows_compressed_v1",
          ("binlog_row_value_options", "PARTIAL_JSON"): "Update_rows_partial"}


def rounds(server):
    if server.mariadb:
        no_duplicates = types.has(("mariadb 11.4",), server)
        return [{**OFF, "binlog_row_metadata": "NO_LOG"}, {**ON, "binlog_row_image": "FULL_NODUP" if no_duplicates else "FULL"}]
    return [OFF, ON, NOBLOB, PARTIAL] if types.has(("mysql 8.0.3",), server) else [OFF, ON, NOBLOB]


def set_variables(server, settings):
    """Those that the server has; a new file of the log shows their effect alone."""
    there = dict(server.query("SHOW GLOBAL VARIABLES"))
    taken = {name: value for name, value in settings.items() if name in there}
    connection = server.connect()
    with connection, connection.cursor() as cursor:
        for name, value in taken.items():
            cursor.execute(f"SET GLOBAL {name}=%s", (value,))
        cursor.execute("FLUSH BINARY LOGS")
    return taken


def events_of_the_last_file(server):
    log = server.query("SHOW BINARY LOGS")[-1][0]
    return {row[2] for row in server.query(f"SHOW BINLOG EVENTS IN '{log}'")}


class Group:
    """Columns v0, v1 … of types that go together, in a table with a key and in one without."""

    def __init__(self, name, kinds):
        self.name, self.bare, self.kinds, self.first = name, f"{name}_bare", kinds, kinds[0]
        self.rows = max(len(kind.all_values) for kind in kinds)

    def create(self):
        before, after = self.first.session or (None, None)
        columns = ", ".join(f"v{k} {kind.declaration}" for k, kind in enumerate(self.kinds))
        extra = f", {self.first.extra}" if self.first.extra else ""
        yield from filter(None, [before])
        yield f"CREATE TABLE {self.name} (id INT NOT NULL PRIMARY KEY, {columns}{extra})"
        yield f"CREATE TABLE {self.bare} (part VARCHAR(10), {columns}{extra})"
        yield from filter(None, [after])

    def alter(self):
        for table in (self.name, self.bare):
            yield from (f"ALTER TABLE {table} {clause}, ALGORITHM=INSTANT" for clause in self.first.alter)

    def values(self, row):
        """Each type's values in turn; each comes at least once in as many rows as the group has."""
        return [kind.all_values[row % len(kind.all_values)] for kind in self.kinds]

    def assign(self, values):
        return ", ".join(f"v{k}={value}" for k, value in enumerate(values))

    def insert(self, first, part):
        names = ", ".join(f"v{k}" for k in range(len(self.kinds)))
        for row in range(self.rows):
            values = ", ".join(self.values(row))
            yield f"INSERT INTO {self.name} (id, {names}) VALUES ({first + row}, {values})"
            yield f"INSERT INTO {self.bare} (part, {names}) VALUES ('{part}', {values})"

    def rows_to_change(self, i):
        base = 10000 * i
        yield from self.insert(base + 2000, f"update {i}")
        yield from self.insert(base + 3000, f"delete {i}")
        if self.first.inside:
            yield from self.insert(base + 4000, f"inside {i}")

    def change(self, i):
        """Each value is the before image once and the after image once; then those that go."""
        base = 10000 * i
        yield from self.insert(base + 1000, f"insert {i}")
        for row in range(self.rows):
            yield f"UPDATE {self.name} SET {self.assign(self.values(row + 1))} WHERE id={base + 2000 + row}"
        yield f"UPDATE {self.name} SET id=id+{self.rows}, v0=v0 WHERE id={base + 2000}"
        yield f"DELETE FROM {self.name} WHERE id BETWEEN {base + 3000} AND {base + 3999}"
        for expression in self.first.inside:
            changes = self.assign(expression.format(f"v{k}") for k in range(len(self.kinds)))
            yield f"UPDATE {self.name} SET {changes} WHERE id BETWEEN {base + 4000} AND {base + 4999}"
            yield f"UPDATE {self.bare} SET {changes} WHERE part='inside {i}'"
        yield f"UPDATE {self.bare} SET part='updated' WHERE part='update {i}'"
        yield f"UPDATE {self.bare} SET {self.assign(self.values(self.rows - 2))} WHERE part='updated'"
        yield f"DELETE FROM {self.bare} WHERE part='delete {i}'"


class Matrix:
    """Every type that the source has, but those of which only a value can tell that the target lacks it."""

    def __init__(self, server, target):
        self.server, self.target = server, target
        self.rounds = rounds(server)
        kinds = [kind for kind in types.ALL if kind.exists_on(server) and (kind.seen or kind.fits_on(target))]
        self.groups = [Group(f"t{i:02}", batch) for i, batch in enumerate(types.tables(kinds))]

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

    def each(self, steps):
        self.run(itertools.chain.from_iterable(steps(group) for group in self.groups))

    def create(self):
        self.server.script("CREATE DATABASE matrix CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        self.each(Group.create)
        self.each(lambda group: group.insert(0, "copied"))
        self.each(lambda group: group.rows_to_change(0))
        self.each(Group.alter)
        for i in range(1, len(self.rounds)):
            self.each(lambda group: group.rows_to_change(i))

    def change(self, i):
        taken = set_variables(self.server, self.rounds[i])
        self.each(lambda group: group.change(i))
        seen = events_of_the_last_file(self.server)
        for setting, event in EVENTS.items():
            assert (setting not in taken.items()) or event in seen, f"{setting} had no effect: {sorted(seen)}"

    def leave_out(self, plan):
        """The plan names exactly the columns that the target cannot hold; their tables go then."""
        named = set()
        for check in plan["checks"]:
            if check["level"] == "BLOCK":
                named |= set(re.findall(r"\bmatrix\.(\w+)", check["seen"]))
        lost = [group for group in self.groups if not group.first.fits_on(self.target)]
        wanted = {table for group in lost for table in (group.name, group.bare)}
        assert named == wanted, f"not expected: {sorted(named - wanted)}, not blocked: {sorted(wanted - named)}"
        for table in wanted:
            self.server.script(f"DROP TABLE matrix.{table}")
        self.groups = [group for group in self.groups if group not in lost]
        return bool(wanted)


@pytest.mark.parametrize("source_kind, target_kind", PAIRS, ids=lambda kind: kind)
def test_every_type(source_kind, target_kind, pool, new_job):
    source, target = pool.get(f"src-{source_kind}", source_kind), pool.get(f"dst-{target_kind}", target_kind)
    source.reset()
    target.reset()
    matrix, texts = Matrix(source, target), collations.Collations(source, target)
    matrix.create()
    texts.create()
    job = new_job(source, target, ["matrix.*", f"{collations.SCHEMA}.*"], copy__chunk_rows_max=20)
    plan = job.run("plan", "--format", "json")
    page = blocked_page.Section(plan.json, source, target, matrix.groups, texts)
    blocks = [matrix.leave_out(plan.json), texts.leave_out(plan.json)]
    plan.expect(BLOCKED if any(blocks) else OK)

    texts.fill()
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the copy's end")
    try:
        for i in range(len(matrix.rounds)):
            matrix.change(i)
            if i == 0:
                texts.change()
    finally:
        set_variables(source, OFF)
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(OK)
    for schema in ("matrix", collations.SCHEMA):
        oracle.compare_rows(source, target, schema)
    texts.compare()
    job.run("verify").expect(OK)
    page.check()
