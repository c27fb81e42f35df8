"""What is written through a routine of a privileged account is not lost, though read_only does not stop it."""

import pytest

from harness import cutover, servers
from harness.unmoor import GATE, OK

pytestmark = pytest.mark.usefixtures("binary")


@pytest.mark.parametrize("pair", ["mysql97-mysql97", "mariadb-mariadb"])
def test_a_routine_of_a_privileged_definer(pair, two, new_job):
    source, target = two(pair)
    source.script("CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
                  "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "INSERT INTO d.t (v) VALUES (1)",
                  "CREATE PROCEDURE d.p() INSERT INTO d.t (v) VALUES (1000)")
    job = cutover.make(new_job, source, target, ["d.*"])
    for server in (source, target):
        server.script(f"GRANT EXECUTE ON *.* TO '{cutover.APPLICATION}'@'{cutover.HOST}'")
    client, acknowledged = servers.run_tool("client", source.kind), job.directory / "acknowledged"
    # The application calls it while both servers are closed.
    cutover.switch_hook(job, f"{client} --no-defaults -h{cutover.HOST} -P{source.port} -u{cutover.APPLICATION} "
                             f"-p{cutover.PASSWORD} -e 'CALL d.p()' >/dev/null 2>&1 && touch {acknowledged}")
    migrate = job.spawn("migrate")
    migrate.until(job.follows, "following")
    job.run("verify").expect(OK)
    result = job.run("cutover", "--execute").expect(OK, GATE)
    owner = target if result.code == OK else source
    if acknowledged.exists():
        assert owner.value("SELECT COUNT(*) FROM d.t WHERE v = 1000"), "what the application was acknowledged is lost"

