"""Every collation that the source knows: in columns, in tables without a key, and in keys.

What a target can hold is asked of the servers: the collation of the same name must put the same
texts in the same order, and hold the same ones for equal, on both sides.
"""

import functools
import itertools
import re

SCHEMA = "colls"

# Python's names of the charsets whose characters are of more than one byte.
CODECS = {"big5": "big5", "cp932": "cp932", "eucjpms": "euc_jp", "euckr": "euc_kr", "gb18030": "gb18030",
          "gb2312": "gb2312", "gbk": "gbk", "sjis": "shift_jis", "ujis": "euc_jp", "ucs2": "utf-16-be",
          "utf16": "utf-16-be", "utf16le": "utf-16-le", "utf32": "utf-32-be", "utf8mb3": "utf-8", "utf8mb4": "utf-8"}
BEYOND_BMP = {"utf16", "utf16le", "utf32", "utf8mb4", "gb18030"}
SEVEN_BITS = {"ascii", "swe7"}
DEPRECATED = {1287, 3719}  # what MySQL says of names of some charsets
# Bytes that stand for no character; MySQL 9.7 refuses them.
UNASSIGNED = {"cp1250": "8183889098", "cp1251": "98", "cp1256": "8a8f989a9faac0ff", "cp1257": "8183888a8c90989a9c9fa1a5",
              "geostd8": "8183888a8c8d8e8f9098999a9c9d9e9fe6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfeff", "greek": "a4a5aaaed2ff",
              "dec8": "a4a6acadaeafb4b8bed0def0feff", "hp8": "ff",
              "hebrew": "a1bfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddefbfcff", "swe7": "7f"}

_RANGES = [(0x20, 0x7f), (0xa0, 0x180), (0x1c4, 0x1ce), (0x218, 0x21c), (0x300, 0x304), (0x386, 0x3d0), (0x400, 0x430), (0x5d0, 0x5d4),
           (0x627, 0x62b), (0xe01, 0xe05), (0x10d0, 0x10d3), (0x1c90, 0x1c93), (0x1e00, 0x1e04), (0x2000, 0x2004), (0x20a0, 0x20ac),
           (0x3041, 0x3050), (0x30a1, 0x30b0), (0x3260, 0x3270), (0x4e00, 0x4e08), (0xac00, 0xac04), (0xff01, 0xff08), (0xff71, 0xff78),
           (0x10400, 0x10402), (0x1f600, 0x1f602), (0x20000, 0x20002)]
# What languages take for one letter, and expansions.
_STRINGS = ["", " ", "aa", "AA", "Aa", "ae", "ss", "sz", "oe", "ch", "Ch", "CH", "cz", "cs", "ci", "dz", "dy", "dž", "dŽ",
            "gy", "ij", "ik", "lj", "lJ", "ll", "lm", "lz", "nj", "nJ", "ny", "rr", "rs", "th", "ty", "zs", "zz", "x́", "ǆa", "がa", "か゛"]


@functools.cache
def characters(charset):
    """The bytes of each text that is tried; the same in every call."""
    if charset in CODECS:
        texts = [chr(c) for first, last in _RANGES for c in range(first, last) if c < 0x10000 or charset in BEYOND_BMP]
        return list(dict.fromkeys(filter(None, (_encode(text, charset) for text in texts))))
    gaps = bytes.fromhex(UNASSIGNED.get(charset, ""))
    return [bytes([b]) for b in range(0x80 if charset in SEVEN_BITS else 0x100) if b not in gaps]


def _encode(text, charset):
    try:
        return text.encode(CODECS.get(charset, "latin-1" if charset not in SEVEN_BITS else "ascii"))
    except UnicodeEncodeError:
        return None


def plain(text, charset):
    """ASCII in the charset."""
    return text.encode(CODECS.get(charset, "ascii"))


def literal(charset, value):
    name = "utf8" if charset == "utf8mb3" else charset  # which every server knows
    return f"_{name} x'{value.hex()}'" if value else "''"


# ---- what a server knows ----------------------------------------------------------------------------


def modern(name):
    """The three-byte UTF-8 has had two names."""
    return re.sub(r"^utf8(?=_|$)", "utf8mb3", name)


