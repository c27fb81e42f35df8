"""The matrix of types: what can be declared, its edge values, and which servers have it.

Values are SQL as every server that has the type reads it, in a session whose sql_mode lets every
value through. NULL is tried for each type that takes it.
"""

import dataclasses
import itertools
import re


@dataclasses.dataclass(frozen=True)
class Type:
    declaration: str
    values: tuple
    on: tuple = ("mysql", "mariadb")  # flavours, or flavour and least version: "mysql 8.0"
    to: tuple = None  # targets that can hold it; those of `on` when not given
    extra: str = ""  # further definitions of the table
    null: bool = True
    seen: bool = True  # the plan sees what does not fit; else only a value or the target itself tells
    inside: tuple = ()  # what changes a value from within: expressions of the column {0}
    alter: tuple = ()  # clauses of ALTER TABLE, made when rows are there
    session: tuple = ()  # settings under which the tables are made, and those after it

    @property
    def company(self):
        """Types that have all of this in common can be columns of one table."""
        return self.on, self.to, self.extra, self.seen, self.inside, self.alter, self.session

    @property
    def all_values(self):
        return [*self.values, *(["NULL"] if self.null else [])]

    def exists_on(self, server):
        return has(self.on, server)

    def fits_on(self, server):
        return has(self.to or self.on, server)


def has(needs, server):
    for need in needs:
        flavour, _, version = need.partition(" ")
        if (flavour == "mariadb") == server.mariadb and version_of(server.kind) >= number(version or "0"):
            return True
    return False


def version_of(kind):
    return number(kind.rpartition("-")[2])


def number(text):
    return tuple(int(part) for part in text.split("."))


def t(declaration, values, **more):
    return Type(declaration, tuple(values if isinstance(values, (list, tuple)) else values.split()), **more)


MYSQL8, MYSQL9 = ("mysql 8.0",), ("mysql 9.0",)
MARIADB = ("mariadb",)


# ---- numbers -----------------------------------------------------------------------------------------

INTEGERS = []
for _name, _bits in (("TINYINT", 8), ("SMALLINT", 16), ("MEDIUMINT", 24), ("INT", 32), ("BIGINT", 64)):
    _half = 2 ** (_bits - 1)
    INTEGERS += [t(_name, f"{-_half} {-_half + 1} -1 0 1 {_half - 1}"),
                 t(f"{_name} UNSIGNED", f"0 1 {_half - 1} {_half} {2 * _half - 1}")]
INTEGERS += [t("INT(7) UNSIGNED ZEROFILL", "0 42 4294967295"), t("BOOL", "0 1 -128 127")]

NINES = "9" * 65
DECIMALS = [
    t("DECIMAL(65,0)", f"0 {NINES} -{NINES} 1 -1 1000000000 999999999"),
    t("DECIMAL(65,30)", f"0 {NINES[:35]}.{NINES[:30]} -{NINES[:35]}.{NINES[:30]} 0.{'0' * 29}1 -0.{'0' * 29}1"),
    t("DECIMAL(30,30)", f"0 0.{NINES[:30]} -0.{NINES[:30]} 0.{'0' * 29}1"),
    t("DECIMAL(38,38)", f"0 0.{NINES[:38]} -0.{NINES[:38]} 0.{'0' * 37}1", on=MARIADB, to=MARIADB),
    t("DECIMAL(65,38)", f"0 {NINES[:27]}.{NINES[:38]} -{NINES[:27]}.{NINES[:38]} 1.{'0' * 30}1", on=MARIADB, to=MARIADB),
    t("DECIMAL(1,1)", "0 0.9 -0.9"), t("DECIMAL(1,0)", "0 9 -9"),
    t("DECIMAL(9,9)", "0 0.123456789 -0.123456789"), t("DECIMAL(10,9)", "9.999999999 -9.999999999 0.000000001"),
    t("DECIMAL(18,9)", "123456789.987654321 -1.5 0"), t("DECIMAL(19,9)", "1234567890.987654321 -0.000000001"),
    t("DECIMAL(12,2) UNSIGNED ZEROFILL", "0 9999999999.99 0.01"),
]

