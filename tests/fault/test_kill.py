"""kill -9 at random moments of copy and follow, under load; then the same command again.

UNMOOR_TEST_KILLS is how often in all (30 by default), over both pairs.
"""

import os
import random
import signal
import time

import pytest

from harness import scenario, wait
from harness.unmoor import OK

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb"]
KILLS = int(os.environ.get("UNMOOR_TEST_KILLS", "30"))


@pytest.mark.parametrize("pair", PAIRS)
def test_killed_at_random_moments(pair, two, new_job, fixtures, test_seed):
    source, target = two(pair)
    rnd = random.Random(test_seed)
    names = scenario.load(source, target, fixtures)
    # Many small chunks, so that the copy outlasts its share of the kills.
    job = new_job(source, target, scenario.include(names), copy__chunk_rows_max=60, copy__threads=3)
    manifest = Manifest(job)
    kills = max(1, KILLS // len(PAIRS))
    copying = following = 0

    with scenario.writers(source, names, seed=test_seed, per_second=120) as writers:
        for _ in range(kills):
            migrate = job.spawn("migrate")
            if copying < (kills + 1) // 2 and not job.follows():
                # Let it get a random distance further, or less far than one chunk.
                goal = len(manifest.seen) + rnd.choice([0, 1, 3, 10, 40])
                wait_or_end(migrate, job, lambda: len(manifest.read()) >= goal)
                copying += 1
            else:
                migrate.until(job.follows, "the copy's end")
                goal = job.applied() + rnd.choice([0, 1, 5, 50])
                wait_or_end(migrate, job, lambda: job.applied() >= goal)
                following += 1
            # Not on the moment at which a row was seen, but at any within the next steps.
            time.sleep(rnd.random() * rnd.choice([0.005, 0.05, 0.3]))
            assert migrate.kill().code == -signal.SIGKILL
            manifest.read()
    print(f"killed {copying} times in the copy and {following} times after it; seed {test_seed}")
    assert copying and following
    scenario.drain(job)
    manifest.read()
    scenario.assert_arrived(job, writers, names)
    job.run("verify").expect(OK)


class Manifest:
    """The rows of finished chunks: once there, a row stays as it is; else it was copied twice."""

    def __init__(self, job):
        self.job, self.seen = job, {}
        self.restarted = 0

    def read(self):
        now = self.job.chunks()
        # Tables that can only be copied whole start over with their snapshot; their chunks go
        # together, and only as long as the table was not finished.
        whole = self.whole_tables()
        for id_, row in self.seen.items():
            if id_ in now:
                assert now[id_] == row, f"chunk {id_} was written again: {row} became {now[id_]}"
            else:
                assert row[1] in whole, f"chunk {id_} of table {row[1]} was forgotten: {row}"
                self.restarted += 1
        self.seen = now
        spans = {}
        for row in now.values():
            spans.setdefault(row[1], []).append((row[3], row[4]))
        for table, found in spans.items():
            assert len(found) == len(set(found)), f"a range of table {table} is there twice"
        return now

    def whole_tables(self):
        """Tables that may start over: without a key that the client can order, or in one unit
        with such a table. Known by name here, so that the program cannot excuse itself."""
        restartable = {"k_none", "k_index", "k_prefix", "k_string_ci", "k_auto_not_pk", "k_int_string", "k_float",
                       "k_enum", "t_wide_no_key", "setting", "only_string_key", "t_string_key_nopad", "visit",
                       "t_partition_list", "only_hidden_key", "t_without_overlaps", "t_long_unique", "k_decimal",
                       "k_year_time_bit", "t_uuid", "k_string_bin"}
        return {id_ for id_, schema, name in self.job.state("SELECT id, schema_name, table_name FROM job_table")
                if name in restartable}


def wait_or_end(migrate, job, condition):
    wait.until(lambda: condition() or not migrate.running(), "progress", 120)
    assert migrate.running(), migrate.result()
