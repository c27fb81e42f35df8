"""source.compress and target.compress: the same rows in fewer bytes."""

import pytest

from harness import oracle, proxy
from harness.unmoor import OK

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.core]


@pytest.mark.parametrize("pair", ["mysql56-mysql97", "mysql97-mysql97", "mariadb-mariadb"])
def test_fewer_bytes(pair, two, new_job):
    """Of the copy, of the stream, and of what is applied."""
    source, target = two(pair)
    source.script("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(2000))")
    rows = ", ".join(f"(REPEAT('text {n}', 150))" for n in range(1000))
    source.script(f"INSERT INTO d.t (v) VALUES {rows}")
    bytes_of_rows = source.value("SELECT SUM(LENGTH(v)) FROM d.t")
    with proxy.Proxy(source, look=False) as before, proxy.Proxy(target, look=False) as behind:
        job = new_job(source, target, ["d.*"], source__port=before.port, source__compress=True,
                      target__port=behind.port, target__compress=True)
        job.run("migrate", "--until", "copied").expect(OK)
        source.script("UPDATE d.t SET v=REVERSE(v)", f"INSERT INTO d.t (v) VALUES {rows}")
        job.run("migrate", "--until", "synced").expect(OK)
        # Rows that pass once or more: read, read from the binlog with both images, written, read back.
        for way in (before, behind):
            assert 0 < way.passed < bytes_of_rows / 2, (way.passed, bytes_of_rows)
        job.run("verify").expect(OK)
    oracle.assert_equal(source, target, ["d"])
