"""Statements of a batch travel together: what a batch costs are a few round trips, however many statements it has."""

import pytest

from harness import oracle
from harness.proxy import Proxy
from harness.servers import MYSQL97
from harness.unmoor import OK, TARGET

pytestmark = pytest.mark.usefixtures("binary")

PAIRS = ["mysql97-mysql97", "mariadb-mariadb"]
ROWS = 200


def start(pair, two, new_job, *statements, **config):
    """Behind the first copy; what follows has one worker."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", *statements)
    job = new_job(source, target, ["d.*"], apply__workers=1, **config)
    job.run("migrate", "--until", "synced").expect(OK)
    return job


def follow(job):
    """What was changed is applied. Returns the statements, those of one packet as one."""
    with Proxy(job.target) as proxy:
        job.set("target.port", proxy.port)
        job.set("target.tls.mode", "disabled")
        job.write()
        job.run("migrate", "--until", "synced").expect(OK)
        return proxy.texts()


def about(texts, table):
    return [text for text in texts if b"`d`.`%s`" % table.encode() in text]


# A second unique key, a foreign key or no key: changes of such tables are never folded.
TABLES = {
    "u": "CREATE TABLE d.u (id INT PRIMARY KEY, u INT UNIQUE, v INT)",
    "parent": "CREATE TABLE d.parent (id INT PRIMARY KEY, v INT)",
    "child": "CREATE TABLE d.child (id INT PRIMARY KEY, parent INT, v INT, FOREIGN KEY (parent) REFERENCES d.parent (id) ON DELETE CASCADE)",
    "keyless": "CREATE TABLE d.keyless (id INT, v INT)",
}


def change_all():
    """No two changes behind each other that could be one statement; so many of each table."""
    count = dict.fromkeys(TABLES, 0)
    for i in range(1, ROWS):
        for table, sql in (("parent", f"INSERT INTO d.parent VALUES ({i}, 0)"), ("u", f"INSERT INTO d.u VALUES ({i}, -{i}, 0)"),
                           ("child", f"INSERT INTO d.child VALUES ({i}, {i}, 0)"), ("keyless", f"INSERT INTO d.keyless VALUES ({i}, 0)"),
                           ("u", f"UPDATE d.u SET u={i}, v=1 WHERE id={i}"), ("parent", f"UPDATE d.parent SET v=1 WHERE id={i}"),
                           ("keyless", f"UPDATE d.keyless SET v=1 WHERE id={i}"), ("child", f"UPDATE d.child SET v=1 WHERE id={i}"),
                           ("u", f"DELETE FROM d.u WHERE id={i - 1}"), ("child", f"DELETE FROM d.child WHERE id={i - 2}"),
                           ("keyless", f"DELETE FROM d.keyless WHERE id={i - 3}"), ("parent", f"DELETE FROM d.parent WHERE id={i - 4}")):
            yield sql
            count[table] += 1


@pytest.mark.parametrize("order", ["free", "source"])
@pytest.mark.parametrize("pair", PAIRS)
def test_one_packet_for_many(pair, order, two, new_job):
    job = start(pair, two, new_job, *TABLES.values(), apply__commit_order=order)
    job.source.script(*change_all())
    texts = follow(job)
    for table in TABLES:
        packets = about(texts, table)
        changes = sum(text.count(verb + b" `d`.`%s`" % table.encode()) for text in packets for verb in (b"INTO", b"UPDATE", b"FROM"))
        assert changes >= 2 * ROWS, f"{table}: they were to be statements of their own, and {changes} were seen"
        assert len(packets) <= 20, f"{table}: {changes} changes took {len(packets)} packets"
    assert b"COMMIT" in texts
    assert not [text for text in texts if b";COMMIT" in text], "what is committed has been answered before"
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("change", ["UPDATE d.t SET v=1, u=-u WHERE id={}", "DELETE FROM d.t WHERE id={}", "INSERT INTO d.t VALUES (1000 + {0}, 1000 + {0}, 0)"])
def test_a_surprise_among_many(pair, change, two, new_job):
    """The server has carried out what comes behind it in the packet: nothing of that may stay, and all that comes before has to."""
    job = start(pair, two, new_job, "CREATE TABLE d.t (id INT PRIMARY KEY, u INT UNIQUE, v INT)", "CREATE TABLE d.other (id INT PRIMARY KEY, u INT UNIQUE)",
                "INSERT INTO d.t VALUES " + ", ".join(f"({i}, {i}, 0)" for i in range(ROWS)))
    job.target.script("DELETE FROM d.t WHERE id=77", "INSERT INTO d.t VALUES (1077, 1077, 5)")
    job.source.script(*[sql for i in range(ROWS) for sql in (f"INSERT INTO d.other VALUES ({i}, {i})", change.format(i))])
    result = job.run("migrate", "--until", "synced").expect(TARGET)
    key = "id=1077" if change.startswith("INSERT") else "id=77"
    assert f"`d`.`t`, row {key}:" in result.stderr, str(result)
    assert job.target.query("SELECT MAX(id), COUNT(*) FROM d.other")[0] == (77, 78)


@pytest.mark.parametrize("pair", PAIRS)
def test_no_packet_is_larger_than_the_server_takes(pair, two, new_job):
    job = start(pair, two, new_job, "CREATE TABLE d.t (id INT PRIMARY KEY, u INT UNIQUE, b BLOB)")
    job.source.script(*[f"INSERT INTO d.t VALUES ({i}, {i}, REPEAT('{i % 10}', {37 * i}))" for i in range(150)],
                      *[f"UPDATE d.t SET u=-u, b=REPEAT('x', {4000 + 37 * i % 4000}) WHERE id={i}" for i in range(150)])
    limit = job.target.value("SELECT @@GLOBAL.max_allowed_packet")
    job.target.script("SET GLOBAL max_allowed_packet=8192")
    try:
        lengths = [len(text) for text in about(follow(job), "t")]
    finally:
        job.target.script(f"SET GLOBAL max_allowed_packet={limit}")
    assert 7000 < max(lengths) < 8192
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("pair", PAIRS)
def test_statements_larger_than_a_packet(pair, two, new_job):
    """Such a one goes by itself, with what comes before it sent before, and what comes behind behind."""
    job = start(pair, two, new_job, "CREATE TABLE d.t (id INT PRIMARY KEY, u INT UNIQUE, b LONGBLOB)")
    job.source.script(*[sql for i in range(12) for sql in (f"INSERT INTO d.t VALUES ({i}, {i}, REPEAT('{i % 10}', {2000000 if i % 3 else 200}))",
                                                           f"UPDATE d.t SET u=-u, b=CONCAT(b, 'x') WHERE id={i}")])
    lengths = [len(text) for text in about(follow(job), "t")]
    assert sum(length > 2000000 for length in lengths) == 16 and not [length for length in lengths if 1 << 20 < length < 2000000]
    oracle.assert_equal(job.source, job.target, ["d"])


@pytest.mark.parametrize("pair", PAIRS)
def test_what_a_strict_session_refuses(pair, two, new_job):
    """ENUM's error value needs a session that is not strict, among statements that need one that is."""
    job = start(pair, two, new_job, "CREATE TABLE d.t (id INT PRIMARY KEY, u INT UNIQUE, e ENUM('a', 'b'))")
    job.source.script("SET SESSION sql_mode=''", *[sql for i in range(ROWS) for sql in (
        f"INSERT INTO d.t VALUES ({i}, {i}, '{'xab'[i % 3]}')", f"UPDATE d.t SET e='{'abx'[i % 3]}', u=-u WHERE id={i}")])
    texts = follow(job)
    modes = [text.count(b"sql_mode='NO_AUTO") for text in about(texts, "t")]
    assert sum(modes) >= ROWS // 3 and len(modes) <= 20, modes  # what is inserted and updated may be folded
    assert job.target.value("SELECT COUNT(*) FROM d.t WHERE e=0") > 0
    oracle.assert_equal(job.source, job.target, ["d"])


