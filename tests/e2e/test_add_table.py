"""Tables that the configuration does not include join a job by order, and are of it then."""

import pytest

from harness import operations, oracle, scenario
from harness.unmoor import (BLOCKED, CANNOT_RESUME, CONFIG, DIFFERENT, GATE, OK, TERMINATED,
                            UNSUPPORTED, USAGE, environment)
from harness.writers import Writers

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb", "mysql56-mysql97", "mysql97-mariadb"]
# From the moment that the order is taken up to the new snapshot, and from chunk to chunk, the
# writers get far.
SLOW = environment(UNMOOR_FAULT="recopy.taken=delay:1500,copy.before_chunk_commit=delay:40")
# leaf refers to both.
INCLUDED = ["mixed.ledger", "mixed.branch", "mixed.owner", "mixed.leaf", "mixed.word"]
OUTSIDE = [["mixed.coded", "mixed.pair"], ["mixed.item"], ["far.note"],
           ["mixed.coded_unique", "mixed.crowd", "mixed.heap", "mixed.item_log"]]


def far_operation(c, rnd):
    """A table of another schema, whose rows move, along with one that is included."""
    n = rnd.randrange(600)
    c.execute("INSERT INTO far.note (id, s) VALUES (%s, 'new') ON DUPLICATE KEY UPDATE s='again'",
              (n,))
    c.execute("UPDATE IGNORE far.note SET id=id+300 WHERE id=%s", (rnd.randrange(300),))
    c.execute("DELETE FROM far.note WHERE id=%s", (rnd.randrange(900),))
    c.execute("UPDATE mixed.branch SET v=v+1 WHERE id=%s", (rnd.randrange(300),))


def load(two, new_job, fixtures, pair, **config):
    source, target = two(pair)
    source.load(fixtures / "mixed.sql", "mixed")
    source.script("DROP VIEW owned", database="mixed")
    source.script("CREATE DATABASE far CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    source.script("CREATE TABLE note (id INT NOT NULL PRIMARY KEY, s VARCHAR(20))",
                  "CREATE TABLE note_log (id INT NOT NULL)",
                  "INSERT INTO note SELECT id, CONCAT('row ', id) FROM mixed.owner",
                  "CREATE TRIGGER note_new BEFORE INSERT ON note FOR EACH ROW"
                  " SET NEW.s=UPPER(NEW.s)",
                  "CREATE FUNCTION half(x INT) RETURNS INT DETERMINISTIC NO SQL RETURN x DIV 2",
                  database="far")
    return new_job(source, target, INCLUDED, copy__chunk_rows_max=100, **config)


def writing(job, seed):
    return Writers(job.source, "mixed", operations.mixed_operations("mixed") + [far_operation] * 3,
                   seed=seed)


def add(job, *names):
    return job.run("ctl add-table", "--format", "json", *names).expect(OK).json


def tables(job):
    return {f"{schema}.{name}": state for schema, name, state in job.state(
        "SELECT schema_name, table_name, state FROM job_table")}


def have_joined(job, names):
    return lambda: job.follows() and all(tables(job).get(n) == "copied" for n in names)


def assert_arrived(job, writers):
    job.source.script("DROP TABLE far.note_log")  # nobody wanted it
    scenario.assert_arrived(job, writers, ["mixed", "far"])