_known = {}  # by kind of server: what never changes


def known(server):
    """Charset by collation, in their order; the binary one is no text's."""
    if server.kind not in _known:
        _known[server.kind] = ask_known(server)
    return _known[server.kind]


def ask_known(server):
    found = dict(server.query("SELECT collation_name, character_set_name FROM information_schema.collations"
                              " WHERE character_set_name <> 'binary'"))
    if server.mariadb and server.query("SHOW COLUMNS FROM information_schema.collation_character_set_applicability"
                                       " LIKE 'full_collation_name'"):
        found.update(server.query("SELECT full_collation_name, character_set_name"
                                  " FROM information_schema.collation_character_set_applicability"
                                  " WHERE character_set_name <> 'binary'"))
    return {name: modern(charset) for name, charset in sorted(found.items()) if charset}


_orders = {}  # by kind of server and collation: what never changes


def learn_orders(server, charsets):
    """For each collation, the numbers of the texts that are equal, class by class in its order, and how it pads."""
    unknown = {name: charset for name, charset in charsets.items() if (server.kind, name) not in _orders}
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET group_concat_max_len=1000000, unique_checks=0")
        for charset in sorted(set(unknown.values())):
            for batch in batches([name for name in unknown if unknown[name] == charset], INDEXES):
                orders = order_by_indexes(cursor, charset, batch)
                _orders.update({(server.kind, name): (classes, pads(cursor, name, charset)) for name, classes in orders.items()})


def order_by_indexes(cursor, charset, names):
    """A column with an index for each collation: MariaDB sorts by an expression in another way than by a key."""
    texts = characters(charset) + [t for t in (_encode(s, charset) for s in _STRINGS) if t is not None]
    columns = [f"c{i} VARCHAR(8) CHARACTER SET {name.partition('_')[0]} COLLATE {name}" for i, name in enumerate(names)]
    keys = "".join(f", KEY (c{i})" for i in range(len(names)))
    cursor.execute("CREATE DATABASE orders")
    cursor.execute(f"CREATE TABLE orders.s (id INT PRIMARY KEY, {columns[0]})")
    cursor.execute(f"CREATE TABLE orders.t (id INT PRIMARY KEY, {', '.join(columns)}{keys})")
    cursor.execute("INSERT INTO orders.s VALUES " + ", ".join(f"({i}, {literal(charset, t)})" for i, t in enumerate(texts)))
    cursor.execute(f"INSERT INTO orders.t SELECT id{', c0' * len(names)} FROM orders.s")
    found = {}
    for i, name in enumerate(names):
        cursor.execute(f"SELECT GROUP_CONCAT(id SEPARATOR ' ') FROM orders.t FORCE INDEX (c{i}) GROUP BY c{i} ORDER BY c{i}")
        found[name] = [sorted(map(int, ids.split())) for (ids,) in cursor.fetchall()]
    cursor.execute("DROP DATABASE orders")
    return found


def pads(cursor, name, charset):
    a = f"{literal(charset, plain('a', charset))} COLLATE {name}"
    cursor.execute("SELECT " + ", ".join(f"{a} {than} {literal(charset, plain(other, charset))}"
                                         for than, other in (("=", "a "), (">", "a\t"), ("<", "a!"), ("=", "a\0"))))
    return cursor.fetchone()


def counterpart(collation, source, target):
    """The collation that means the same on the target, by its name there; None when none does."""
    if source.mariadb != target.mariadb:
        ours, theirs = "_croatian_ci", "_croatian_mysql561_ci"  # MariaDB's name for MySQL's
        collation, taken = re.subn(f"{theirs if source.mariadb else ours}$", ours if source.mariadb else theirs, collation)
        if taken and not collation.startswith(("utf8", "utf16_", "utf32", "ucs2")):
            collation = collation.replace(theirs, ours)
    return next((name for name in (collation, modern(collation), re.sub("^utf8mb3_", "utf8_", collation)) if name in known(target)), None)


# ---- the tables ---------------------------------------------------------------------------------------

