"""The servers' own binlog printers as an oracle for `unmoor binlog dump`.

Their text cannot be read back without loss (a backslash is printed as it is, and so are escapes),
so the comparison goes the other way: each value that we print is written as the printer would
write it, and the two texts have to be the same. What the printers do in ways of their own stands
in `Form`, and nothing else is evened out.
"""

import calendar
import json
import re
import struct
import subprocess
import time
import zlib

from . import servers, unmoor

INTEGERS = {1: 8, 2: 16, 9: 24, 3: 32, 8: 64}  # wire type: bits
FLOAT, DOUBLE, NEWDECIMAL, YEAR, BIT, ENUM, SET = 4, 5, 246, 13, 16, 247, 248
DATE, NEWDATE, TIME, DATETIME, TIMESTAMP, TIME2, DATETIME2, TIMESTAMP2 = 10, 14, 11, 12, 7, 19, 18, 17
JSON, VECTOR = 245, 242
COMPRESSED = (140, 141)
GIVES_UP = b"!! Don't know how to handle column type="
ROW = re.compile(rb"### (INSERT INTO|UPDATE|DELETE FROM) `(.*)`\.`(.*)`")
VALUE = re.compile(rb"###   @(\d+)=(.*)", re.S)


class Row:
    """A row event's row: kind, table, and the images as {column number: text}."""

    def __init__(self, kind, schema, table):
        self.kind, self.schema, self.table = kind, schema, table
        self.before, self.after = {}, {}

    def values(self):
        return {**{("before", c): v for c, v in self.before.items()}, **{("after", c): v for c, v in self.after.items()}}

    def difference(self, other, given_up):
        """What the printer has and we have not, or None. `given_up`: the printer ended within the row."""
        if (self.kind, self.schema, self.table) != (other.kind, other.schema, other.table):
            return f"{self.kind} {self.schema}.{self.table} | {other.kind} {other.schema}.{other.table}"
        ours, theirs = other.values(), self.values()
        keys = set(theirs) if given_up else set(theirs) | set(ours)
        for key in sorted(keys, key=str):
            a, b = theirs.get(key), ours.get(key)
            if not (b(a) if callable(b) and a is not None else a == b):
                return f"{self.schema}.{self.table} {key}: {str(a)[:500]} | {str(b)[:500]}"
        return None


def printed_by(kind, path):
    """The rows that the server's printer shows of a file, and the process's result. None in the
    list: in the row before, the printer met a type that it does not know, and left the rest of the
    event out."""
    tool = servers.run_tool("binlog", kind)
    result = subprocess.run([tool, "--no-defaults", "-v", "--base64-output=DECODE-ROWS", str(path)],
                            capture_output=True, check=False)
    rows, image = [], None
    for line in result.stdout.split(b"\n"):
        row, value = ROW.fullmatch(line), VALUE.fullmatch(line)
        if row:
            verb, schema, table = (part.decode() for part in row.groups())
            rows.append(Row(verb.split()[0], schema, table))
        elif line == b"### WHERE":
            image = rows[-1].before
        elif line == b"### SET":
            image = rows[-1].after
        elif value and value[2].startswith(GIVES_UP):
            rows.append(None)
        elif value:
            image[int(value[1])] = value[2]
    return rows, result


def events_of(path, *args, code=(0,)):
    """Ours, as JSON."""
    result = subprocess.run([str(unmoor.BINARY), "binlog", "dump", str(path), "--format", "json", *args],
                            capture_output=True, check=False, env=unmoor.environment())
    assert result.returncode in code, f"{path}: exit {result.returncode}\n{result.stderr.decode()[-3000:]}"
    return [json.loads(line) for line in result.stdout.splitlines()]


def in_form(events, form):
    """Ours, in the printer's form: a list of rows for each row event."""
    found, maps = [], {}
    for event in events:
        if event["type"] == "TABLE_MAP":
            maps[event["table_id"]] = event["columns"]
        if not event.get("rows"):
            continue
        columns = maps[event["table_id"]]
        found.append([])
        for row in event["rows"]:
            kind = "UPDATE" if "before" in row and "after" in row else "DELETE" if "before" in row else "INSERT"
            out = Row(kind, event["schema"], event["table"])
            out.place = f"{event['file']}:{event['position']}, row {len(found[-1]) + 1}"
            for name, image in (("before", out.before), ("after", out.after)):
                for i, column in enumerate(columns, 1):
                    key = column.get("name", f"@{i}")
                    if key in row.get(name, {}):
                        image[i] = form.value(column, row[name][key])
            found[-1].append(out)
    return found


def as_bytes(value):
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value.encode()


