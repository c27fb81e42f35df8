"""Running the program: configuration, passwords, processes, results."""

import fcntl
import json
import os
import pathlib
import secrets
import signal
import struct
import subprocess
import termios
import time

from . import accounts, wait
from .servers import ROOT

BINARY = pathlib.Path(os.environ.get("UNMOOR_BIN") or ROOT / "build" / "migrate" / "unmoor")

# Exit codes of the contract.
OK, OTHER, USAGE, CONFIG, BLOCKED, SOURCE, TARGET, DIFFERENT, UNSUPPORTED, CANNOT_RESUME, RUNNING = range(11)
GATE, OWNERSHIP, HOOK = 11, 12, 13
BUG, INTERRUPTED, TERMINATED = 70, 130, 143

SANITIZER_EXIT = 99
SANITIZER_WORDS = ("ERROR: AddressSanitizer", "WARNING: ThreadSanitizer", "ERROR: LeakSanitizer",
                   ": runtime error: ")


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("UNMOOR_", "MYSQL_", "MARIADB_"))}
    env["LC_ALL"] = "C.UTF-8"
    env["ASAN_OPTIONS"] = f"exitcode={SANITIZER_EXIT}:detect_leaks=1"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    env["TSAN_OPTIONS"] = f"exitcode={SANITIZER_EXIT}:second_deadlock_stack=1"
    env.update({k: str(v) for k, v in more.items()})
    return env


class Result:
    def __init__(self, args, code, stdout, stderr):
        self.args, self.code, self.stdout, self.stderr = args, code, stdout, stderr

    def __str__(self):
        # Errors first: a report that is cut should still say what happened.
        errors = [line for line in self.stderr.splitlines() if "UM-" in line]
        return (f"$ {' '.join(map(str, self.args))}\nexit code {self.code}\n" + "\n".join(errors[-5:]) +
                f"\n--- stdout\n{self.stdout[-6000:]}\n--- stderr\n{self.stderr[-6000:]}")

    __repr__ = __str__

    def expect(self, *codes):
        assert self.code in codes, f"expected exit code {codes}\n{self}"
        return self

    @property
    def json(self):
        try:
            return json.loads(self.stdout)
        except ValueError as error:
            raise AssertionError(f"not JSON ({error})\n{self}") from error


class Process:
    """A running command; its output goes to files, so that no pipe can fill up."""

    count = 0

    def __init__(self, directory, args, env=None, cwd=None):
        Process.count += 1
        self.args = [str(BINARY), *map(str, args)]
        self.files = [pathlib.Path(directory) / f"run-{Process.count:03}.{name}" for name in ("out", "err")]
        with open(self.files[0], "wb") as out, open(self.files[1], "wb") as err:
            self.popen = subprocess.Popen(self.args, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                          env=env or environment(), cwd=cwd or directory)

    @property
    def pid(self):
        return self.popen.pid

    def text(self):
        return [f.read_text("utf-8", errors="replace") for f in self.files]

    def running(self):
        return self.popen.poll() is None

    def send(self, number):
        self.popen.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        return self.wait()

    def stop(self, number=signal.SIGTERM, code=TERMINATED, seconds=120):
        self.send(number)
        return self.wait(seconds).expect(code)

    def wait(self, seconds=300):
        try:
            self.popen.wait(seconds * wait.SLACK)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"no end after {seconds * wait.SLACK} s\n{self.result()}") from None
        return self.result()

    def result(self):
        result = Result(self.args, self.popen.returncode, *self.text())
        bad = [w for w in SANITIZER_WORDS if w in result.stderr]
        assert result.code != SANITIZER_EXIT and not bad, f"sanitizer report\n{result.stderr[-20000:]}"
        return result

    def until(self, condition, what, seconds=120):
        """Waits for the condition while the process lives."""
        def check():
            if not self.running():
                raise AssertionError(f"ended while waiting for: {what}\n{self.result()}")
            return condition()
        return wait.until(check, what, seconds)


def run(directory, *args, env=None, seconds=300, cwd=None):
    return Process(directory, args, env, cwd).wait(seconds)


