"""An application that a cutover leads from one server to another, and what has to hold for it."""

import pathlib
import threading
import time

import pymysql

from . import accounts, wait

APPLICATION = "unmoor_app"
PASSWORD = "pw-application"
HOST = "127.0.0.1"


def make(new_job, source, target, include, **config):
    """A job whose accounts may write on both sides and close them; and the application's account."""
    job = new_job(source, target, include, grants=False, **config)
    for side, server in (("source", source), ("target", target)):
        accounts.create(server, job.users[side], job.passwords[side], accounts.cutover_grants(server))
        server.script(f"CREATE USER '{APPLICATION}'@'{HOST}' IDENTIFIED BY '{PASSWORD}'",
                      f"GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO '{APPLICATION}'@'{HOST}'")
    if any(s.mariadb or s.kind == "mysql-5.6" for s in (source, target)):
        job.set("cutover.fence_may_be_lost", True)
    job.set("cutover.max_lag", "30s")  # on a busy machine; what is shown of it is not
    return job.write()


def switch_hook(job, body=""):
    """Leads the application by a file, as a proxy's configuration would."""
    path = pathlib.Path(job.directory) / "switch"
    route = pathlib.Path(job.directory) / "route"
    if not route.exists():  # writers may be reading it
        route.write_text("source")
    calls = pathlib.Path(job.directory) / "calls.json"
    path.write_text(f"""#!/bin/sh
read -r facts
echo "$facts" >> {calls}
{body}
case "$facts" in
*'"event":"switch"'*'"direction":"there"'*|*'"event":"retreat"'*'"direction":"back"'*) echo target > {route}.new ;;
*) echo source > {route}.new ;;
esac
mv {route}.new {route}
""")
    path.chmod(0o755)
    job.set("cutover.switch_hook", str(path))
    job.write()
    return route, calls


class Application:
    """Writers that go where the route says. Each row of `ledger` says which server took it, as what number; what
    was acknowledged is kept here."""

    def __init__(self, source, target, route, database, threads=2):
        self.servers = {"source": source, "target": target}
        self.route, self.database = route, database
        self.acknowledged = {}  # (writer, number) -> (server, begun, acknowledged)
        self.unknown = set()  # the answer was lost
        self.failures = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(i,), daemon=True) for i in range(threads)]
        source.script("CREATE TABLE IF NOT EXISTS ledger (writer INT, number INT, server VARCHAR(10), "
                      "PRIMARY KEY (writer, number))", database=database)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def where(self):
        return self.route.read_text().strip()

    def _connect(self, where):
        return pymysql.connect(host=HOST, port=self.servers[where].port, user=APPLICATION, password=PASSWORD,
                               database=self.database, autocommit=True, connect_timeout=5, read_timeout=20)

    def _run(self, writer):
        number, connection, at = 0, None, None
        while not self._stop.is_set():
            where = self.where()
            try:
                if connection is None or where != at:
                    connection, at = self._connect(where), where
                begun = time.monotonic()
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO ledger VALUES (%s, %s, %s)", (writer, number, at))
                self.acknowledged[writer, number] = at, begun, time.monotonic()
                number += 1
            except pymysql.MySQLError as error:
                code = error.args[0] if error.args else 0
                if code in (0, 2006, 2013):
                    self.unknown.add((writer, number))
                    number += 1
                if code not in (0, 1290, 1836, 3118, 4151, 2003, 2006, 2013, 1053, 1317, 1927, 1045, 1040):
                    self.failures.append(error)
                connection = None
                time.sleep(0.002)
            time.sleep(0.001)

    def count(self, where):
        return sum(1 for at, _, _ in list(self.acknowledged.values()) if at == where)

    def wait_for(self, where, more=20):
        before = self.count(where)
        wait.until(lambda: self.count(where) >= before + more, f"writes on the {where}")

    def check(self, owner):
        """The owner has all that was acknowledged, by either server; and nobody wrote to both at once."""
        assert not self.failures, self.failures[0]
        rows = dict(((w, n), s) for w, n, s in self.servers[owner].query(
            "SELECT writer, number, server FROM ledger", database=self.database))
        missing = set(self.acknowledged) - set(rows)
        assert not missing, f"{len(missing)} acknowledged rows are missing on the {owner}: {sorted(missing)[:5]}"
        extra = set(rows) - set(self.acknowledged) - self.unknown
        assert not extra, f"rows that nobody wrote: {sorted(extra)[:5]}"


def takes_writes(server, database):
    """May the application write there, now?"""
    try:
        connection = pymysql.connect(host=HOST, port=server.port, user=APPLICATION, password=PASSWORD,
                                     database=database, autocommit=True, connect_timeout=5)
    except pymysql.MySQLError as error:
        assert error.args[0] in (3118, 4151, 2003, 1045), error
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger WHERE writer = -1")
        return True
    except pymysql.MySQLError as error:
        assert error.args[0] in (1290, 1836), error
        return False
    finally:
        connection.close()


class Prober:
    """Tries to write to both servers, all the time, as the application: never may both let it."""

    def __init__(self, source, target, database):
        self.servers = {"source": source, "target": target}
        self.database = database
        self.taken = {"source": [], "target": []}  # (begun, answered)
        self.closed = {}  # when it refused for the first time: before a cutover begins, nobody closes the target
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(where,), daemon=True) for where in self.servers]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self, where):
        connection = None
        while not self._stop.is_set():
            try:
                if connection is None:
                    connection = pymysql.connect(
                        host=HOST, port=self.servers[where].port, user=APPLICATION, password=PASSWORD,
                        database=self.database, autocommit=True, connect_timeout=5, read_timeout=20)
                begun = time.monotonic()
                with connection.cursor() as cursor:
                    cursor.execute("DELETE FROM ledger WHERE writer = -1")
                self.taken[where].append((begun, time.monotonic()))
            except (pymysql.MySQLError, OSError) as error:
                if error.args[0] in (1290, 1836, 3118, 4151):
                    self.closed.setdefault(where, time.monotonic())
                else:
                    connection = None
            time.sleep(0.001)

    def check(self, first="source"):
        """Of one cutover, which may have retreated: who had the writes first never takes one again once the other
        has taken one."""
        second = "target" if first == "source" else "source"
        assert self.taken[first], "nobody was asked"
        later = [answered for begun, answered in self.taken[second] if begun > self.closed[second]]
        if not later:
            return
        given = min(later)
        both = [begun for begun, _ in self.taken[first] if begun > given]
        assert not both, f"{len(both)} writes were taken by the {first} after the {second} had taken one"
