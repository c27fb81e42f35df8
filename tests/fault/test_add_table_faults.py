"""Tables join a job, and everything is killed meanwhile: nothing of the order is lost."""

import signal

import pytest

from harness import scenario
from harness.unmoor import OK, OTHER, environment

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.matrix]

# Where a run that begins with the order passes, and how often before it is killed.
POINTS = [("recopy.before_taking", 1), ("recopy.taken", 1), ("copy.before_renewal", 1),
          ("target.before_create_table", 1), ("target.after_create_table", 2),
          ("target.tables_created", 1), ("snapshot.recorded", 1), ("copy.mid_chunk", 2),
          ("copy.before_chunk_commit", 4), ("copy.after_chunk_commit", 3),
          ("finish.before_foreign_keys", 1), ("finish.before_objects", 1),
          ("apply.after_commit", 2)]
PAIRS = ["mysql97-mysql97", "mariadb-mariadb"]
INCLUDED = ["mixed.ledger", "mixed.branch", "mixed.owner", "mixed.leaf", "mixed.word"]
OUTSIDE = ["mixed.item", "mixed.coded", "mixed.coded_unique", "mixed.pair", "mixed.crowd",
           "mixed.heap", "mixed.item_log"]


def followed(two, new_job, fixtures, pair, seed):
    """In step once, with writers from then on."""
    source, target = two(pair)
    source.load(fixtures / "mixed.sql", "mixed")
    source.script("DROP VIEW mixed.owned")
    job = new_job(source, target, INCLUDED, copy__chunk_rows_max=100)
    writers = scenario.writers(source, ["mixed"], seed=seed)
    job.run("migrate", "--until", "synced").expect(OK)
    return job, writers


def are_to_join(job):
    return job.state("SELECT COUNT(*) FROM job_added WHERE ordered_at IS NOT NULL")[0][0]


@pytest.mark.parametrize("how", ["crash", "fail"])
@pytest.mark.parametrize("point, passage", POINTS)
@pytest.mark.parametrize("pair", PAIRS)
def test_point(pair, point, passage, how, two, new_job, fixtures, test_seed):
    job, writers = followed(two, new_job, fixtures, pair, test_seed)
    with writers:
        writers.wait_for(15)
        job.run("ctl add-table", *OUTSIDE).expect(OK)
        result = job.run("migrate", env=environment(UNMOOR_FAULT=f"{point}={how}@{passage}"))
        if how == "crash":
            assert result.code == -signal.SIGKILL, str(result)
        else:
            result.expect(OTHER)
        taken = point != "recopy.before_taking"
        assert are_to_join(job) == (0 if taken else len(OUTSIDE))
        assert (job.phase() == "synced") is not taken
        writers.wait_for(15)
        job.run("migrate", "--until", "synced").expect(OK)
        assert not are_to_join(job)
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])


@pytest.mark.parametrize("pair", [*PAIRS, "mysql56-mysql97", "mysql97-mariadb"])
def test_killed_again_and_again(pair, two, new_job, fixtures, test_seed):
    """At moments that nobody chose, with the next order in between."""
    job, writers = followed(two, new_job, fixtures, pair, test_seed)
    slow = environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:30,recopy.taken=delay:300,"
                                    "target.after_create_table=delay:100")
    with writers:
        for round_, name in enumerate(OUTSIDE):
            migrate = job.spawn("migrate", env=slow)
            done = len(job.chunks())
            job.run("ctl add-table", name).expect(OK)
            # Each round gets further: to the order, into the copy, to following.
            wanted = [lambda: not are_to_join(job), lambda: len(job.chunks()) != done,
                      job.follows][round_ % 3]
            migrate.until(wanted, f"round {round_}")
            migrate.kill()
            writers.wait_for(5)
        job.run("migrate", "--until", "synced").expect(OK)
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])
