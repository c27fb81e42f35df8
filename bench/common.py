"""What the benchmarks share: throwaway servers, repeated measurements, medians, versions."""

import contextlib
import os
import pathlib
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from harness import servers  # noqa: E402 (the tests' harness)

BUILD = ROOT / "build" / "bench"

# A polite end, as Ctrl-C is one, so that servers and files go.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def build(*targets):
    """The programs as they are released, with what the benchmarks add."""
    quiet = {"stdout": subprocess.DEVNULL, "check": True}
    subprocess.run(["cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                    "-DUM_BENCH=ON", "-DUM_TESTS=OFF"], **quiet)
    subprocess.run(["cmake", "--build", BUILD, "--target", *targets], **quiet)
    return BUILD


@contextlib.contextmanager
def scratch():
    """A folder that is gone in the end, however that comes."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="unmoor-bench-", dir=os.environ.get("TMPDIR")))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def server(kind, folder, *options):
    """A running server; it listens on 127.0.0.1 alone."""
    servers.run_tool("install", kind)
    s = servers.Server(kind, folder / kind, options).start()
    try:
        yield s
    finally:
        s.kill()


class Kept:
    """A stopped server's data directory, to be brought back before each measurement."""

    def __init__(self, server):
        self.server = server
        self.copy = server.directory.with_name(server.directory.name + ".kept")
        server.stop()
        shutil.copytree(server.directory, self.copy, symlinks=True)

    @contextlib.contextmanager
    def again(self):
        shutil.rmtree(self.server.directory)
        shutil.copytree(self.copy, self.server.directory, symlinks=True)
        os.sync()
        self.server.start()
        try:
            yield self.server
        finally:
            self.server.kill()


def cpu_of_children():
    """What all commands that ended have taken of the processor so far, in user and system mode. Unlike
    the time on the wall it does not depend on who else is at work on the machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_seconds(*command):
    """What a command takes of the processor; its output goes nowhere."""
    before = cpu_of_children()
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)
    return cpu_of_children() - before


def cpu_of(pid):
    """What a process that runs has taken of the processor so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Run:
    """A command of Unmoor: its result, its time on the wall and of the processor, and the most memory and
    open files that it was seen with. (What the system keeps of a child's memory begins with its parent's.)"""

    def __init__(self, job, command, *args):
        before, begun = cpu_of_children(), time.monotonic()
        process = job.spawn(command, *args)
        self.megabytes = self.files = 0
        while process.running():
            with contextlib.suppress(OSError):
                of = pathlib.Path("/proc") / str(process.pid)
                status = (of / "status").read_text(encoding="ascii", errors="replace")
                peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
                self.megabytes = max([self.megabytes, *(int(kilobytes) / 1024 for kilobytes in peak)])
                self.files = max(self.files, len(os.listdir(of / "fd")))
            time.sleep(0.01)
        self.seconds = time.monotonic() - begun
        self.cpu = cpu_of_children() - before
        self.result = process.wait()


@contextlib.contextmanager
def ended(job):
    """What a job still runs in the end, however that comes, is ended."""
    try:
        yield job
    finally:
        for process in job.processes:
            if process.running():
                process.kill()


def sysbench(server, tables, rows, database="bench"):
    """Tables as sysbench makes them, in a database that is there."""
    subprocess.run(["sysbench", "oltp_write_only", "--db-driver=mysql", f"--mysql-socket={server.socket}", "--mysql-user=root",
                    f"--mysql-db={database}", f"--tables={tables}", f"--table-size={rows}", "--threads=2", "prepare"],
                   check=True, stdout=subprocess.DEVNULL)


def in_turn(repeat, *measurements):
    """Each measurement `repeat` times, one after the other so that all see the same machine. Lists of
    results, in the order of the measurements."""
    results = [[] for _ in measurements]
    for _ in range(repeat):
        for to, measure in zip(results, measurements):
            to.append(measure())
    return results


median = statistics.median


def setting(text):
    """"apply.batch_rows=500" as the option's name and its value."""
    name, value = text.split("=", 1)
    return name, int(value) if value.isdigit() else {"true": True, "false": False}.get(value, value)


def version(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True,
                          text=True).stdout.strip().splitlines()[0]


def machine():
    cpu = "unknown"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        for line in info:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    return f"{cpu}, {os.cpu_count()} CPUs, Linux {os.uname().release}, {version('cc', '--version')}"
