"""The table of wrong configurations and situations: how each is made and what it must end with.

Each row gives a name, the exit code, and an id: the number of an error (UM-…), or the name of the
check of the plan that blocks ("a + b" where b blocks too; the text is that of a). The exact texts
are in bad_input.expected, under the same names. To take over changed texts, run
UNMOOR_TEST_UPDATE=1 pytest cli/test_bad_input.py, and read the difference before keeping it.
"""

import subprocess

from harness import accounts
from harness.unmoor import environment

CASES = {}


class Case:
    def __init__(self, name, code, um, make, pair=None, command=("plan",)):
        self.name, self.code, self.um = name, code, um
        self.make, self.pair, self.command = make, pair, command
        assert name not in CASES
        CASES[name] = self


# ---- the configuration file ------------------------------------------------------------------------
#
# No server is asked: these must be found before any connection is made. Each is the good file with
# one text put in the place of another.

GOOD = """\
job: shop
source:
  host: 127.0.0.1
  port: 1
  user: reader
  password_file: {dir}/source.password
target:
  host: 127.0.0.1
  port: 2
  user: writer
  password_file: {dir}/target.password
tables:
  include: ["shop.*"]
copy:
  threads: 4
  existing: refuse
"""


def yaml(name, code, um, old, new):
    def make(place):
        text = GOOD.format(dir=place.directory)
        old_ = old.format(dir=place.directory)
        assert old_ in text, old
        place.config.write_bytes(text.replace(old_, new.format(dir=place.directory)).encode())
    Case(name, code, um, make)


def raw(name, code, um, data):
    Case(name, code, um, lambda place: place.config.write_bytes(data))


yaml("unclosed bracket", 3, 1104, '["shop.*"]', '["shop.*"')
yaml("tab as indent", 3, 1104, "  host: 127.0.0.1\n  port: 1", "\thost: 127.0.0.1\n\tport: 1")
yaml("unclosed quote", 3, 1104, "existing: refuse", 'existing: "refuse')
yaml("colon in a plain text", 3, 1104, "user: reader", "user: reader: writer")
raw("empty file", 3, 1102, b"")
raw("comments only", 3, 1102, b"# job: shop\n")
raw("a list instead of a map", 3, 1108, b"- job\n- source\n")
raw("not UTF-8", 3, 1103, b"job: sh\xf6p\n")
raw("two documents", 3, 1105, b"job: a\n---\njob: b\n")
yaml("anchor", 3, 1105, "job: shop", "job: &name shop")
yaml("pattern without quotes", 3, 1105, '["shop.*"]', "[*.orders]")
yaml("unknown key", 3, 1106, "  threads: 4", "  thread: 4")
yaml("unknown key at the top", 3, 1106, "copy:", "coppy:")
yaml("key under the wrong parent", 3, 1106, "  existing: refuse", "  existing: refuse\n  include: [a.b]")
yaml("key twice", 3, 1107, "  threads: 4", "  threads: 4\n  threads: 5")
yaml("text for a number", 3, 1108, "threads: 4", "threads: many")
yaml("number out of range", 3, 1109, "threads: 4", "threads: 0")
yaml("port out of range", 3, 1109, "port: 1\n", "port: 65536\n")
yaml("fraction for a whole number", 3, 1108, "threads: 4", "threads: 2.5")
yaml("list for a text", 3, 1108, "job: shop", "job: [shop]")
yaml("text for a list", 3, 1108, '["shop.*"]', "shop.*")
yaml("map for a text", 3, 1108, "user: reader", "user: {{name: reader}}")
yaml("choice that does not exist", 3, 1109, "existing: refuse", "existing: keep")
yaml("policy that does not exist", 3, 1109, "copy:", "apply: {{on_conflict: keep}}\ncopy:")
yaml("policy of tables without a policy", 3, 1109, "copy:", 'apply: {{on_conflict_tables: ["shop.orders"]}}\ncopy:')
yaml("policy of tables without a schema", 3, 1109, "copy:", 'apply: {{on_conflict_tables: ["orders=skip"]}}\ncopy:')
yaml("more workers than there may be", 3, 1109, "copy:", "apply: {{workers: 65}}\ncopy:")
yaml("replica with a path", 3, 1109, "copy:", 'throttle: {{replicas: ["10.0.0.3:3306/db"]}}\ncopy:')
yaml("replica with an odd port", 3, 1109, "copy:", 'throttle: {{replicas: ["10.0.0.3:33060000"]}}\ncopy:')
yaml("lag below what servers tell", 3, 1109, "copy:", "throttle: {{max_lag: 500ms}}\ncopy:")
yaml("throttle query that changes rows", 3, 1109, "copy:", "throttle: {{query: DELETE FROM shop.jobs}}\ncopy:")
yaml("duration without a unit", 3, 1108, "copy:", "copy:\n  chunk_time: 5")
yaml("size with a wrong unit", 3, 1108, "copy:", "apply: {{memory: 64Mob}}\ncopy:")
yaml("job's name with a space", 3, 1109, "job: shop", "job: my shop")
yaml("pattern without a schema", 3, 1109, "shop.*", "orders")
yaml("no job", 3, 1111, "job: shop\n", "")
yaml("no user", 3, 1111, "  user: writer\n", "")
yaml("no host", 3, 1111, "  host: 127.0.0.1\n  port: 2\n", "")
yaml("no tables", 3, 1111, 'tables:\n  include: ["shop.*"]\n', "")
yaml("empty list of tables", 3, 1111, '["shop.*"]', "[]")
yaml("pattern with backticks", 3, 1109, "shop.*", "shop.`orders`")
yaml("password in the file", 3, 1112, "password_file: {dir}/source.password", "password: hunter2")
yaml("two ways to a password", 3, 1113, "  password_file: {dir}/source.password",
     "  password_file: {dir}/source.password\n  password_env: SHOP_PW")
