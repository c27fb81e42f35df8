"""What readers of the spool see while it is written, what is safe on disk, who else may look, and
what the plan asks of its directory."""

import os
import re
import shutil
import subprocess

import pytest

from harness.servers import ROOT
from harness.unmoor import BLOCKED, DIFFERENT, OK, environment
from test_spool import (SLOW, assert_equal, begin, files, fill, make, position, purge, reaches,
                        spooled, write)

pytestmark = pytest.mark.usefixtures("binary")


@pytest.fixture(params=["mysql97-mysql97", "mysql56-mysql97", "mariadb-mariadb"])
def pair(request, two):
    source, target = two(request.param)
    fill(source)
    return source, target


@pytest.fixture
def maria(two):
    source, target = two("mariadb-mariadb")
    fill(source)
    return source, target


# ---- half a transaction --------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["mysql97-mysql97", "mysql56-mysql97"])
def test_readers_see_whole_transactions(name, two, new_job, tmp_path):
    """The follower is at the spool's end while the writer is within a transaction: it goes to the
    source from where that begins, as the set of what was read has it or has it not."""
    source, target = two(name)
    fill(source)
    job = make(new_job, (source, target), tmp_path)
    source.script("FLUSH BINARY LOGS")  # each event of the file takes a second
    migrate = begin(job, UNMOOR_FAULT="copy.before_chunk_commit=delay:50,spool.event=delay:1000")
    holding = source.connect("d")
    writing = source.connect("d")
    with holding.cursor() as hold, writing.cursor() as cursor:
        # What the copy still has to read, so it cannot end.
        hold.execute("LOCK TABLES d.t WRITE")
        before = position(source)
        size = os.path.getsize(files(job)[-1]) if files(job) else 0
        cursor.execute("BEGIN")
        for _ in range(12):
            cursor.execute("INSERT INTO d.blob_of (b) VALUES (REPEAT('z', 100000))")
        writing.commit()
        migrate.until(lambda: files(job) and os.path.getsize(files(job)[-1]) > before[1] + 250000,
                      f"rows of it in the spool, which had {size} bytes")
        assert os.path.basename(files(job)[-1]) == before[0]
        hold.execute("UNLOCK TABLES")
    holding.close()
    writing.close()
    log = migrate.wait().expect(OK).stderr
    left = re.search(r"The spool is read: following from the source, from ([^:]+):(\d+)", log)
    assert left and (left[1], int(left[2])) == before, log
    assert target.value("SELECT COUNT(*) FROM d.blob_of") == 12
    assert_equal(job)


# ---- safe on disk --------------------------------------------------------------------------------

