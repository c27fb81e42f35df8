"""What the plan advises is what helps; and what it must not mistake."""

import json

import pytest

from harness import oracle
from harness.unmoor import BLOCKED, OK

pytestmark = pytest.mark.usefixtures("binary")


def test_sequences_made_as_advised(two, new_job):
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE shop", "CREATE SEQUENCE shop.numbers START WITH 5",
                  "CREATE TABLE shop.t (id BIGINT PRIMARY KEY DEFAULT nextval(shop.numbers), v INT)",
                  "INSERT INTO shop.t (v) VALUES (1), (2)")
    job = new_job(source, target, ["shop.*"], tables__exclude=["shop.numbers"])
    plan = json.loads(job.run("plan", "--format", "json").expect(BLOCKED).stdout)
    (mend,) = [c["mend"] for c in plan["checks"] if c["level"] == "BLOCK"]
    target.script(*(line for line in mend.split("\n") if line.startswith("CREATE")))
    job.run("migrate", "--until", "synced").expect(OK)
    assert source.query("SELECT * FROM shop.t ORDER BY id") == target.query("SELECT * FROM shop.t ORDER BY id")


@pytest.mark.parametrize("pair", ["mariadb-mariadb", "mysql56-mysql97", "mysql97-mysql97"])
def test_a_connection_of_its_own_that_is_still_listed(two, new_job, fixtures, pair):
    source, target = two(pair)
    source.load(fixtures / "chunk_keys.sql", "keys")
    # A source that has nothing to say notices late that nobody listens.
    job = new_job(source, target, ["keys.*"], follow__heartbeat="20s")
    job.run("migrate", "--until", "synced").expect(OK)
    job.run("cleanup").expect(OK)
    job.set("copy.existing", "drop")
    job.write()
    listed = source.query("SHOW REPLICAS" if "mysql97" == pair.split("-")[0] else "SHOW SLAVE HOSTS")
    assert [row[1][:12] for row in listed] == ["unmoor-shop-"], "the case is not made: nothing is listed"
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["keys"])
