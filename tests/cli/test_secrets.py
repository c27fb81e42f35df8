"""No password in any output, log, process list or state table."""

import pathlib
import threading

import pytest

from harness.unmoor import OK, environment

pytestmark = [pytest.mark.usefixtures("binary"), pytest.mark.core]


def test_no_password_anywhere(two, new_job, fixtures):
    source, target = two("mariadb-mariadb")
    source.load(fixtures / "chunk_keys.sql", "keys")
    job = new_job(source, target, ["keys.*"])
    # One by command, one by environment.
    job.set("source.password_file", None)
    job.set("source.password_command", f"cat {job.directory}/source.password")
    job.set("target.password_file", None)
    job.set("target.password_env", "SHOP_TARGET_PW")
    job.write()
    env = environment(SHOP_TARGET_PW=job.passwords["target"])

    with Watch(job.passwords.values()) as watch:
        for args in (("plan", "--debug"), ("plan", "--format", "json"),
                     ("migrate", "--until", "synced", "--debug"), ("migrate", "--until", "synced", "--log-format", "json"),
                     ("verify", "--debug"), ("status", "--debug"), ("status", "--format", "json")):
            job.run(*args, env=env).expect(OK)
        # Errors talk most: the right password for the wrong account.
        job.set("target.user", "stranger")
        job.write()
        job.run("migrate", "--debug", env=env).expect(6)
        job.set("target.user", job.users["target"])
        job.write()
    assert not watch.seen, f"in the process list: {watch.seen}"
    job.assert_no_secrets()

    for server in (source, target):
        log = (server.directory / "error.log").read_text(errors="replace")
        assert not any(p in log for p in job.passwords.values())
    job.run("cleanup", env=env).expect(OK)


class Watch:
    """Reads every process's command line, and the server's list of statements, all the time."""

    def __init__(self, secrets):
        self.secrets, self.seen = [s.encode() for s in secrets], []
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def run(self):
        while not self.done.is_set():
            for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = file.read_bytes()
                except OSError:
                    continue
                if any(s in line for s in self.secrets):
                    self.seen.append(line)
            self.done.wait(0.005)
