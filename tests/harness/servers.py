"""Starting, stopping and talking to real servers by way of tests/servers/server."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pymysql
from pymysql.constants import CLIENT

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tests" / "servers" / "server"

# Kinds as the tool calls them.
MYSQL56, MYSQL97, MARIADB = "mysql-5.6", "mysql-9.7", "mariadb-10.11"
MARIADB105, MARIADB118 = "mariadb-10.5", "mariadb-11.8"


def is_mariadb(kind):
    return kind.startswith("mariadb")


def run_tool(*args, **options):
    result = subprocess.run([str(TOOL), *map(str, args)], text=True, capture_output=True, **options)
    if result.returncode != 0:
        raise RuntimeError(f"server {' '.join(map(str, args))}: {result.stderr[-4000:]}")
    return result.stdout.strip()


# Creating functions and triggers with the binary log on would ask for a global privilege. The
# event scheduler is off so that nothing changes data but the tests.
COMMON_OPTIONS = ["--log-bin-trust-function-creators=1", "--event-scheduler=OFF"]

# A machine has slots for the native AIO of some two dozen servers (fs.aio-max-nr), a MySQL that
# gets none does not start, and pools of several test runs are beside one another.
POOL_OPTIONS = ["--innodb-use-native-aio=OFF"]


class Server:
    """One server process with a data directory of its own."""

    def __init__(self, kind, directory, options=()):
        self.kind = kind
        self.directory = pathlib.Path(directory)
        self.options = [*COMMON_OPTIONS, *options]
        self.port = self.socket = self.pid = None

    @property
    def mariadb(self):
        return is_mariadb(self.kind)

    def start(self, extra=()):
        port = ["--port", str(self.port)] if self.port else []
        out = run_tool("start", self.kind, self.directory, *port, "--", *self.options, *extra)
        env = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        self.port, self.pid = int(env["PORT"]), int(env["PID"])
        self.socket = env["SOCKET"]
        self.version = env["VERSION"]
        return self

    def stop(self):
        run_tool("stop", self.directory)

    def kill(self):
        """As a crash of the machine would, as far as the server can tell."""
        run_tool("stop", self.directory, "--kill")

    def connect(self, database=None, user="root", password="", **options):
        """Over the Unix socket; in UTC, in a session that lets every value through."""
        options.setdefault("charset", "utf8mb4")
        options.setdefault("autocommit", True)
        return pymysql.connect(
            unix_socket=self.socket, user=user, password=password, database=database,
            init_command="SET time_zone='+00:00', sql_mode='NO_ENGINE_SUBSTITUTION'",
            connect_timeout=20, **options)

    def query(self, sql, args=None, database=None):
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, args)
                return cursor.fetchall()
        finally:
            connection.close()

    def value(self, sql, args=None, database=None):
        rows = self.query(sql, args, database)
        return rows[0][0] if rows else None

    def script(self, *statements, database=None):
        connection = self.connect(database, client_flag=CLIENT.MULTI_STATEMENTS)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                    while cursor.nextset():
                        pass
        finally:
            connection.close()

    def load(self, path, database, collation="utf8mb4_unicode_ci"):
        """A file through the server's own client, which knows DELIMITER."""
        self.script(f"CREATE DATABASE IF NOT EXISTS `{database}` CHARACTER SET utf8mb4 COLLATE {collation}")
        client = run_tool("client", self.kind)
        with open(path, "rb") as text:
            result = subprocess.run(
                [client, "-uroot", f"-S{self.socket}", "--default-character-set=utf8mb4",
                 "--binary-mode", database],
                stdin=text, capture_output=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{path}: {result.stderr.decode(errors='replace')[-2000:]}")

    def databases(self):
        own = {"mysql", "information_schema", "performance_schema", "sys", "test"}
        return [name for (name,) in self.query("SHOW DATABASES") if name not in own]

    def accounts(self):
        return [(user, host) for user, host in self.query("SELECT user, host FROM mysql.user")
                if user.startswith("unmoor")]

    def reset(self):
        """Drops what a test has left; nobody may hold locks on it."""
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute("SHOW FULL PROCESSLIST")
            for row in cursor.fetchall():
                if row[1] not in ("system user", "event_scheduler") and row[0] != connection.thread_id():
                    try:
                        cursor.execute(f"KILL {row[0]}")
                    except pymysql.MySQLError:
                        pass
            cursor.execute("SET foreign_key_checks=0")
            for name in self.databases():
                cursor.execute("DROP DATABASE `{}`".format(name.replace("`", "``")))
            for user, host in self.accounts():
                cursor.execute("DROP USER %s@%s", (user, host))
            cursor.execute("SET GLOBAL local_infile=1")
            cursor.execute("SET GLOBAL read_only=0")
            if not self.mariadb and self.version >= "8":
                cursor.execute("RESET PERSIST")
        connection.close()


class Pool:
    """Servers by name; each is started once in a session and reset for each test."""

    def __init__(self):
        base = os.environ.get("UNMOOR_TEST_DIR")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="unmoor-e2e-", dir=base))
        self.servers = {}

    def get(self, name, kind, options=()):
        server = self.servers.get(name)
        if server is None:
            server = Server(kind, self.directory / name, [*POOL_OPTIONS, *options])
            self.servers[name] = server.start()
        elif not running(server):
            server.start()
        return server

    def close(self):
        for server in self.servers.values():
            try:
                server.kill()
            except RuntimeError as error:
                print(error)
        shutil.rmtree(self.directory, ignore_errors=True)


def running(server):
    try:
        server.connect().close()
        return True
    except pymysql.MySQLError:
        return False
