"""verify --sample: a share of each table is compared, and nothing says that the rest was."""

import re

import pytest

from harness.unmoor import DIFFERENT, OK, USAGE

pytestmark = pytest.mark.usefixtures("binary")

ROWS = 600000


@pytest.fixture(scope="module")
def job(pool, tmp_path_factory):
    from harness import unmoor
    from harness.servers import MYSQL97
    source, target = (pool.get(f"{role}-{MYSQL97}", MYSQL97) for role in ("src", "dst"))
    for server in (source, target):
        server.reset()
    source.script("CREATE DATABASE d", "CREATE TABLE d.big (id INT PRIMARY KEY, n INT)",
                  "CREATE TABLE d.small (id INT PRIMARY KEY)", "CREATE TABLE d.empty (id INT PRIMARY KEY)",
                  "INSERT INTO d.small VALUES (1), (2)", "SET SESSION cte_max_recursion_depth=1000000",
                  "INSERT INTO d.big WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r"
                  f" WHERE n < {ROWS}) SELECT n, n % 100 FROM r", "ANALYZE TABLE d.big")
    job = unmoor.Job(tmp_path_factory.mktemp("sample"), source, target, ["d.*"], copy__chunk_rows_max=200000)
    job.run("migrate", "--until", "synced").expect(OK)
    yield job
    job.close()


def tables(report):
    return {t["name"]: t for t in report["tables"]}


def test_a_share_is_equal(job):
    report = job.run("verify", "--sample", "20", "--format", "json").expect(OK).json
    assert report["equal"] is None and report["sample_percent"] == 20
    assert (report["tables_equal"], report["tables_equal_in_sample"]) == (2, 1)
    big, small, empty = (tables(report)[name] for name in ("big", "small", "empty"))
    assert big["verdict"] == "equal_in_sample" and big["chunks"] >= 1 and big["chunks_left_out"] >= 2
    assert 0 < big["rows_source"] == big["rows_target"] < ROWS // 2 < big["rows_about"]
    assert small["verdict"] == empty["verdict"] == "equal" and "chunks_left_out" not in small
    text = job.run("verify", "--sample", "20").expect(OK).stdout
    assert re.search(r"d\.big .* equal in the sample \([\d,]+ of about [\d,]+ rows\)", text), text
    assert re.search(r"\nEqual in the sample, which is not all: 3 tables, [\d,]+ of about [\d,]+ rows", text), text
    assert "\nEqual:" not in text


def test_all_of_it_is_no_sample(job):
    report = job.run("verify", "--sample", "100", "--format", "json").expect(OK).json
    assert report["equal"] is True and "sample_percent" not in report and tables(report)["big"]["rows_source"] == ROWS


def test_a_difference_in_it(job):
    job.target.script("UPDATE d.big SET n=n+1", "DELETE FROM d.small WHERE id=2")
    try:
        report = job.run("verify", "--sample", "10", "--format", "json").expect(DIFFERENT).json
        big, small = tables(report)["big"], tables(report)["small"]
        assert report["equal"] is False and big["verdict"] == small["verdict"] == "different"
        assert big["keys_different"] == big["rows_source"] < ROWS and small["keys_different"] == 1
        text = job.run("verify", "--sample", "10").expect(DIFFERENT).stdout
        assert re.search(r"DIFFERENT: [\d,]+ keys in the sample \(", text) and "; a sample of 10 %" in text, text
    finally:
        job.target.script("UPDATE d.big SET n=n-1", "INSERT INTO d.small VALUES (2)")


def test_another_share_each_time(job):
    """One row in the middle is found by some samples and not by others."""
    job.target.script(f"UPDATE d.big SET n=-1 WHERE id={ROWS // 2}")
    try:
        seen = set()
        for _ in range(25):
            seen.add(job.run("verify", "--sample", "50").expect(OK, DIFFERENT).code)
            if seen == {OK, DIFFERENT}:
                return
        raise AssertionError(f"25 samples of 50 % all ended with {seen}")
    finally:
        job.target.script(f"UPDATE d.big SET n={ROWS // 2 % 100} WHERE id={ROWS // 2}")


def test_not_with_a_repair(job):
    assert "UM-1007" in job.run("verify", "--sample", "10", "--repair").expect(USAGE).stderr