COLUMNS, KEYS, INDEXES = 40, 16, 60  # of a table; no key has more parts than 16, no table more than 64 keys


def batches(items, size):
    items = iter(items)
    return iter(lambda: list(itertools.islice(items, size)), [])


class Collations:
    def __init__(self, source, target):
        self.source, self.target = source, target
        charsets = known(source)
        self.expected = {name: counterpart(name, source, target) for name in charsets}
        if source.kind != target.kind:
            self.compare_orders(charsets)
        kept = [(name, charset) for name, charset in charsets.items() if self.expected[name]]
        self.blocked = [(name, charset) for name, charset in charsets.items() if not self.expected[name]]
        self.columns = {f"columns_{i:02}": batch for i, batch in enumerate(batches(kept, COLUMNS))}
        self.keys = {f"keys_{i:02}": batch for i, batch in enumerate(batches(kept, KEYS))}

    def compare_orders(self, charsets):
        named_alike = {name: other for name, other in self.expected.items() if other}
        learn_orders(self.source, {name: charsets[name] for name in named_alike})
        learn_orders(self.target, {other: charsets[name] for name, other in named_alike.items()})
        for name, other in named_alike.items():
            same = _orders[self.source.kind, name] == _orders[self.target.kind, other]
            assert not (same and near(name, self.source, self.target)), f"{name} is the same on both sides"
            if not (same or near(name, self.source, self.target)):
                self.expected[name] = None

    def create(self):
        self.source.script(f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        for name, batch in self.columns.items():
            columns = definitions(batch, 128)
            self.source.script(f"CREATE TABLE {SCHEMA}.{name} (id INT PRIMARY KEY, {columns})",
                               f"CREATE TABLE {SCHEMA}.bare_{name} (part VARCHAR(20) CHARACTER SET latin1, {columns})")
        for name, batch in self.keys.items():
            self.create_keys(name, batch)
        for i, batch in enumerate(batches(self.blocked, COLUMNS)):
            self.source.script(f"CREATE TABLE {SCHEMA}.lost_{i:02} (id INT PRIMARY KEY, {definitions(batch, 128)})")
        for i, batch in enumerate(batches(self.blocked, KEYS)):
            self.create_keys(f"lost_keys_{i:02}", batch)

    def create_keys(self, name, batch):
        key = ", ".join(f"c{i}" for i in range(len(batch)))
        self.source.script(f"CREATE TABLE {SCHEMA}.{name} (n INT, {definitions(batch, 8, 'NOT NULL')}, PRIMARY KEY ({key}))")

    def named(self, plan, level):
        return {place for check in plan["checks"] if check["level"] == level
                for place in re.findall(SCHEMA + r"\.(\w+)(?:\.| column )(c\d+)", check["seen"])}

    def leave_out(self, plan):
        """The plan names each column whose collation the target lacks, and no other one; their tables go then."""
        found, wanted = self.named(plan, "BLOCK"), set()
        for prefix, size in (("lost_", COLUMNS), ("lost_keys_", KEYS)):
            wanted |= {(f"{prefix}{i:02}", f"c{k}") for i, batch in enumerate(batches(self.blocked, size)) for k in range(len(batch))}
        assert found == wanted, f"not expected: {sorted(found - wanted)}, not blocked: {sorted(wanted - found)}"
        warned = {(table, f"c{k}") for table, batch in self.tables().items() for k, (name, _) in enumerate(batch)
                  if near(name, self.source, self.target)}
        assert self.named(plan, "WARN") == warned
        for table in {table for table, _ in wanted}:
            self.source.script(f"DROP TABLE {SCHEMA}.{table}")
        return bool(wanted)

    def tables(self):
        return {**self.columns, **{f"bare_{name}": batch for name, batch in self.columns.items()}, **self.keys}

    def fill(self):
        self.run(itertools.chain(self.insert(0), self.insert(100), self.insert(200), self.insert_keys()))

    def insert(self, first):
        for name, batch in self.columns.items():
            rows = [[f"{first + i}", *(literal_at(column, i) for column in batch)] for i in range(rows_of(batch))]
            yield f"INSERT INTO {name} VALUES " + ", ".join(f"({', '.join(row)})" for row in rows)
            yield f"INSERT INTO bare_{name} SELECT 'part {first}', {names(batch)} FROM {name} WHERE id BETWEEN {first} AND {first + 99}"

    def insert_keys(self):
        """Rows that differ in one part of the key only: each part tells some apart."""
        for name, batch in self.keys.items():
            same = same_letter("b", batch)
            rows, n = [["0", *same]], 1
            for i, (_, charset) in enumerate(batch):
                for value in (plain("a", charset), plain("c ", charset), plain("zz", charset), special(charset)):
                    rows.append([str(n), *same[:i], literal(charset, value), *same[i + 1:]])
                    n += 1
            yield f"INSERT INTO {name} VALUES " + ", ".join(f"({', '.join(row)})" for row in rows)

    def change(self):
        self.run(itertools.chain(self.insert(300), self.change_columns(), self.change_keys()))

    def change_columns(self):
        for name, batch in self.columns.items():
            for n in range(rows_of(batch)):
                yield f"UPDATE {name} SET {assign(literal_at(column, n + 1) for column in batch)} WHERE id={100 + n}"
            yield f"DELETE FROM {name} WHERE id BETWEEN 200 AND 299"
            yield f"UPDATE bare_{name} SET {assign(same_letter('B', batch))} WHERE part='part 100'"
            yield f"DELETE FROM bare_{name} WHERE part='part 200'"

    def change_keys(self):
        """To the other letter case, which is the same key in some collations; then by each part of the key."""
        for name, batch in self.keys.items():
            yield f"UPDATE {name} SET {assign(same_letter('B', batch))} WHERE n=0"
            yield f"UPDATE {name} SET n=n+1000 WHERE n % 3 = 1"
            yield f"DELETE FROM {name} WHERE n % 3 = 2 AND n < 1000"

    def run(self, statements):
        with self.source.connect(SCHEMA, autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute("SET max_error_count=65535")
            for statement in statements:
                cursor.execute(statement)
                cursor.execute("SHOW WARNINGS")
                warnings = [warning for warning in cursor.fetchall() if warning[1] not in DEPRECATED]
                assert not warnings, f"{statement[:300]}: {warnings[:3]}"
            connection.commit()

    def compare(self):
        """The columns have the collations that were expected."""
        there = self.target.query("SELECT table_name, column_name, collation_name FROM information_schema.columns WHERE table_schema=%s"
                             " AND column_name LIKE 'c%%'", (SCHEMA,))
        tables = self.tables()
        for table, column, collation in there:
            own = tables[table][int(column[1:])][0]
            assert modern(collation) == modern(self.expected[own]), f"{table}.{column}: {own} has become {collation}"
        assert len(there) == sum(map(len, tables.values()))


def near(name, source, target):
    """The flavours differ, though so little that the plan warns."""
    return source.mariadb != target.mariadb and \
        bool(re.match(r"utf8mb4_((eo|es|es_trad)_)?0900_a", name))


def definitions(batch, width, null=""):
    return ", ".join(f"c{i} VARCHAR({width}) CHARACTER SET {name.partition('_')[0]} COLLATE {name} {null}"
                     for i, (name, _) in enumerate(batch))


def names(batch):
    return ", ".join(f"c{i}" for i in range(len(batch)))


def assign(values):
    return ", ".join(f"c{i}={value}" for i, value in enumerate(values))


def same_letter(letter, batch):
    return [literal(charset, plain(letter, charset)) for _, charset in batch]


def rows_of(batch):
    return max(len(texts(*column)) for column in batch)


@functools.cache
def texts(collation, charset):
    """Values of a column: all of the charset's characters that are tried in its binary collation, and some in the others."""
    found = characters(charset)
    if not collation.endswith("_bin"):
        found = found[40::max(1, len(found) // 30)]
    return [plain("", charset), plain("a ", charset)] + [b"".join(batch) for batch in batches(found, 100)]


def literal_at(column, i):
    """The i-th value, from the start again where there are no more."""
    found = texts(*column)
    return literal(column[1], found[i % len(found)])


def special(charset):
    """A character that is not ASCII."""
    return characters(charset)[-1]