@pytest.mark.parametrize("pair", PAIRS)
def test_while_following(pair, two, new_job, fixtures, test_seed):
    """Tables of every kind, while all of them are written to."""
    job = load(two, new_job, fixtures, pair)
    with writing(job, test_seed) as writers:
        migrate = job.spawn("migrate", env=SLOW)
        migrate.until(job.follows, "the copy's end")
        writers.wait_for(20, migrate)
        assert sorted(tables(job)) == sorted(INCLUDED)
        for names in OUTSIDE:
            told = add(job, *names)
            assert told == {"job": "shop", "running": True, "tables": told["tables"], "along": []}
            assert sorted(told["tables"]) == sorted(names)
            migrate.until(have_joined(job, names), f"{names}")
            writers.wait_for(10, migrate)
        assert sorted(tables(job)) == sorted(sum(OUTSIDE, INCLUDED))
        report = job.run("verify", "--format", "json").expect(OK).json
        assert sorted(f"{t['schema']}.{t['name']}" for t in report["tables"]) == sorted(tables(job))
        migrate.stop()
        assert job.state("SELECT COUNT(*) FROM job_added WHERE ordered_at IS NOT NULL") == ((0,),)
    scenario.drain(job)
    job.target.script("UPDATE far.note SET s='other' LIMIT 2")
    job.run("verify").expect(DIFFERENT)
    job.run("verify", "--repair").expect(OK)
    assert_arrived(job, writers)


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
@pytest.mark.parametrize("phase", ["synced", "follow", "finish", "copy"])
def test_with_no_process(pair, phase, two, new_job, fixtures, test_seed):
    """The next start does it, wherever the job stands."""
    job = load(two, new_job, fixtures, pair)
    with writing(job, test_seed) as writers:
        if phase == "synced":
            job.run("migrate", "--until", "synced").expect(OK)
        else:
            point = {"follow": "apply.after_commit", "finish": "finish.before_objects",
                     "copy": "copy.after_chunk_commit"}[phase]
            job.run("migrate",
                    env=environment(UNMOOR_FAULT=f"{point}=crash@{1 if phase == 'finish' else 5}"))
        assert job.phase() == phase
        writers.wait_for(20)
        names = sum(OUTSIDE, [])
        for _ in range(2):  # the same once more is the same
            assert add(job, *names, names[0])["running"] is False
        status = job.status()
        assert "far.note is ordered to join the job" in status["reasons"]
        assert not status["cutover_ready"] and sorted(tables(job)) == sorted(INCLUDED)
    scenario.drain(job)
    assert_arrived(job, writers)


@pytest.fixture
def simple(two, new_job):
    """shop.a and its child shop.b are of the job; stock.p, its child stock.c, stock.r are not."""
    def make(pair, include=("shop.*",), **config):
        source, target = two(pair)
        source.script("CREATE DATABASE shop CHARACTER SET latin1",
                      "CREATE DATABASE stock CHARACTER SET latin1")
        source.script("CREATE TABLE a (id INT PRIMARY KEY)",
                      "CREATE TABLE b (id INT PRIMARY KEY, a_id INT,"
                      " CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a (id))",
                      "INSERT INTO a VALUES (1), (2)", "INSERT INTO b VALUES (1, 1)",
                      database="shop")
        source.script("CREATE TABLE p (id INT PRIMARY KEY, s VARCHAR(20))",
                      "CREATE TABLE c (id INT PRIMARY KEY, p_id INT,"
                      " CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id))",
                      "CREATE TABLE r (id INT PRIMARY KEY, s VARCHAR(20))",
                      "INSERT INTO p VALUES (1, 'one'), (2, 'two')",
                      "INSERT INTO r SELECT * FROM p",
                      "INSERT INTO c VALUES (1, 1), (2, 2)", database="stock")
        job = new_job(source, target, include, **config)
        job.run("migrate", "--until", "synced").expect(OK)
        return job
    return make


def arrives(job, *databases):
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, databases or ["shop", "stock"])
    job.run("verify").expect(OK)


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_what_happens_before_it_is_copied_and_after(pair, simple):
    """DDL and rows between the job's position and the copy are in the copy; later ones follow."""
    job = simple(pair)
    job.source.script("ALTER TABLE p ADD k INT DEFAULT 3 FIRST",
                      "INSERT INTO p VALUES (4, 5, 'five')",
                      "INSERT INTO shop.a VALUES (3)", "DELETE FROM c WHERE id=2",
                      "RENAME TABLE r TO q", "CREATE TABLE r LIKE q",
                      "INSERT INTO r SELECT id+10, s FROM q", "DROP TABLE q",
                      "INSERT INTO shop.b VALUES (2, 3)", database="stock")
    add(job, "stock.p", "stock.c", "stock.r")
    arrives(job)
    job.source.script("INSERT INTO p VALUES (1, 7, 'seven')", "ALTER TABLE p ADD m INT",
                      "UPDATE p SET m=id", "INSERT INTO c VALUES (7, 7)",
                      "ALTER TABLE c DROP FOREIGN KEY c_p",
                      # what gh-ost does
                      "CREATE TABLE _r_gho LIKE r", "ALTER TABLE _r_gho ADD n INT",
                      "INSERT INTO _r_gho SELECT r.*, 8 FROM r",
                      "RENAME TABLE r TO _r_del, _r_gho TO r",
                      "INSERT INTO r (id, n) VALUES (9, 9)",
                      "DROP TABLE _r_del", database="stock")
    arrives(job)
    # Gone, and made anew: the name is still wanted.
    job.source.script("DROP TABLE c", "INSERT INTO shop.a VALUES (9)",
                      "CREATE TABLE c (code VARCHAR(9) PRIMARY KEY)", "INSERT INTO c VALUES ('x')",
                      database="stock")
    arrives(job)
    assert tables(job)["stock.c"] in ("copied", "followed")


