"""Are two servers' databases equal? Answers that owe nothing to Unmoor's own code.

Within a flavour and version: CHECKSUM TABLE, and the server's own dump of both sides compared as
text. Across: each value of each column as exact text or HEX(), and what information_schema says
about columns, indexes, constraints, partitions, views, routines, triggers and events.
"""

import collections
import difflib
import re
import subprocess

from . import servers
from .servers import MYSQL97, run_tool


class Different(AssertionError):
    pass


def assert_equal(source, target, databases, objects=True):
    """Everything that can be compared between these two servers."""
    for database in databases:
        compare_rows(source, target, database)
        compare_structure(source, target, database, objects)
        compare_counters(source, target, database)
        if objects:
            compare_views(source, target, database)
        if source.kind == target.kind:
            compare_checksums(source, target, database)
            compare_dumps(source, target, database, objects)


def tables(server, database):
    return [name for (name,) in server.query(
        "SELECT table_name FROM information_schema.tables WHERE table_schema=%s"
        " AND table_type='BASE TABLE' ORDER BY BINARY table_name", (database,))]


def _quote(name):
    return "`" + name.replace("`", "``") + "`"


def _same_tables(source, target, database):
    left, right = tables(source, database), tables(target, database)
    if left != right:
        raise Different(f"{database}: tables {sorted(set(left) ^ set(right))} are on one side only")
    return left


# ---- CHECKSUM TABLE and the dump -------------------------------------------------------------------

def compare_checksums(source, target, database):
    # MariaDB gives tables with virtual columns another sum each time, MySQL those with indexes on
    # expressions.
    fickle = []
    if source.mariadb:
        fickle = source.query("SELECT DISTINCT table_name FROM information_schema.columns"
                              " WHERE table_schema=%s AND extra LIKE '%%VIRTUAL%%'", (database,))
    elif source.kind == MYSQL97:
        fickle = source.query("SELECT DISTINCT table_name FROM information_schema.statistics"
                              " WHERE table_schema=%s AND expression IS NOT NULL", (database,))
    fickle = {name for (name,) in fickle}
    for table in _same_tables(source, target, database):
        if table in fickle:
            continue
        sums = [s.query(f"CHECKSUM TABLE {_quote(database)}.{_quote(table)}")[0][1] for s in (source, target)]
        if sums[0] != sums[1]:
            raise Different(f"{database}.{table}: CHECKSUM TABLE says {sums[0]} and {sums[1]}")


def dump(server, database, objects=True):
    args = [run_tool("dump", server.kind), "-uroot", f"-S{server.socket}", "--hex-blob", "--order-by-primary",
            "--skip-extended-insert", "--skip-dump-date", "--skip-comments", "--single-transaction",
            "--default-character-set=utf8mb4", "--max-allowed-packet=1G"]
    args += ["--routines", "--triggers", "--events"] if objects else ["--skip-triggers"]
    if not server.mariadb:
        args += ["--set-gtid-purged=OFF", "--column-statistics=0"] if not server.kind.endswith("5.6") else []
    result = subprocess.run([*args, database], capture_output=True, check=False)
    if result.returncode != 0 and not servers.running(server):
        # MariaDB 10.11.19 was seen to crash in SHOW PACKAGE BODY STATUS, which the client sends.
        print(f"{server.kind} crashed while it was dumped: {result.stderr.decode(errors='replace')}")
        server.start()
        result = subprocess.run([*args, database], capture_output=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.decode(errors="replace"))
    return result.stdout.decode("utf-8", errors="surrogateescape")


# Events stay disabled on the target until the cutover.
_EVENT = re.compile(r"(?m)^((?:/\*!\d+ )?CREATE.*?\bEVENT\b.*?)\b(?:ENABLE|DISABLE)(?: ON (?:SLAVE|REPLICA))?\b")


def compare_dumps(source, target, database, objects=True):
    left, right = (_EVENT.sub(r"\1<state>", dump(s, database, objects)) for s in (source, target))
    if not objects:
        # Views are in any dump of a database; without objects they are not what is compared.
        left, right = (re.sub(r"(?ms)^/\*!50001 (?:DROP|CREATE|SET).*?\*/;\n", "", t) for t in (left, right))
    # Counters are compared by themselves.
    left, right = (re.sub(r"(?m)^(\) ENGINE=.*?) AUTO_INCREMENT=\d+", r"\1", t) for t in (left, right))
    # Rows of tables without a primary key come in any order.
    left, right = (_sort_keyless(text) for text in (left, right))
    if left != right:
        delta = list(difflib.unified_diff(left.splitlines(), right.splitlines(), "source", "target", lineterm="", n=1))
        raise Different(f"{database}: the dumps differ\n" + "\n".join(line[:400] for line in delta[:30]))


