"""The accounts that Unmoor uses: what it needs on each side and no privilege more."""

from .servers import MYSQL56

_READ = "SELECT, SHOW VIEW, TRIGGER, EVENT, REPLICATION SLAVE, PROCESS"
_WRITE = ("SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE VIEW,"
          " SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, TRIGGER, EVENT")


def source_grants(server):
    """(privileges, on what) of the account on the source."""
    if server.mariadb:
        return [(_READ + ", BINLOG MONITOR, SLAVE MONITOR, RELOAD", "*.*")]
    if server.kind == MYSQL56:
        return [(_READ + ", REPLICATION CLIENT, RELOAD", "*.*")]
    return [(_READ + ", REPLICATION CLIENT", "*.*"), ("FLUSH_TABLES, XA_RECOVER_ADMIN", "*.*")]


def target_grants(server):
    if server.mariadb:
        return [(_WRITE + ", SET USER", "*.*")]
    if server.kind == MYSQL56:
        return [(_WRITE + ", SUPER", "*.*")]
    return [(_WRITE, "*.*"), ("SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SYSTEM_USER", "*.*")]


def cutover_grants(server):
    """Of either side: each is written to and followed, closed and opened."""
    if server.mariadb:
        return [(_WRITE + ", REPLICATION SLAVE, PROCESS, BINLOG MONITOR, SLAVE MONITOR, RELOAD, SET USER,"
                 " READ_ONLY ADMIN, CONNECTION ADMIN, CREATE USER", "*.*")]
    if server.kind == MYSQL56:
        return [(_WRITE + ", REPLICATION SLAVE, PROCESS, REPLICATION CLIENT, RELOAD, SUPER, CREATE USER", "*.*")]
    return [(_WRITE + ", REPLICATION SLAVE, PROCESS, REPLICATION CLIENT, CREATE USER", "*.*"),
            ("FLUSH_TABLES, XA_RECOVER_ADMIN, SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SYSTEM_USER,"
             " CONNECTION_ADMIN, SYSTEM_VARIABLES_ADMIN", "*.*")]


def create(server, user, password, grants, host="127.0.0.1"):
    server.script(f"CREATE USER '{user}'@'{host}' IDENTIFIED BY '{password}'",
                  *(f"GRANT {privileges} ON {what} TO '{user}'@'{host}'" for privileges, what in grants))


def without(grants, privilege):
    """The same less one privilege."""
    kept = []
    for privileges, what in grants:
        rest = [p.strip() for p in privileges.split(",") if p.strip() != privilege]
        if rest:
            kept.append((", ".join(rest), what))
    return kept
