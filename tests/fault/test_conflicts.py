"""apply.on_conflict and ctl skip: what becomes of changes that meet other rows on the target than the source had.

The oracle is a model of three tables in this file, which knows nothing of how the program goes about it: the source's row
images in their order, the target's rows as they were spoilt, and the rules of the policies.
"""

import collections
import json
import random
import signal

import pytest

from harness.unmoor import GATE, OK, OTHER, RUNNING, TARGET, UNSUPPORTED, USAGE, environment

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb", "mysql97-mariadb"]
MISSING, DUPLICATE = "UM-6110", "UM-6111"
BLOCKS = 6

# Name: columns, how many of them are the key that a row is found by, and the unique keys by their columns' places.
TABLES = {
    "many": ("id INT PRIMARY KEY, a INT, b INT, s VARCHAR(20), n BIGINT UNSIGNED, d DECIMAL(10,3), UNIQUE (a), UNIQUE (b, s(3))",
             1, [("id",), ("a",), ("b", "s")]),
    "plain": ("id INT PRIMARY KEY, a INT, b INT, s VARCHAR(20), n BIGINT UNSIGNED, d DECIMAL(10,3)", 1, [("id",)]),
    "bare": ("id INT, a INT, b INT, s VARCHAR(20), n BIGINT UNSIGNED, d DECIMAL(10,3)", 0, []),
}
COLUMNS = ("id", "a", "b", "s", "n", "d")
Row = collections.namedtuple("Row", COLUMNS)


def literal(value):
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


def insert(table, row):
    return f"INSERT INTO {table} VALUES ({', '.join(map(literal, row))})"


def update(table, before, after):
    sets = ", ".join(f"{c}={literal(v)}" for c, v in after._asdict().items())
    return f"UPDATE {table} SET {sets} WHERE id={before.id}"


def delete(table, row):
    return f"DELETE FROM {table} WHERE id={row.id}"


class Model:
    """One table of the target, and what job_conflict has to say of it."""

    def __init__(self, table, policy):
        self.table, self.policy = table, policy
        self.keyed, self.unique = TABLES[table][1:]
        self.rows, self.records = [], []

    def value(self, row, key):
        values = [getattr(row, c) for c in key]
        if key == ("b", "s") and values[1] is not None:
            values[1] = values[1][:3]
        return None if None in values else values

    def in_the_way(self, after, but=None):
        return [row for row in self.rows if row is not but
                and any(self.value(row, key) is not None and self.value(row, key) == self.value(after, key) for key in self.unique)]

    def find(self, before):
        return next((row for row in self.rows if (row.id == before.id if self.keyed else row == before)), None)

    def change(self, before, after):
        """As a row event says it: which columns an update sets are those that it changed."""
        row = before and self.find(before)
        if before and row is None:
            return self.conflict(MISSING, before, after, None)
        if after is None:
            self.rows.remove(row)
            return None
        new = after if before is None else row._replace(
            **{c: getattr(after, c) for c in COLUMNS if getattr(before, c) != getattr(after, c)})
        if self.in_the_way(new, row):
            return self.conflict(DUPLICATE, before, after, row)
        if row is not None:
            self.rows.remove(row)
        self.rows.append(new)
        return None

    def conflict(self, error, before, after, row):
        found = self.in_the_way(after, row) if after else []
        self.records.append(record(self.table, self.policy, error, before, after, found))
        if self.policy == "overwrite" and after:
            for gone in found + ([row] if row else []):
                self.rows.remove(gone)
            self.rows.append(after)


def as_json(row):
    """Numbers that many readers would round are strings."""
    return row and {**row._asdict(), "n": str(row.n) if row.n and row.n > 2**53 else row.n, "d": f"{row.d:.3f}"}


def canonical(value):
    return json.dumps(value, sort_keys=True)