yaml("password file that is not there", 3, 1115, "{dir}/source.password", "{dir}/nowhere.password")
yaml("password variable that is not set", 3, 1116, "password_file: {dir}/source.password", "password_env: SHOP_PW")
yaml("password command that fails", 3, 1117, "password_file: {dir}/source.password", "password_command: \"exit 3\"")
yaml("password command that is silent", 3, 1117, "password_file: {dir}/source.password", "password_command: \"true\"")
yaml("certificate without its key", 3, 1120, "user: reader", "user: reader\n  tls: {{cert: {dir}/source.password}}")
yaml("CA that is not there", 3, 1120, "user: reader", "user: reader\n  tls: {{mode: verify_ca, ca: {dir}/no-ca.pem}}")
yaml("defaults file that is not there", 3, 1118, "user: reader", "user: reader\n  defaults_file: {dir}/no.cnf")


def secret_mode(mode):
    def make(place):
        good(place)
        (place.directory / "source.password").chmod(mode)
    return make


def good(place):
    place.config.write_text(GOOD.format(dir=place.directory))


def empty_secret(place):
    good(place)
    (place.directory / "source.password").write_text("\n")


def missing_file(place):
    pass


Case("password file that all can read", 3, 1114, secret_mode(0o644))
Case("password file that the group can write", 3, 1114, secret_mode(0o620))
Case("empty password file", 3, 1115, empty_secret)
Case("no configuration file", 3, 1101, missing_file)


# ---- the command line ------------------------------------------------------------------------------

Case("no command", 2, 1001, good, command=())
Case("unknown command", 2, 1002, good, command=("migrat",))
Case("unknown option", 2, 1003, good, command=("migrate", "--untl", "synced"))
Case("option without its value", 2, 1004, good, command=("migrate", "--until"))
Case("option with a wrong value", 2, 1004, good, command=("migrate", "--until", "tomorrow"))
Case("option given twice", 2, 1005, good, command=("plan", "--copy-threads", "2", "--copy-threads", "3"))
Case("option of another command", 2, 1006, good, command=("plan", "--restart"))
Case("word too many", 2, 1007, good, command=("plan", "shop"))
Case("reason of another command", 2, 1006, good, command=("ctl", "unthrottle", "--reason", "over"))
Case("no table to copy again", 2, 1007, good, command=("ctl", "recopy"))
Case("password on the command line", 2, 1008, good, command=("plan", "--source-password", "hunter2"))
Case("unknown error id", 2, 1009, good, command=("explain", "UM-0042"))


def wrong_variable(place):
    good(place)
    place.env = environment(UNMOOR_COPY_THREDS="3")


Case("misspelt environment variable", 3, 1119, wrong_variable)


# ---- servers ----------------------------------------------------------------------------------------
#
# `make` gets a place with a working job between two servers (place.job) and spoils one thing.

def server(name, code, um, command=("plan",), pair="mariadb-mariadb"):
    def register(make):
        Case(name, code, um, make, pair, command)
        return make
    return register


MIGRATE = ("migrate", "--until", "synced")


