"""kill -9 at random moments of copy and follow, under load; then the same command again.

UNMOOR_TEST_KILLS is how often in all (30 by default), over all pairs.
"""

import os
import random
import signal
import time

import pytest

from conftest import PAIRS
from harness import scenario, wait
from harness.servers import MYSQL97
from harness.unmoor import OK, environment

pytestmark = pytest.mark.usefixtures("binary")

KILLS = int(os.environ.get("UNMOOR_TEST_KILLS", "30"))
WHOLE_SHOP = ["mysql97-mysql97", "mariadb-mariadb"]
EACH = max(2, KILLS // (len(PAIRS) + len(WHOLE_SHOP)))


@pytest.mark.parametrize("pair", PAIRS)
def test_killed_while_rows_move(pair, two, new_job, fixtures, test_seed):
    """Small tables made for it: chunks of several positions, and rows that pass between them."""
    source, target = two(pair)
    source.load(fixtures / "mixed.sql", "mixed")
    job = new_job(source, target, ["mixed.*"], copy__chunk_rows_max=20, copy__threads=3)
    kill_and_resume(job, ["mixed"], test_seed, per_second=250, mixed=True)


@pytest.mark.parametrize("pair", WHOLE_SHOP)
def test_killed_with_everything(pair, two, new_job, fixtures, test_seed):
    source, target = two(pair)
    names = scenario.load(source, target, fixtures)
    job = new_job(source, target, scenario.include(names), copy__chunk_rows_max=150, copy__threads=3)
    kill_and_resume(job, names, test_seed, per_second=120, mixed=False)


def kill_and_resume(job, names, seed, per_second, mixed):
    rnd = random.Random(seed)
    manifest = Manifest(job)
    copying = following = 0
    # The copy has to outlast its share of the kills.
    slow = environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:20") if mixed else None
    with scenario.writers(job.source, names, seed=seed, per_second=per_second) as writers:
        for _ in range(EACH):
            migrate = job.spawn("migrate", env=slow)
            pause = rnd.choice([0.005, 0.05, 0.3])
            if copying < (EACH + 1) // 2 and not job.follows():
                if mixed and not copying:
                    # A table has to go on from another position.
                    wait_or_end(migrate, lambda: manifest.read() and manifest.halfway())
                    pause = 0.05
                else:
                    # Let it get a random distance further, or less far than one chunk.
                    goal = len(manifest.seen) + rnd.choice([0, 1, 3, 10, 40])
                    # Many kills may need more chunks than there are.
                    wait_or_end(migrate, lambda: len(manifest.read()) >= goal or job.follows())
                copying += 1
            else:
                migrate.until(job.follows, "the copy's end")
                goal = job.applied() + rnd.choice([0, 1, 5, 50])
                wait_or_end(migrate, lambda: job.applied() >= goal)
                following += 1
            # Not at the moment at which a row was seen, but at any within the next steps.
            time.sleep(rnd.random() * pause)
            assert migrate.kill().code == -signal.SIGKILL
            manifest.read()
    print(f"killed {copying} times in the copy and {following} times after it; seed {seed}")
    assert copying and following
    scenario.drain(job)
    manifest.read()
    scenario.assert_arrived(job, writers, names)
    job.run("verify").expect(OK)
    if mixed:
        assert manifest.mixed(), "no table has chunks of several positions: the test tried nothing"


def wait_or_end(migrate, condition):
    wait.until(lambda: condition() or not migrate.running(), "progress", 120)
    assert migrate.running(), str(migrate.result())


class Manifest:
    """The rows of finished chunks: once there, a row stays as it is; else it was copied twice."""

    def __init__(self, job):
        self.job, self.seen = job, {}
        self.whole = whole_tables(job.source)

    def read(self):
        now = self.job.chunks()
        if now:
            # Tables that can only be copied whole start over with their snapshot, and the numbers
            # of their chunks may be given again.
            names = {id_: name for id_, name in self.job.state("SELECT id, table_name FROM job_table")}
            for id_, row in self.seen.items():
                assert now.get(id_) == row or names[row[1]] in self.whole, \
                    f"chunk {id_} of {names[row[1]]} was {row} and is {now.get(id_)}"
        self.seen = now
        spans = {}
        for row in now.values():
            spans.setdefault(row[1], []).append((row[3], row[4]))
        for table, found in spans.items():
            assert len(found) == len(set(found)), f"a range of table {table} is there twice"
        return now

    def halfway(self):
        """Whether a table that may have chunks of several snapshots has chunks, and not its last."""
        ends = {}
        for row in self.seen.values():
            ends.setdefault(row[1], set()).add(row[4])
        names = dict(self.job.state("SELECT id, table_name FROM job_table"))
        return any("-" not in found and names[table] not in self.whole for table, found in ends.items())

    def mixed(self):
        """Tables with chunks of several snapshots."""
        found = {}
        for row in self.seen.values():
            found.setdefault(row[1], set()).add(row[2])
        return [table for table, snapshots in found.items() if len(snapshots) > 1]


# Tables that are of one snapshot for their own sake: without a key that the client can order, or
# with rows that are known by another key. Known by name here, so that the program cannot excuse
# itself.
ONE_SNAPSHOT = {
    "k_none", "k_prefix", "k_string_ci", "k_auto_not_pk", "k_int_string", "k_float", "k_enum", "t_wide_no_key", "setting",
    "only_string_key", "t_string_key_nopad", "visit", "t_partition_list", "only_hidden_key", "t_without_overlaps",
    "t_long_unique", "k_decimal", "k_year_time_bit", "t_uuid", "k_string_bin", "coded", "coded_unique", "heap", "word"}


def whole_tables(source):
    return ONE_SNAPSHOT | (set() if source.kind == MYSQL97 else joined_by_cascades(source))


def joined_by_cascades(source):
    """Children with a cascading foreign key, and all their parents."""
    keys = source.query(
        "SELECT constraint_schema, table_name, referenced_table_name, delete_rule, update_rule"
        " FROM information_schema.referential_constraints")
    children = {(schema, child) for schema, child, _, *rules in keys
                if {r.upper() for r in rules} & {"CASCADE", "SET NULL", "SET DEFAULT"}}
    return {name for schema, child, parent, *_ in keys if (schema, child) in children for name in (child, parent)}