def record(table, policy, error, before, after, found):
    op = "insert" if before is None else "delete" if after is None else "update"
    return (table, op, policy, error, canonical(as_json(before)), canonical(as_json(after)),
            canonical(sorted(map(as_json, found), key=canonical)))


def recorded(job):
    """job_conflict in the same form."""
    def parsed(text):
        return canonical(None if text is None else json.loads(text))
    rows = job.state("SELECT table_name, op, policy, error, before_image, after_image, target_rows FROM job_conflict WHERE job=%s", job.name)
    return collections.Counter((*row[:4], parsed(row[4]), parsed(row[5]),
                                canonical(sorted(json.loads(row[6]), key=canonical))) for row in rows)


def content(server, table):
    return collections.Counter(Row(*row[:5], round(float(row[5]), 3))
                               for row in server.query(f"SELECT {', '.join(COLUMNS)} FROM c.{table}"))


class Scenario:
    """Blocks of rows that have nothing to do with each other; what happens in one happens in the source's order, whatever the
    number of workers, since all of its transactions write its first row."""

    def __init__(self, seed, policies):
        self.random = random.Random(str(seed))
        self.models = {table: Model(table, policies[table]) for table in TABLES}
        self.source = {table: [] for table in TABLES}
        self.serial = 0
        self.used, self.born = set(), set()  # ids of the table `plain`

    def row(self, block, number=None):
        r, base = self.random, 1000 * block
        number = base + r.randrange(1, 12) if number is None else number
        return Row(number, r.choice([None, base + r.randrange(8)]), r.choice([None, base + r.randrange(3)]),
                   r.choice([None, "abc", "abd", "abcd", "é"]), r.choice([0, 2**64 - 1, None]), round(r.randrange(-10**6, 10**6) / 1000, 3))

    def fits(self, table, row, but=None):
        """Would the source take it? Rows of the table without a key are told apart by their id here."""
        model = Model(table, "stop")
        model.rows = self.source[table]
        return not model.in_the_way(row, but) and not any(r.id == row.id for r in model.rows if r is not but)

    def begin(self):
        """The rows that both sides have."""
        statements = []
        for table in TABLES:
            for block in range(1, BLOCKS + 1):
                rows = [Row(1000 * block, None, None, None, 0, 0.0)] + [self.row(block) for _ in range(8)]
                for row in rows:
                    if self.fits(table, row):
                        self.source[table].append(row)
                        self.used |= {row.id} if table == "plain" else set()
                        statements.append(insert(table, row))
            self.models[table].rows = list(self.source[table])
        return statements

    def spoil(self):
        """What somebody does on the target."""
        statements = []
        for table, model in self.models.items():
            for row in list(model.rows):
                what = self.random.randrange(4) if row.id % 1000 else 3
                what = 3 if what == 2 and table == "plain" else what
                if what == 0:
                    model.rows.remove(row)
                    statements.append(delete(table, row))
                new = self.row(row.id // 1000)
                if what == 1 and not any(r.id == new.id for r in model.rows) and not model.in_the_way(new) \
                        and not (table == "plain" and new.id in self.used):
                    model.rows.append(new)
                    statements.append(insert(table, new))
                new = self.row(row.id // 1000, row.id)
                if what == 2 and not model.in_the_way(new, row):
                    model.rows[model.rows.index(row)] = new
                    statements.append(update(table, row, new))
        return statements

    def transaction(self, block):
        """Statements of the source, which also happen in the models."""
        statements = []
        for table in TABLES:
            first = next(row for row in self.source[table] if row.id == 1000 * block)
            self.serial += 1
            statements.append(self.step(table, first, first._replace(n=self.serial)))
            for _ in range(self.random.randrange(3)):
                rows = [row for row in self.source[table] if row.id // 1000 == block and row.id % 1000]
                what = self.random.choice(["insert", "insert", "update", "update", "update", "delete"])
                old = None if what == "insert" else self.random.choice(rows or [None])
                if what == "insert" or old:
                    new = None if what == "delete" else self.row(block, old.id if old and self.random.randrange(3) else None)
                    statements += self.try_step(table, old, new)
        return statements

    def try_step(self, table, old, new):
        if old == new or (new and not self.fits(table, new, old)):
            return []
        if table == "plain":
            # What becomes of a row in one batch is made in one go there: a row that comes and goes is not looked at,
            # and whether columns that did not change are set depends on what else is in the batch.
            if old and old.id in self.born or new and not old and new.id in self.used:
                return []
            if old and new:
                self.serial += 1
                new = old._replace(n=self.serial, d=self.serial / 1000)
            elif new:
                self.born.add(new.id)
            self.used.add((new or old).id)
        return [self.step(table, old, new)]

    def step(self, table, old, new):
        rows = self.source[table]
        if old:
            rows.remove(old)
        if new:
            rows.append(new)
        self.models[table].change(old, new)
        return insert(table, new) if not old else delete(table, old) if not new else update(table, old, new)

    def assert_target(self, job):
        for table, model in self.models.items():
            assert content(job.source, table) == collections.Counter(self.source[table]), f"the model of the source is wrong: {table}"
            there, wanted = content(job.target, table), collections.Counter(model.rows)
            assert there == wanted, f"{table}: not expected {list((there - wanted).elements())}, lacks {list((wanted - there).elements())}"
        there, wanted = recorded(job), collections.Counter(sum((m.records for m in self.models.values()), []))
        assert there == wanted, f"job_conflict: not expected {list((there - wanted).elements())}, lacks {list((wanted - there).elements())}"
        assert sum(wanted.values()) > 7, "too few conflicts to show anything"
        assert job.status()["conflicts"] == sum(wanted.values())


def create(server):
    server.script("CREATE DATABASE c CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", *(f"CREATE TABLE c.{t} ({TABLES[t][0]})" for t in TABLES))


def begin(two, new_job, pair, seed, policies, **config):
    source, target = two(pair)
    create(source)
    scenario = Scenario(seed, policies)
    source.script(*scenario.begin(), database="c")
    job = new_job(source, target, ["c.*"], **config)
    job.run("migrate", "--until", "synced").expect(OK)
    target.script(*scenario.spoil(), database="c")
    for _ in range(90):
        statements = scenario.transaction(scenario.random.randrange(1, BLOCKS + 1))
        source.script("BEGIN", *statements, "COMMIT", database="c")
    return job, scenario


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("policy", ["overwrite", "skip"])
@pytest.mark.parametrize("pair", PAIRS)
def test_policy(pair, policy, workers, two, new_job, test_seed):
    job, scenario = begin(two, new_job, pair, test_seed, dict.fromkeys(TABLES, policy), apply__on_conflict=policy, apply__workers=workers)
    result = job.run("migrate", "--until", "synced").expect(OK)
    scenario.assert_target(job)
    assert result.stderr.count("job_conflict; further ones") == len(TABLES), str(result)
    for table in TABLES:
        assert f"`c`.`{table}`" in result.stderr
    assert "conflicts" in job.run("status").expect(OK).stdout
    assert any("conflicts" in reason for reason in job.status()["reasons"])


def test_policies_by_table(two, new_job, test_seed):
    policies = {"many": "skip", "plain": "overwrite", "bare": "overwrite"}
    job, scenario = begin(two, new_job, "mariadb-mariadb", test_seed, policies, apply__on_conflict="stop",
                          apply__on_conflict_tables=["*.many=skip", "c.plain=overwrite", "c.pla*=stop", "c.*=overwrite"])
    job.run("migrate", "--until", "synced").expect(OK)
    scenario.assert_target(job)


@pytest.mark.parametrize("point", ["apply.settled=crash@1", "apply.settled=crash@7", "apply.before_commit=crash@2",
                                   "apply.after_commit=crash@3", "apply.settled=fail@5"])
def test_recorded_once_whatever_is_killed(point, two, new_job, test_seed):
    job, scenario = begin(two, new_job, "mariadb-mariadb", test_seed, dict.fromkeys(TABLES, "overwrite"), apply__on_conflict="overwrite")
    result = job.run("migrate", "--until", "synced", env=environment(UNMOOR_FAULT=f"apply.mid_transaction=delay:1,{point}"))
    assert result.code == (OTHER if "fail" in point else -signal.SIGKILL), str(result)
    job.run("migrate", "--until", "synced").expect(OK)
    scenario.assert_target(job)


# ---- rows in the way that others refer to --------------------------------------------------------------

FAMILY = ["CREATE DATABASE f CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
          "CREATE TABLE f.parent (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE)",
          "CREATE TABLE f.child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES f.parent (id) ON DELETE CASCADE)",
          "INSERT INTO f.parent VALUES (1, 'one')"]


@pytest.fixture(params=["mariadb-mariadb", "mysql97-mysql97"])
def family(two, new_job, request):
    source, target = two(request.param)
    source.script(*FAMILY)
    job = new_job(source, target, ["f.*"], apply__on_conflict="overwrite")
    job.run("migrate", "--until", "synced").expect(OK)
    return job


def test_children_stay_when_their_parent_is_replaced(family):
    family.target.script("INSERT INTO f.parent VALUES (2, 'somebody else')", "INSERT INTO f.child VALUES (20, 2)")
    family.source.script("INSERT INTO f.parent VALUES (2, 'two')", "INSERT INTO f.child VALUES (21, 2)")
    family.run("migrate", "--until", "synced").expect(OK)
    assert family.target.query("SELECT * FROM f.parent ORDER BY id") == ((1, "one"), (2, "two"))
    assert family.target.query("SELECT * FROM f.child ORDER BY id") == ((20, 2), (21, 2))


def test_children_that_would_lose_their_parent_stop_the_job(family):
    """The row in the way has the unique name, and another number; its child would refer to nothing."""
    family.target.script("INSERT INTO f.parent VALUES (3, 'two')", "INSERT INTO f.child VALUES (30, 3)")
    family.source.script("INSERT INTO f.parent VALUES (2, 'two')")
    result = family.run("migrate", "--until", "synced").expect(TARGET)
    assert "UM-6120" in result.stderr and "`f`.`child`" in result.stderr and "id=2" in result.stderr, str(result)
    assert family.target.query("SELECT * FROM f.child") == ((30, 3),) and not family.state("SELECT * FROM job_conflict")
    family.target.script("DELETE FROM f.child WHERE id=30")
    family.run("migrate", "--until", "synced").expect(OK)
    assert family.target.query("SELECT * FROM f.parent ORDER BY id") == ((1, "one"), (2, "two"))


def test_an_image_that_is_not_whole_cannot_overwrite(two, new_job):
    source, target = two("mysql97-mysql97")
    source.script("CREATE DATABASE f", "CREATE TABLE f.t (id INT PRIMARY KEY, a INT, b INT)", "INSERT INTO f.t VALUES (1, 1, 1), (2, 2, 2)")
    job = new_job(source, target, ["f.*"], apply__on_conflict="overwrite")
    job.run("migrate", "--until", "synced").expect(OK)
    target.script("DELETE FROM f.t WHERE id=1")
    source.script("SET SESSION binlog_row_image=MINIMAL", "UPDATE f.t SET a=9 WHERE id=1")
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    assert "UM-6120" in result.stderr and "binlog_row_image" in result.stderr and "id=1" in result.stderr, str(result)
    assert target.query("SELECT * FROM f.t") == ((2, 2, 2),)


@pytest.mark.parametrize("pair", ["mariadb-mariadb", "mysql97-mysql97"])
def test_images_of_all_types(pair, two, new_job, fixtures):
    """The same rows come again: then what is recorded of the source's is what is recorded of the target's."""
    source, target = two(pair)
    files = ["all_types.sql", "all_types_mariadb.sql" if source.mariadb else "all_types_mysql97.sql"]
    for file in files:
        source.load(fixtures / file, "types")
    job = new_job(source, target, ["types.*"], apply__on_conflict="overwrite")
    job.run("migrate", "--until", "synced").expect(OK)
    keyed = [name for (name,) in source.query(
        "SELECT table_name FROM information_schema.statistics WHERE table_schema='types' AND index_name='PRIMARY' AND seq_in_index=1")]
    statements, rows = ["SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', SESSION time_zone='+00:00'", "CREATE DATABASE scratch"], 0
    for name in keyed:
        types = dict(source.query(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema='types' AND table_name=%s"
            " AND COALESCE(generation_expression, '')='' ORDER BY ordinal_position", (name,)))
        columns = ", ".join(f"`{column}`" for column in types)
        values = ", ".join(f"`{column}`+0" if kind in ("enum", "set") else f"`{column}`" for column, kind in types.items())
        rows += source.value(f"SELECT COUNT(*) FROM types.{name}")
        statements += ["SET sql_log_bin=0", f"CREATE TABLE scratch.{name} LIKE types.{name}",
                       f"INSERT INTO scratch.{name} ({columns}) SELECT {values} FROM types.{name}", f"DELETE FROM types.{name}",
                       "SET sql_log_bin=1", f"INSERT INTO types.{name} ({columns}) SELECT {values} FROM scratch.{name}"]
    source.script(*statements)
    job.run("migrate", "--until", "synced").expect(OK)
    found = job.state("SELECT table_name, after_image, target_rows FROM job_conflict")
    assert len(found) == rows > 50
    for table, after, there in found:
        after, there = json.loads(after), json.loads(there)
        assert len(there) == 1 and {c: after[c] for c in there[0]} == there[0], table


# ---- passing over ----------------------------------------------------------------------------------------


@pytest.fixture
def stopped(two, new_job):
    """A transaction whose second and fourth change conflict."""
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE f", "CREATE TABLE f.t (id INT PRIMARY KEY, a INT)", "CREATE TABLE f.u (id INT PRIMARY KEY)",
                  "INSERT INTO f.t VALUES (1, 1), (2, 2), (3, 3), (4, 4)")
    job = new_job(source, target, ["f.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    target.script("DELETE FROM f.t WHERE id=2", "INSERT INTO f.t VALUES (5, -5)")
    source.script("BEGIN", "UPDATE f.t SET a=11 WHERE id=1", "UPDATE f.t SET a=12 WHERE id=2", "UPDATE f.t SET a=13 WHERE id=3",
                  "INSERT INTO f.t VALUES (5, 15)", "INSERT INTO f.t VALUES (6, 16)", "COMMIT", "UPDATE f.t SET a=14 WHERE id=4")
    assert "id=2" in job.run("migrate", "--until", "synced").expect(TARGET).stderr
    return job


def rows(job):
    return dict(job.target.query("SELECT id, a FROM f.t"))


def test_skip_a_row_and_then_the_next(stopped):
    at = stopped.status()["stopped_at"]
    assert (at["schema"], at["table"], at["op"], at["key"], at["row"]) == ("f", "t", "update", "id=2", 2)
    said = stopped.run("ctl skip").expect(OK).stdout
    assert "`f`.`t`" in said and "id=2" in said and at["transaction"] in said, said
    assert rows(stopped) == {1: 1, 3: 3, 4: 4, 5: -5}, "a permission changes nothing by itself"
    assert "id=5" in stopped.run("migrate", "--until", "synced").expect(TARGET).stderr
    assert rows(stopped) == {1: 1, 3: 3, 4: 4, 5: -5}
    assert stopped.run("ctl skip", "--row", "--format", "json").expect(OK).json["key"] == "id=5"
    stopped.run("migrate", "--until", "synced").expect(OK)
    assert rows(stopped) == {1: 11, 3: 13, 4: 14, 5: -5, 6: 16}
    assert stopped.state("SELECT table_name, op, policy, error, row_key, row_no, before_image, after_image, target_rows"
                         " FROM job_conflict ORDER BY id") == (
        ("t", "update", "ctl skip", MISSING, "id=2", 2, '{"id":2,"a":2}', '{"id":2,"a":12}', "[]"),
        ("t", "insert", "ctl skip", DUPLICATE, "id=5", 4, None, '{"id":5,"a":15}', '[{"id":5,"a":-5}]'))
    assert not stopped.state("SELECT * FROM job_skip") and stopped.status()["stopped_at"] is None


def test_skip_the_transaction(stopped):
    stopped.run("ctl skip", "--transaction").expect(OK)
    stopped.run("migrate", "--until", "synced").expect(OK)
    assert rows(stopped) == {1: 1, 3: 3, 4: 14, 5: -5}
    assert stopped.state("SELECT row_key FROM job_conflict ORDER BY id") == (("id=1",), ("id=2",), ("id=3",), ("id=5",), ("id=6",))
    assert not stopped.state("SELECT * FROM job_skip")


@pytest.mark.parametrize("point", ["apply.passed_over=crash", "apply.before_commit=crash", "apply.after_commit=crash", "apply.passed_over=fail"])
@pytest.mark.parametrize("what", ["--row", "--transaction"])
def test_a_permission_is_used_once(what, point, stopped):
    stopped.target.script("DELETE FROM f.t WHERE id=5")
    stopped.run("ctl skip", what).expect(OK)
    result = stopped.run("migrate", "--until", "synced", env=environment(UNMOOR_FAULT=point))
    assert result.code == (OTHER if "fail" in point else -signal.SIGKILL), str(result)
    stopped.run("migrate", "--until", "synced").expect(OK)
    assert rows(stopped) == ({1: 11, 3: 13, 4: 14, 5: 15, 6: 16} if what == "--row" else {1: 1, 3: 3, 4: 14})
    assert len(stopped.state("SELECT * FROM job_conflict")) == (1 if what == "--row" else 5)
    assert not stopped.state("SELECT * FROM job_skip")


def test_skip_in_a_transaction_larger_than_memory(two, new_job):
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE f", "CREATE TABLE f.t (id INT PRIMARY KEY, a INT, s VARCHAR(1000) CHARACTER SET latin1)")
    job = new_job(source, target, ["f.*"], apply__memory="1MiB")
    job.run("migrate", "--until", "synced").expect(OK)
    target.script("INSERT INTO f.t VALUES (4321, -1, ''), (4999, -1, '')")
    insert_all = "INSERT INTO f.t VALUES " + ", ".join(f"({i}, 1, REPEAT('x', 500))" for i in range(6000))
    source.script("BEGIN", insert_all, "COMMIT")
    assert "id=4321" in job.run("migrate", "--until", "synced").expect(TARGET).stderr
    job.run("ctl skip").expect(OK)
    assert "id=4999" in job.run("migrate", "--until", "synced").expect(TARGET).stderr
    job.run("ctl skip").expect(OK)
    job.run("migrate", "--until", "synced").expect(OK)
    assert target.query("SELECT COUNT(*), SUM(a) FROM f.t") == ((6000, 6000 - 4),)
    assert job.state("SELECT row_key, row_no FROM job_conflict ORDER BY id") == (("id=4321", 4322), ("id=4999", 5000))


@pytest.mark.parametrize("pair", PAIRS)
def test_skip_what_is_prepared(pair, two, new_job):
    source, target = two(pair)
    source.script("CREATE DATABASE f CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", "CREATE TABLE f.t (id INT PRIMARY KEY, a INT)")
    job = new_job(source, target, ["f.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    target.script("INSERT INTO f.t VALUES (2, -2)")
    source.script("XA START 'x'", "INSERT INTO f.t VALUES (1, 1), (2, 2), (3, 3)", "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'",
                  "INSERT INTO f.t VALUES (4, 4)")
    assert "id=2" in job.run("migrate", "--until", "synced").expect(TARGET).stderr
    job.run("ctl skip").expect(OK)
    job.run("migrate", "--until", "synced").expect(OK)
    assert rows(job) == {1: 1, 2: -2, 3: 3, 4: 4}
    assert job.state("SELECT row_key, policy FROM job_conflict") == (("id=2", "ctl skip"),)
    assert not job.state("SELECT * FROM job_prepared")


def test_skip_is_refused(stopped):
    result = stopped.run("ctl skip", "--row", "--transaction").expect(USAGE)
    assert "--row and --transaction" in result.stderr
    stopped.run("ctl skip", "--job", "other").expect(3)
    stopped.run("ctl skip").expect(OK)
    stopped.target.script("DELETE FROM f.t WHERE id=5")
    migrate = stopped.spawn("migrate")
    migrate.until(lambda: rows(stopped).get(6) == 16, "the rest")
    assert "UM-8001" in stopped.run("ctl skip").expect(RUNNING).stderr
    migrate.stop()
    assert "UM-8010" in stopped.run("ctl skip").expect(GATE).stderr
    assert not stopped.state("SELECT * FROM job_skip")


def test_a_permission_goes_with_its_job(stopped):
    stopped.run("ctl skip").expect(OK)
    stopped.run("migrate", "--until", "synced", "--restart").expect(OK)
    assert rows(stopped) == {1: 11, 2: 12, 3: 13, 4: 14, 5: 15, 6: 16}
    assert not stopped.state("SELECT * FROM job_skip") and not stopped.state("SELECT * FROM job_conflict")


def test_a_permission_is_for_what_stopped_the_job_last(stopped):
    """Mended by hand, gone on, stopped elsewhere: the row is not passed over there."""
    stopped.target.script("DELETE FROM f.t WHERE id=5", "INSERT INTO f.t VALUES (2, 2)", "INSERT INTO f.u VALUES (7)")
    stopped.source.script("INSERT INTO f.u VALUES (6), (7), (8)")
    assert "`f`.`u`" in stopped.run("migrate", "--until", "synced").expect(TARGET).stderr
    stopped.run("ctl skip").expect(OK)
    stopped.run("migrate", "--until", "synced").expect(OK)
    assert rows(stopped) == {1: 11, 2: 12, 3: 13, 4: 14, 5: 15, 6: 16}
    assert stopped.target.query("SELECT id FROM f.u ORDER BY id") == ((6,), (7,), (8,))


def test_skip_a_statement(two, new_job):
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE f", "CREATE TABLE f.t (id INT PRIMARY KEY, a INT)", "INSERT INTO f.t VALUES (1, 1)")
    job = new_job(source, target, ["f.*"], apply__ddl="stop")
    job.run("migrate", "--until", "synced").expect(OK)
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "the stream")
    source.script("TRUNCATE TABLE f.t", "INSERT INTO f.t VALUES (2, 2)")
    assert "TRUNCATE" in migrate.wait().expect(UNSUPPORTED).stderr
    assert "UM-8010" in job.run("ctl skip", "--row").expect(GATE).stderr
    assert "transaction" in job.run("ctl skip").expect(OK).stdout
    job.run("migrate", "--until", "synced").expect(OK)
    assert rows(job) == {1: 1, 2: 2}
    assert job.state("SELECT op, policy, error, row_key, table_name FROM job_conflict") == (
        ("statement", "ctl skip", "UM-6101", "TRUNCATE TABLE f.t", None),)
    assert not job.state("SELECT * FROM job_skip")
