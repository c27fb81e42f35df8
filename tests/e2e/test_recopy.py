"""Tables of a job are copied again by order, whatever the target had of them."""

import pytest

from harness import oracle, scenario
from harness.unmoor import CANNOT_RESUME, CONFIG, GATE, OK, UNSUPPORTED, USAGE, environment

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb", "mysql56-mysql97"]
# From the moment that the old copy is discarded to the new snapshot, and from chunk to chunk, the
# writers get far.
SLOW = environment(UNMOOR_FAULT="recopy.taken=delay:1500,copy.before_chunk_commit=delay:40")


def load(two, new_job, fixtures, pair, **config):
    source, target = two(pair)
    source.load(fixtures / "mixed.sql", "mixed")
    # Nobody writes to it: what differs stays so.
    source.script("CREATE TABLE still (id INT PRIMARY KEY, s VARCHAR(20), UNIQUE KEY (s))",
                  "INSERT INTO still SELECT id, CONCAT('row ', id) FROM owner", database="mixed")
    return new_job(source, target, ["mixed.*"], copy__chunk_rows_max=100, **config)


def damage(target):
    target.script("DELETE FROM still WHERE id%7=3",
                  "UPDATE still SET s=CONCAT(s, ' !') WHERE id%5=2",
                  "REPLACE INTO still VALUES (7000, 'more')", database="mixed")


def recopy(job, *names):
    return job.run("ctl recopy", "--format", "json", *names).expect(OK).json


def snapshots(job):
    return job.state("SELECT COUNT(*) FROM job_snapshot")[0][0]


def copied_at(job, name):
    """The snapshots that the table's chunks are of."""
    return job.has_table("job_chunk") and {row[0] for row in job.state(
        "SELECT snapshot_id FROM job_chunk k JOIN job_table t ON t.id=k.table_id"
        " WHERE table_name=%s", name)}


def is_done(job, snapshots_before):
    return lambda: (job.follows() and snapshots(job) > snapshots_before
                    and not job.state("SELECT 1 FROM job_order"))


@pytest.mark.parametrize("pair", PAIRS)
def test_while_following(pair, two, new_job, fixtures, test_seed):
    """Tables of every kind, of which the target has lost rows, while all of them are written to."""
    job = load(two, new_job, fixtures, pair)
    with scenario.writers(job.source, ["mixed"], seed=test_seed) as writers:
        migrate = job.spawn("migrate", env=SLOW)
        migrate.until(job.follows, "the copy's end")
        writers.wait_for(20, migrate)
        others = {name: copied_at(job, name) for name in ("coded", "word")}
        for names in (["mixed.still"], ["mixed.owner", "mixed.still"],
                      ["mixed.item", "mixed.crowd", "mixed.pair"], ["mixed.leaf"]):
            damage(job.target)
            before = snapshots(job)
            told = recopy(job, *names)
            assert sorted(told["tables"]) == sorted(names) and told["running"] is True, told
            migrate.until(is_done(job, before), f"the new copy of {names}")
            for name in (*told["tables"], *told["along"]):
                assert min(copied_at(job, name.split(".")[1])) > before, name
            writers.wait_for(10, migrate)
        assert others == {name: copied_at(job, name) for name in others}, "nobody ordered these"
        assert "mixed.still" not in told["tables"]
        migrate.stop()
        recopy(job, "mixed.still")
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])