class Job:
    """A configured job between two servers, with accounts and passwords of its own."""

    def __init__(self, directory, source, target, include, name="shop", grants=True, **config):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.source, self.target, self.name = source, target, name
        self.passwords = {side: f"pw-{side}-{secrets.token_hex(8)}" for side in ("source", "target")}
        self.users = {"source": "unmoor_src", "target": "unmoor_dst"}
        self.processes = []
        if grants:
            self.create_accounts()
        self.config = {
            "job": name,
            "source": self.endpoint("source", source),
            "target": self.endpoint("target", target),
            "tables": {"include": list(include)},
            "copy": {"threads": 3, "chunk_time": "50ms", "chunk_rows_max": 400},
            "follow": {"heartbeat": "500ms"},
        }
        for path, value in config.items():
            self.set(path.replace("__", "."), value)
        self.path = self.directory / "unmoor.yaml"
        self.write()

    def create_accounts(self):
        for side, server, grants in (("source", self.source, accounts.source_grants(self.source)),
                                     ("target", self.target, accounts.target_grants(self.target))):
            accounts.create(server, self.users[side], self.passwords[side], grants)

    def endpoint(self, side, server):
        secret = self.directory / f"{side}.password"
        secret.write_text(self.passwords[side] + "\n")
        secret.chmod(0o600)
        return {"host": "127.0.0.1", "port": server.port, "user": self.users[side],
                "password_file": str(secret)}

    def set(self, path, value):
        """set("copy.existing", "drop"); None removes the key."""
        *parents, last = path.split(".")
        place = self.config
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value

    def write(self):
        lines = []

        def emit(mapping, depth):
            for key, value in mapping.items():
                if isinstance(value, dict):
                    lines.append("  " * depth + f"{key}:")
                    emit(value, depth + 1)
                else:
                    lines.append("  " * depth + f"{key}: {json.dumps(value, ensure_ascii=False)}")

        emit(self.config, 0)
        self.path.write_text("\n".join(lines) + "\n")
        return self

    def spawn(self, command, *args, env=None):
        process = Process(self.directory, [*command.split(), "--config", self.path, *args], env)
        self.processes.append(process)
        return process

    def run(self, command, *args, env=None, seconds=300):
        return self.spawn(command, *args, env=env).wait(seconds)

    def on_terminal(self, command, *args):
        """Exit code and what a terminal of 100 columns is sent."""
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        popen = subprocess.Popen([str(BINARY), command, "--config", str(self.path), *args], stdin=slave, stdout=slave,
                                 stderr=slave, env=environment(TERM="xterm"), cwd=self.directory)
        os.close(slave)
        seen = b""
        while True:
            try:
                more = os.read(master, 65536)
            except OSError:  # the last writer has gone
                more = b""
            if not more:
                break
            seen += more
        os.close(master)
        return popen.wait(), seen.decode("utf-8")

    def status(self):
        return self.run("status", "--format", "json").expect(OK).json

    def phase(self):
        return self.status()["phase"]

    def state(self, sql, *args):
        """A query on the state schema, as root."""
        return self.target.query(sql, args, database=self.config.get("state", {}).get("schema", "unmoor"))

    def has_state(self):
        return bool(self.target.query("SHOW DATABASES LIKE 'unmoor'"))

    def has_table(self, name):
        return bool(self.target.query("SELECT 1 FROM information_schema.tables WHERE table_schema='unmoor'"
                                      " AND table_name=%s", (name,)))

    def chunks(self):
        """The manifest: id -> row."""
        if not self.has_table("job_chunk"):
            return {}
        return {row[0]: row for row in self.state(
            "SELECT id, table_id, snapshot_id, lo, hi, row_count, byte_count, done_at"
            " FROM job_chunk WHERE job=%s", self.name)}

    def applied(self):
        """Source transactions applied so far."""
        if not self.has_table("job_progress"):
            return 0
        return self.state("SELECT COALESCE(SUM(transactions), 0) FROM job_progress WHERE job=%s",
                          self.name)[0][0]

    def follows(self):
        return self.has_table("job") and self.state(
            "SELECT phase FROM job WHERE job=%s AND phase IN ('follow', 'synced')", self.name)

    def close(self):
        """Ends what still runs and looks for passwords in everything that was written."""
        for process in self.processes:
            if process.running():
                process.kill()
        self.assert_no_secrets()

    def assert_no_secrets(self):
        for file in self.directory.rglob("*"):
            if file.is_file() and file.suffix in (".out", ".err", ".json", ".log"):
                text = file.read_bytes()
                for password in self.passwords.values():
                    assert password.encode() not in text, f"a password is in {file}"
        try:
            if not self.has_state():
                return
        except Exception:  # the server is gone, and its state with it
            return
        for (table,) in self.state("SHOW TABLES"):
            text = repr(self.state(f"SELECT * FROM `{table}`"))
            for password in self.passwords.values():
                assert password not in text, f"a password is in the state table {table}"
