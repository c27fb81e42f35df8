"""An application that writes while Unmoor works.

Every transaction carries a row of the table `ledger`, so that the number of rows there says on
either side how many transactions have arrived, and which.
"""

import collections
import random
import threading
import time

import pymysql

from . import wait

# Answers of the server that an application has to expect: duplicate key, deadlock, lock wait,
# foreign keys, values out of range, data too long, check violated.
EXPECTED = {1062, 1213, 1205, 1451, 1452, 1216, 1217, 1264, 1406, 1690, 3819, 4025, 1761, 1526, 1022, 1020}
LOST = {2003, 2006, 2013, 2002, 1053, 1927, 1077, 4031, 0}

LEDGER = """CREATE TABLE IF NOT EXISTS ledger (
  writer INT NOT NULL, number INT NOT NULL, operation VARCHAR(60) NOT NULL,
  PRIMARY KEY (writer, number)) ENGINE=InnoDB"""


class Writers:
    """`operations` are functions (cursor, random) that run statements inside a transaction."""

    def __init__(self, server, ledger_database, operations, threads=2, per_second=60, seed=None):
        self.server, self.database = server, ledger_database
        self.operations = list(operations)
        self.seed = random.randrange(2**32) if seed is None else seed
        self.threads = [threading.Thread(target=self._run, args=(i,), daemon=True) for i in range(threads)]
        self.pause = threads / per_second
        self.committed = collections.Counter()  # by writer
        self.rolled_back = collections.Counter()
        self.by_operation = collections.Counter()
        self.failures = []
        self._stop = threading.Event()
        self._pause = threading.Event()
        self.longest = 0.0  # seconds that one transaction took: how long the application was held up
        server.script(LEDGER, database=ledger_database)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.stop()
        if error[0] is None:
            self.check()

    def stop(self):
        self._stop.set()
        for thread in self.threads:
            thread.join(60)
        assert not any(t.is_alive() for t in self.threads), "a writer hangs"

    def check(self):
        assert not self.failures, f"writers failed (seed {self.seed}): {self.failures[:5]}"

    def count(self):
        return sum(self.committed.values())

    def wait_for(self, transactions, process=None):
        """Until that many more have been committed; while the process lives, if one is given."""
        goal = self.count() + transactions
        waiter = process.until if process else wait.until
        waiter(lambda: self.failures or self.count() >= goal, f"{transactions} more transactions", 120)
        self.check()

    def ledger(self, server):
        return server.value("SELECT COUNT(*) FROM ledger", database=self.database)

    def _connect(self):
        while not self._stop.is_set():
            try:
                return self.server.connect(self.database, autocommit=False)
            except pymysql.MySQLError:
                time.sleep(0.05)
        return None

    def _run(self, writer):
        rnd = random.Random(f"{self.seed}/{writer}")
        connection, number = self._connect(), 0
        while not self._stop.is_set() and connection:
            operation = rnd.choice(self.operations)
            started = time.monotonic()
            number += 1
            sent = False
            try:
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO ledger VALUES (%s, %s, %s)",
                                   (writer, number, operation.__name__))
                    operation(cursor, rnd)
                    if rnd.random() < 0.08:
                        connection.rollback()
                        self.rolled_back[writer] += 1
                    else:
                        sent = True
                        connection.commit()
                        self._done(writer, operation)
            except pymysql.MySQLError as error:
                connection = self._after(error, connection, writer, number, operation, sent)
            except Exception as error:  # a mistake of the test itself
                self.failures.append(f"{operation.__name__}: {error!r}")
                return
            took = time.monotonic() - started
            self.longest = max(self.longest, took)
            self._stop.wait(max(0.0, self.pause - took))
        if connection:
            connection.close()

    def _done(self, writer, operation):
        self.committed[writer] += 1
        self.by_operation[operation.__name__] += 1

    def _after(self, error, connection, writer, number, operation, sent):
        code = error.args[0] if error.args else 0
        if code in EXPECTED:
            connection.rollback()
            self.rolled_back[writer] += 1
            return connection
        if code in LOST or isinstance(error, pymysql.err.InterfaceError):
            # Whether a commit that got no answer took place, the ledger knows.
            connection = self._connect()
            if connection and sent:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1 FROM ledger WHERE writer=%s AND number=%s", (writer, number))
                    if cursor.fetchone():
                        self._done(writer, operation)
                connection.rollback()
            return connection
        self.failures.append(f"{operation.__name__}: {error}")
        return None
