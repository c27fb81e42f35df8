"""What the writers do: for the film shop, the chunk-key tables, and any table of any type."""


# ---- the film shop (fixtures/sakila_like.sql) ----------------------------------------------------

def film_operations(db):
    def one(c, sql, *args):
        c.execute(sql, args)
        row = c.fetchone()
        return row[0] if row else None

    def some(c, rnd, column, table):
        highest = one(c, f"SELECT MAX({column}) FROM `{db}`.{table} WHERE {column} < 900000") or 1
        lowest = one(c, f"SELECT MIN({column}) FROM `{db}`.{table}") or 1
        return one(c, f"SELECT {column} FROM `{db}`.{table} WHERE {column} >= %s ORDER BY {column} LIMIT 1",
                   rnd.randint(min(lowest, highest), highest))

    def rent(c, rnd):
        for _ in range(rnd.randint(1, 4)):
            c.execute(f"INSERT INTO `{db}`.rental (rental_date, inventory_id, customer_id, staff_id)"
                      " VALUES ('2025-01-01' + INTERVAL %s SECOND, %s, %s, %s)",
                      (rnd.randrange(10**7), some(c, rnd, "inventory_id", "inventory"),
                       some(c, rnd, "customer_id", "customer"), rnd.choice([None, 1, 2, 3])))

    def bring_back(c, rnd):
        c.execute(f"UPDATE `{db}`.rental SET return_date='2025-02-01' + INTERVAL %s SECOND"
                  " WHERE customer_id=%s", (rnd.randrange(10**6), some(c, rnd, "customer_id", "customer")))

    def pay(c, rnd):
        c.execute(f"INSERT INTO `{db}`.payment (customer_id, amount, paid_on, note) VALUES (%s, %s,"
                  " '2022-06-01' + INTERVAL %s DAY, %s)",
                  (rnd.randint(1000, 1600), rnd.randint(-500, 99999) / 100, rnd.randrange(1500),
                   rnd.choice([None, "bar", "„Karte“", "\\N", ""])))

    def repartition(c, rnd):
        """A new date can move the row to another partition and changes its primary key."""
        c.execute(f"UPDATE `{db}`.payment SET paid_on='2022-01-01' + INTERVAL %s DAY WHERE payment_id=%s",
                  (rnd.randrange(1500), some(c, rnd, "payment_id", "payment")))

    def balance(c, rnd):
        c.execute(f"UPDATE `{db}`.customer SET balance=balance + %s, score=%s, flags=%s WHERE customer_id=%s",
                  (rnd.randint(-99, 99) / 7, rnd.choice([None, rnd.random(), 1e-30, -0.0]),
                   rnd.randrange(1024), some(c, rnd, "customer_id", "customer")))

    def new_customer(c, rnd):
        c.execute(f"INSERT INTO `{db}`.customer (store_id, first_name, last_name, email, address_id, status)"
                  " VALUES (%s, %s, %s, %s, %s, %s)",
                  (rnd.choice([None, 1, 2, 3]), rnd.choice(["Zoë", "O'Neil", "名", ""]), "  Neu  ",
                   rnd.choice([None, f"n{rnd.randrange(10**9)}@ä.at"]), rnd.randint(1, 200), rnd.randint(1, 5)))

    def drop_customer(c, rnd):
        c.execute(f"DELETE FROM `{db}`.customer WHERE customer_id=%s", (some(c, rnd, "customer_id", "customer"),))

    def renumber_customer(c, rnd):
        """The foreign key carries the new number to the rentals."""
        c.execute(f"UPDATE `{db}`.customer SET customer_id=%s WHERE customer_id=%s",
                  (1000000 + rnd.randrange(10**6), some(c, rnd, "customer_id", "customer")))

    def new_film(c, rnd):
        c.execute(f"INSERT INTO `{db}`.film (title, description, language_id, original_language_id, rating,"
                  " special_features, poster, gross) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                  (f"NEW {rnd.randrange(10**6)}", rnd.choice([None, "x" * rnd.randrange(3000), "日本"]),
                   rnd.randint(1, 5), rnd.choice([None, 2]), rnd.randint(1, 5), rnd.randrange(16),
                   bytes(rnd.randrange(256) for _ in range(rnd.randrange(2000))), rnd.random() * 10.0**rnd.randint(-300, 300)))
        film = c.lastrowid
        for actor in rnd.sample(range(1, 201), 5):
            c.execute(f"INSERT INTO `{db}`.film_actor VALUES (%s, %s, %s)", (actor, film, rnd.choice([None, 1])))
        c.execute(f"INSERT INTO `{db}`.inventory (film_id, store_id) VALUES (%s, 1), (%s, 2)", (film, film))

    def drop_film(c, rnd):
        """Cascades to four tables, two levels deep, and fires triggers."""
        if rnd.random() < 0.3:
            c.execute(f"DELETE FROM `{db}`.film WHERE film_id=%s", (some(c, rnd, "film_id", "film"),))

    def renumber_film(c, rnd):
        c.execute(f"UPDATE `{db}`.film f LEFT JOIN `{db}`.inventory i ON i.film_id=f.film_id"
                  " SET f.film_id=%s WHERE f.film_id=%s AND i.film_id IS NULL",
                  (1000000 + rnd.randrange(10**6), some(c, rnd, "film_id", "film")))

    def manager_leaves(c, rnd):
        c.execute(f"INSERT INTO `{db}`.staff (staff_id, first_name, last_name, manager_id, address_id)"
                  " VALUES (%s, 'Chef', 'in', 1, 1)", (rnd.randint(100, 250),))
        boss = c.lastrowid or None
        if boss:
            c.execute(f"UPDATE `{db}`.staff SET manager_id=%s WHERE staff_id IN (3, 4)", (boss,))
            c.execute(f"DELETE FROM `{db}`.staff WHERE staff_id=%s", (boss,))

    def setting(c, rnd):
        name = rnd.choice(["a", "A", "ä", "tab\tnew\nline\\", "new", "{}".format(rnd.randrange(50))])
        value = rnd.choice([None, "", "x" * rnd.randrange(100000), "line\nline\\", "\0"])
        verb = rnd.choice(["REPLACE INTO", "INSERT IGNORE INTO"])
        c.execute(f"{verb} `{db}`.setting (name, value) VALUES (%s, %s)", (name, value))
        c.execute(f"INSERT INTO `{db}`.setting (name, value) VALUES (%s, 'v')"
                  " ON DUPLICATE KEY UPDATE blob_value=%s",
                  (name, rnd.choice([None, b"", b"\0", b"'\\\"\x1a\n"])))

    def visits(c, rnd):
        rows = [(rnd.randrange(100), f"2025-03-30 01:{rnd.randrange(60):02}:{rnd.randrange(60):02}.{rnd.randrange(1000):03}",
                 rnd.choice(["/", "/ä", "/'q'"])) for _ in range(rnd.randint(1, 60))]
        c.executemany(f"INSERT IGNORE INTO `{db}`.visit (customer_id, seen, page) VALUES (%s, %s, %s)", rows)
        c.execute(f"UPDATE `{db}`.visit SET hits=hits+1 WHERE customer_id BETWEEN %s AND %s", (5, 5 + rnd.randrange(20)))
        c.execute(f"UPDATE IGNORE `{db}`.visit SET customer_id=customer_id+1 WHERE customer_id=%s", (rnd.randrange(100),))

    def odd_names(c, rnd):
        c.execute(f"INSERT INTO `{db}`.`order` (`select`, `from`, `we``ird`) VALUES (%s, %s, %s)",
                  (rnd.choice(["a", "it's", ""]), rnd.choice([None, "2020-02-29"]), rnd.choice([None, rnd.randrange(10**6)])))
        c.execute(f"REPLACE INTO `{db}`.`größe ``mit`` leer` VALUES (%s, %s)", (rnd.randint(-20, 20), "'\"\\😀"))
        c.execute(f"DELETE FROM `{db}`.`order` WHERE `key`=%s", (rnd.randrange(1000),))

    def whole_table(c, rnd):
        c.execute(f"UPDATE `{db}`.actor SET last_name=%s WHERE actor_id %% 3 = %s", (f"Or{rnd.randrange(99)}", rnd.randrange(3)))

    def savepoints(c, rnd):
        c.execute("SAVEPOINT s1")
        rent(c, rnd)
        c.execute("ROLLBACK TO SAVEPOINT s1")
        pay(c, rnd)

    def nothing(c, rnd):
        c.execute(f"UPDATE `{db}`.actor SET last_name=last_name WHERE actor_id=1")

    def moving_place(c, rnd):
        c.execute(f"UPDATE `{db}`.address SET location=ST_GeomFromText(%s), phone=%s WHERE address_id=%s",
                  (f"POINT({rnd.random() * 90} {rnd.random() * -90})", str(rnd.randrange(10**8)), rnd.randint(1, 200)))

    return [rent, bring_back, pay, repartition, balance, new_customer, drop_customer, renumber_customer,
            new_film, drop_film, renumber_film, manager_leaves, setting, visits, odd_names, whole_table,
            savepoints, nothing, moving_place]