@pytest.mark.parametrize("pair", PAIRS[:2])
def test_while_it_copies(pair, two, new_job, fixtures, test_seed):
    job = load(two, new_job, fixtures, pair)
    with scenario.writers(job.source, ["mixed"], seed=test_seed) as writers:
        migrate = job.spawn("migrate",
                            env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:200"))
        migrate.until(lambda: copied_at(job, "still") or copied_at(job, "item"), "some chunks")
        damage(job.target)
        recopy(job, "mixed.still", "mixed.item", "mixed.owner")
        migrate.until(lambda: snapshots(job) > 1, "another snapshot")
        recopy(job, "mixed.still")
        migrate.until(job.follows, "the copy's end", 240)
        migrate.stop()
    assert min(copied_at(job, "still")) > 1 and min(copied_at(job, "owner")) > 1
    scenario.drain(job)
    scenario.assert_arrived(job, writers, ["mixed"])


@pytest.mark.parametrize("pair", PAIRS[:2])
@pytest.mark.parametrize("phase", ["synced", "follow", "finish", "copy"])
def test_with_no_process(pair, phase, two, new_job, fixtures, test_seed):
    """The next start does it, wherever the job stands, before anything meets what is not there."""
    job = load(two, new_job, fixtures, pair)
    with scenario.writers(job.source, ["mixed"], seed=test_seed) as writers:
        if phase == "synced":
            job.run("migrate", "--until", "synced").expect(OK)
        else:
            point = {"follow": "apply.after_commit", "finish": "finish.before_objects",
                     "copy": "copy.after_chunk_commit"}[phase]
            job.run("migrate",
                    env=environment(UNMOOR_FAULT=f"{point}=crash@{1 if phase == 'finish' else 5}"))
        assert job.phase() == phase
        writers.wait_for(20)
        if phase != "copy":
            job.target.script("SET foreign_key_checks=0", "DELETE FROM owner WHERE id%3=1",
                              "UPDATE owner SET v=v+1000", "DROP TABLE still",
                              database="mixed")
        told = recopy(job, "mixed.owner", "mixed.still")
        assert told["running"] is False
        status = job.status()
        assert "mixed.still is ordered to be copied again" in status["reasons"]
        assert not status["cutover_ready"]
    scenario.drain(job)
    assert job.state("SELECT * FROM job_order") == ()
    scenario.assert_arrived(job, writers, ["mixed"])


def test_beside_tables_that_begin_anew_by_themselves(two, new_job):
    """A crash has left a child of cascades copied and its parent not: both begin anew. The order is
    another matter."""
    source, target = two("mariadb-mariadb")
    source.script("CREATE DATABASE d CHARACTER SET latin1")
    source.script("CREATE TABLE s (id INT PRIMARY KEY, s VARCHAR(1000))",
                  "CREATE TABLE a (id INT PRIMARY KEY)",
                  "CREATE TABLE b (id INT PRIMARY KEY, a_id INT, s VARCHAR(1000),"
                  " FOREIGN KEY (a_id) REFERENCES a (id) ON DELETE CASCADE)",
                  "INSERT INTO a SELECT seq FROM seq_1_to_2000",
                  "INSERT INTO b SELECT id, id, REPEAT('b', 900) FROM a WHERE id<=600",
                  "INSERT INTO s SELECT id, REPEAT('s', 900) FROM a WHERE id<=900",
                  "ANALYZE TABLE s, a, b", database="d")
    job = new_job(source, target, ["d.*"], copy__threads=1, copy__chunk_rows_max=100)
    migrate = job.spawn("migrate",
                        env=environment(UNMOOR_FAULT="copy.before_chunk_commit=delay:150"))
    wanted = {"s": "copied", "b": "copied", "a": "created"}
    states = "SELECT table_name, state FROM job_table"
    migrate.until(lambda: copied_at(job, "a") and dict(job.state(states)) == wanted,
                  "the last table")
    migrate.kill()
    target.script("DELETE FROM d.s WHERE id%3=0")
    recopy(job, "d.s")
    arrives(job)


def test_with_row_images_that_are_not_full(two, new_job, fixtures, test_seed):
    """Each table is of one position, so no change of a row is applied in part."""
    job = load(two, new_job, fixtures, "mysql97-mysql97")
    job.source.script("ALTER TABLE coded_unique ADD PRIMARY KEY (code)", database="mixed")
    job.source.script("SET GLOBAL binlog_row_image=MINIMAL")
    try:
        with scenario.writers(job.source, ["mixed"], seed=test_seed) as writers:
            migrate = job.spawn("migrate", env=SLOW)
            migrate.until(job.follows, "the copy's end")
            recopy(job, "mixed.owner")
            migrate.until(is_done(job, 1), "the new copy")
            writers.wait_for(10, migrate)
            migrate.stop()
        scenario.drain(job)
        scenario.assert_arrived(job, writers, ["mixed"])
    finally:
        job.source.script("SET GLOBAL binlog_row_image=FULL")


@pytest.fixture
def family(two, new_job):
    """p, its child c and c's child g; q, which c refers to as well; none of them cascades."""
    def make(pair, **config):
        source, target = two(pair)
        source.script("CREATE DATABASE d CHARACTER SET latin1")
        source.script("CREATE TABLE p (id INT PRIMARY KEY, code INT, UNIQUE KEY (code))",
                      "CREATE TABLE q (id INT PRIMARY KEY)",
                      "CREATE TABLE c (id INT PRIMARY KEY, p_id INT, code INT, q_id INT,"
                      " CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id),"
                      " CONSTRAINT c_code FOREIGN KEY (code) REFERENCES p (code),"
                      " CONSTRAINT c_q FOREIGN KEY (q_id) REFERENCES q (id))",
                      "CREATE TABLE g (id INT PRIMARY KEY, c_id INT,"
                      " CONSTRAINT g_c FOREIGN KEY (c_id) REFERENCES c (id))",
                      "INSERT INTO p VALUES (1, 10), (2, 20), (3, 30)",
                      "INSERT INTO q VALUES (1), (2)",
                      "INSERT INTO c VALUES (1, 1, 10, 1), (2, 2, 20, 2)",
                      "INSERT INTO g VALUES (1, 1)", database="d")
        job = new_job(source, target, ["d.*"], **config)
        job.run("migrate", "--until", "synced").expect(OK)
        return job
    return make


def arrives(job):
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.assert_equal(job.source, job.target, ["d"])
    job.run("verify").expect(OK)


@pytest.mark.parametrize("pair", PAIRS)
def test_rows_whose_parents_have_come_and_gone(pair, family):
    """What the stream brings to the children refers to parents that the new copy never had."""
    job = family(pair)
    job.source.script("INSERT INTO p VALUES (4, 40)", "INSERT INTO c VALUES (4, 4, 40, 1)",
                      "UPDATE c SET p_id=4, code=40 WHERE id=1",
                      "UPDATE c SET p_id=3, code=30", "DELETE FROM p WHERE id=4",
                      "DELETE FROM c WHERE id=2", "DELETE FROM p WHERE id=1",
                      "INSERT INTO p VALUES (1, 11)", database="d")
    assert recopy(job, "d.p") == {"job": "shop", "running": False, "tables": ["d.p"], "along": []}
    arrives(job)


@pytest.mark.parametrize("pair", PAIRS[:2])
def test_children_that_ddl_came_by_go_along(pair, family):
    job = family(pair)
    job.source.script("ALTER TABLE c ADD note INT", "INSERT INTO c VALUES (3, 3, 30, 1, 5)",
                      database="d")
    arrives(job)
    job.source.script("INSERT INTO p VALUES (4, 40)", "INSERT INTO c VALUES (4, 4, 40, 1, 6)",
                      "DELETE FROM c WHERE id=4",
                      "DELETE FROM p WHERE id=4", database="d")
    # g is a child of what was altered, so the DDL has come by it as well.
    text = job.run("ctl recopy", "d.p").expect(OK).stdout
    assert text == ("Job 'shop' copies again, from the beginning, when it is started:\n  d.p\n"
                    "  d.c, as foreign keys join it to them\n"
                    "  d.g, as foreign keys join it to them\n")
    job.target.script("SET foreign_key_checks=0", "DELETE FROM p", "DELETE FROM g",
                      "UPDATE c SET note=9", database="d")
    arrives(job)


@pytest.mark.parametrize("pair", PAIRS[:2])
def test_cascades_that_are_not_logged_go_along(pair, two, new_job, fixtures):
    """MySQL 9.7 logs them; MariaDB does not, so what they join is of one snapshot."""
    job = load(two, new_job, fixtures, pair)
    job.run("migrate", "--until", "synced").expect(OK)
    along = recopy(job, "mixed.branch")["along"]
    assert along == ([] if pair.startswith("mysql97") else sorted(["mixed.leaf",
                                                                   "mixed.owner"])), along
    job.target.script("SET foreign_key_checks=0", "DELETE FROM branch",
                      "UPDATE leaf SET v=7" if along else "DO 1", database="mixed")
    job.source.script("DELETE FROM branch WHERE id<20", database="mixed")
    scenario.drain(job)
    oracle.assert_equal(job.source, job.target, ["mixed"])


# DDL between the job's position and that of the new copy of p, and why it stops the job; None: it
# does not.
DDL = {
    "a child": ("ALTER TABLE c ADD k INT", "foreign keys of `d`.`c` wait"),
    "a child by another name": ("RENAME TABLE c TO e",
                                "becomes a table that was copied after it ran"),
    "another parent of the child": ("ALTER TABLE q ADD k INT; INSERT INTO q VALUES (3, 3)",
                                    "foreign keys of `d`.`c` wait"),
    "a child of the child": ("ALTER TABLE g ADD k INT; INSERT INTO g VALUES (2, 2, 2)", None),
    "the table itself": ("ALTER TABLE p ADD k INT NOT NULL DEFAULT 4 FIRST;"
                         " INSERT INTO p (id, code) VALUES (4, 40)", None),
    "new tables": ("CREATE TABLE n (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES p (id));"
                   " INSERT INTO n VALUES (1); RENAME TABLE n TO m;"
                   " INSERT INTO m VALUES (2); CREATE TABLE gone (id INT PRIMARY KEY);"
                   " INSERT INTO gone VALUES (1); DROP TABLE gone", None),
}


@pytest.mark.parametrize("what", DDL)
def test_ddl_before_the_new_copy(what, family):
    job = family("mysql97-mysql97")
    statements, reason = DDL[what]
    job.source.script("INSERT INTO p VALUES (5, 50)", *statements.split("; "),
                      "DELETE FROM p WHERE id=5", database="d")
    recopy(job, "d.p")
    if reason:
        result = job.run("migrate", "--until", "synced").expect(UNSUPPORTED)
        assert "UM-6101" in result.stderr and reason in result.stderr, str(result)
        # The child as well is copied behind it then.
        recopy(job, "d.c", "d.q") if "TO e" not in statements else job.run("migrate", "--until",
                                                                           "synced",
                                                                           "--restart").expect(OK)
    arrives(job)


def test_ddl_on_the_parent_of_a_table_that_is_ahead(family):
    """c is read later than p is altered: its changes up to its copy are still passed over."""
    job = family("mysql97-mysql97")
    job.source.script("INSERT INTO c VALUES (3, 3, 30, 1)", "ALTER TABLE p ADD k INT",
                      "INSERT INTO c VALUES (4, 3, 30, 2)",
                      "UPDATE c SET q_id=2 WHERE id=3", database="d")
    assert recopy(job, "d.c")["along"] == []
    arrives(job)


def test_tables_that_come_and_go_meanwhile(family):
    """The ordered one itself: under another name, dropped and made anew, dropped."""
    job = family("mariadb-mariadb")
    anew = "CREATE TABLE h (x VARCHAR(5) PRIMARY KEY)"
    for name, statements in (("d.g", ["RENAME TABLE g TO h"]),
                             ("d.h", ["DROP TABLE h", anew, "INSERT INTO h VALUES ('a')"]),
                             ("d.h", ["DROP TABLE h"])):
        job.source.script(*statements, database="d")
        recopy(job, name)
        arrives(job)
    assert not job.target.query("SHOW TABLES FROM d LIKE 'h'")


def test_a_prepared_transaction(family):
    """Prepared before the job's position, committed before the new copy of other columns."""
    job = family("mysql97-mysql97")
    # Numbers of tables and places of tables are two things from here on.
    job.source.script("DROP TABLE g", "XA START 'x'", "INSERT INTO p VALUES (6, 60)",
                      "INSERT INTO q VALUES (6)", "XA END 'x'",
                      "XA PREPARE 'x'", database="d")
    migrate = job.spawn("migrate")
    migrate.until(lambda: job.state("SELECT 1 FROM job_prepared"), "the prepared changes")
    migrate.stop()
    job.source.script("XA COMMIT 'x'", "ALTER TABLE p ADD k INT", database="d")
    recopy(job, "d.p")
    arrives(job)
    assert job.target.value("SELECT COUNT(*) FROM d.q WHERE id=6") == 1


def test_ddl_that_is_not_followed(two, new_job):
    """Between two flavours: the table is copied behind it."""
    source, target = two("mysql97-mariadb")
    source.script("CREATE DATABASE d CHARACTER SET latin1",
                  "CREATE TABLE d.t (id INT PRIMARY KEY)", "CREATE TABLE d.o (id INT PRIMARY KEY)",
                  "INSERT INTO d.t VALUES (1)")
    job = new_job(source, target, ["d.*"])
    job.run("migrate", "--until", "synced").expect(OK)
    source.script("INSERT INTO t VALUES (2)", "INSERT INTO o VALUES (1)",
                  "ALTER TABLE t ADD k INT DEFAULT 3", "INSERT INTO t VALUES (3, 4)",
                  "INSERT INTO o VALUES (2)", database="d")
    assert "two flavours" in job.run("migrate", "--until", "synced").expect(UNSUPPORTED).stderr
    recopy(job, "d.t")
    job.run("migrate", "--until", "synced").expect(OK)
    oracle.compare_rows(source, target, "d")
    assert target.query("SELECT * FROM d.t ORDER BY id") == ((1, 3), (2, 3), (3, 4))


@pytest.mark.parametrize("pair", PAIRS[:2])
def test_a_table_of_the_target_alone_that_refers_to_it(pair, family):
    job = family(pair)
    job.target.script("CREATE DATABASE own",
                      "CREATE TABLE own.o (id INT PRIMARY KEY, p_id INT,"
                      " CONSTRAINT o_p FOREIGN KEY (p_id)"
                      " REFERENCES d.p (id))", "INSERT INTO own.o VALUES (1, 1)")
    result = job.run("ctl recopy", "d.q", "d.p").expect(GATE)
    assert ("UM-8013: `own`.`o` on the target, which is not of the job, refers to `d`.`p` by its"
            " foreign key `o_p`") in result.stderr
    assert job.state("SELECT * FROM job_order") == ()
    job.target.script("ALTER TABLE own.o DROP FOREIGN KEY o_p", "DROP DATABASE own")
    recopy(job, "d.q", "d.p")
    arrives(job)


def test_a_verification_is_waited_for(family):
    job = family("mariadb-mariadb")
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "following")
    verifying = job.target.connect("unmoor")
    with verifying.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK('unmoor.shop.verify', 5)")
        recopy(job, "d.g")
        applied = job.applied()
        job.source.script("INSERT INTO g VALUES (7, 2)", database="d")
        migrate.until(lambda: job.applied() > applied, "that it goes on following")
        job.source.script("INSERT INTO g VALUES (8, 2)", database="d")
        migrate.until(lambda: job.target.value("SELECT COUNT(*) FROM d.g WHERE id=8"),
                      "that it goes on following")
        assert snapshots(job) == 1
    verifying.close()
    migrate.until(is_done(job, 1), "the new copy")
    migrate.stop()
    arrives(job)