FLOATS = [
    t("FLOAT", "0 -0e0 1e-45 -1e-45 1.17549421e-38 1.17549435e-38 3.40282347e38 -3.40282347e38 0.1 1.5 16777216 16777217"
               " 123456.789 9999999 0.3333333 1e10"),
    t("FLOAT UNSIGNED", "0 1e-45 3.40282347e38 0.1"), t("FLOAT(7,3)", "0 9999.999 -9999.999 0.001"),
    t("DOUBLE", "0 -0e0 5e-324 -5e-324 2.2250738585072009e-308 2.2250738585072014e-308 1.7976931348623157e308"
                " -1.7976931348623157e308 0.1 9007199254740993 1e22 1e23 123456789.12345678 0.30000000000000004"),
    t("DOUBLE UNSIGNED", "0 5e-324 1.7976931348623157e308"), t("DOUBLE(20,5)", "0 123456789012345.12345 -0.00001"),
]

BITS = [t(f"BIT({n})", [f"b'{v:b}'" for v in sorted({0, 1, 2 ** (n - 1), 2 ** n - 1})])
        for n in (1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64)]

# ---- moments --------------------------------------------------------------------------------------------


def quoted(text):
    return [f"'{part.strip()}'" for part in text.split("|")]


MOMENTS = [
    t("DATE", quoted("0000-00-00|0000-01-01|0001-01-01|1000-01-01|1969-12-31|2024-02-29|2024-00-00|2024-02-00|2023-02-31|9999-12-31")),
    t("YEAR", "0 1901 1999 2000 2155"),
]
for _fsp in range(7):
    _f = "." + "987654"[:_fsp] if _fsp else ""
    _one = "." + "0" * (_fsp - 1) + "1" if _fsp else ""
    MOMENTS += [
        t(f"TIME({_fsp})", quoted(f"00:00:00{_one}|-00:00:00{_one}|-00:00:01|-00:00:01{_f}|23:59:59{_f}|-12:34:56{_f}|838:59:58{_f}"
                                  "|-838:59:59|838:59:59|00:00:00")),
        t(f"DATETIME({_fsp})", quoted(f"0000-00-00 00:00:00|0000-01-01 00:00:00|1000-01-01 00:00:00{_f}|2024-02-29 12:34:56{_one}"
                                      f"|2024-00-00 00:00:00|2023-02-31 01:02:03|9999-12-31 23:59:59{_f}")),
        t(f"TIMESTAMP({_fsp}) NULL DEFAULT NULL", quoted(f"0000-00-00 00:00:00|1970-01-01 00:00:01{_one}|2001-09-09 01:46:40{_f}"
                                                         f"|2038-01-19 03:14:07{_f}")),
    ]
MOMENTS += [
    t("TIMESTAMP(6) NULL DEFAULT NULL", quoted("2038-01-19 03:14:08|2106-02-07 06:28:15.999999"), on=("mariadb 11.5",), seen=False),
    t("DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)", quoted("2001-01-01 00:00:00.5|1999-01-01 00:00:00")),
]

# ---- text and bytes ---------------------------------------------------------------------------------------

TEXT = ["''", "' '", "'a'", "'a '", "'a  '", "'\\\\'", "'\\\\N'", "'\\''", "'\\\"'", "'\\0'", "'\\t\\n\\r\\Z'", "'NULL'",
        "'line\\nbreak'", "'a\\tb'", "_utf8mb4 x'c3bc'", "_utf8mb4 x'e282ac'", "_utf8mb4 x'f09f9880'"]
BYTES = ["''", "x'00'", "x'0000'", "x'20'", "x'2000'", "x'0020'", "x'ff'", "x'ff00'", "x'80'", "x'c328'", "x'5c4e'", "x'0a'", "x'09'",
         "x'1a'", "x'27'", "x'22'", "x'eda080'", "x'f8888080'"]