# ---- rows that move while they are copied (fixtures/mixed.sql) ------------------------------------

def mixed_operations(db):
    """Rows of all tables keep moving over the whole key space, which stays as full as it was."""
    top = 900

    def key(rnd):
        return rnd.randrange(top)

    def exchange(c, rnd):
        """Unique values that pass from row to row, by way of NULL and of a spare name."""
        x, y = rnd.sample(range(top), 2)
        c.execute(f"SELECT id, seat, name FROM `{db}`.owner WHERE id IN (%s, %s) ORDER BY id FOR UPDATE", (x, y))
        rows = c.fetchall()
        if len(rows) == 2:
            (i, a, b), (j, d, e) = rows
            c.execute(f"UPDATE `{db}`.owner SET seat=NULL, name=%s WHERE id=%s", (f"spare {i}", i))
            c.execute(f"UPDATE `{db}`.owner SET seat=%s, name=%s, v=v+1 WHERE id=%s", (a, b, j))
            c.execute(f"UPDATE `{db}`.owner SET seat=%s, name=%s, v=v+1 WHERE id=%s", (d, e, i))

    def successor(c, rnd):
        """The owner goes, and another takes seat and name under a key far away."""
        x, y = rnd.sample(range(top), 2)
        c.execute(f"SELECT seat, name FROM `{db}`.owner WHERE id=%s FOR UPDATE", (x,))
        row = c.fetchone()
        if row:
            c.execute(f"UPDATE `{db}`.item SET owner_id=NULL WHERE owner_id=%s", (x,))
            c.execute(f"UPDATE `{db}`.leaf SET owner_id=NULL WHERE owner_id=%s", (x,))
            c.execute(f"DELETE FROM `{db}`.owner WHERE id=%s", (x,))
            c.execute(f"INSERT INTO `{db}`.owner (id, seat, name) VALUES (%s, %s, %s)", (y, *row))

    def new_owner(c, rnd):
        x = key(rnd)
        c.execute(f"INSERT INTO `{db}`.owner (id, seat, name) VALUES (%s, %s, %s)", (x, key(rnd), f"owner {x}"))
        c.execute(f"INSERT INTO `{db}`.item (owner_id, slot) VALUES (%s, %s)", (x, 10 * key(rnd) + 5))

    def renumber_owner(c, rnd):
        c.execute(f"UPDATE `{db}`.owner o LEFT JOIN `{db}`.item i ON i.owner_id=o.id"
                  f" LEFT JOIN `{db}`.leaf l ON l.owner_id=o.id SET o.id=%s"
                  " WHERE o.id=%s AND i.id IS NULL AND l.id IS NULL", (key(rnd), key(rnd)))

    def replace_owner(c, rnd):
        """One statement that removes up to three rows and writes one."""
        x = key(rnd)
        c.execute(f"REPLACE INTO `{db}`.owner (id, seat, name) VALUES (%s, %s, %s)", (x, key(rnd), f"owner {key(rnd)}"))

    def move_items(c, rnd):
        """Across chunks in both directions, one row and several in one statement."""
        c.execute(f"UPDATE `{db}`.item SET id=%s, note='moved' WHERE id=%s", (key(rnd) + 1, key(rnd) + 1))
        step = rnd.choice([-50, 50])
        c.execute(f"UPDATE IGNORE `{db}`.item SET id=id+%s WHERE id BETWEEN %s AND %s ORDER BY id {'DESC' if step > 0 else ''}",
                  (step, 100, 100 + rnd.randrange(20)))

    def again(c, rnd):
        """Deleted and inserted under the same key, with another row's slot."""
        x = key(rnd) + 1
        c.execute(f"SELECT slot FROM `{db}`.item WHERE id=%s FOR UPDATE", (x,))
        row = c.fetchone()
        if row:
            c.execute(f"DELETE FROM `{db}`.item WHERE id=%s", (x,))
            c.execute(f"INSERT INTO `{db}`.item (id, owner_id, slot, note) VALUES (%s, NULL, %s, 'again')",
                      (rnd.choice([x, key(rnd) + 1]), row[0]))

    def cut_branch(c, rnd):
        """Its leaves go with it, which MariaDB and MySQL before 9.6 do not log."""
        x = rnd.randrange(300)
        c.execute(f"DELETE FROM `{db}`.branch WHERE id=%s", (x,))
        c.execute(f"INSERT INTO `{db}`.branch (id) VALUES (%s)", (x if rnd.random() < 0.5 else rnd.randrange(300, top),))
        c.execute(f"INSERT INTO `{db}`.leaf (branch_id, owner_id) VALUES (%s, NULL), (%s, NULL)", (x, x))

    def renumber_branch(c, rnd):
        c.execute(f"UPDATE `{db}`.branch SET id=%s WHERE id=%s", (key(rnd), rnd.randrange(300)))
        c.execute(f"UPDATE `{db}`.leaf SET v=v+1, owner_id=%s WHERE id=%s", (key(rnd), key(rnd)))

    def recode(table):
        def operation(c, rnd):
            x, y = rnd.sample(range(top), 2)
            c.execute(f"DELETE FROM `{db}`.{table} WHERE code=%s", (x,))
            c.execute(f"INSERT INTO `{db}`.{table} (code, v) VALUES (%s, 1)", (x,))
            c.execute(f"UPDATE `{db}`.{table} SET id=id+%s, v=v+1 WHERE code=%s", (rnd.choice([-40, 40]), y))
            c.execute(f"UPDATE IGNORE `{db}`.{table} SET code=%s WHERE code=%s", (x, y))
        operation.__name__ = table
        return operation

    def pairs(c, rnd):
        a, b = rnd.randrange(9), rnd.randrange(9)
        c.execute(f"UPDATE IGNORE `{db}`.pair SET a=%s, v=v+1 WHERE a=%s ORDER BY b LIMIT 3", (a, b))
        c.execute(f"SELECT a, b, other FROM `{db}`.pair WHERE a=%s AND other IS NOT NULL LIMIT 1 FOR UPDATE", (b,))
        row = c.fetchone()
        if row:
            c.execute(f"DELETE FROM `{db}`.pair WHERE a=%s AND b=%s", row[:2])
            c.execute(f"INSERT INTO `{db}`.pair (a, b, other) VALUES (%s, %s, %s)", (a, rnd.randbytes(5), row[2]))

    def crowds(c, rnd):
        c.execute(f"UPDATE `{db}`.crowd SET g=%s WHERE g=%s LIMIT 2", (rnd.choice([None, rnd.randrange(200)]), rnd.randrange(200)))
        c.execute(f"UPDATE `{db}`.crowd SET g=%s WHERE g IS NULL LIMIT 1", (rnd.randrange(200),))
        c.execute(f"DELETE FROM `{db}`.crowd WHERE g=%s LIMIT 1", (rnd.randrange(200),))
        c.execute(f"INSERT INTO `{db}`.crowd VALUES (%s, 0), (%s, 1)", (rnd.randrange(200), rnd.choice([None, 7])))
        c.execute(f"UPDATE `{db}`.heap SET s='s9' WHERE v=%s LIMIT 1", (rnd.randrange(20),))
        c.execute(f"DELETE FROM `{db}`.heap WHERE v=%s LIMIT 1", (rnd.randrange(20),))
        c.execute(f"INSERT INTO `{db}`.heap VALUES (%s, NULL)", (rnd.randrange(20),))

    def words(c, rnd):
        c.execute(f"UPDATE IGNORE `{db}`.word SET k=%s, v=v+1 WHERE k LIKE %s LIMIT 1",
                  (f"{rnd.choice('aÄzß')}{key(rnd)}", f"%{rnd.randrange(100)}"))

    return [exchange, exchange, successor, successor, new_owner, renumber_owner, replace_owner, move_items, move_items, again,
            again, cut_branch, renumber_branch, recode("coded"), recode("coded_unique"), pairs, crowds, words]


