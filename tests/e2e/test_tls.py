"""Encrypted connections to both servers, with each tls.mode and whoever is trusted."""

import pytest

from harness.unmoor import OK, SOURCE, environment

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.core]

PAIRS = ["mysql97-mysql97", "mariadb-mariadb"]


def handshakes(server):
    """How many were begun and how many came to their end."""
    status = dict(server.query("SHOW GLOBAL STATUS LIKE 'Ssl%accepts'"))
    return int(status["Ssl_accepts"]), int(status["Ssl_finished_accepts"])


@pytest.fixture
def job(request, two, new_job):
    source, target = two(request.param)
    source.script("CREATE DATABASE d", "CREATE TABLE d.a (id INT PRIMARY KEY); INSERT INTO d.a VALUES (1)")
    return new_job(source, target, ["d.*"])


@pytest.mark.parametrize("job", PAIRS, indirect=True)
@pytest.mark.parametrize("mode", ["by default", "disabled", "required", "verify_ca", "verify_ca, by the system", "verify_identity, by the system"])
def test_every_connection(mode, job):
    """All are encrypted, and none is tried twice."""
    before = {server: handshakes(server) for server in (job.source, job.target)}
    env = environment()
    for side, server in (("source", job.source), ("target", job.target)):
        ca = server.directory / "ca.pem"
        if mode != "by default":
            job.set(f"{side}.tls.mode", mode.split(",")[0])
        if mode == "verify_ca":
            job.set(f"{side}.tls.ca", str(ca))
        with open(job.directory / "trusted.pem", "ab") as trusted:
            trusted.write(ca.read_bytes())
    if "by the system" in mode:
        env["SSL_CERT_FILE"] = str(job.directory / "trusted.pem")
    job.write()
    result = job.run("migrate", "--until", "synced", "--debug", env=env).expect(OK)
    assert job.target.query("SELECT * FROM d.a") == ((1,),)
    for server, (begun, ended) in before.items():
        now = handshakes(server)
        assert now[0] - begun == now[1] - ended, f"{server.kind}: {now}, before {begun} and {ended}"
        assert (now[0] > begun) == (mode != "disabled"), str(result)


@pytest.mark.parametrize("job", PAIRS, indirect=True)
@pytest.mark.parametrize("env", [{}, {"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/dev/null"}])
def test_who_is_not_trusted(env, job):
    job.set("source.tls.mode", "verify_ca")
    job.write()
    result = job.run("plan", env=environment(**env)).expect(SOURCE)
    assert "UM-2004" in result.stderr and "certificate" in result.stderr, str(result)
