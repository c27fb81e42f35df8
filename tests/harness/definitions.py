"""Definitions that some targets cannot hold, put before the plan one table each.

`create` has {} for the table's name; what the plan says of it is compared with `to`.
"""

import dataclasses

from .types import has


@dataclasses.dataclass(frozen=True)
class Definition:
    shown: str  # on the page
    create: str  # statements, joined by ";;"; {} is the table
    on: tuple
    to: tuple = ()  # targets that hold it

    def exists_on(self, server):
        return has(self.on, server)

    def fits_on(self, server):
        return has(self.to, server)


def d(shown, on, to=(), create=None):
    return Definition(shown, create or "CREATE TABLE {} (" + shown + ")", on, to)


MARIADB, MARIADB118, MYSQL9 = ("mariadb",), ("mariadb 11.8",), ("mysql 9.0",)
ID = "id INT PRIMARY KEY"
PARTS = ", ".join(f"c{i} TINYINT" for i in range(17))

ALL = [
    # What the plan refuses between any two servers.
    d(f"{ID} … WITH SYSTEM VERSIONING", MARIADB118, create="CREATE TABLE {} (" + ID + ") WITH SYSTEM VERSIONING"),
    d("CREATE SEQUENCE", MARIADB118, create="CREATE SEQUENCE {}"),
    d("INT DEFAULT NEXTVAL(…)", MARIADB118, create="CREATE SEQUENCE outside.{};;CREATE TABLE {} (" + ID + ", v INT DEFAULT NEXTVAL(outside.{}))"),
    d("ENGINE=Aria", MARIADB118, create="CREATE TABLE {} (" + ID + ") ENGINE=Aria"),
    # What MySQL lacks.
    d("YEAR(2)", MARIADB118, MARIADB, create="CREATE TABLE {} (" + ID + ", v YEAR(2))"),
    d("PARTITION … DEFAULT", MARIADB118, MARIADB,
      create="CREATE TABLE {} (" + ID + ") PARTITION BY LIST (id) (PARTITION p0 VALUES IN (1), PARTITION p1 DEFAULT)"),
    d(f"{ID}, v INT, g DOUBLE AS (v / 7)", MARIADB118, MARIADB),
    d(f"{ID}, v VECTOR(3) NOT NULL, VECTOR INDEX (v)", MARIADB118, MARIADB118),
    d("PERIOD FOR p (s, e)", MARIADB118, MARIADB, create="CREATE TABLE {} (" + ID + ", s DATE, e DATE, PERIOD FOR p (s, e))"),
    d("UNIQUE (id, p WITHOUT OVERLAPS)", MARIADB118, MARIADB,
      create="CREATE TABLE {} (id INT, s DATE, e DATE, PERIOD FOR p (s, e), UNIQUE (id, p WITHOUT OVERLAPS))"),
    d(f"{ID}, v VARCHAR(9), g VARCHAR(9) AS (SFORMAT('{{}}', v))", MARIADB118, MARIADB,
      create="CREATE TABLE {} (" + ID + ", v VARCHAR(9), g VARCHAR(9) AS (SFORMAT('x', v)))"),
    d(f"{ID}, v VARCHAR(40) DEFAULT UUID_V7()", MARIADB118, MARIADB118),
    d(f"{ID}, v DECIMAL(40,31)", MARIADB118, MARIADB),
    d("id INT AUTO_INCREMENT PRIMARY KEY, g INT AS (id + 1)", MARIADB118, MARIADB),
    d(f"{ID}, g DATE AS (CURDATE())", MARIADB118, MARIADB),
    d(f"{ID}, g INT AS (CRC32(5, 'x'))", MARIADB118, MARIADB118),
    d(f"{ID}, v INT, CHECK (v)", MARIADB118, MARIADB),
    d("an index of 17 columns", MARIADB118, MARIADB,
      create="CREATE TABLE {} (" + PARTS + ", KEY (" + ", ".join(f"c{i}" for i in range(17)) + "))"),
    d(f"{ID}, v POINT NOT NULL, UNIQUE (v)", MARIADB118, MARIADB),
    d("FULLTEXT in a partitioned table", MARIADB118, MARIADB,
      create="CREATE TABLE {} (" + ID + ", v TEXT, FULLTEXT (v)) PARTITION BY HASH (id)"),
    d("a geometry in a partitioned table", MARIADB118, MARIADB, create="CREATE TABLE {} (" + ID + ", v POINT) PARTITION BY HASH (id)"),
    d("PARTITION BY KEY on a prefix", MARIADB118, MARIADB,
      create="CREATE TABLE {} (v VARCHAR(99), w INT, PRIMARY KEY (v(9), w)) PARTITION BY KEY () PARTITIONS 2"),
    d("a foreign key on a virtual column", MARIADB118, MARIADB,
      create="CREATE TABLE {}_parent (" + ID + ");;CREATE TABLE {} (" + ID + ", v INT AS (id), KEY (v), FOREIGN KEY (v) REFERENCES {}_parent (id))"),
    d("a CHECK of the same name in two tables", MARIADB118, MARIADB,
      create="CREATE TABLE {}_other (" + ID + ", CONSTRAINT same CHECK (id > 0));;CREATE TABLE {} (" + ID + ", CONSTRAINT same CHECK (id > 0))"),
    # What MariaDB lacks.
    d(f"{ID}, v BINARY(16) DEFAULT (UUID_TO_BIN(UUID()))", MYSQL9, MYSQL9),
    d(f"{ID}, v VARCHAR(9), CHECK (REGEXP_LIKE(v, '^a'))", MYSQL9, MYSQL9),
    d(f"{ID}, j JSON, g VARCHAR(9) AS (JSON_VALUE(j, '$.a' RETURNING CHAR(9)))", MYSQL9, MYSQL9),
    d(f"{ID}, v VECTOR(16383)", MYSQL9, MYSQL9),
    d(f"{ID}, v INT, g DECIMAL(9,2) AS (v / 7) STORED", MYSQL9, MYSQL9),
    d(f"{ID}, v DATE, g VARCHAR(9) AS (DATE_FORMAT(v, '%Y')) STORED", MYSQL9, MYSQL9),
    d(f"{ID}, v INT UNSIGNED, g BIGINT AS (v - 1) STORED", MYSQL9, MYSQL9),
    d(f"{ID}, v VARCHAR(9), g YEAR AS (CAST(v AS YEAR))", MYSQL9, MYSQL9),
    d(f"{ID}, v GEOMETRY, g GEOMETRY AS (ST_SRID(v, 4326))", MYSQL9, MYSQL9),
    d(f"{ID}, v INT, CONSTRAINT k UNIQUE (v), CONSTRAINT k CHECK (v > 0)", MYSQL9, MYSQL9),
    d("v INT, g INT AS (v + 1) STORED PRIMARY KEY", MYSQL9, MYSQL9),
    d(f"{ID}, v INT NOT NULL INVISIBLE", MYSQL9, MYSQL9),
]
