"""Chunks are read back from the target before they commit, and compared with what the source gave."""

import pytest

from harness import oracle
from harness.unmoor import INTERRUPTED, OK, TARGET, environment

pytestmark = pytest.mark.usefixtures("binary")

SAME = ["mysql97-mysql97", "mariadb-mariadb"]
SLOW = {"UNMOOR_FAULT": "copy.before_chunk_commit=delay:150"}


@pytest.fixture
def job(request, two, new_job):
    """A table of 2,000 rows in five chunks, one after the other."""
    source, target = two(request.param)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, n INT, v VARCHAR(20))")
    rows = ", ".join(f"({n}, {n % 7}, 'v{n}')" for n in range(1, 2001))
    source.script(f"INSERT INTO d.t VALUES {rows}")
    return new_job(source, target, ["d.*"], copy__threads=1, copy__chunk_rows_max=400)


def between_chunks(job, *statements, code=TARGET):
    """Runs statements on the target while the copy goes on."""
    migrate = job.spawn("migrate", "--until", "copied", env=environment(**SLOW))
    migrate.until(lambda: len(job.chunks()) >= 1, "the first chunk")
    job.target.script(*statements)
    return migrate.wait().expect(code)


def checked(job):
    (table,) = job.status()["tables"]
    return table["rows_checked"], table["rows_copied"]


@pytest.mark.parametrize("local_infile", [1, 0])
@pytest.mark.parametrize("job", SAME, indirect=True)
def test_every_chunk_has_a_checksum(local_infile, job):
    job.target.script(f"SET GLOBAL local_infile={local_infile}")
    try:
        job.run("migrate", "--until", "copied").expect(OK)
    finally:
        job.target.script("SET GLOBAL local_infile=1")
    assert checked(job) == (2000, 2000)
    assert len(set(job.state("SELECT checksum FROM job_chunk"))) == len(job.chunks()) > 4
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.core
@pytest.mark.parametrize("job", SAME, indirect=True)
def test_a_row_that_the_target_changes(job):
    """What no warning and no count tells."""
    trigger = "CREATE TRIGGER d.b BEFORE INSERT ON d.t FOR EACH ROW SET NEW.v=IF(NEW.id=1234, CONCAT(NEW.v, ' '), NEW.v)"
    result = between_chunks(job, trigger)
    assert "UM-5009" in result.stderr and "id=1234 differs" in result.stderr, str(result)
    (rows, copied), there = checked(job), job.target.query("SELECT COUNT(*), MAX(id) FROM d.t")
    assert rows == copied and there == ((copied, copied),) and copied < 1234, "the chunk is taken back as a whole"
    job.target.script("DROP TRIGGER d.b")
    job.run("migrate", "--until", "synced").expect(OK)
    assert checked(job) == (2000, 2000)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("job", SAME, indirect=True)
def test_a_row_of_somebody_else(job):
    job.source.script("DELETE FROM d.t WHERE id=1800")
    result = between_chunks(job, "INSERT INTO d.t VALUES (1800, 0, 'not ours')")
    assert "UM-5009" in result.stderr and "id=1800 is there on the target only" in result.stderr, str(result)
    job.target.script("DELETE FROM d.t WHERE id=1800")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("job", SAME[:1], indirect=True)
def test_it_can_be_left_out(job):
    job.set("copy.checksum", False)
    job.write()
    trigger = "CREATE TRIGGER d.b BEFORE INSERT ON d.t FOR EACH ROW SET NEW.v=IF(NEW.id=1234, CONCAT(NEW.v, ' '), NEW.v)"
    between_chunks(job, trigger, code=OK)
    assert checked(job) == (0, 2000)
    assert set(job.state("SELECT checksum FROM job_chunk")) == {(None,)}


@pytest.mark.parametrize("job", SAME[:1], indirect=True)
def test_chunks_that_were_checked_stay_so(job):
    """And what was copied without is not taken for checked."""
    job.set("copy.checksum", False)
    job.write()
    migrate = job.spawn("migrate", "--until", "copied", env=environment(**SLOW))
    migrate.until(lambda: len(job.chunks()) >= 2, "two chunks")
    migrate.stop(number=2, code=INTERRUPTED)
    (before, copied) = checked(job)
    assert before == 0 < copied
    job.set("copy.checksum", True)
    job.write()
    job.run("migrate", "--until", "synced").expect(OK)
    assert checked(job) == (2000 - copied, 2000)


def test_tables_that_are_not_read_back(two, new_job):
    """Each side would have to give its values in another form, or has another order; verify compares them."""
    source, target = two("mysql97-mariadb")
    source.script("CREATE DATABASE d", "CREATE TABLE d.plain (id INT PRIMARY KEY, v INT)", "INSERT INTO d.plain VALUES (1, 1)",
                  "CREATE TABLE d.floats (id INT PRIMARY KEY, v DOUBLE)", "INSERT INTO d.floats VALUES (1, -0e0)")
    job = new_job(source, target, ["d.*"])
    result = job.run("migrate", "--until", "copied").expect(OK)
    assert "`d`.`floats` is copied without reading it back" in result.stderr and "`d`.`plain` is" not in result.stderr
    assert {t["name"]: t["rows_checked"] for t in job.status()["tables"]} == {"d.plain": 1, "d.floats": 0}
    job.run("verify").expect(OK)