@server("nothing listens on the source's port", 5, 2001)
def _(place):
    place.job.set("source.port", 1)


@server("nothing listens on the target's port", 6, 3001)
def _(place):
    place.job.set("target.port", 1)


@server("unknown host", 5, 2001)
def _(place):
    place.job.set("source.host", "no-such-host.invalid")


@server("socket that is not there", 6, 3001)
def _(place):
    for key in ("host", "port"):
        place.job.set(f"target.{key}", None)
    place.job.set("target.socket", "/nowhere/mysqld.sock")


@server("wrong password on the source", 5, 2002)
def _(place):
    (place.directory / "source.password").write_text("wrong\n")


@server("wrong password on the target", 6, 3002)
def _(place):
    (place.directory / "target.password").write_text("wrong\n")


@server("unknown account", 5, 2002)
def _(place):
    place.job.set("source.user", "nobody_knows")


def revoked(name, check, side, privilege):
    def make(place):
        server_ = getattr(place, side)
        server_.script(f"REVOKE {privilege} ON *.* FROM '{place.job.users[side]}'@'127.0.0.1'")
    Case(name, 4, check, make, "mariadb-mariadb")


revoked("source account without SELECT",
        "source.grant.select + source.grant.routines + tables.readable", "source", "SELECT")
revoked("source account without REPLICATION SLAVE", "source.grant.replication_slave", "source", "REPLICATION SLAVE")
revoked("source account without BINLOG MONITOR", "source.grant.replication_client", "source", "BINLOG MONITOR")
revoked("source account without TRIGGER", "source.grant.trigger", "source", "TRIGGER")
revoked("source account without EVENT", "source.grant.event", "source", "EVENT")
revoked("target account without INSERT", "target.grant.tables + target.grant.state", "target", "INSERT")
revoked("target account without CREATE", "target.grant.tables + target.grant.state", "target", "CREATE")
revoked("target account without INDEX", "target.grant.tables", "target", "INDEX")


def below_the_definer(place, *also):
    """The target's account gets what the job needs on its two schemas, and may not name root."""
    place.source.script("CREATE DEFINER=root@localhost SQL SECURITY INVOKER VIEW `keys`.by_root AS SELECT 1 AS one")
    who = f"'{place.job.users['target']}'@'127.0.0.1'"
    privileges = accounts.target_grants(place.target)[0][0]
    place.target.script(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {who}",
                        f"GRANT {privileges} ON `keys`.* TO {who}", f"GRANT {privileges} ON unmoor.* TO {who}",
                        f"GRANT SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER ON *.* TO {who}",
                        *(f"GRANT {grant} TO {who}" for grant in also))


@server("definer with SYSTEM_USER", 4, "target.grant.definer", pair="mysql97-mysql97")
def _(place):
    below_the_definer(place, *(f"SELECT ON mysql.{table}" for table in ("user", "global_grants", "role_edges")))


@server("definer with SYSTEM_USER that cannot be seen", 4, "target.grant.definer", pair="mysql97-mysql97")
def _(place):
    below_the_definer(place)


@server("statement-based binary log", 4, "source.binlog_format")
def _(place):
    place.source.script("SET GLOBAL binlog_format=STATEMENT")
    place.undo.append((place.source, "SET GLOBAL binlog_format=ROW"))


@server("partial row images", 4, "source.binlog_row_image")
def _(place):
    place.source.script("SET GLOBAL binlog_row_image=MINIMAL")
    place.undo.append((place.source, "SET GLOBAL binlog_row_image=FULL"))


@server("target that takes no writes", 4, "target.read_only")
def _(place):
    place.target.script("SET GLOBAL read_only=1")


@server("table in the way", 4, "target.existing")
def _(place):
    place.target.script("CREATE DATABASE `keys`", "CREATE TABLE `keys`.k_single (id INT)")


@server("pattern that matches nothing", 4, "tables.include")
def _(place):
    place.job.set("tables.include", ["keys.*", "shoop.*"])


@server("table of an engine without transactions", 4, "tables.engine")
def _(place):
    place.source.script("CREATE TABLE `keys`.m (id INT PRIMARY KEY) ENGINE=MyISAM")


@server("table that cannot be opened", 4, "tables.readable + tables.engine")
@server("table that MySQL cannot open", 4, "tables.readable + tables.engine", pair="mysql97-mysql97")
def _(place):
    place.source.script("CREATE TABLE `keys`.part (a INT) ENGINE=MyISAM",
                        "CREATE TABLE `keys`.whole (a INT) ENGINE=MERGE UNION=(`keys`.part)",
                        "DROP TABLE `keys`.part", "CREATE TABLE `keys`.m (id INT PRIMARY KEY) ENGINE=MyISAM")
    place.job.set("tables.include", ["keys.*", "keys.whole"])