# ---- chunk keys (fixtures/chunk_keys.sql) --------------------------------------------------------

def key_operations(db):
    def integers(table, column, low, high):
        def operation(c, rnd):
            a, b = rnd.randint(low, high), rnd.randint(low, high)
            c.execute(f"INSERT INTO `{db}`.{table} ({column}, v) VALUES (%s, %s)", (a, rnd.randrange(1000)))
            c.execute(f"UPDATE `{db}`.{table} SET v=v+1 WHERE {column}>=%s ORDER BY {column} LIMIT 5", (b,))
            c.execute(f"UPDATE `{db}`.{table} SET {column}=%s WHERE {column}>=%s ORDER BY {column} LIMIT 1",
                      (rnd.randint(low, high), b))
            c.execute(f"DELETE FROM `{db}`.{table} WHERE {column}>=%s ORDER BY {column} LIMIT 1", (a + 1,))
        operation.__name__ = table
        return operation

    def strings(table, column, letters):
        def operation(c, rnd):
            def word():
                return "".join(rnd.choice(letters) for _ in range(rnd.randint(0, 6))) + str(rnd.randrange(3000))
            c.execute(f"INSERT INTO `{db}`.{table} ({column}, v) VALUES (%s, 1)", (word(),))
            c.execute(f"UPDATE `{db}`.{table} SET {column}=%s WHERE {column}>=%s ORDER BY {column} LIMIT 1", (word(), word()))
            c.execute(f"DELETE FROM `{db}`.{table} WHERE {column}>=%s ORDER BY {column} LIMIT 1", (word(),))
        operation.__name__ = table
        return operation

    def same_but_case(c, rnd):
        """A key that changes to one that the collation takes for equal."""
        c.execute(f"UPDATE `{db}`.k_string_ci SET k=IF(BINARY k=BINARY UPPER(k), LOWER(k), UPPER(k))"
                  " WHERE k>=%s ORDER BY k LIMIT 1", (f"a{rnd.randrange(3000)}",))

    def auto(c, rnd):
        c.execute(f"INSERT INTO `{db}`.k_auto_pk (v) VALUES ('n'), (NULL)")
        c.execute(f"DELETE FROM `{db}`.k_auto_pk WHERE id>=%s ORDER BY id LIMIT 1", (rnd.randrange(9 * 10**6),))
        c.execute(f"INSERT INTO `{db}`.k_empty (v) VALUES (1)")
        c.execute(f"INSERT INTO `{db}`.k_auto_not_pk (code, v) VALUES (%s, 5)", (f"Ü{rnd.randrange(10**6)}",))
        c.execute(f"UPDATE `{db}`.k_auto_not_pk SET v=v+1 WHERE id=77")

    def composite(c, rnd):
        c.execute(f"INSERT INTO `{db}`.k_int_string VALUES (%s, %s, 'n')", (rnd.randrange(9), f"Straße{rnd.randrange(10**4)}"))
        c.execute(f"UPDATE `{db}`.k_int_string SET a=a+1 WHERE a=%s AND b LIKE %s LIMIT 1", (rnd.randrange(7), f"%{rnd.randrange(99)}"))
        c.execute(f"INSERT INTO `{db}`.k_int_binary VALUES (%s, %s, %s, 1)",
                  (rnd.randrange(5), rnd.randbytes(rnd.randrange(9)), rnd.randbytes(rnd.randrange(5))))
        c.execute(f"DELETE FROM `{db}`.k_int_binary WHERE a=%s AND b>=%s ORDER BY a, b LIMIT 1", (rnd.randrange(5), rnd.randbytes(3)))
        c.execute(f"UPDATE `{db}`.k_reversed SET a=a+100000 WHERE b=%s", (rnd.randrange(3000),))

    def unique(c, rnd):
        c.execute(f"UPDATE `{db}`.k_unique_not_null SET maybe=NULL, v='gone' WHERE sure=%s", (100000 - rnd.randrange(3000),))
        c.execute(f"UPDATE `{db}`.k_unique_not_null SET sure=%s WHERE sure=%s", (rnd.randrange(200000), 100000 - rnd.randrange(3000)))

    def duplicates(c, rnd):
        """Rows that nothing tells apart: one of them goes or changes, the others stay."""
        v, s = rnd.randrange(50), f"dup{rnd.randrange(3)}"
        c.execute(f"DELETE FROM `{db}`.k_none WHERE v=%s AND s=%s LIMIT 1", (v, s))
        c.execute(f"INSERT INTO `{db}`.k_none VALUES (%s, %s, %s / 3), (NULL, NULL, NULL)", (v, s, v))
        c.execute(f"UPDATE `{db}`.k_none SET s=%s WHERE v=%s LIMIT 1", (f"dup{rnd.randrange(3)}", v))
        c.execute(f"UPDATE `{db}`.k_none SET f=1e-30 WHERE v IS NULL LIMIT 1")
        c.execute(f"DELETE FROM `{db}`.k_index WHERE g=42 LIMIT 2")
        c.execute(f"INSERT INTO `{db}`.k_index VALUES (42, 1), (NULL, 1), (42, 1), (%s, 0)", (rnd.randrange(3000),))
        c.execute(f"UPDATE `{db}`.k_index SET g=%s WHERE g IS NULL LIMIT 1", (rnd.choice([42, 43, 0]),))

    def exchange(c, rnd):
        """Unique values that pass from row to row within one transaction."""
        x, y = rnd.sample(range(400), 2)
        c.execute(f"SELECT id, a, b FROM `{db}`.k_two_unique WHERE id IN (%s, %s) ORDER BY id FOR UPDATE", (x, y))
        rows = c.fetchall()
        if len(rows) == 2:
            (i, a, b), (j, d, e) = rows
            c.execute(f"UPDATE `{db}`.k_two_unique SET a=-1-%s, b=NULL WHERE id=%s", (i, i))
            c.execute(f"UPDATE `{db}`.k_two_unique SET a=%s, b=%s WHERE id=%s", (a, b, j))
            c.execute(f"UPDATE `{db}`.k_two_unique SET a=%s, b=%s WHERE id=%s", (d, e, i))
        c.execute(f"DELETE FROM `{db}`.k_two_unique WHERE id=%s", (x,))
        c.execute(f"INSERT INTO `{db}`.k_two_unique VALUES (%s, %s, NULL)", (x, 20000 + x))

    def temporal(c, rnd):
        c.execute(f"UPDATE `{db}`.k_datetime SET at=at + INTERVAL 1 MICROSECOND, v=v+1 WHERE at>='2020-03-29'"
                  " AND v=%s", (rnd.randrange(3000),))
        c.execute(f"INSERT INTO `{db}`.k_timestamp VALUES ('2024-01-01' + INTERVAL %s SECOND, 1, 1)", (rnd.randrange(10**6),))
        c.execute(f"DELETE FROM `{db}`.k_timestamp WHERE v=%s", (rnd.randrange(3000),))
        c.execute(f"UPDATE `{db}`.k_decimal SET id=id+0.0000000001 WHERE v=%s", (rnd.randrange(3, 3000),))
        c.execute(f"UPDATE `{db}`.k_float SET f=f/3 WHERE v=%s", (rnd.randrange(4, 3000),))
        c.execute(f"DELETE FROM `{db}`.k_enum WHERE n=%s", (rnd.randrange(500),))
        c.execute(f"INSERT INTO `{db}`.k_enum VALUES (%s, %s, %s)", (rnd.randint(1, 3), rnd.randrange(4), rnd.randrange(900)))
        c.execute(f"UPDATE `{db}`.k_year_time_bit SET b=b+1, y=2000 WHERE y=%s LIMIT 1", (rnd.randint(1901, 2155),))

    def prefix(c, rnd):
        c.execute(f"UPDATE `{db}`.k_prefix SET t=CONCAT(%s, ' ', t) WHERE v=%s", (rnd.randrange(10**6), rnd.randrange(300)))

    def on_zero(c, rnd):
        c.execute(f"UPDATE `{db}`.k_auto_pk SET v=%s WHERE id=0", (str(rnd.random()),))

    return [integers("k_big", "id", 2**63 - 1000, 2**63 + 5000), integers("k_negative", "id", -12000, 12000),
            strings("k_string_ci", "k", "aAäZzß漢Ω_"), strings("k_string_bin", "k", "aAäZ\t\\'漢"),
            same_but_case, auto, composite, unique, duplicates, exchange, temporal, prefix, on_zero]