def test_the_child_of_a_table_that_joins(simple):
    """b refers to a, which the target has by other means, until it joins: b gets its key back."""
    source_of_a = "CREATE TABLE shop.a (id INT PRIMARY KEY)"
    job = simple("mysql97-mysql97", include=["shop.a"])
    job.run("ctl add-table", "shop.b").expect(OK)
    arrives(job, "shop")
    job.run("cleanup").expect(OK)
    assert not job.has_state()
    job.set("tables.include", ["shop.b"])
    job.set("copy.existing", "drop")
    job.write()
    job.target.script("SET foreign_key_checks=0", "DROP TABLE shop.a", source_of_a,
                      "INSERT INTO shop.a VALUES (1), (2)")
    job.run("migrate", "--until", "synced").expect(OK)
    job.target.script("INSERT INTO shop.a VALUES (77)")
    job.source.script("INSERT INTO shop.a VALUES (5)", "INSERT INTO shop.b VALUES (5, 5)")
    add(job, "shop.a")  # copy.existing says that the target's may go
    arrives(job, "shop")


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_cascades_that_are_not_logged_take_others_along(pair, two, new_job):
    """A parent that cascades joins with its child; the other parent is of their snapshot."""
    source, target = two(pair)
    source.script("CREATE DATABASE d CHARACTER SET latin1")
    source.script("CREATE TABLE o (id INT PRIMARY KEY)", "CREATE TABLE p (id INT PRIMARY KEY)",
                  "CREATE TABLE c (id INT PRIMARY KEY, p_id INT, o_id INT,"
                  " FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE,"
                  " FOREIGN KEY (o_id) REFERENCES o (id))", "INSERT INTO o VALUES (1)",
                  "INSERT INTO p VALUES (1), (2)", "INSERT INTO c VALUES (1, 1, 1), (2, 2, 1)",
                  database="d")
    job = new_job(source, target, ["d.o"])
    job.run("migrate", "--until", "synced").expect(OK)
    blocked = job.run("ctl add-table", "d.c").expect(BLOCKED)
    assert "tables.foreign_keys" in blocked.stderr and "d.c to d.p" in blocked.stderr
    assert "Name d.p in the same unmoor ctl add-table." in blocked.stderr
    job.source.script("DELETE FROM p WHERE id=2", database="d")
    along = add(job, "d.c", "d.p")["along"]
    assert along == ([] if pair.startswith("mysql97") else ["d.o"])
    job.source.script("INSERT INTO o VALUES (2)", "INSERT INTO p VALUES (2)",
                      "INSERT INTO c VALUES (5, 2, 2)", "DELETE FROM p WHERE id=1", database="d")
    arrives(job, "d")


def test_beginning_anew_keeps_them(simple):
    """Even where it is stopped when nothing else is left of the job."""
    job = simple("mysql97-mysql97")
    add(job, "stock.p")
    arrives(job, "shop")
    add(job, "stock.c")
    job.target.script("DELETE FROM stock.p")
    result = job.run("migrate", "--restart", "--until", "synced",
                     env=environment(UNMOOR_FAULT="state.removed=crash"))
    assert result.code == -9 and job.state("SELECT * FROM job") == ()
    planned = job.run("plan", "--format", "json").expect(OK).json
    assert {t["name"] for t in planned["tables"]} == {"a", "b", "p"}
    job.run("migrate", "--until", "synced").expect(OK)
    assert set(tables(job)) == {"shop.a", "shop.b", "stock.p", "stock.c"}
    job.source.script("DROP TABLE stock.r")
    arrives(job)
    job.run("cleanup").expect(OK)
    assert not job.has_state()


