"""The spool: a source that purges its binlogs during the copy, crashes, bounds, damage, resets."""

import fcntl
import os
import re
import shutil
import signal
import subprocess

import pytest

from harness import oracle, unmoor, wait
from harness.servers import MYSQL97, ROOT
from harness.unmoor import BLOCKED, CANNOT_RESUME, CONFIG, OK, SOURCE, environment

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.matrix]

PAIRS = ["mysql97-mysql97", "mysql56-mysql97", "mariadb-mariadb"]

# A chunk takes so long that the copy goes on for as long as a test needs.
SLOW = {"UNMOOR_FAULT": "copy.before_chunk_commit=delay:100"}


@pytest.fixture(params=PAIRS)
def pair(request, two):
    source, target = two(request.param)
    fill(source)
    return source, target


@pytest.fixture
def maria(two):
    source, target = two("mariadb-mariadb")
    fill(source)
    return source, target


def fill(source):
    source.script("CREATE DATABASE e; CREATE TABLE e.mark (id INT AUTO_INCREMENT PRIMARY KEY);"
                  " CREATE DATABASE d; CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY,"
                  " v VARCHAR(40), n INT NOT NULL DEFAULT 0);"
                  " CREATE TABLE d.blob_of (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB);"
                  " INSERT INTO d.t (v) SELECT 'x' FROM information_schema.collations a,"
                  " information_schema.collations b LIMIT 4000")


def make(new_job, pair, tmp_path, spool=True, **config):
    if spool:
        config.setdefault("spool__directory", str(tmp_path / "spool"))
    return new_job(*pair, ["d.*"], copy__chunk_rows_max=50, copy__threads=2, **config)


def begin(job, until="synced", **env):
    before = len(job.chunks())
    migrate = job.spawn("migrate", "--until", until, env=environment(**{**SLOW, **env}))
    migrate.until(lambda: len(job.chunks()) > before + 3, "some chunks")
    return migrate


def write(source, rounds=3):
    """Rows that the copy has, and has not; each round ends in a binlog file of its own."""
    for n in range(rounds):
        source.script("INSERT INTO d.t (v) VALUES ('new'); UPDATE d.t SET n=n+1 WHERE id % 7 = 0;"
                      " DELETE FROM d.t WHERE id % 500 = 3 LIMIT 2;"
                      " UPDATE d.t SET v=CONCAT(v, 'y') WHERE id > 3900",
                      "FLUSH BINARY LOGS")


def binlogs(source):
    return [row[0] for row in source.query("SHOW BINARY LOGS")]


def purge(source):
    """All but the last; servers keep what a replica reads at the moment."""
    last = binlogs(source)[-1]

    def purged():
        source.script(f"PURGE BINARY LOGS TO '{last}'")
        return binlogs(source)[0] == last
    wait.until(purged, "a purge of the binlogs")


def spooled(job):
    return job.status()["spool"]


def position(source):
    what = "BINARY LOG" if source.kind == MYSQL97 else "MASTER"
    return tuple(source.query(f"SHOW {what} STATUS")[0][:2])


def reaches(job, process):
    """The spool has what the source has by now, but for what no server sends at a file's end."""
    before = position(job.source)
    job.source.script("INSERT INTO e.mark VALUES (NULL)")
    process.until(lambda: (s := spooled(job)) and (s["file"], s["position"]) > before, "the spool")


def files(job):
    directory = job.config["spool"]["directory"]
    names = os.listdir(directory) if os.path.exists(directory) else []
    return sorted(os.path.join(directory, n) for n in names if n.rsplit(".", 1)[-1].isdigit())


def assert_equal(job):
    oracle.assert_equal(job.source, job.target, ["d"])


# ---- a source that purges ------------------------------------------------------------------------

@pytest.mark.core
def test_purged_while_it_copies(pair, new_job, tmp_path):
    job = make(new_job, pair, tmp_path)
    migrate = begin(job)
    write(job.source)
    reaches(job, migrate)
    purge(job.source)
    migrate.wait().expect(OK)
    assert_equal(job)
    assert not os.path.exists(job.config["spool"]["directory"])


