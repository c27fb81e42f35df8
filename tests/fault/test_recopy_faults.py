"""A table is copied again, and everything is killed meanwhile: nothing of the order is lost."""

import signal

import pytest

from harness import scenario
from harness.unmoor import OK, OTHER, environment

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.matrix]

# Where a run that begins with the order passes, and how often before it is killed.
POINTS = [("recopy.before_taking", 1), ("recopy.taken", 1), ("copy.before_renewal", 2),
          ("target.before_create_table", 2),
          ("target.after_child_keys", 1), ("target.after_create_table", 1),
          ("snapshot.recorded", 1), ("copy.mid_chunk", 3),
          ("copy.before_chunk_commit", 4), ("copy.after_chunk_commit", 1),
          ("copy.after_chunk_commit", 9), ("finish.after_index", 1),
          ("finish.before_foreign_keys", 1), ("finish.before_foreign_keys", 2),
          ("finish.before_objects", 1)]
PAIRS = ["mysql97-mysql97", "mariadb-mariadb"]


def followed(two, new_job, fixtures, pair, writers_seed):
    """In step once, with writers from then on; rows of what is to be copied again are gone."""
    source, target = two(pair)
    source.load(fixtures / "mixed.sql", "mixed")
    job = new_job(source, target, ["mixed.*"], copy__chunk_rows_max=100)
    writers = scenario.writers(source, ["mixed"], seed=writers_seed)
    job.run("migrate", "--until", "synced").expect(OK)
    return job, writers


def order(job):
    job.target.script("SET foreign_key_checks=0", "DELETE FROM owner WHERE id%3=1",
                      "UPDATE pair SET v=-1", database="mixed")
    job.run("ctl recopy", "mixed.owner", "mixed.pair").expect(OK)


@pytest.mark.parametrize("how", ["crash", "fail"])
@pytest.mark.parametrize("point, passage", POINTS)
@pytest.mark.parametrize("pair", PAIRS)
def test_point(pair, point, passage, how, two, new_job, fixtures, test_seed):
    job, writers = followed(two, new_job, fixtures, pair, test_seed)
    with writers:
        writers.wait_for(15)
        order(job)
        result = job.run("migrate", env=environment(UNMOOR_FAULT=f"{point}={how}@{passage}"))
        if how == "crash":
            assert result.code == -signal.SIGKILL, str(result)
        else:
            result.expect(OTHER)
        taken = point != "recopy.before_taking"
        assert bool(job.state("SELECT 1 FROM job_order")) is not taken
        assert (job.phase() == "synced") is not taken
        writers.wait_for(15)
        job.run("migrate", "--until", "synced").expect(OK)
        assert job.state("SELECT * FROM job_order") == ()
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])


@pytest.mark.parametrize("pair", [*PAIRS, "mysql56-mysql97"])
def test_killed_again_and_again(pair, two, new_job, fixtures, test_seed):
    """At moments that nobody chose, with other orders in between."""
    job, writers = followed(two, new_job, fixtures, pair, test_seed)
    slow = environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:30,recopy.taken=delay:300,"
                                    "target.after_create_table=delay:100")
    names = ["owner", "item", "pair", "leaf", "coded", "word", "branch", "crowd"]
    with writers:
        for round_, name in enumerate(names):
            migrate = job.spawn("migrate", env=slow)
            done = len(job.chunks())
            job.run("ctl recopy", f"mixed.{name}").expect(OK)
            # Each round gets further: to the order, into the copy, to following.
            wanted = [lambda: not job.state("SELECT 1 FROM job_order"),
                      lambda: len(job.chunks()) != done, job.follows][round_ % 3]
            migrate.until(wanted, f"round {round_}")
            migrate.kill()
            writers.wait_for(5)
        job.run("migrate", "--until", "synced").expect(OK)
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])
