"""AUTO_INCREMENT counters are carried over, whatever the target's own have become by then."""

import pytest

from harness import oracle

pytestmark = pytest.mark.usefixtures("binary")


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_counters(pair, two, new_job):
    source, target = two(pair)
    source.script("CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
                  *(f"CREATE TABLE d.{name} (id INT AUTO_INCREMENT PRIMARY KEY, v INT)"
                    for name in ("never", "equal", "ahead", "rolled_back", "lowered")),
                  *(f"INSERT INTO d.{name} (v) VALUES (1), (2)" for name in ("equal", "ahead", "rolled_back", "lowered")),
                  "ALTER TABLE d.ahead AUTO_INCREMENT=1000")
    job = new_job(source, target, ["d.*"])
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "following")
    # What is rolled back moves the source's alone; a row that was there and is gone moves both.
    connection = source.connect("d", autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO rolled_back (v) VALUES (3), (4), (5)")
    connection.rollback()
    connection.close()
    source.script("INSERT INTO d.equal (v) VALUES (3)", "INSERT INTO d.lowered VALUES (500, 1)")
    migrate.until(lambda: target.value("SELECT 1 FROM d.lowered WHERE id = 500"), "the row")
    source.script("DELETE FROM d.lowered WHERE id = 500", "ALTER TABLE d.lowered AUTO_INCREMENT=3")
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(0)
    for table, expected in (("never", 1), ("equal", 4), ("ahead", 1000), ("rolled_back", 6), ("lowered", 3)):
        for server in (source, target):
            server.script(f"INSERT INTO d.{table} (v) VALUES (100)")
            assert server.value(f"SELECT id FROM d.{table} WHERE v = 100") == expected, (table, server is target)
    oracle.assert_equal(source, target, ["d"])
