#!/usr/bin/env python3
"""seeds.py FOLDER: first inputs for the fuzz targets, FOLDER/TARGET/NAME, cut from the binlogs in
tests/fixtures/binlog, which real servers wrote. What no binlog has is in tests/fuzz/corpus.

The shapes are those that the comments at the top of fuzz_*.c describe.
"""

import pathlib
import random
import struct
import sys

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures" / "binlog"
HEADER = 19
QUERY, ROTATE, FORMAT, XID, TABLE_MAP, PREVIOUS_GTIDS, GTID = 2, 4, 15, 16, 19, 35, 33
PARTIAL_UPDATE_ROWS, PAYLOAD, GTID_TAGGED, MARIADB_GTID, GTID_LIST = 39, 40, 42, 162, 163
LONG, JSON, BLOB = 3, 245, 252
# In the order of the target's `types`.
ROWS = [30, 31, 32, 23, 24, 25, PARTIAL_UPDATE_ROWS]
PACKED = [PAYLOAD, 165, 169, 167, 170, 168]


class Event:
    """One event without its checksum."""

    def __init__(self, raw):
        self.raw = raw[:9] + struct.pack("<I", len(raw)) + raw[13:]
        self.type = raw[4]
        self.body = raw[HEADER:]


def events(path):
    data, at, checksum = path.read_bytes(), 4, 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 9)
        raw = data[at : at + size]
        if raw[4] == FORMAT:
            checksum = 4 if raw[-5] == 1 else 0
        # A stream's made-up rotation may come without one; nothing is lost that matters here.
        yield Event(raw[: len(raw) - checksum] if size > HEADER + checksum else raw)
        at += size


class Seeds:
    def __init__(self, folder):
        self.folder, self.seen = pathlib.Path(folder), set()

    def add(self, target, name, data):
        if (target, data) in self.seen or len(data) > 4096:
            return
        self.seen.add((target, data))
        to = self.folder / target / name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(data)


def one_by_one(seeds, name, mariadb, all_events):
    """Some of each type, of different lengths."""
    kept = {}
    for i, e in enumerate(all_events):
        sizes = kept.setdefault(e.type, set())
        if len(sizes) < 4 and len(e.raw) not in sizes:
            sizes.add(len(e.raw))
            seeds.add("event", f"{name}-{e.type}-{i}", bytes([1 | mariadb << 1]) + e.raw)
        if e.type in PACKED:
            seeds.add("unwrap", f"{name}-{i}", bytes([0, PACKED.index(e.type)]) + e.body)
        if e.type in (PREVIOUS_GTIDS, GTID_LIST):
            seeds.add("gtid", f"{name}-{i}", bytes([2 | mariadb]) + e.body)


def rows(seeds, name, mariadb, all_events):
    """A table map and the rows that follow it."""
    table = None
    for i, e in enumerate(all_events):
        if e.type == TABLE_MAP:
            table = e.body
        elif e.type in ROWS and table:
            head = bytes([mariadb, ROWS.index(e.type), 0]) + struct.pack("<H", len(table))
            seeds.add("rows", f"{name}-{i}", head + table + e.body)
            documents(seeds, f"{name}-{i}", table, e)


def documents(seeds, name, table, e):
    """The JSON documents of inserts into tables of an INT, a JSON and a LONGTEXT."""
    names = table[8:]
    schema_len = names[0]
    table_len = names[schema_len + 2]
    columns = names[schema_len + table_len + 4 :]
    if e.type != ROWS[0] or columns[:4] != bytes([3, LONG, JSON, BLOB]):
        return
    at = 8 + 2 + 1 + 1  # id and flags, extra data, number of columns, bitmap
    n = 0
    while at < len(e.body):
        nulls = e.body[at]
        at += 1 + 4
        for bit in (2, 4):
            if nulls & bit:
                continue
            (size,) = struct.unpack_from("<I", e.body, at)
            if bit == 2:
                seeds.add("json", f"{name}-{n}", e.body[at + 4 : at + 4 + size])
            at += 4 + size
        n += 1


def transactions(seeds, name, mariadb, all_events):
    """Everything between two GTIDs: as a part of a file, and as what is packed into a payload."""
    group = []
    for i, e in enumerate([*all_events, None]):
        ends = e is None or e.type in (GTID, GTID_TAGGED, MARIADB_GTID)
        if ends and group:
            file = b"".join(g.raw for g in group)
            seeds.add("dump", f"{name}-{i}-text", bytes([mariadb << 1]) + file)
            seeds.add("dump", f"{name}-{i}-json", bytes([mariadb << 1 | 1]) + file)
            packed = [g for g in group[1:] if g.type < PACKED[0] and len(g.body) < 256]
            inner = b"".join(bytes([len(g.body), g.type]) + g.body for g in packed)
            for how in (1, 1 | 4, 1 | 2 | 8, 1 | 2 | 4 | 8):
                seeds.add("unwrap", f"{name}-{i}-{how}", bytes([how, 0]) + inner)
        if ends:
            group = []
        if e is not None and e.type not in (FORMAT, ROTATE):
            group.append(e)


def rows_of_every_type(seeds):
    """What the target makes rows of: columns by number, then any bytes."""
    rnd = random.Random(1)
    for kind in range(len(ROWS) - 1):
        for first in range(0, 64, 16):
            columns = bytes(first + i for i in range(16))
            head = bytes([8, kind, first // 16, len(columns) - 1, 0])
            seeds.add("rows", f"made-{kind}-{first}", head + columns + rnd.randbytes(600))


def uuid(b):
    text = b.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def gtid_texts(seeds, name, mariadb, all_events):
    """The GTIDs of a file as a set that a server would print."""
    numbers = {}
    for e in all_events:
        if e.type == GTID:
            numbers.setdefault(uuid(e.body[1:17]), []).append(struct.unpack_from("<Q", e.body, 17)[0])
        elif e.type == MARIADB_GTID:
            sequence, domain = struct.unpack_from("<QI", e.body)
            (server,) = struct.unpack_from("<I", e.raw, 5)
            numbers[domain] = f"{domain}-{server}-{sequence}"
    if mariadb:
        text = ",".join(numbers.values())
    else:
        text = ",\n".join(f"{u}:{min(n)}-{max(n)}:{max(n) + 2}" for u, n in numbers.items())
    seeds.add("gtid", f"{name}-text", bytes([mariadb]) + text.encode())


def main():
    seeds = Seeds(sys.argv[1])
    for path in sorted(FIXTURES.glob("*.binlog")):
        mariadb, all_events = int("mariadb" in path.name), list(events(path))
        for make in (one_by_one, rows, transactions, gtid_texts):
            make(seeds, path.stem, mariadb, all_events)
    rows_of_every_type(seeds)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
