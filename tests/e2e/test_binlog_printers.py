"""`unmoor binlog dump` against the servers' own printers: every row and every value of binlogs that
real servers wrote, and of the old files that MariaDB keeps for its own tests."""

import pathlib
import random

import pymysql
import pytest

from harness import binlog_printer, operations, servers
from harness.servers import MARIADB, MYSQL56, MYSQL97

pytestmark = pytest.mark.usefixtures("binary")

# Servers and the options that change what is in a binlog.
WRITERS = {
    "mysql-9.7": (MYSQL97, []),
    "mysql-9.7-full-metadata": (MYSQL97, ["--binlog-row-metadata=FULL"]),
    "mysql-9.7-compressed": (MYSQL97, ["--binlog-transaction-compression=ON", "--binlog-checksum=NONE"]),
    "mysql-9.7-minimal": (MYSQL97, ["--binlog-row-image=MINIMAL"]),
    "mysql-5.6": (MYSQL56, []),
    "mariadb": (MARIADB, []),
    "mariadb-full-metadata": (MARIADB, ["--binlog-row-metadata=FULL", "--binlog-annotate-row-events=OFF"]),
    "mariadb-compressed": (MARIADB, ["--log-bin-compress=ON", "--log-bin-compress-min-len=10"]),
    "mariadb-minimal": (MARIADB, ["--binlog-row-image=MINIMAL"]),
}


def write_everything(server, fixtures, test_seed):
    """All types and their extremes, then writes that mix them."""
    server.load(fixtures / "all_types.sql", "types")
    if server.mariadb:
        server.load(fixtures / "all_types_mariadb.sql", "types")
    elif server.kind == MYSQL97:
        server.load(fixtures / "all_types_mysql97.sql", "types")
    rnd = random.Random(test_seed)
    connection = server.connect("types")
    with connection.cursor() as cursor:
        for operation in operations.table_operations(server, "types"):
            for _ in range(8):
                try:
                    operation(cursor, rnd)
                except pymysql.IntegrityError:  # a value that is another row's already
                    pass
    connection.close()


def binlogs(server):
    server.script("FLUSH LOGS")
    return [server.directory / row[0] for row in server.query("SHOW BINARY LOGS")]


@pytest.mark.parametrize("name", WRITERS)
def test_every_value_is_as_the_printer_shows_it(name, pool, fixtures, test_seed):
    kind, options = WRITERS[name]
    server = pool.get(f"dump-{name}", kind, options)
    server.reset()
    write_everything(server, fixtures, test_seed)
    whole = left = 0
    for file in binlogs(server):
        a, b = binlog_printer.compare(kind, file)
        whole, left = whole + a, left + b
    server.stop()
    assert whole > 300
    assert left == 0 or kind == MYSQL97  # whose printer knows no GEOMETRY


# ---- an oracle that knows signs and geometry ---------------------------------------------------------

INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")


def last_images(events, schema):
    """{table: {id: row}} as the events leave it."""
    tables = {}
    for event in events:
        if event.get("schema") != schema:
            continue
        rows = tables.setdefault(event.get("table"), {})
        for row in event.get("rows", ()):
            if "before" in row:
                rows.pop(row["before"]["id"], None) if "id" in row["before"] else None
            if "id" in row.get("after", {}):
                rows[row["after"]["id"]] = row["after"]
    return tables