@server("sequence", 4, "tables.sequences")
def _(place):
    place.source.script("CREATE SEQUENCE `keys`.numbers")


@server("default from a sequence that is not on the target", 4, "tables.sequence_defaults")
def _(place):
    place.source.script("CREATE DATABASE other", "CREATE SEQUENCE other.numbers START WITH 5",
                        "CREATE SEQUENCE `keys`.more",
                        "CREATE TABLE `keys`.numbered (id BIGINT PRIMARY KEY DEFAULT nextval(other.numbers),"
                        " b INT DEFAULT (NEXT VALUE FOR `keys`.more + 1))")
    place.job.set("tables.exclude", ["keys.more"])


@server("character set that the target lacks", 4, "target.collations + tables.target", pair="mysql97-mariadb")
def _(place):
    place.source.script("CREATE TABLE `keys`.han (id INT PRIMARY KEY, t TEXT) CHARSET=gb18030",
                        "CREATE TABLE `keys`.han_b (id INT PRIMARY KEY, t TEXT) CHARSET=gb18030 COLLATE=gb18030_bin")


@server("target is the source", 4, "target.same_server + target.existing")
def _(place):
    accounts.create(place.source, place.job.users["target"], place.job.passwords["target"],
                    accounts.target_grants(place.source))
    place.job.set("target.port", place.source.port)


@server("a lock that the server does not have", 4, "source.lock")
def _(place):
    place.source.script(f"REVOKE RELOAD ON *.* FROM '{place.job.users['source']}'@'127.0.0.1'")
    place.job.set("copy.lock", "global")


@server("foreign key to a table that stays behind", 4, "tables.foreign_keys")
def _(place):
    place.source.script("CREATE TABLE `keys`.child (id INT PRIMARY KEY, s INT, FOREIGN KEY (s) REFERENCES k_single (id))")
    place.job.set("tables.include", ["keys.child"])


# ---- TLS ---------------------------------------------------------------------------------------------

def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


@server("certificate of an unknown authority", 5, 2004)
def _(place):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=another authority",
            "-keyout", place.directory / "ca.key", "-out", place.directory / "ca.pem")
    place.job.set("source.tls", {"mode": "verify_ca", "ca": str(place.directory / "ca.pem")})


@server("certificate for another name", 5, 2004)
def _(place):
    # MariaDB reads its certificate again when told to.
    kept = {name: (place.source.directory / name).read_bytes() for name in ("server-cert.pem", "server-key.pem")}

    def restore():
        for name, data in kept.items():
            (place.source.directory / name).write_bytes(data)
        place.source.script("FLUSH SSL")

    place.undo.append((restore, None))
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=db.example.com",
            "-addext", "subjectAltName=DNS:db.example.com", "-keyout", place.directory / "other.key",
            "-out", place.directory / "other.pem")
    for name, file in (("server-cert.pem", "other.pem"), ("server-key.pem", "other.key")):
        (place.source.directory / name).write_bytes((place.directory / file).read_bytes())
    place.source.script("FLUSH SSL")
    place.job.set("source.tls", {"mode": "verify_identity", "ca": str(place.directory / "other.pem")})


@server("TLS that the server does not speak", 5, 2004, pair="mysql56-mysql97")
def _(place):
    place.job.set("source.tls", {"mode": "required"})


@server("CA file that is no certificate", 5, 2004)
def _(place):
    (place.directory / "ca.pem").write_text("this is not a certificate\n")
    place.job.set("source.tls", {"mode": "verify_ca", "ca": str(place.directory / "ca.pem")})


# ---- throttling ----------------------------------------------------------------------------------------

@server("throttle query about no table", 4, "source.throttle")
def _(place):
    place.job.set("throttle.query", "SELECT COUNT(*) FROM `keys`.nothing")


@server("throttle query that gives no number", 4, "source.throttle")
def _(place):
    place.job.set("throttle.query", "SELECT 'many'")


@server("replica that does not know the account", 4, "source.throttle")
def _(place):
    place.job.set("throttle.replicas", [f"127.0.0.1:{place.target.port}"])


@server("replica that is none", 4, "source.throttle")
def _(place):
    place.job.set("throttle.replicas", [f"127.0.0.1:{place.source.port}"])