def test_purged_without_a_spool(pair, new_job, tmp_path):
    """What the others show is the spool's doing."""
    job = make(new_job, pair, tmp_path, spool=False)
    migrate = begin(job)
    write(job.source)
    purge(job.source)
    assert "UM-2021" in migrate.wait().expect(CANNOT_RESUME).stderr


def test_killed_and_purged(pair, new_job, tmp_path):
    """What is written while no Unmoor runs is in the source's last file."""
    job = make(new_job, pair, tmp_path)
    migrate = begin(job)
    write(job.source)
    reaches(job, migrate)
    purge(job.source)
    migrate.kill()
    job.source.script("UPDATE d.t SET n=n+100 WHERE id % 11 = 0")
    again = begin(job)
    write(job.source)
    reaches(job, again)
    purge(job.source)
    again.wait().expect(OK)
    assert_equal(job)


def test_without_it_a_resume_ends(pair, new_job, tmp_path):
    job = make(new_job, pair, tmp_path, spool=False)
    migrate = begin(job)
    write(job.source)
    purge(job.source)
    migrate.kill()
    assert "UM-2021" in job.run("migrate", "--until", "synced").expect(CANNOT_RESUME).stderr


def test_the_files_are_the_sources(pair, new_job, tmp_path):
    """Byte by byte, but for what servers leave out of the stream; nobody else may read them."""
    job = make(new_job, pair, tmp_path)
    migrate = begin(job)
    write(job.source)
    reaches(job, migrate)
    assert os.stat(job.config["spool"]["directory"]).st_mode & 0o777 == 0o700
    sizes = {row[0]: row[1] for row in job.source.query("SHOW BINARY LOGS")}
    for path in files(job):
        assert os.stat(path).st_mode & 0o777 == 0o600
        # The last one may end in what the server sends to nobody, and has more by now.
        if path != files(job)[-1]:
            assert os.path.getsize(path) == sizes[os.path.basename(path)]
        unmoor.run(tmp_path, "binlog", "dump", path).expect(OK)
    migrate.wait().expect(OK)
    assert_equal(job)


def test_half_of_the_binlogs_are_gone_when_it_is_taken_up(pair, new_job, tmp_path):
    """It was killed far behind the source, which has purged what the spool has and nothing else."""
    job = make(new_job, pair, tmp_path)
    migrate = begin(job)
    write(job.source)
    reaches(job, migrate)
    migrate.kill()
    write(job.source)
    job.source.script(f"PURGE BINARY LOGS TO '{os.path.basename(files(job)[-1])}'")
    assert binlogs(job.source)[0] == os.path.basename(files(job)[-1])
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)


def test_purged_while_it_follows_up(pair, new_job, tmp_path):
    """The spool grows until the follower has read all of it: the source is faster."""
    job = make(new_job, pair, tmp_path)
    migrate = begin(job, until="forever",
                    UNMOOR_FAULT="copy.before_chunk_commit=delay:20,follow.event=delay:40")
    write(job.source, 10)
    migrate.until(job.follows, "the end of the copy")
    write(job.source)
    reaches(job, migrate)
    first = binlogs(job.source)[0]
    purge(job.source)
    assert "The spool is read" not in migrate.text()[1]
    assert binlogs(job.source)[0] != first
    migrate.until(lambda: "The spool is read" in migrate.text()[1], "the spool's end")
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)


def test_what_is_applied_is_deleted(maria, new_job, tmp_path):
    job = make(new_job, maria, tmp_path)
    migrate = begin(job, until="forever")
    write(job.source, 5)
    reaches(job, migrate)
    before = files(job)
    assert len(before) == 6
    migrate.until(lambda: job.follows() and len(files(job)) <= 1, "the spool's files to go")
    for value in ("later", "last"):
        job.source.script("FLUSH BINARY LOGS", f"INSERT INTO d.t (v) VALUES ('{value}')")
    migrate.until(lambda: not files(job), "the last one to go")
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)


# ---- bounds --------------------------------------------------------------------------------------

def large_transactions(source, count):
    connection = source.connect("d")
    with connection.cursor() as cursor:
        for _ in range(count):
            cursor.execute("BEGIN")
            for _ in range(3):
                cursor.execute("INSERT INTO d.blob_of (b) VALUES (REPEAT('z', 150000))")
            connection.commit()
            cursor.execute("FLUSH BINARY LOGS")
    connection.close()


