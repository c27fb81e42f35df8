"""A migration that is asked to stand still does so at the position that it was asked for, and nowhere else."""

import pytest

from harness import oracle, wait
from harness.unmoor import OK

pytestmark = pytest.mark.usefixtures("binary")

FLAVOURS = ["mysql97-mysql97", "mariadb-mariadb"]


class Hold:
    """What a verification does, by hand."""

    def __init__(self, job):
        self.job = job
        self.connection = job.target.connect("unmoor", autocommit=True)
        self.run("SELECT GET_LOCK('unmoor.shop.verify', 3)")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def run(self, sql, *args):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, args)
            return cursor.fetchall()

    def ask(self, how="asked"):
        self.run("REPLACE INTO job_hold SET job='shop', ticket=CONNECTION_ID(), stage=%s", how)
        self.wait("held")

    def wait(self, stage):
        wait.until(lambda: self.run("SELECT stage FROM job_hold") == ((stage,),), stage)

    def until(self, position):
        self.run("UPDATE job_hold SET stage='until', log_file=%s, log_pos=%s", *position)
        self.wait("reached")

    def release(self):
        self.run("DELETE FROM job_hold")


def position(server):
    new = not server.mariadb and server.query("SELECT VERSION()")[0][0] >= "8"
    return server.query("SHOW BINARY LOG STATUS" if new else "SHOW MASTER STATUS")[0][:2]


@pytest.fixture
def job(request, two, new_job):
    source, target = two(request.param)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "copied").expect(OK)
    return job


def add(job, number):
    job.source.script(f"INSERT INTO d.t (id) VALUES ({number})")
    return position(job.source)


def there(job):
    return [n for (n,) in job.target.query("SELECT id FROM d.t ORDER BY id")]


@pytest.mark.parametrize("job", FLAVOURS, indirect=True)
def test_again_before_it_went_on(job):
    """What waits behind the first position has to be there at the second."""
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "following")
    with Hold(job) as hold:
        hold.ask()
        first = add(job, 1)
        second = [add(job, n) for n in (2, 3)][-1]
        add(job, 4)
        hold.until(first)
        assert there(job) == [1]
        hold.ask()
        hold.until(second)
        assert there(job) == [1, 2, 3]
        hold.release()
        migrate.until(lambda: there(job) == [1, 2, 3, 4], "the rest")
    migrate.stop()


@pytest.mark.parametrize("job", FLAVOURS, indirect=True)
def test_ddl_on_the_way(job):
    """The session that goes on behind it knows the position as well."""
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "following")
    with Hold(job) as hold:
        hold.ask()
        job.source.script("ALTER TABLE d.t ADD v INT")
        at = position(job.source)
        for number in range(20):
            add(job, number)
        hold.until(at)
        assert there(job) == [] and len(job.target.query("SHOW COLUMNS FROM d.t")) == 2
        hold.release()
        migrate.until(lambda: len(there(job)) == 20, "the rest")
    migrate.stop()


@pytest.mark.parametrize("job", FLAVOURS, indirect=True)
def test_the_end_waits(job):
    """A migration that is in step neither ends nor makes triggers while somebody writes to its target."""
    job.source.script("CREATE TRIGGER d.b BEFORE INSERT ON d.t FOR EACH ROW SET NEW.id=NEW.id")
    with Hold(job) as hold:
        hold.run("REPLACE INTO job_hold SET job='shop', ticket=CONNECTION_ID(), stage='asked to write'")
        migrate = job.spawn("migrate", "--until", "synced")
        hold.wait("held")
        hold.until(position(job.source))
        with pytest.raises(wait.Timeout):
            wait.until(lambda: not migrate.running() or job.phase() == "synced", "the end", 3)
        assert not job.target.query("SHOW TRIGGERS FROM d")
        hold.release()
        migrate.wait().expect(OK)
    assert job.target.query("SHOW TRIGGERS FROM d")
    oracle.assert_equal(job.source, job.target, ["d"])