def test_warnings_that_do_not_matter(two, new_job):
    """They can be looked at behind the last statement of a packet only, and are; other tables do not suffer."""
    job = start("mysql97-mysql97", two, new_job, "CREATE TABLE d.t (id INT PRIMARY KEY, u INT UNIQUE)",
                "CREATE TABLE d.old (k VARCHAR(50) CHARACTER SET ucs2 PRIMARY KEY, u INT UNIQUE)")
    assert job.target.kind == MYSQL97, "which warns of ucs2"
    job.source.script(*[f"INSERT INTO d.t VALUES ({i}, {i})" if i % 2 else f"UPDATE d.t SET u=-u WHERE id={i - 1}" for i in range(1, ROWS)],
                      *[f"INSERT INTO d.old VALUES ('k{i}', {i})" if i % 2 else f"UPDATE d.old SET u=-u WHERE k='k{i - 1}'" for i in range(1, ROWS)])
    texts = follow(job)
    assert texts.count(b"SHOW WARNINGS") >= ROWS / 2 - 1, "there was nothing to look at"
    assert len(about(texts, "t")) <= 20
    assert len([text for text in texts if text == b"START TRANSACTION"]) <= 2, "the source's transactions went one by one"
    oracle.assert_equal(job.source, job.target, ["d"])