def stops_at(job, migrate, error):
    """Nothing is added any more, which is said once, in the log and in the status."""
    migrate.until(lambda: (s := spooled(job)) and s["stopped"], "the spool's end")
    spool = spooled(job)
    assert error in spool["stopped"]
    assert spool["stopped"] in job.run("status").expect(OK).stdout
    log = migrate.text()[1]
    assert log.count("Nothing more is added to the spool") == 1
    assert f"From {spool['file']}:{spool['position']} on, the source has to keep its binlogs" in log
    return spool


def test_the_bound_is_reached(pair, new_job, tmp_path):
    job = make(new_job, pair, tmp_path, spool__max_bytes="1MiB")
    migrate = begin(job)
    large_transactions(job.source, 4)
    spool = stops_at(job, migrate, "UM-8022")
    assert spool["bytes"] <= 1 << 20 and len(files(job)) > 1
    job.source.script(f"PURGE BINARY LOGS TO '{spool['file']}'")
    assert binlogs(job.source)[0] == spool["file"]
    migrate.wait().expect(OK)
    assert_equal(job)


def test_beyond_the_bound_the_source_is_needed(pair, new_job, tmp_path):
    job = make(new_job, pair, tmp_path, spool__max_bytes="1MiB")
    migrate = begin(job)
    large_transactions(job.source, 4)
    stops_at(job, migrate, "UM-8022")
    purge(job.source)
    assert "UM-2021" in migrate.wait().expect(CANNOT_RESUME).stderr


def test_a_higher_bound_lets_it_grow(maria, new_job, tmp_path):
    job = make(new_job, maria, tmp_path, spool__max_bytes="1MiB")
    migrate = begin(job)
    large_transactions(job.source, 4)
    stops_at(job, migrate, "UM-8022")
    migrate.kill()
    job.set("spool.max_bytes", "1GiB")
    job.write()
    again = begin(job)
    reaches(job, again)
    assert spooled(job)["stopped"] is None
    purge(job.source)
    again.wait().expect(OK)
    assert_equal(job)


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can make a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(place)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("this machine allows no mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_the_disk_is_full(small_disk, maria, new_job, tmp_path):
    job = make(new_job, maria, tmp_path, spool__directory=str(small_disk / "spool"))
    migrate = begin(job)
    large_transactions(job.source, 4)
    spool = stops_at(job, migrate, "UM-8023")
    assert "No space left on device" in spool["stopped"]
    migrate.wait().expect(OK)
    assert_equal(job)


# ---- damage --------------------------------------------------------------------------------------

def damage(path, at):
    with open(path, "r+b") as file:
        file.seek(at, os.SEEK_END if at < 0 else os.SEEK_SET)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0x55]))


def cut_by(path, count):
    os.truncate(path, os.path.getsize(path) - count)


def append(path):
    with open(path, "ab") as file:
        file.write(b"\0" * 4096)


TAILS = {"cut": lambda path: cut_by(path, 3),
         "cut in the header": lambda path: os.truncate(path, 9),
         "empty": lambda path: os.truncate(path, 0),
         "changed": lambda path: damage(path, -20),
         "zeros": append}


@pytest.mark.parametrize("how", TAILS)
def test_a_torn_tail(how, pair, new_job, tmp_path):
    """What is not whole is read from the source again."""
    job = make(new_job, pair, tmp_path)
    migrate = begin(job)
    write(job.source)
    job.source.script(*(f"UPDATE d.t SET n=n+1 WHERE id % {n} = 0" for n in (3, 5)))
    reaches(job, migrate)
    whole = spooled(job)
    migrate.kill()
    TAILS[how](files(job)[-1])
    again = begin(job)
    reaches(job, again)
    assert spooled(job)["bytes"] > whole["bytes"]
    again.wait().expect(OK)
    assert_equal(job)