@pytest.fixture
def sync_log(tmp_path):
    """An environment in which the program's flushes are noted, and the notes: path -> size."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("there is no C compiler")
    library, log = tmp_path / "sync_log.so", tmp_path / "sync.log"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library),
                    str(ROOT / "tests/tools/sync_log.c"), "-ldl"], check=True)
    env = {"LD_PRELOAD": str(library), "SYNC_LOG": str(log)}

    def flushed():
        lines = log.read_text().splitlines() if log.exists() else []
        return {path: int(size) for size, path in (line.split(" ", 1) for line in lines)}
    return env, flushed


def spawn_noted(job, env, *args):
    base = environment(**SLOW, **env)
    base["ASAN_OPTIONS"] += ":verify_asan_link_order=0"
    return job.spawn("migrate", *args, env=base)


def test_all_of_it_is_flushed_at_its_end(sync_log, maria, new_job, tmp_path):
    """Each file when the next is begun, the last one when the writer stops; and the directory that
    names them. What was written just before is in it."""
    env, flushed = sync_log
    job = make(new_job, maria, tmp_path)
    migrate = spawn_noted(job, env)
    migrate.until(lambda: len(job.chunks()) > 3, "some chunks")
    write(job.source, 3)
    reaches(job, migrate)
    # Far more often than it is flushed meanwhile.
    connection = job.source.connect("d")
    with connection.cursor() as cursor:
        for n in range(300):
            cursor.execute("INSERT INTO d.t (v) VALUES (%s)", (str(n),))
            if n == 250:
                migrate.send(15)
    connection.close()
    migrate.wait()
    paths = files(job)
    assert len(paths) > 3
    assert {p: flushed().get(p) for p in paths} == {p: os.path.getsize(p) for p in paths}
    assert str(tmp_path / "spool") in flushed()
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)


# ---- a verification beside it --------------------------------------------------------------------

def test_a_verification_while_it_is_read(pair, new_job, tmp_path):
    """The follower is far behind, in the spool, and holds where the verification wants it to."""
    job = make(new_job, pair, tmp_path)
    migrate = begin(job, until="forever",
                    UNMOOR_FAULT="copy.before_chunk_commit=delay:20,follow.event=delay:30")
    write(job.source, 8)
    migrate.until(job.follows, "the end of the copy")
    assert "The spool is read" not in migrate.text()[1] and spooled(job)
    verify = job.spawn("verify", "--format", "json")
    report = verify.wait().expect(OK).json
    assert report["equal"] and report["job"] == "shop"
    assert migrate.running()
    job.target.script("UPDATE d.t SET v='other' WHERE id=79")
    write(job.source, 3)
    job.run("verify").expect(DIFFERENT)
    job.run("verify", "--repair").expect(OK)
    migrate.stop()
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)


def test_a_verification_that_applies_what_is_spooled(pair, new_job, tmp_path):
    """No migration runs, and the source has purged what is missing: the verification brings the
    target to its position by the spool, and leaves what the migration goes on with."""
    job = make(new_job, pair, tmp_path)
    migrate = begin(job, until="forever",
                    UNMOOR_FAULT="copy.before_chunk_commit=delay:20,follow.event=delay:50")
    write(job.source, 6)
    reaches(job, migrate)
    migrate.until(job.follows, "the end of the copy")
    migrate.kill()
    purge(job.source)
    applied = job.applied()
    job.run("verify").expect(OK)
    assert job.applied() > applied
    write(job.source, 1)
    job.run("migrate", "--until", "synced").expect(OK)
    assert_equal(job)


# ---- what the plan asks --------------------------------------------------------------------------

@pytest.fixture
def disk(tmp_path):
    """mount(*options) makes a disk of 1 MiB."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can make a small disk")
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if subprocess.run(command, check=False).returncode:
            pytest.skip("this machine allows no mount")
        return place
    yield mount
    subprocess.run(["umount", "-l", str(place)], check=False)


def check_of(job, code):
    plan = job.run("plan", "--format", "json").expect(code).json
    [check] = [c for c in plan["checks"] if c["id"] == "source.spool"]
    return check


def test_the_plan_names_what_is_missing(maria, new_job, tmp_path):
    """The folder above has to be there; the directory itself is made, but not by the plan."""
    job = make(new_job, maria, tmp_path, spool__directory=str(tmp_path / "none" / "spool"))
    check = check_of(job, BLOCKED)
    assert check["level"] == "BLOCK" and check["mend"]
    assert check["seen"] == f"'{tmp_path / 'none'}': No such file or directory"
    result = job.run("migrate", "--until", "synced").expect(BLOCKED)
    assert "source.spool" in result.stderr and not job.has_state()
    (tmp_path / "none").mkdir()
    assert check_of(job, OK)["level"] in ("PASS", "WARN")
    assert not os.path.exists(job.config["spool"]["directory"])
    job.run("migrate", "--until", "synced").expect(OK)


def test_the_plan_names_a_directory_that_is_read_only(disk, maria, new_job, tmp_path):
    place = disk("size=1M")
    (place / "spool").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    job = make(new_job, maria, tmp_path)
    for directory in (place / "spool", place / "other"):
        job.set("spool.directory", str(directory))
        job.write()
        check = check_of(job, BLOCKED)
        assert check["level"] == "BLOCK" and "Read-only file system" in check["seen"]


def test_the_plan_names_a_disk_that_is_too_small(disk, maria, new_job, tmp_path):
    """It warns: what fits is of use."""
    place = disk("size=1M")
    job = make(new_job, maria, tmp_path, spool__directory=str(place / "spool"))
    check = check_of(job, OK)
    assert check["level"] == "WARN" and "1 MiB are free, and spool.max_bytes is" in check["seen"]
    assert str(place / "spool") in check["mend"]
    job.set("spool.max_bytes", "1MiB")
    job.write()
    check = check_of(job, OK)
    assert check["level"] == "PASS" and "1 MiB are free for at most 1 MiB" in check["seen"]