def test_the_last_images_are_what_the_tables_hold(pool, fixtures, test_seed):
    """Where the printers show two readings of a sign, or give up: integers and geometry."""
    server = pool.get("dump-images", MYSQL97, ["--binlog-row-metadata=FULL"])
    server.reset()
    write_everything(server, fixtures, test_seed)
    events = [e for file in binlogs(server) for e in binlog_printer.events_of(file)]
    images = last_images(events, "types")
    checked = {"integer": 0, "geometry": 0}
    columns = server.query(
        "SELECT table_name, column_name, data_type, srs_id IS NOT NULL OR data_type IN ('geometry', 'point',"
        " 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geomcollection')"
        " FROM information_schema.columns c WHERE table_schema='types' AND extra NOT LIKE '%VIRTUAL%'"
        " AND EXISTS (SELECT 1 FROM information_schema.columns i WHERE i.table_schema='types'"
        " AND i.table_name=c.table_name AND i.column_name='id' AND i.extra LIKE '%auto_increment%')")
    for table, column, kind, is_geometry in columns:
        if kind not in INTEGERS and not is_geometry:
            continue
        show = f"HEX(`{column}`)" if is_geometry else f"CAST(`{column}` + 0 AS CHAR)"
        held = dict(server.query(f"SELECT id, {show} FROM types.`{table}`"))
        ours = {}
        for key, row in images.get(table, {}).items():
            value = row[column]
            ours[int(key)] = (None if value is None else value["hex"].upper() if is_geometry else str(value))
        assert ours == held, f"{table}.{column}"
        checked["geometry" if is_geometry else "integer"] += sum(v is not None for v in held.values())
    server.stop()
    assert checked["integer"] > 100 and checked["geometry"] > 5, checked  # what the writes left


# ---- files of old servers ----------------------------------------------------------------------------

# How each ends, and how many rows the printer shows. Damaged on purpose, most of those with 1.
CORPUS = {
    "binlog-header.binlog": (0, 0),
    "binlog_before_20574.bin": (8, 0),  # encrypted
    "binlog_savepoint.000001": (0, 0),
    "binlog_transaction.000001": (0, 0),
    "bug11747416_32228_binlog.000001": (1, 0),
    "bug16266.000001": (0, 0),
    "bug33029-slave-relay-bin.000001": (0, 0),
    "bug40482-bin.000001": (0, 0),
    "bug47142_master-bin.000001": (8, 0),  # of MySQL 4, like the other two that end so without a row
    "corrupt-relay-bin.000624": (1, 0),
    "mariadb-5.5-binlog.000001": (0, 0),
    "master-bin.000001": (8, 0),
    "mdev-39404-binlog.000001": (1, 0),
    "mdev-4645-binlog_checksum.binlog": (8, 0),  # headers of a fork
    "mdev-4645-binlog_group_id.binlog": (8, 0),
    "mdev-4645-binlog_group_id_checksum.binlog": (8, 0),
    "mdev-4645-binlog_none.binlog": (0, 0),
    "mdev29078-mysql-bin.000001": (0, 0),
    "mdev6020-mysql-bin.000001": (0, 8006),
    "master-bin-seq_10.3.36.000001": (0, 2),
    "mysql-5.7.11-stm-temporal-round-binlog.000001": (0, 0),
    "mysql-8.0.13-stm-temporal-round-binlog.000001": (0, 0),
    "trunc_binlog.000001": (8, 0),
    "binlog_old_version_4_1.000001": (8, 0),
    "bug32407.001": (1, 0),  # rows in the form of 5.1.17, like the next two
    "ver_5_1-telco.001": (1, 0),
    "ver_5_1_17.001": (1, 0),
    "invalid_row_v2_tag.001": (1, 0),
    "update-full-row.binlog": (0, 7),
    "update-partial-row.binlog": (0, 7),
    "ver_5_1_23.001": (0, 5),
    "ver_trunk_row_v2.001": (0, 5),
    "write-full-row.binlog": (0, 7),
    "write-partial-row.binlog": (0, 7),
}


@pytest.fixture(scope="session")
def corpus():
    try:
        root = pathlib.Path(servers.run_tool("testdata"))
    except RuntimeError as error:
        pytest.skip(f"mariadb-test-data cannot be had: {error}")
    return {file.name: file for file in root.rglob("std_data/**/*") if file.is_file()}


@pytest.mark.parametrize("name", CORPUS)
def test_files_of_old_servers(name, corpus):
    if name not in corpus:
        pytest.skip(f"this version of mariadb-test-data has no {name}")
    code, rows = CORPUS[name]
    events = binlog_printer.events_of(corpus[name], code=(code,))
    theirs, _ = binlog_printer.printed_by(MARIADB, corpus[name])
    ours = binlog_printer.in_form(events, binlog_printer.Form())
    assert binlog_printer.compare_rows(theirs, ours, name) == (rows, 0)