@pytest.mark.parametrize("purged", [False, True])
def test_damage_within(purged, pair, new_job, tmp_path):
    job = make(new_job, pair, tmp_path)
    migrate = begin(job, until="copied")
    write(job.source)
    reaches(job, migrate)
    if purged:
        purge(job.source)
    migrate.wait().expect(OK)
    second = files(job)[1]
    damage(second, os.path.getsize(second) // 2)
    result = job.run("migrate", "--until", "synced")
    assert "the spool is damaged and ends in " + os.path.basename(second) in result.stderr
    if purged:
        assert "UM-2021" in result.expect(CANNOT_RESUME).stderr
    else:
        result.expect(OK)
        assert_equal(job)


# ---- another history -----------------------------------------------------------------------------

def reset(server, born):
    """A binlog file tells the second in which it was created: each begins in one of its own."""
    wait.until(lambda: server.value("SELECT UNIX_TIMESTAMP()") > born, "the next second")
    server.script("RESET BINARY LOGS AND GTIDS" if server.kind == "mysql-9.7" else "RESET MASTER")


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("after", [0, 40])
def test_a_source_that_is_reset(running, after, pair, new_job, tmp_path):
    source, _ = pair
    reset(source, source.value("SELECT UNIX_TIMESTAMP()"))
    born = source.value("SELECT UNIX_TIMESTAMP()")
    job = make(new_job, pair, tmp_path)
    migrate = begin(job)
    source.script("INSERT INTO d.t (v) VALUES ('of the old history')")
    reaches(job, migrate)
    if not running:
        migrate.kill()
    reset(source, born)
    for n in range(after):
        source.script(f"INSERT INTO d.t (v) VALUES ('{n}')")
    result = migrate.wait() if running else job.run("migrate", "--until", "synced")
    assert "UM-2024" in result.expect(CANNOT_RESUME).stderr
    job.run("migrate", "--until", "synced", "--restart").expect(OK)
    assert_equal(job)


def test_a_source_that_is_gone(both, new_job, tmp_path):
    """What the spool has is applied all the same."""
    source, target = both(MYSQL97, MYSQL97, prefix="gone-")
    fill(source)
    job = make(new_job, (source, target), tmp_path, follow__reconnect_timeout="5s")
    migrate = begin(job, until="forever",
                    UNMOOR_FAULT="copy.before_chunk_commit=delay:50,follow.event=delay:50")
    write(source, 5)
    reaches(job, migrate)
    rows = "SELECT * FROM d.t ORDER BY id"
    wanted = source.query(rows)
    migrate.until(job.follows, "the end of the copy")
    source.kill()
    try:
        migrate.until(lambda: target.query(rows) == wanted, "what the spool has")
        migrate.wait().expect(SOURCE)
    finally:
        source.start()
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)


# ---- the directory -------------------------------------------------------------------------------

def test_a_directory_of_somebody_else(maria, new_job, tmp_path):
    job = make(new_job, maria, tmp_path)
    os.mkdir(tmp_path / "spool")
    (tmp_path / "spool" / "letters").write_text("dear\n")
    result = job.run("migrate", "--until", "synced").expect(CONFIG)
    assert "UM-8021" in result.stderr and "letters" in result.stderr
    assert (tmp_path / "spool" / "letters").read_text() == "dear\n"
    job.run("cleanup").expect(OK)
    assert os.listdir(tmp_path / "spool") == ["letters"]


def test_the_spool_of_another_job(maria, new_job, tmp_path):
    first = make(new_job, maria, tmp_path)
    migrate = begin(first)
    reaches(first, migrate)
    migrate.kill()
    there = files(first)
    second = make(new_job, maria, tmp_path, name="other", grants=False, copy__existing="drop")
    for side in ("source", "target"):
        second.set(f"{side}.password_file", first.config[side]["password_file"])
    second.write()
    first.run("cleanup", "--spool-directory", str(tmp_path / "elsewhere")).expect(OK)
    result = second.run("migrate", "--until", "synced").expect(CONFIG)
    assert "UM-8021" in result.stderr and "'shop'" in result.stderr
    second.run("cleanup").expect(OK)
    assert files(first) == there


def test_a_directory_that_cannot_be(maria, new_job, tmp_path):
    (tmp_path / "file").write_text("")
    job = make(new_job, maria, tmp_path, spool__directory=str(tmp_path / "file" / "spool"))
    plan = job.run("plan").expect(BLOCKED)
    assert "source.spool" in plan.stdout and "Not a directory" in plan.stdout