def test_wrong_uses(family):
    job = family("mysql97-mysql97")
    everything = lambda: (job.state("SELECT * FROM job_order"),
                          job.state("SELECT * FROM job_table"))
    before = everything()

    def refused(code, message, *args):
        result = job.run("ctl recopy", *args).expect(code)
        assert message in result.stderr, str(result)
        assert everything() == before

    refused(USAGE, "UM-8011: job 'shop' has no table 'd.none'", "d.p", "d.none")
    refused(USAGE, "UM-8011: job 'shop' has no table 'd.*'", "d.*")
    refused(USAGE, "ctl recopy needs arguments: unmoor ctl recopy TABLE...")
    job.set("tables.include", ["d.*", "e.*"])
    job.write()
    refused(CANNOT_RESUME, "UM-8005", "d.p")
    job.set("tables.include", ["d.*"])
    job.set("job", "shopping")
    job.write()
    refused(CONFIG, "UM-8004: there is no job 'shopping' on the target", "d.p")
    job.set("job", "shop")
    job.set("copy.existing", "empty")
    job.write()
    refused(GATE, "UM-8012", "d.p")


def test_what_the_plan_blocks_is_refused(family):
    job = family("mysql97-mysql97")
    job.source.script("SET GLOBAL binlog_format=STATEMENT")
    try:
        result = job.run("ctl recopy", "d.p").expect(4)
        assert "UM-4001" in result.stderr or "source.binlog_format" in result.stderr, str(result)
        assert job.state("SELECT * FROM job_order") == ()
    finally:
        job.source.script("SET GLOBAL binlog_format=ROW")
