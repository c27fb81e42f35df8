"""What the plan advises is what helps; and what it must not mistake."""

import json

import pytest

from harness import oracle
from harness.unmoor import BLOCKED, OK, TARGET

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


def test_cascades_in_a_circle(two, new_job):
    """MySQL's SQL layer would leave a child of the tree's node behind; the source does not log who went."""
    source, target = two("mysql56-mysql97", prefix="native-", target_options=["--innodb-native-foreign-keys=ON"])
    source.script("CREATE DATABASE shop", "CREATE TABLE shop.node (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES shop.node (id) ON DELETE CASCADE)",
                  "CREATE TABLE shop.leaf (id INT PRIMARY KEY, node INT, FOREIGN KEY (node) REFERENCES shop.node (id) ON DELETE CASCADE)",
                  "INSERT INTO shop.node VALUES (1, NULL), (2, 1), (3, 2), (4, NULL)", "INSERT INTO shop.leaf VALUES (1, 1), (2, 2), (3, 3), (4, 4)")
    job = new_job(source, target, ["shop.*"])

    def restart(native):
        target.stop()
        target.start([f"--innodb-native-foreign-keys={native}"])

    restart("OFF")
    try:
        plan = job.run("plan", "--format", "json").expect(BLOCKED).json
        assert [c["id"] for c in plan["checks"] if c["level"] == "BLOCK"] == ["tables.cascades"]
        restart("ON")
        job.run("migrate", "--until", "synced").expect(OK)
        source.script("DELETE FROM shop.node WHERE id=1")
        restart("OFF")
        assert "UM-5006" in job.run("migrate", "--until", "synced").expect(TARGET).stderr
    finally:
        restart("ON")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["shop"])
    assert target.query("SELECT id FROM shop.leaf") == ((4,),)