def test_in_use(maria, new_job, tmp_path):
    """By a process that was taken for dead, perhaps: two must not write."""
    job = make(new_job, maria, tmp_path)
    migrate = begin(job)
    reaches(job, migrate)
    migrate.kill()
    with open(tmp_path / "spool" / "unmoor.spool", "rb") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        result = job.run("migrate", "--until", "synced").expect(CONFIG)
        assert "UM-8020" in result.stderr and "in use by another process" in result.stderr
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)


def test_cleanup_and_restart_remove_it(maria, new_job, tmp_path):
    job = make(new_job, maria, tmp_path)
    for command in (["cleanup"], ["migrate", "--until", "copied", "--restart"]):
        migrate = begin(job)
        job.source.script("INSERT INTO d.t (v) VALUES ('x'); FLUSH BINARY LOGS")
        reaches(job, migrate)
        old = files(job)
        migrate.kill()
        job.source.script("FLUSH BINARY LOGS")
        job.run(*command).expect(OK)
        assert not set(old) & set(files(job))
        job.run("cleanup").expect(OK)
        assert not os.path.exists(tmp_path / "spool")
        job.set("copy.existing", "drop")
        job.write()
    assert job.run("status", "--format", "json").expect(OK).json.get("spool") is None


# ---- crashes -------------------------------------------------------------------------------------

POINTS = re.findall(r'UM_FAULT\(\w+, "(spool\.\w+)"\)', (ROOT / "src/base/faults.def").read_text())
OF_THE_SPOOL = {"spool.event", "spool.file_begun", "spool.file_ended"}  # and not of the follower


def test_the_points_are_walked():
    assert len(POINTS) == 5 and OF_THE_SPOOL < set(POINTS)


@pytest.mark.parametrize("passage", [1, 3])
@pytest.mark.parametrize("point", POINTS)
def test_a_crash(point, passage, maria, new_job, tmp_path):
    passage = 1 if point == "spool.left" else passage
    job = make(new_job, maria, tmp_path)
    fault = f"copy.before_chunk_commit=delay:20,{point}=crash@{passage}"
    migrate = job.spawn("migrate", env=environment(UNMOOR_FAULT=fault))
    wait.until(lambda: not migrate.running() or (job.has_state() and files(job)), "the spool")
    write(job.source, 5)
    assert migrate.wait().code == -signal.SIGKILL
    write(job.source, 1)
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)


@pytest.mark.parametrize("point", sorted(OF_THE_SPOOL))
def test_a_failure_of_the_spool_is_none_of_the_job(point, maria, new_job, tmp_path):
    job = make(new_job, maria, tmp_path)
    migrate = begin(job, UNMOOR_FAULT=f"copy.before_chunk_commit=delay:100,{point}=fail@2")
    write(job.source, 3)
    stops_at(job, migrate, "UM-9004")
    migrate.wait().expect(OK)
    assert_equal(job)


def test_a_connection_that_is_lost(pair, new_job, tmp_path):
    """Within a transaction, which is larger than what is on its way at a time: it comes again."""
    job = make(new_job, pair, tmp_path)
    migrate = begin(job, UNMOOR_FAULT="copy.before_chunk_commit=delay:600,spool.event=delay:400")
    job.run("ctl", "throttle").expect(OK)  # or the copy ends, and the spool with it
    reaches(job, migrate)
    before = spooled(job)["bytes"]
    connection = job.source.connect("d")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for _ in range(8):
            cursor.execute("INSERT INTO d.blob_of (b) VALUES (REPEAT('z', 4000000))")
        connection.commit()
    connection.close()
    migrate.until(lambda: spooled(job)["bytes"] > before + 4000000, "the first rows")
    for row in job.source.query("SHOW PROCESSLIST"):
        if "Binlog Dump" in str(row[4]):
            job.source.script(f"KILL {row[0]}")
    migrate.until(lambda: "The spool connects again" in migrate.text()[1], "another connection")
    reaches(job, migrate)
    purge(job.source)
    migrate.stop()
    job.run("ctl", "unthrottle").expect(OK)
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)