class Form:
    """How MariaDB's printer writes values."""

    def value(self, column, v):
        code, meta = column["type_code"], column["metadata"]
        if v is None:
            return b"NULL"
        if code in INTEGERS:
            return self.integer(INTEGERS[code], v)
        if code == FLOAT:  # six digits, filled up to twenty places
            return b"%-20g" % struct.unpack("f", struct.pack("f", v))[0]
        if code == DOUBLE:
            return b"%-.20g" % v
        if code == NEWDECIMAL:
            return v.encode()
        if code == YEAR:  # the printers do not know the year 0000
            return b"%d" % (v or 1900)
        if code == BIT:
            return self.bits(int(v), 8 * (meta >> 8) + (meta & 255))
        if code == ENUM:
            return b"%d" % v
        if code == SET:
            return b"b'%s'" % b"".join(b"%08d" % int(format(byte, "b")) for byte in int(v).to_bytes(meta & 255, "little"))
        if code in (DATE, NEWDATE):
            return b"'%s'" % v.replace("-", ":").encode()
        if code in (TIMESTAMP, TIMESTAMP2):
            return self.timestamp(v)
        if code in (TIME, DATETIME, TIME2, DATETIME2):
            return b"'%s'" % v.encode()
        if code == JSON:
            return self.json(v)
        if code == VECTOR:
            return self.vector(as_bytes(v))
        if code in COMPRESSED:
            return lambda text: unpacked(text) == as_bytes(v)
        return self.string(as_bytes(v))

    def integer(self, bits, v):
        """Without a look at the sign in the event: both readings where they differ."""
        if isinstance(v, dict):
            signed, unsigned = int(v["signed"]), int(v["unsigned"])
            assert signed < 0 and unsigned == signed + (1 << bits), v
        unsigned = int(v["unsigned"] if isinstance(v, dict) else v) % (1 << bits)
        signed = unsigned - (1 << bits) if unsigned >> (bits - 1) else unsigned
        return b"%d (%d)" % (signed, unsigned) if signed < 0 else b"%d" % signed

    def bits(self, v, count):
        return b"b'%s'" % format(v, f"0{count}b").encode()

    def timestamp(self, v):
        whole, dot, fraction = v.partition(".")
        seconds = 0 if whole == "0000-00-00 00:00:00" else calendar.timegm(time.strptime(whole, "%Y-%m-%d %H:%M:%S"))
        return f"{seconds}{dot}{fraction}".encode()

    def json(self, document):
        raise AssertionError("MariaDB has no columns of this type")

    vector = json

    def string(self, data):
        """Quotes and backslashes stay as they are."""
        return b"'%s'" % b"".join(b"\\x%02x" % b if b < 0x20 else bytes([b]) for b in data)


class MySQLForm(Form):
    """MySQL's differs in text, and knows more types."""

    ESCAPES = {ord(c): e for c, e in {"\\": b"\\\\", "'": b"\\'", "\b": b"\\b", "\f": b"\\f", "\n": b"\\n",
                                      "\r": b"\\r", "\t": b"\\t"}.items()}

    def json(self, document):
        """One that is a string comes without its quotes."""
        return self.string((json.loads(document) if document.startswith('"') else document).encode())

    def vector(self, data):
        return ("[" + ",".join(f"{f:.5e}" for (f,) in struct.iter_unpack("<f", data)) + "]").encode()

    def string(self, data):
        return b"'%s'" % b"".join(self.ESCAPES.get(b) or (b"\\x%02x" % b if b < 0x20 else bytes([b])) for b in data)


def unpacked(text):
    """A COMPRESSED value of MariaDB, which the printer shows as it is stored."""
    data = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes.fromhex(m[1].decode()), text[1:-1])
    if not data or data[0] >> 4 == 0:
        return data[1:]
    assert data[0] >> 4 == 8, data[:20]
    plain = zlib.decompress(data[1 + (data[0] & 7):], -15 if data[0] & 8 else 15)
    assert len(plain) == int.from_bytes(data[1:1 + (data[0] & 7)], "big")
    return plain


def compare(kind, path, code=(0,)):
    """Row by row, value by value. Returns how many rows were compared whole, and how many not
    because the printer gave up in their event."""
    theirs, result = printed_by(kind, path)
    assert result.returncode == 0, result.stderr.decode(errors="replace")[-2000:]
    form = Form() if "/mariadb" in servers.run_tool("binlog", kind) else MySQLForm()
    return compare_rows(theirs, in_form(events_of(path, code=code), form), path)


def compare_rows(theirs, ours, path):
    whole = left = at = 0
    for rows in ours:
        for number, row in enumerate(rows):
            assert at < len(theirs), f"{row.place}: the printer has no more rows"
            given_up = at + 1 < len(theirs) and theirs[at + 1] is None
            difference = theirs[at].difference(row, given_up)
            assert not difference, f"{row.place}: printer | ours\n{difference}"
            at += 1
            whole += not given_up
            if given_up:
                at += 1
                left += len(rows) - number
                break
    assert at == len(theirs), f"{path}: {len(theirs) - at} more rows by the printer"
    return whole, left