def test_nothing_is_left_of_a_job_that_did_not_begin_anew(simple):
    job = simple("mysql97-mysql97")
    add(job, "stock.p")
    job.run("migrate", "--restart", env=environment(UNMOOR_FAULT="state.removed=crash"))
    job.run("cleanup").expect(OK)
    assert not job.has_state()


def test_a_table_that_goes_before_it_is_taken_in(simple):
    """It leaves and the others join; where DDL stops the job, its DROP does when it comes by."""
    job = simple("mysql97-mysql97", apply__ddl="stop")
    add(job, "stock.p", "stock.r")
    job.source.script("DROP TABLE stock.r")
    result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
    assert "`stock`.`r` is no longer on the source and leaves the job" in result.stderr
    assert "apply.ddl: DROP TABLE" in result.stderr
    assert set(tables(job)) == {"shop.a", "shop.b", "stock.p"}
    job.run("ctl skip", "--transaction").expect(OK)
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.compare_rows(job.source, job.target, "stock", only=["p"])


def test_a_verification_is_waited_for(simple):
    job = simple("mariadb-mariadb")
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "following")
    verifying = job.target.connect("unmoor")
    with verifying.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK('unmoor.shop.verify', 5)")
        add(job, "stock.p")
        for n in (7, 8):
            job.source.script(f"INSERT INTO shop.a VALUES ({n})")
            migrate.until(lambda n=n: job.target.value(f"SELECT COUNT(*) FROM shop.a WHERE id={n}"),
                          "that it goes on following")
        assert "stock.p" not in tables(job)
    verifying.close()
    migrate.until(have_joined(job, ["stock.p"]), "the new table")
    migrate.stop(code=TERMINATED)


def everything(job):
    return [job.state(f"SELECT * FROM {t}") for t in ("job", "job_table", "job_added", "job_order")]


def test_wrong_names(simple):
    job = simple("mysql97-mysql97")
    job.source.script("CREATE VIEW stock.v AS SELECT 1 AS one", "CREATE DATABASE `a.b`",
                      "CREATE TABLE `a.b`.c (id INT PRIMARY KEY)", "CREATE DATABASE a",
                      "CREATE TABLE a.`b.c` (id INT PRIMARY KEY)",
                      "CREATE DATABASE unmoor", "CREATE TABLE unmoor.t (id INT PRIMARY KEY)")
    before = everything(job)

    def refused(code, message, *args):
        result = job.run("ctl add-table", *args).expect(code)
        assert message in result.stderr, str(result)
        assert everything(job) == before

    refused(USAGE, "UM-8014: the source has no table 'stock.pp' that the account may see; did you"
            " mean 'stock.p'?", "stock.c", "stock.pp")
    refused(USAGE, "UM-8014: the source has no table 'stock.*'", "stock.*")
    refused(USAGE, "UM-8014: the source has no table 'stock'", "stock")
    refused(USAGE, "UM-8014: the source has no table 'stock.v'", "stock.v")
    refused(USAGE, "UM-8014: the source has no table 'Stock.P'", "Stock.P")
    refused(USAGE, "UM-8014: 'mysql.user' is a table of the server's or of the job's own",
            "mysql.user")
    refused(USAGE, "UM-8014: 'a.b.c' is the name of two tables", "a.b.c")
    refused(USAGE, "UM-8014: 'unmoor.t' is a table of the server's or of the job's own", "unmoor.t")
    refused(USAGE, "UM-8015: 'shop.a' is a table of job 'shop' already", "stock.p", "shop.a")
    refused(USAGE, "ctl add-table needs arguments: unmoor ctl add-table TABLE...")
    job.set("tables.include", ["shop.*", "stock.*"])
    job.write()
    refused(CANNOT_RESUME, "UM-8005", "stock.p")
    job.set("tables.include", ["shop.*"])
    job.set("job", "shopping")
    job.write()
    refused(CONFIG, "UM-8004: there is no job 'shopping' on the target", "stock.p")


