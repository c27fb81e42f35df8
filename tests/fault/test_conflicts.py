"""apply.on_conflict and ctl skip: what becomes of changes that meet other rows on the target than the source had.

The oracle is a model of three tables in this file, which knows nothing of how the program goes about it: the source's row
images in their order, the target's rows as they were spoilt, and the rules of the policies.
"""

import collections
import json
import random
import signal

import pytest

from harness import wait
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
        assert sum(wanted.values()) > 20, "too few conflicts to show anything"
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