STRINGS = [
    t("CHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", TEXT), t("CHAR(0) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", ["''"]),
    t("CHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", TEXT + ["REPEAT(_utf8mb4 x'f09f9880', 255)"]),
    t("VARCHAR(63) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", TEXT), t("VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", TEXT + ["REPEAT(_utf8mb4 x'f09f9880', 64)"]),
    t("VARCHAR(255) CHARACTER SET latin1", ["''", "REPEAT('x', 255)"]), t("VARCHAR(256) CHARACTER SET latin1", ["''", "REPEAT('x', 256)"]),
    t("VARCHAR(65000) CHARACTER SET latin1", ["'a'", "REPEAT('ab ', 21000)"]),
    t("TINYTEXT", TEXT), t("TEXT", TEXT + ["REPEAT('0123456789', 6553)"]), t("MEDIUMTEXT", TEXT + ["REPEAT('0123456789', 10000)"]),
    t("LONGTEXT", TEXT + ["REPEAT('0123456789', 100000)"]),
    t("BINARY(5)", BYTES), t("BINARY(0)", ["''"]), t("BINARY(255)", BYTES), t("VARBINARY(16)", BYTES),
    t("VARBINARY(300)", BYTES + ["REPEAT(x'00', 300)"]),
    t("TINYBLOB", BYTES), t("BLOB", BYTES + ["REPEAT(x'00ff', 30000)"]), t("MEDIUMBLOB", BYTES + ["REPEAT(x'00ff', 40000)"]),
    t("LONGBLOB", BYTES + ["REPEAT(x'5c', 300000)"]),
    t("VARCHAR(40) COMPRESSED", ["''", "'short'", "REPEAT('a', 40)"], on=MARIADB, to=MARIADB + ("mysql",)),
    t("LONGTEXT COMPRESSED", ["''", "'short'", "REPEAT('0123456789', 20000)"], on=MARIADB, to=MARIADB + ("mysql",)),
    t("BLOB COMPRESSED", ["''", "x'00'", "REPEAT(x'00ff', 3000)"], on=MARIADB, to=MARIADB + ("mysql",)),
]

# MySQL compares each member with each other one when it makes the table.
SOME = ",".join(f"'{i:x}'" for i in range(1, 1001))
MOST = ",".join(f"'{i:x}'" for i in range(1, 65536))
LONG = ",".join(f"'{i:0200}'" for i in range(1, 401))  # more than MariaDB has room for
SET64 = ",".join(f"'s{i}'" for i in range(1, 65))
CHOICES = [
    t("ENUM('a','b','c')", ["'a'", "'c'", "'no such member'", "2"]), t("ENUM('','a,b','it''s','\\\\')", ["''", "1", "'it''s'", "4"]),
    t("ENUM(" + ",".join(f"'e{i}'" for i in range(1, 257)) + ")", "1 255 256"), t(f"ENUM({SOME})", "1 255 256 1000"),
    t(f"ENUM({LONG})", "1 255 256 400", on=MYSQL8),
    t("SET('a','b')", ["''", "'a'", "'a,b'", "3"]), t(f"SET({SET64})", ["''", "1", "9223372036854775808", "18446744073709551615"]),
    t("SET('x','y','z','p','q','r','s','t','u')", "0 256 511 1"),
]

# ---- the rest ---------------------------------------------------------------------------------------------

DOCUMENTS = ["'null'", "'true'", "'0'", "'-1'", "'1.5'", "'\"text\"'", "'\"\"'", "'[]'", "'{}'", "'{\"a\": null, \"b\": [1, {\"c\": []}]}'",
             "'[-32768, 32767, 65535, 65536, 2147483648, 4294967296, 9223372036854775807, 18446744073709551615]'",
             "'{\"\\u00fc\\u20ac\\ud83d\\ude00\": \"\\u0000\\\\\\\"\"}'", "CONCAT('[\"', REPEAT('0123456789', 10000), '\"]')",
             "CONCAT('[0', REPEAT(', 123456', 10000), ']')"]