def test_what_is_in_the_way(simple):
    job = simple("mysql97-mysql97")
    job.source.script("CREATE TABLE stock.m (id INT PRIMARY KEY) ENGINE=MyISAM",
                      "CREATE PROCEDURE stock.f() SELECT 1")
    before = everything(job)

    def refused(code, messages, *args):
        result = job.run("ctl add-table", *args).expect(code)
        assert all(m in result.stderr for m in messages), str(result)
        assert everything(job) == before

    refused(BLOCKED, ["tables.engine", "stock.m"], "stock.m")
    refused(BLOCKED, ["tables.foreign_keys", "stock.c to stock.p"], "stock.c")
    job.target.script("CREATE DATABASE stock", "CREATE TABLE stock.p (id INT PRIMARY KEY)",
                      "CREATE TABLE stock.o (id INT PRIMARY KEY)", "INSERT INTO stock.p VALUES (9)")
    refused(BLOCKED, ["target.existing", "stock.p", "DROP TABLE `stock`.`p`"], "stock.p")
    job.target.script("DROP TABLE stock.p", "CREATE VIEW stock.p AS SELECT 1 AS one")
    refused(BLOCKED, ["target.existing", "stock.p is a view"], "stock.p")
    job.target.script("DROP VIEW stock.p", "CREATE PROCEDURE stock.f() SELECT 2")
    refused(BLOCKED, ["target.existing", "stock.f"], "stock.p")
    job.target.script("DROP PROCEDURE stock.f", "SET foreign_key_checks=0",
                      "CREATE TABLE stock.own (id INT PRIMARY KEY,"
                      " CONSTRAINT own_p FOREIGN KEY (id) REFERENCES stock.p (id))")
    refused(GATE, ["UM-8013: `stock`.`own` on the target, which is not of the job, refers to"
                   " `stock`.`p` by its foreign key `own_p`"], "stock.p")
    job.target.script("DROP TABLE stock.own")
    job.source.script("GRANT SELECT ON shop.* TO 'unmoor_src'@'127.0.0.1'",
                      "REVOKE SELECT ON *.* FROM 'unmoor_src'@'127.0.0.1'",
                      "GRANT SELECT (id) ON stock.p TO 'unmoor_src'@'127.0.0.1'")
    refused(BLOCKED, ["source.grant.select", "SELECT on stock.p"], "stock.p")
    job.source.script("GRANT SELECT ON *.* TO 'unmoor_src'@'127.0.0.1'")
    add(job, "stock.p")
    migrate = job.run("migrate", "--until", "synced").expect(OK)
    assert "`stock`.`p` joins the job, as ordered" in migrate.stderr
    oracle.compare_rows(job.source, job.target, "stock", only=["p"])


def test_made_beforehand(simple):
    """copy.existing: empty. The target's definition stays, what is in it goes."""
    job = simple("mysql97-mysql97", copy__existing="empty")
    job.target.script("CREATE DATABASE stock CHARACTER SET latin1",
                      "CREATE TABLE stock.p (id INT PRIMARY KEY, s INT)")
    blocked = job.run("ctl add-table", "stock.p").expect(BLOCKED)
    assert "stock.p.s (another type)" in blocked.stderr
    job.target.script("ALTER TABLE stock.p MODIFY s VARCHAR(90)",
                      "INSERT INTO stock.p VALUES (5, 'x')")
    add(job, "stock.p")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.compare_rows(job.source, job.target, "stock", only=["p"])
    assert job.target.value("SELECT character_maximum_length FROM information_schema.columns"
                            " WHERE table_schema='stock' AND column_name='s'") == 90


@pytest.mark.parametrize("command", [["cleanup"], ["migrate", "--restart"]])
def test_killed_while_the_state_goes(command, simple):
    """It is there as it was, and not rows without their job, which the next one would meet."""
    job = simple("mysql97-mysql97")
    add(job, "stock.p")
    before = everything(job)
    result = job.run(*command, env=environment(UNMOOR_FAULT="state.before_removal=crash"))
    assert result.code == -9 and everything(job)[1:] == before[1:] and job.phase() == "synced"
    job.run("migrate", "--until", "synced", *command[1:]).expect(OK)
    assert "stock.p" in tables(job)
