"""Every named fault point, crashing and failing, at its first passage and at a later one."""

import re
import signal

import pytest

from harness import scenario
from harness.servers import ROOT
from harness.unmoor import OK, OTHER, environment

pytestmark = pytest.mark.usefixtures("binary")

POINTS = re.findall(r'UM_FAULT\(\w+, "([\w.]+)"\)', (ROOT / "src/base/faults.def").read_text())

# Points that a run without trouble does not pass.
ELSEWHERE = set()


def test_the_list_is_sorted():
    names = re.findall(r"UM_FAULT\((\w+),", (ROOT / "src/base/faults.def").read_text())
    assert len(POINTS) == len(set(POINTS)) == len(names)
    assert names == sorted(names) or POINTS == sorted(POINTS)


@pytest.mark.parametrize("passage", [1, 3])
@pytest.mark.parametrize("how", ["crash", "fail"])
@pytest.mark.parametrize("point", POINTS)
def test_point(point, how, passage, two, new_job, fixtures, test_seed):
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "chunk_keys.sql", "keys")
    job = new_job(source, target, ["keys.*"])
    with scenario.writers(source, ["keys"], seed=test_seed) as writers:
        writers.wait_for(5)
        migrate = job.spawn("migrate", env=environment(UNMOOR_FAULT=f"{point}={how}@{passage}"))
        result = migrate.wait(120) if point not in ELSEWHERE else None
        assert result is not None
        if how == "crash":
            assert result.code == -signal.SIGKILL, result
        else:
            result.expect(OTHER)
            assert "UM-9004" in result.stderr and point in result.stderr
        writers.wait_for(20)
        job.run("migrate", "--until", "synced").expect(OK)
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["keys"])


def test_an_unknown_point_is_refused(two, new_job):
    source, target = two("mariadb-mariadb")
    job = new_job(source, target, ["keys.*"])
    result = job.run("plan", env=environment(UNMOOR_FAULT="copy.no_such_point=crash")).expect(2)
    assert "UM-9005" in result.stderr
