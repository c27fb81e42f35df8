"""The target's disk runs full during the copy: a clear end, and it goes on once there is room."""

import os
import shutil
import subprocess

import pytest

from harness import oracle, servers
from harness.servers import MYSQL97
from harness.unmoor import OK, TARGET

pytestmark = pytest.mark.usefixtures("binary")


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can make a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=240M", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("this machine allows no mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_full_disk_of_the_target(small_disk, two, new_job):
    # MariaDB aborts when it cannot even roll back; then there is no answer of the server to report.
    source, _ = two("mysql97-mysql97")
    source.script("CREATE DATABASE big", "CREATE TABLE big.t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, b LONGBLOB)",
                  "INSERT INTO big.t (b) SELECT REPEAT(RANDOM_BYTES(1000), 200) FROM information_schema.collations LIMIT 100")
    for _ in range(8):
        source.script("INSERT INTO big.t (b) SELECT b FROM big.t LIMIT 100")
    target = servers.Server(MYSQL97, small_disk / "data", ["--skip-log-bin", "--innodb-redo-log-capacity=8M"]).start()
    try:
        job = new_job(source, target, ["big.*"], copy__threads=2)
        result = job.run("migrate", "--until", "synced").expect(TARGET)
        assert "UM-3021" in result.stderr and "big.t" in result.stderr
        subprocess.run(["mount", "-o", "remount,size=900M", str(small_disk)], check=True)
        if not servers.running(target):  # some do not survive it
            target.start()
        job.run("migrate", "--until", "synced").expect(OK)
        oracle.compare_rows(source, target, "big")
    finally:
        target.kill()