# ---- any table: values wander from row to row ------------------------------------------------------

def table_operations(server, db, pattern="t\\_%"):
    """For each table with an auto-increment id: rows are copied, mixed and deleted, so that every
    value of every column goes through the binary log in before and after images."""
    operations = []
    tables = [t for (t,) in server.query(
        "SELECT table_name FROM information_schema.columns WHERE table_schema=%s AND column_name='id'"
        " AND extra LIKE '%%auto_increment%%' AND table_name LIKE %s", (db, pattern))]
    for table in tables:
        columns = [c for (c,) in server.query(
            "SELECT column_name FROM information_schema.columns WHERE table_schema=%s AND table_name=%s"
            " AND column_name<>'id' AND extra NOT LIKE '%%GENERATED%%' AND extra NOT LIKE '%%VIRTUAL%%'"
            " OR table_schema=%s AND table_name=%s AND extra LIKE '%%DEFAULT_GENERATED%%'"
            " ORDER BY ordinal_position", (db, table, db, table))]
        operations.append(_wander(db, table, columns))
    return operations


def _wander(db, table, columns):
    names = ", ".join(f"`{c}`" for c in columns)

    def operation(c, rnd):
        c.execute("SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'")
        c.execute(f"SELECT id FROM `{db}`.`{table}` ORDER BY id")
        ids = [row[0] for row in c.fetchall()]
        if not ids:
            return
        c.execute(f"INSERT IGNORE INTO `{db}`.`{table}` ({names}) SELECT {names} FROM `{db}`.`{table}` WHERE id=%s",
                  (rnd.choice(ids),))
        for column in rnd.sample(columns, min(3, len(columns))):
            c.execute(f"UPDATE `{db}`.`{table}` a JOIN `{db}`.`{table}` b ON b.id=%s SET a.`{column}`=b.`{column}`"
                      " WHERE a.id=%s", (rnd.choice(ids), rnd.choice(ids)))
        # The first rows stay, so that the extreme values never die out.
        later = [i for i in ids if i > 30]
        if len(later) > 40:
            c.execute(f"DELETE FROM `{db}`.`{table}` WHERE id IN (%s, %s)", (rnd.choice(later), rnd.choice(later)))
        if rnd.random() < 0.1:
            c.execute(f"UPDATE `{db}`.`{table}` SET id=id+100000 WHERE id=%s", (rnd.choice(ids[-3:]),))

    operation.__name__ = table
    return operation


# ---- sysbench tables -------------------------------------------------------------------------------

def sysbench_operations(db, tables, rows):
    def oltp(c, rnd):
        table = f"`{db}`.sbtest{rnd.randint(1, tables)}"
        c.execute(f"UPDATE {table} SET k=k+1 WHERE id=%s", (rnd.randint(1, rows),))
        c.execute(f"UPDATE {table} SET c=%s WHERE id=%s", (str(rnd.random()) * 5, rnd.randint(1, rows)))
        gone = rnd.randint(1, rows)
        if c.execute(f"DELETE FROM {table} WHERE id=%s", (gone,)):
            c.execute(f"INSERT INTO {table} (id, k, c, pad) VALUES (%s, %s, 'c', 'p')", (gone, rnd.randint(1, rows)))

    return [oltp]