def _sort_keyless(text):
    """Sorts each run of INSERT lines."""
    out, run = [], []
    for line in text.splitlines():
        if line.startswith("INSERT INTO"):
            run.append(line)
        else:
            out += sorted(run)
            run = []
            out.append(line)
    return "\n".join(out + sorted(run))


# ---- every value -------------------------------------------------------------------------------------

TEXTUAL = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "binary", "varbinary", "tinyblob", "blob",
           "mediumblob", "longblob", "enum", "set", "json", "geometry", "point", "linestring", "polygon",
           "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector",
           "uuid", "inet4", "inet6"}


def _expression(name, data_type):
    quoted = _quote(name)
    if data_type in ("float", "double"):
        return f"({quoted} + 0e0)"
    if data_type == "bit":
        return f"HEX({quoted} + 0)"
    if data_type in ("enum", "set"):
        return f"CONCAT(CAST({quoted} AS UNSIGNED), '/', HEX({quoted}))"
    if data_type == "json":
        return f"HEX(CAST({quoted} AS CHAR CHARACTER SET utf8mb4))"
    if data_type in TEXTUAL:
        return f"HEX({quoted})"
    return f"CAST({quoted} AS CHAR)"


def _columns(server, database, table):
    return server.query(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema=%s AND table_name=%s ORDER BY ordinal_position", (database, table))


def read_rows(server, database, table, columns):
    expressions = ", ".join(_expression(*c) for c in columns)
    return server.query(f"SELECT {expressions} FROM {_quote(database)}.{_quote(table)}")


def compare_rows(source, target, database, only=None):
    names = only or _same_tables(source, target, database)
    for table in names:
        columns = _columns(source, database, table)
        other = _columns(target, database, table)
        if [c[0] for c in columns] != [c[0] for c in other]:
            raise Different(f"{database}.{table}: columns {columns} and {other}")
        # Each side by its own types: JSON is a LONGTEXT in MariaDB.
        left = collections.Counter(read_rows(source, database, table, columns))
        right = collections.Counter(read_rows(target, database, table, other))
        if left != right:
            lost, extra = list((left - right).elements()), list((right - left).elements())
            raise Different(f"{database}.{table}: {len(lost)} rows differ or are only on the source,"
                            f" {len(extra)} only on the target; first:\n" + _first_difference(columns, lost, extra))


def _first_difference(columns, lost, extra):
    key = min(map(repr, lost or extra))
    row = next(r for r in (lost or extra) if repr(r) == key)
    partner = next((r for r in extra if r[0] == row[0]), None) if lost else None
    lines = []
    for i, column in enumerate(columns):
        if partner is None or row[i] != partner[i]:
            lines.append(f"  {column[0]} ({column[1]}): {str(row[i])[:200]}"
                         + ("" if partner is None else f" <> {str(partner[i])[:200]}"))
    return "\n".join(lines[:12])


def compare_views(source, target, database):
    """What a view shows. Its text is in the dump; across flavours this is all that can be asked."""
    for (view,) in source.query("SELECT table_name FROM information_schema.views WHERE table_schema=%s", (database,)):
        sql = f"SELECT * FROM {_quote(database)}.{_quote(view)}"
        left, right = (sorted(map(repr, s.query(sql))) for s in (source, target))
        if left != right:
            raise Different(f"{database}: the view {view} shows other rows")


# ---- counters ------------------------------------------------------------------------------------------

def counters(server, database):
    found = {}
    for table in tables(server, database):
        text = server.query(f"SHOW CREATE TABLE {_quote(database)}.{_quote(table)}")[0][1]
        match = re.search(r"(?m)^\).* AUTO_INCREMENT=(\d+)", text)
        if match:
            found[table] = int(match[1])
    return found


def _highest(server, database, table):
    column = server.value(
        "SELECT column_name FROM information_schema.columns WHERE table_schema=%s AND table_name=%s"
        " AND extra LIKE '%%auto_increment%%'", (database, table))
    return server.value(f"SELECT COALESCE(MAX({_quote(column)}), 0) FROM {_quote(database)}.{_quote(table)}")


def compare_counters(source, target, database):
    left, right = (counters(s, database) for s in (source, target))
    # A number that an UPDATE has brought leaves the counter of some versions behind; they make good
    # for it when they start, and no statement sets a counter below what the table holds.
    left = {t: max(n, _highest(source, database, t) + 1) for t, n in left.items()}
    if left != right:
        wrong = {t: (left.get(t), right.get(t)) for t in left.keys() | right.keys() if left.get(t) != right.get(t)}
        raise Different(f"{database}: AUTO_INCREMENT differs (source, target): {wrong}")


# ---- structure -----------------------------------------------------------------------------------------

def compare_structure(source, target, database, objects=True):
    left, right = structure(source, database, objects), structure(target, database, objects)
    across = source.mariadb != target.mariadb
    for kind in left:
        a, b = left[kind], right[kind]
        if across:
            a, b = (_fold_flavours(kind, x) for x in (a, b))
        if a != b:
            lost = [x for x in a if x not in b]
            extra = [x for x in b if x not in a]
            raise Different(f"{database}: {kind} differ\n  source: {lost[:5]}\n  target: {extra[:5]}")


def structure(server, database, objects=True):
    """What information_schema says, in one form for all versions."""
    def rows(sql):
        return sorted((tuple(_plain(v) for v in row) for row in server.query(sql, (database,))), key=repr)

    found = {
        "columns": [_column(row) for row in rows(
            "SELECT table_name, ordinal_position, column_name, column_type, is_nullable, column_default,"
            " extra, character_set_name, collation_name, column_comment FROM information_schema.columns"
            " WHERE table_schema=%s")],
        "indexes": rows(
            "SELECT table_name, index_name, seq_in_index, non_unique, column_name, sub_part, index_type,"
            " collation FROM information_schema.statistics WHERE table_schema=%s"),
        "foreign keys": rows(
            "SELECT k.table_name, k.constraint_name, k.ordinal_position, k.column_name, k.referenced_table_schema,"
            " k.referenced_table_name, k.referenced_column_name, r.update_rule, r.delete_rule"
            " FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r"
            " ON r.constraint_schema=k.table_schema AND r.constraint_name=k.constraint_name"
            " AND r.table_name=k.table_name WHERE k.table_schema=%s AND k.referenced_table_name IS NOT NULL"),
        "partitions": [_partition(row) for row in rows(
            "SELECT table_name, partition_name, subpartition_name, partition_method, subpartition_method,"
            " partition_expression, subpartition_expression, partition_description, partition_comment"
            " FROM information_schema.partitions WHERE table_schema=%s AND partition_name IS NOT NULL")],
        "tables": rows(
            "SELECT table_name, engine, table_collation, table_comment FROM information_schema.tables"
            " WHERE table_schema=%s AND table_type='BASE TABLE'"),
        "checks": _checks(server, database),
    }
    # NO ACTION is RESTRICT under another name.
    found["foreign keys"] = [tuple("RESTRICT" if v == "NO ACTION" else v for v in row) for row in found["foreign keys"]]
    for kind in ("columns", "tables"):
        found[kind] = [tuple(_charset(v) for v in row) for row in found[kind]]
    if objects:
        found.update(_objects(server, database, rows))
    return found


def _objects(server, database, rows):
    return {
        "triggers": rows(
            "SELECT trigger_name, event_manipulation, event_object_table, action_statement, action_timing,"
            " sql_mode, definer FROM information_schema.triggers WHERE trigger_schema=%s"),
        "routines": [tuple(_charset(v) for v in row) for row in rows(
            "SELECT routine_name, routine_type, routine_definition, is_deterministic, sql_data_access, security_type,"
            " sql_mode, routine_comment, definer, character_set_client FROM information_schema.routines"
            " WHERE routine_schema=%s")],
        "parameters": [tuple(_charset(_width(v)) for v in row) for row in rows(
            "SELECT specific_name, ordinal_position, parameter_mode, parameter_name, dtd_identifier,"
            " character_set_name FROM information_schema.parameters WHERE specific_schema=%s")],
        "events": rows(
            "SELECT event_name, event_definition, event_type, execute_at, interval_value, interval_field, starts,"
            " ends, on_completion, event_comment, definer FROM information_schema.events WHERE event_schema=%s"),
        "views": [(name, check, definer, security) for name, check, definer, security in rows(
            "SELECT table_name, check_option, definer, security_type FROM information_schema.views"
            " WHERE table_schema=%s")],
        "view columns": [tuple(_charset(_width(v)) for v in row) for row in rows(
            "SELECT c.table_name, c.ordinal_position, c.column_name, c.collation_name"
            " FROM information_schema.columns c JOIN information_schema.views v"
            " ON v.table_schema=c.table_schema AND v.table_name=c.table_name WHERE c.table_schema=%s")],
    }


def enabled_events(server, database):
    return [name for (name,) in server.query(
        "SELECT event_name FROM information_schema.events WHERE event_schema=%s AND status='ENABLED'", (database,))]


def _plain(value):
    return value.decode("utf-8", errors="surrogateescape") if isinstance(value, bytes) else value


def _charset(value):
    """utf8 has been called utf8mb3 since."""
    if isinstance(value, str):
        value = re.sub(r"^utf8(?=_|$)", "utf8mb3", value)
    return value


def _width(value):
    """Display widths of integers and of YEAR are gone since MySQL 8.0.19, unless ZEROFILL."""
    if isinstance(value, str) and "zerofill" not in value:
        value = re.sub(r"\b((?:tiny|small|medium|big)?int|year)\(\d+\)", r"\1", value)
    return value


def _column(row):
    table, position, name, kind, nullable, default, extra, charset, collation, comment = row
    extra = extra.replace("DEFAULT_GENERATED", "").lower()
    extra = re.sub(r"current_timestamp\(\)", "current_timestamp", extra)
    if default is not None:
        # MariaDB prints a default as it would be written, MySQL its value.
        default = re.sub(r"(?i)^current_timestamp(\(\))?$", "CURRENT_TIMESTAMP", default)
        default = default.lower() if default.lower().startswith("current_timestamp") else default
    kind = _width(kind)
    if kind == "geomcollection":  # MySQL 8.0's new name
        kind = "geometrycollection"
    return (table, position, name, kind, nullable, default, " ".join(extra.split()), charset, collation, comment)


def _partition(row):
    # Quotes and spaces of the expressions are each version's own.
    return tuple(re.sub(r"[`\s]", "", v).lower() if i in (5, 6) and v else v for i, v in enumerate(row))


def _checks(server, database):
    if server.kind.endswith("5.6"):
        return []
    sql = ("SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints"
           " WHERE constraint_schema=%s" if server.mariadb else
           "SELECT t.table_name, c.constraint_name, c.check_clause FROM information_schema.check_constraints c"
           " JOIN information_schema.table_constraints t ON t.constraint_schema=c.constraint_schema"
           " AND t.constraint_name=c.constraint_name WHERE c.constraint_schema=%s")
    return sorted((t, c, re.sub(r"[`()\s]|_utf8mb4", "", _plain(text)).lower()) for t, c, text in server.query(sql, (database,)))


def _fold_flavours(kind, rows):
    """What MySQL and MariaDB print differently for the same thing."""
    if kind == "columns":
        return [_fold_column(row) for row in rows]
    if kind == "checks":
        # MariaDB's JSON is a LONGTEXT with a check of the column's name; names that MySQL makes up.
        return sorted((t, "auto" if re.search(r"_chk_\d+$|^CONSTRAINT_\d+$", c) else c, text)
                      for t, c, text in rows if not text.startswith("json_valid"))
    if kind in ("routines", "triggers", "parameters"):
        return [tuple(v for i, v in enumerate(row) if not (kind == "routines" and i == 6)) for row in rows] \
            if kind != "triggers" else [row[:5] + row[6:] for row in rows]
    if kind == "view columns":
        return [row[:3] for row in rows]
    return rows


def _fold_column(row):
    table, position, name, kind, nullable, default, extra, charset, collation, comment = row
    if kind == "json":
        kind, charset, collation = "longtext", "utf8mb4", "utf8mb4_bin"
    if default is not None:
        default = None if default == "NULL" else default
    if default is not None and default[:1] == "'" and default[-1:] == "'":
        default = default[1:-1].replace("''", "'").replace("\\\\", "\\")
    if default is not None:
        default = re.sub(r"[\s`()\\]|_utf8mb4", "", default).lower()
    if "generated" in extra:
        nullable = "YES"  # MariaDB knows no NOT NULL there, and the plan says so
    return (table, position, name, kind, nullable, default, extra, charset, collation, comment)