@server("order for a job that there is not", 3, 8004, ("ctl", "throttle"))
def _(place):
    pass


@server("throttle query that fails a job begun before", 3, 5031, MIGRATE)
def _(place):
    begun(place)
    place.job.set("throttle.query", "SELECT NULL")


@server("replica that is none of a job begun before", 3, 5030, MIGRATE)
def _(place):
    begun(place)
    place.job.set("throttle.replicas", [f"127.0.0.1:{place.source.port}"])


# ---- resuming ------------------------------------------------------------------------------------------

def begun(place):
    """Stopped before a row is copied."""
    place.job.set("throttle.file", str(place.config))
    place.job.write()
    migrate = place.job.spawn("migrate")
    migrate.until(lambda: "Throttled: " in migrate.text()[1], "the job's state")
    migrate.stop()
    place.job.set("throttle.file", None)


def migrated(place, until="synced"):
    place.job.set("tables.include", ["keys.k_single", "keys.k_empty"])
    place.job.write()
    place.job.run("migrate", "--until", until).expect(0)


@server("binary log purged before resuming", 9, 2021, MIGRATE)
def _(place):
    migrated(place, "copied")
    for _ in range(2):
        place.source.script("INSERT INTO `keys`.k_empty (v) VALUES (1)", "FLUSH BINARY LOGS")
    newest = place.source.query("SHOW BINARY LOGS")[-1][0]
    place.source.script(f"PURGE BINARY LOGS TO '{newest}'")


@server("binary log reset before resuming", 9, 2024, MIGRATE)
def _(place):
    migrated(place)
    place.source.script("RESET MASTER")


@server("other tables than before", 9, 8005, MIGRATE)
def _(place):
    migrated(place)
    place.job.set("tables.exclude", ["keys.k_single"])


@server("order for a table that the job has not", 2, 8011, ("ctl", "recopy", "keys.k_single", "keys.k_double"))
def _(place):
    migrated(place)


@server("order for a pattern", 2, 8011, ("ctl", "recopy", "keys.*"))
def _(place):
    migrated(place)


@server("order for a table that another one of the target refers to", 11, 8013, ("ctl", "recopy", "keys.k_empty"))
def _(place):
    migrated(place)
    place.target.script("CREATE TABLE `keys`.stranger (id INT PRIMARY KEY, e_id INT, CONSTRAINT stranger_e FOREIGN KEY (e_id) "
                        "REFERENCES `keys`.k_empty (id))")


@server("order to take in a table that the source has not", 2, 8014, ("ctl", "add-table", "keys.k_singel"))
def _(place):
    migrated(place)


@server("order to take in a table that the job has", 2, 8015, ("ctl", "add-table", "keys.k_single"))
def _(place):
    migrated(place)


@server("order to take in a table that is on the target", 4, 4101, ("ctl", "add-table", "keys.k_auto_pk"))
def _(place):
    migrated(place)
    place.target.script("CREATE TABLE `keys`.k_auto_pk (id INT PRIMARY KEY)")


@server("order to take in a table for a job that an earlier version runs", 11, 8016, ("ctl", "add-table", "keys.k_auto_pk"))
def _(place):
    migrated(place)
    place.target.script("UPDATE unmoor.job SET version=4")
    running = place.target.connect()
    running.cursor().execute("SELECT GET_LOCK('unmoor.shop', 5)")
    place.undo.append((running.close, None))


@server("order for tables that were made beforehand", 11, 8012, ("ctl", "recopy", "keys.k_empty"))
def _(place):
    migrated(place)
    place.job.set("copy.existing", "empty")


@server("tables of another job", 4, "target.other_job")
def _(place):
    migrated(place)
    place.job.set("job", "shop2")
    place.job.set("copy.existing", "drop")
    place.job.set("tables.include", ["keys.*"])


@server("another source than before", 9, 8006, MIGRATE)
def _(place):
    migrated(place)
    place.job.state("UPDATE job SET source_uuid='00000000-0000-0000-0000-000000000000'")


@server("state of a newer version", 9, 8003, MIGRATE)
def _(place):
    migrated(place)
    place.job.state("UPDATE job SET version=version+1")


@server("table changed without a trace in the binlog", 8, 5003, MIGRATE)
def _(place):
    migrated(place)
    place.source.script("SET sql_log_bin=0", "ALTER TABLE `keys`.k_single ADD COLUMN more INT", "SET sql_log_bin=1",
                        "UPDATE `keys`.k_single SET more=1 LIMIT 1")
