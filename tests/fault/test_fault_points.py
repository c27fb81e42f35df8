"""Every named fault point, crashing and failing, at its first passage and at later ones."""

import re
import signal

import pytest

from harness import scenario
from harness.servers import ROOT
from harness.unmoor import OK, OTHER, environment

pytestmark = pytest.mark.usefixtures("binary")

POINTS = re.findall(r'UM_FAULT\(\w+, "([\w.]+)"\)', (ROOT / "src/base/faults.def").read_text())

# Points that a run passes once.
ONCE = {"finish.before_foreign_keys", "finish.before_objects", "finish.before_triggers", "snapshot.locked",
        "snapshot.recorded", "state.created"}
# Points that such a run does not pass: test_conflicts.py, test_state_versions.py, test_recopy_faults.py and
# e2e/test_add_table.py do; for DDL
# test_ddl_faults.py and test_ddl_copy_faults.py, for the redo log e2e/test_redo_log.py, for repairs e2e/test_repair.py, and for
# the spool e2e/test_spool.py; of cutovers test_cutover_faults.py; of verifications
# e2e/test_verify_resume.py.
ELSEWHERE = {"apply.passed_over", "apply.settled", "copy.before_renewal", "recopy.before_taking", "recopy.taken", "state.before_removal", "state.removed", "state.upgraded",
             "target.after_child_keys", "target.before_redo_log_on", "target.redo_log_off"} | {
    point for point in POINTS if point.startswith(("cutover.", "ddl.", "repair.", "spool.", "verify."))}
CASES = [(point, how, passage) for point in POINTS if point not in ELSEWHERE for how, passage in (("crash", 1), ("crash", 3), ("fail", 2))]
CASES = sorted({(point, how, 1 if point in ONCE else passage) for point, how, passage in CASES})


def test_the_list_is_sorted():
    names = re.findall(r"^UM_FAULT\((\w+),", (ROOT / "src/base/faults.def").read_text(), re.MULTILINE)
    assert len(POINTS) == len(set(POINTS)) == len(names)
    assert names == sorted(names) or POINTS == sorted(POINTS)
    assert ONCE | ELSEWHERE <= set(POINTS)


@pytest.mark.parametrize("point, how, passage", CASES)
def test_point(point, how, passage, two, new_job, fixtures, test_seed):
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "mixed.sql", "mixed")
    job = new_job(source, target, ["mixed.*"], copy__chunk_rows_max=100)
    until = "synced" if point.startswith("finish.") else "forever"
    with scenario.writers(source, ["mixed"], seed=test_seed) as writers:
        writers.wait_for(5)
        migrate = job.spawn("migrate", "--until", until, env=environment(UNMOOR_FAULT=f"{point}={how}@{passage}"))
        result = migrate.wait(120)
        if how == "crash":
            assert result.code == -signal.SIGKILL, str(result)
        else:
            result.expect(OTHER)
            assert "UM-9004" in result.stderr and point in result.stderr
        writers.wait_for(20)
        job.run("migrate", "--until", "synced").expect(OK)
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])


def test_an_unknown_point_is_refused(two, new_job):
    source, target = two("mariadb-mariadb")
    job = new_job(source, target, ["mixed.*"])
    result = job.run("plan", env=environment(UNMOOR_FAULT="copy.no_such_point=crash")).expect(2)
    assert "UM-9005" in result.stderr