TYPED = ["CAST(1.10 AS JSON)", "CAST(CAST('-1.5' AS DECIMAL(65,30)) AS JSON)", "CAST(DATE '2024-02-29' AS JSON)",
         "CAST(TIMESTAMP '2024-02-29 12:34:56.789' AS JSON)", "CAST(TIME '-12:34:56.1' AS JSON)", "CAST(x'00ff' AS JSON)",
         "CAST(b'101' AS JSON)", "CAST(18446744073709551615 AS JSON)", "CAST(1e300 AS JSON)", "CAST(-0e0 AS JSON)",
         "JSON_OBJECT('d', 1.10, 't', TIME '00:00:01')", "JSON_ARRAY(NULL, TRUE, 0.1, 5e-324)"]
# A path that a document lacks leaves it as it is.
INSIDE = ("JSON_SET({0}, '$.b', CAST(1.10 AS JSON))", "JSON_REPLACE({0}, '$[1]', TIME '-00:00:01.5')", "JSON_REMOVE({0}, '$[0]')",
          "JSON_SET({0}, '$[last-1]', JSON_OBJECT('x', x'00ff'))", "JSON_REMOVE({0}, '$.t')")
JSON = [
    t("JSON", [f"CAST({d} AS JSON)" for d in DOCUMENTS], on=("mysql 8.0",), to=("mysql 5.7", "mariadb"), inside=INSIDE),
    t("JSON", TYPED, on=("mysql 8.0",), to=("mysql 5.7", "mariadb"), inside=INSIDE),
    t("JSON", DOCUMENTS, on=MARIADB, to=MARIADB + ("mysql",), inside=("JSON_SET({0}, '$.b', 1.10)", "JSON_REMOVE({0}, '$[0]')")),
]

SHAPES = ["POINT(1 -2.5)", "LINESTRING(0 0,1 1,2 0)", "POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1))", "MULTIPOINT(1 1,2 2)",
          "MULTILINESTRING((0 0,1 1),(2 2,3 3))", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))", "GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))"]
GEOMETRIES = [
    t("GEOMETRY", [f"ST_GeomFromText('{s}')" for s in SHAPES] + [f"ST_GeomFromText('{SHAPES[0]}', 4326)"]),
    *(t(shape.partition("(")[0], [f"ST_GeomFromText('{shape}')", f"ST_GeomFromText('{shape}', 3857)"]) for shape in SHAPES),
    t("POINT", ["ST_GeomFromText('POINT(1e300 -5e-324)')", "ST_GeomFromText('POINT(48.2 16.37)', 4326)"]),
    t("GEOMETRY SRID 4326", ["ST_GeomFromText('POINT(48.2 16.37)', 4326)"], on=MYSQL8, to=MYSQL8 + MARIADB),
    t("VECTOR(3)", ["STRING_TO_VECTOR('[1,-2.5,0.1]')", "STRING_TO_VECTOR('[0,0,0]')"], on=MYSQL9, to=MYSQL9 + ("mariadb 11.7",)),
    t("VECTOR(3) NOT NULL", ["VEC_FromText('[1,-2.5,0.1]')", "VEC_FromText('[0,0,0]')"], on=("mariadb 11.7",),
      to=MYSQL9 + ("mariadb 11.7",), null=False),
]

