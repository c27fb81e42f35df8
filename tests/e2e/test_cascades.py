"""What foreign keys do to other rows, where the source logs it (MySQL from 9.6 on)."""

import pytest

from harness import oracle
from harness.binlog_printer import printed_by
from harness.servers import MARIADB118, MYSQL97
from harness.unmoor import OK

pytestmark = pytest.mark.usefixtures("binary")

CIRCLE = ["INSERT INTO d.t VALUES (7,'b',NULL,NULL), (2,'a',NULL,7), (8,'c',NULL,7)", "UPDATE d.t SET self=2 WHERE id=7"]


def deleted(source):
    """The keys of the rows of which the last binlog says that they went, by the server's own printer."""
    log = source.directory / source.query("SHOW BINARY LOGS")[-1][0]
    source.script("FLUSH BINARY LOGS")
    rows, _ = printed_by(source.kind, log)
    return [int(row.before[1]) for row in rows if row.kind == "DELETE"]


@pytest.mark.parametrize("target, image", [(MYSQL97, "FULL"), (MARIADB118, "FULL"), (MYSQL97, "MINIMAL"), (MYSQL97, "NOBLOB")])
def test_rows_in_a_circle_are_logged_twice(target, image, both, new_job):
    """The second time says nothing; what came back in between goes all the same."""
    source, target = both(MYSQL97, target)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, name VARCHAR(10), u INT UNIQUE, self INT,"
                  " FOREIGN KEY (self) REFERENCES d.t (id) ON DELETE CASCADE)", *CIRCLE)
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("FLUSH BINARY LOGS", f"SET binlog_row_image={image}", "DELETE FROM d.t WHERE id=2", *CIRCLE, "BEGIN", "DELETE FROM d.t WHERE id=2", *CIRCLE,
                  "DELETE FROM d.t WHERE id=8", "DELETE FROM d.t WHERE id=7", "INSERT INTO d.t VALUES (7,'b',NULL,NULL)", "COMMIT")
    gone = deleted(source)
    assert len(gone) > 3 * len(set(gone)), "this source does not log it"
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])
    assert target.query("SELECT id FROM d.t") == ((7,),)


@pytest.mark.parametrize("image", ["FULL", "MINIMAL"])
def test_rows_that_come_back_can_go_again(image, both, new_job):
    """Within one transaction, whatever the images carry."""
    source, target = both(MYSQL97, MYSQL97)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, a INT, b INT, self INT, FOREIGN KEY (self) REFERENCES d.t (id)"
                  " ON DELETE CASCADE)", *(f"INSERT INTO d.t VALUES ({i},{i},{i},NULL)" for i in range(6)))
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    back = {1: ["INSERT INTO d.t VALUES (1,1,1,NULL)"], 2: ["INSERT INTO d.t VALUES (2,0,2,NULL)", "UPDATE d.t SET a=2 WHERE id=2"],
            3: ["INSERT INTO d.t VALUES (9,3,3,NULL)", "UPDATE d.t SET id=3 WHERE id=9"], 4: ["UPDATE d.t SET id=4 WHERE id=5", "UPDATE d.t SET a=4,b=4 WHERE id=4"]}
    for row, statements in back.items():
        source.script(f"SET binlog_row_image={image}", "BEGIN", f"DELETE FROM d.t WHERE id={row}", *statements, f"DELETE FROM d.t WHERE id={row}",
                      "COMMIT")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(source, target, ["d"])
    assert target.query("SELECT id FROM d.t") == ((0,),)