ADDRESSES = [
    t("INET6", quoted("::|::1|2001:db8::ff00:42:8329|::ffff:192.0.2.128|ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), on=("mariadb 10.5",),
      to=MARIADB),
    t("INET4", quoted("0.0.0.0|127.0.0.1|255.255.255.255|39.92.10.0"), on=("mariadb 10.10",), to=MARIADB),
    t("UUID", quoted("00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff|123e4567-e89b-12d3-a456-426655440000"
                     "|01890a5d-ac96-774b-bcce-b302099a8057|6ccd780c-baba-1026-9564-5b8c656024db"), on=("mariadb 10.7",), to=MARIADB),
]

# The column v0 beside others that the row format treats in their own way.
COMPANY = [
    t("INT", "1 2 3", extra="g INT AS (v0 * 2) VIRTUAL, s VARCHAR(20) AS (CONCAT('s', v0)) STORED", on=MYSQL8 + MARIADB),
    t("INT", "1 2 3", extra="g POINT AS (POINT(COALESCE(v0, 0), 1)) STORED NOT NULL", on=MYSQL8, to=MYSQL8 + MARIADB),
    t("VARCHAR(20)", ["'a'", "'b'"], extra="h INT INVISIBLE DEFAULT 7", on=("mysql 8.0.23", "mariadb 10.3")),
    t("INT", "1 2 3", extra=", ".join(f"c{i} TINYINT DEFAULT {i % 2 or 'NULL'}" for i in range(1, 70))),
    # Hidden columns: of an index on an expression, of a long unique key, a generated primary key.
    t("VARCHAR(20)", ["'a'", "'b'"], extra="KEY ((CONCAT(v0, 'x'))), KEY ((LEFT(v0, 3)))", on=("mysql 8.0.13",)),
    t("INT", "1 2 3", extra="u TEXT DEFAULT (CONCAT(RAND(), UUID())), UNIQUE (u)", on=("mariadb 10.5",)),
    t("INT", "1 2 3", on=("mysql 8.0.30",), session=("SET sql_generate_invisible_primary_key=ON", "SET sql_generate_invisible_primary_key=OFF"),
      to=("mysql 8.0.30", "mariadb")),
    # Columns that came, and went, without the rows being written anew.
    t("INT", "1 2 3", on=("mysql 8.0.29",), to=("mysql 8.0.29", "mariadb"), extra="w INT DEFAULT 5",
      alter=("ADD COLUMN a VARCHAR(10) NOT NULL DEFAULT 'new' FIRST, ADD COLUMN b DATETIME(3) DEFAULT '2001-01-01 00:00:00.123'",
             "DROP COLUMN w", "ADD COLUMN c DECIMAL(9,2) NOT NULL DEFAULT 1.50 AFTER v0, ADD COLUMN d TINYTEXT")),
    t("INT", "1 2 3", on=("mariadb 10.4",), to=("mariadb", "mysql 8.0"), extra="w INT DEFAULT 5",
      alter=("ADD COLUMN a VARCHAR(10) NOT NULL DEFAULT 'new' FIRST, ADD COLUMN b DATETIME(3) DEFAULT '2001-01-01 00:00:00.123'",
             "DROP COLUMN w", "ADD COLUMN c DECIMAL(9,2) NOT NULL DEFAULT 1.50 AFTER v0, ADD COLUMN d TINYTEXT")),
]

# As MySQL 5.5 and MariaDB 5.3 stored them: without fractions, and with MariaDB's first ones.
OLD_FORMAT = ("SET GLOBAL mysql56_temporal_format=OFF", "SET GLOBAL mysql56_temporal_format=ON")
OLD_MOMENTS = [dataclasses.replace(kind, on=("mariadb",), to=("mariadb", "mysql"), session=OLD_FORMAT)
               for kind in MOMENTS if kind.on == Type.on and kind.declaration.startswith(("TIME", "DATETIME"))]

ALL = INTEGERS + DECIMALS + FLOATS + BITS + MOMENTS + STRINGS + CHOICES + JSON + GEOMETRIES + ADDRESSES + COMPANY + OLD_MOMENTS


def tables(kinds):
    """Types that can be columns of one table, in their order."""
    for _, alike in itertools.groupby(sorted(kinds, key=lambda kind: repr(kind.company)), key=lambda kind: kind.company):
        alike, batch, bytes_taken = sorted(alike, key=kinds.index), [], 0
        for kind in alike:
            if batch and (kind.extra or len(batch) == 8 or bytes_taken + width(kind) > 60000):
                yield batch
                batch, bytes_taken = [], 0
            batch.append(kind)
            bytes_taken += width(kind)
        yield batch


def width(kind):
    """Roughly the bytes of a row, which has 65535 for all columns."""
    found = re.match(r"(?:VAR)?(?:CHAR|BINARY)\((\d+)\)", kind.declaration)
    return int(found[1]) * (1 if "latin1" in kind.declaration else 4) if found else 12
