/* Statements of a binlog: what they are and what they name. */
/* links: um_schema */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "schema/ddl_statement.h"

static const struct um_sql_reading mysql = {.flavour = UM_MYSQL, .version = 90700, .schema = "d"};
static const struct um_sql_reading mysql56 = {.flavour = UM_MYSQL, .version = 50624, .schema = "d"};
static const struct um_sql_reading mariadb = {
    .flavour = UM_MARIADB, .version = 101119, .schema = "d"};

static const char *const kinds[] = {
    "empty",        "create",       "create like", "alter",   "drop",      "rename",
    "truncate",     "create index", "drop index",  "view",    "drop view", "routine",
    "drop routine", "event",        "drop event",  "trigger", "create db", "alter db",
    "drop db",      "upkeep",       "rows",        "unknown"};
static const char roles[] = {'+', '~', '-', '<', '>', '='};

/* "alter: ~d.t": the kind, and each name behind the sign of its role. */
static char *summary(const char *statement, const struct um_sql_reading *how)
{
    struct um_sql s;
    /* Exactly the bytes, so that reading over the end is seen. */
    size_t len = strlen(statement);
    char *exact = malloc(len ? len : 1);
    memcpy(exact, statement, len);
    um_sql_read(exact, len, how, &s);
    free(exact);
    struct um_buf b = {0};
    um_buf_str(&b, kinds[s.kind]);
    for (size_t i = 0; s.kind != UM_SQL_UNKNOWN && i < s.name_count; i++)
        um_buf_fmt(&b, " %c%s.%s", roles[s.names[i].role], s.names[i].schema, s.names[i].name);
    um_sql_clear(&s);
    return um_buf_take(&b);
}

static const struct {
    const char *statement, *expected;
} cases[] = {
    {"", "empty"},
    {" ; ", "empty"},
    {"/* only this */ -- and that", "empty"},
    {"CREATE TABLE t (a INT)", "create +d.t"},
    {"create table if not exists `x y`.`a``b` (a int) engine=innodb", "create +x y.a`b"},
    {"CREATE OR REPLACE TABLE t (a INT)", "create +d.t"},
    {"CREATE TABLE t LIKE x.u", "create like +d.t =x.u"},
    {"CREATE TABLE t (LIKE u)", "create like +d.t =d.u"},
    {"CREATE TABLE t (a INT) START TRANSACTION", "create +d.t"},
    {"CREATE TABLE t (a INT) START TRANSACTION SELECT 1 AS a", "unknown"},
    {"CREATE TABLE t (a INT) SELECT 1 AS a", "unknown"},
    {"CREATE TABLE t AS SELECT 1", "unknown"},
    {"CREATE TABLE t (SELECT 1)", "unknown"},
    {"CREATE TABLE t TABLE u", "unknown"},
    {"CREATE TABLE t (a INT) UNION=(b, c)", "unknown"},
    {"CREATE TABLE t (a INT GENERATED ALWAYS AS (1) VIRTUAL)", "create +d.t"},
    {"CREATE TABLE t (a INT) WITH SYSTEM VERSIONING", "create +d.t"},
    {"CREATE TEMPORARY TABLE t (a INT)", "upkeep"},
    {"ALTER TABLE t ADD a INT", "alter ~d.t"},
    {"ALTER ONLINE IGNORE TABLE IF EXISTS t NOWAIT ADD a INT", "alter ~d.t"},
    {"ALTER TABLE t WAIT 5 RENAME u", "alter <d.t >d.u"},
    {"ALTER TABLE t ADD a INT, RENAME TO x.u", "alter <d.t >x.u"},
    {"ALTER TABLE t RENAME = u", "alter <d.t >d.u"},
    {"ALTER TABLE t RENAME COLUMN a TO b, RENAME INDEX i TO k", "alter ~d.t"},
    {"ALTER TABLE t COMMENT 'RENAME TO x', ADD (a INT, `rename` INT)", "alter ~d.t"},
    {"ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", "alter ~d.t ~d.u"},
    {"ALTER TABLE t DROP PARTITION p", "alter ~d.t"},
    {"ALTER TABLE t DISCARD TABLESPACE", "unknown"},
    {"ALTER TABLE t CONVERT TABLE u TO PARTITION p VALUES LESS THAN (1)", "unknown"},
    {"ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", "alter ~d.t"},
    {"ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (b)", "alter ~d.t"},
    {"DROP TABLE t", "drop -d.t"},
    {"DROP TABLES IF EXISTS a, x.b CASCADE", "drop -d.a -x.b"},
    {"DROP TABLE a b", "unknown"},
    {"DROP TEMPORARY TABLE a", "upkeep"},
    {"DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `a`", "upkeep"},
    {"RENAME TABLE a TO b, x.c TO d", "rename <d.a >d.b <x.c >d.d"},
    {"RENAME TABLE a WAIT 3 TO b", "rename <d.a >d.b"},
    {"RENAME TABLE a TO b nonsense", "unknown"},
    {"RENAME USER a TO b", "upkeep"},
    {"TRUNCATE t", "truncate ~d.t"},
    {"TRUNCATE TABLE x . t", "truncate ~x.t"},
    {"CREATE UNIQUE INDEX i USING BTREE ON t (a)", "create index ~d.t"},
    {"CREATE INDEX IF NOT EXISTS i ON x.t (a)", "create index ~x.t"},
    {"DROP INDEX `PRIMARY` ON t", "drop index ~d.t"},
    {"CREATE ALGORITHM=UNDEFINED DEFINER=`a`@`b` SQL SECURITY DEFINER VIEW v AS SELECT 1",
     "view +d.v"},
    {"CREATE DEFINER=CURRENT_USER() VIEW v AS SELECT 1", "view +d.v"},
    {"ALTER VIEW v AS SELECT 1", "view ~d.v"},
    {"DROP VIEW IF EXISTS a, x.b", "drop view -d.a -x.b"},
    {"CREATE DEFINER='a'@'%' TRIGGER t AFTER INSERT ON u FOR EACH ROW SET @a=1", "trigger +d.t"},
    {"CREATE PROCEDURE p() SELECT 1", "routine +d.p"},
    {"CREATE FUNCTION f() RETURNS INT RETURN 1", "routine +d.f"},
    {"CREATE FUNCTION f RETURNS INT SONAME 'x.so'", "upkeep +d.f"},
    {"DROP FUNCTION f", "drop routine -d.f"},
    {"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "event +d.e"},
    {"ALTER DEFINER=`a`@`b` EVENT x.e DISABLE", "upkeep ~x.e"},
    {"ALTER EVENT e ENABLE", "upkeep ~d.e"},
    {"ALTER EVENT e DISABLE ON SLAVE", "upkeep ~d.e"},
    {"ALTER EVENT e RENAME TO f ENABLE", "event ~d.e"},
    {"CREATE DATABASE IF NOT EXISTS x", "create db +x."},
    {"ALTER DATABASE x COLLATE utf8mb4_bin", "alter db ~x."},
    {"ALTER SCHEMA DEFAULT CHARACTER SET latin1", "alter db ~d."},
    {"DROP SCHEMA x", "drop db -x."},
    {"CREATE USER a", "upkeep"},
    {"GRANT ALL ON *.* TO a", "upkeep"},
    {"INSERT INTO t VALUES (1)", "rows"},
    {"DELETE FROM `d`.`t`", "rows ~d.t"},
    {"DELETE FROM t WHERE a=1", "rows"},
    {"SET STATEMENT max_statement_time=5, a=(SELECT 1 FOR UPDATE) FOR TRUNCATE TABLE t",
     "truncate ~d.t"},
    {"SET STATEMENT a=1 FOR INSERT INTO t VALUES (1)", "rows"},
    {"SET STATEMENT a=1 FOR FROBNICATE", "unknown"},
    {"SET STATEMENT a=1", "unknown"},
    {"SET @a=1", "upkeep"},
    {"CREATE SEQUENCE s", "unknown"},
    {"FROBNICATE t", "unknown"},
    {"ALTER TABLE `t", "unknown"},
};

static void every_statement_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = summary(cases[i].statement, &mysql);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("'%s': %s, expected %s", cases[i].statement, got, cases[i].expected);
        free(got);
    }
}

static void expect_text(const char *statement, const struct um_sql_reading *how,
                        const char *expected)
{
    struct um_sql s;
    um_sql_read(statement, strlen(statement), how, &s);
    assert_string_equal(s.text, expected);
    um_sql_clear(&s);
}

/* What another server or a later version would have run, the source did not. */
static void comments_are_as_the_source_read_them(void **state)
{
    (void)state;
    const char *mixed = "ALTER TABLE t ADD a INT/*!80000 INVISIBLE*/";
    expect_text(mixed, &mysql, "ALTER TABLE t ADD a INT INVISIBLE ");
    expect_text(mixed, &mysql56, "ALTER TABLE t ADD a INT ");
    expect_text(mixed, &mariadb, "ALTER TABLE t ADD a INT ");
    expect_text("ALTER TABLE t ADD a INT /*M!100600 INVISIBLE*/", &mariadb,
                "ALTER TABLE t ADD a INT INVISIBLE ");
    expect_text("ALTER TABLE t ADD a INT /*M!110600 INVISIBLE*/", &mariadb,
                "ALTER TABLE t ADD a INT ");
    expect_text("ALTER TABLE t ADD a INT /*M!100600 INVISIBLE*/", &mysql,
                "ALTER TABLE t ADD a INT ");
    expect_text("ALTER TABLE t /*!80000 ADD a INT /* x */, */ ADD b INT", &mysql56,
                "ALTER TABLE t ADD b INT");
    expect_text("ALTER TABLE t COMMENT '/*!80000 x */'", &mysql56,
                "ALTER TABLE t COMMENT '/*!80000 x */'");
}

static void names_are_as_the_session_read_them(void **state)
{
    (void)state;
    struct um_sql_reading ansi = mysql, literal = mysql, folded = mysql, sjis = mysql,
                          latin1 = mysql;
    ansi.sql_mode = UM_MODE_ANSI_QUOTES;
    literal.sql_mode = UM_MODE_NO_BACKSLASH_ESCAPES;
    folded.fold_names = true;
    sjis.charset_client = 13;
    latin1.charset_client = 8;
    const struct {
        const char *statement;
        const struct um_sql_reading *how;
        const char *expected;
    } read[] = {
        {"TRUNCATE \"a\"\"b\"", &ansi, "truncate ~d.a\"b"},
        {"TRUNCATE \"a\"", &mysql, "unknown"},
        {"ALTER TABLE t COMMENT 'x\\', RENAME TO u", &literal, "alter <d.t >d.u"},
        {"TRUNCATE Shop.Orders", &folded, "truncate ~shop.orders"},
        {"TRUNCATE Shop.Orders", &mysql, "truncate ~Shop.Orders"},
        {"TRUNCATE `caf\xe9`", &latin1, "unknown"},
        {"ALTER TABLE t COMMENT 'caf\xe9'", &latin1, "alter ~d.t"},
        {"ALTER TABLE t COMMENT '\x83\x5c'", &sjis, "unknown"},
        {"TRUNCATE `caf\xc3\xa9`", &mysql, "truncate ~d.caf\xc3\xa9"},
    };
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        char *got = summary(read[i].statement, read[i].how);
        if (strcmp(got, read[i].expected) != 0)
            fail_msg("'%s': %s, expected %s", read[i].statement, got, read[i].expected);
        free(got);
    }
}

static void engines_can_roll_back(void **state)
{
    (void)state;
    static const struct {
        const char *statement, *expected; /* NULL: refused */
    } engines[] = {
        {"CREATE TABLE t (engine INT) ENGINE=MyISAM", "CREATE TABLE t (engine INT) ENGINE=InnoDB"},
        {"CREATE TABLE t (a INT) engine memory, COMMENT 'ENGINE=MyISAM'",
         "CREATE TABLE t (a INT) engine InnoDB, COMMENT 'ENGINE=MyISAM'"},
        {"ALTER TABLE t ADD engine INT, ENGINE = 'InnoDB'",
         "ALTER TABLE t ADD engine INT, ENGINE = 'InnoDB'"},
        {"CREATE TABLE t (a INT) PARTITION BY HASH (a) (PARTITION p ENGINE=Aria)",
         "CREATE TABLE t (a INT) PARTITION BY HASH (a) (PARTITION p ENGINE=InnoDB)"},
        {"CREATE TABLE t (a INT) ENGINE=FEDERATED", NULL},
        {"CREATE TABLE TYPE 'CSV' ENGINE=CSV", "CREATE TABLE TYPE 'CSV' ENGINE=InnoDB"},
        {"CREATE TABLE t (a INT) START TRANSACTION", "CREATE TABLE t (a INT)  "},
        {"CREATE TABLE START (a INT) START TRANSACTION", "CREATE TABLE START (a INT)  "},
        {"CREATE TABLE d.START TRANSACTION START TRANSACTION",
         "CREATE TABLE d.START TRANSACTION  "},
        /* What stood apart stays apart. */
        {"CREATE TABLE t (a INT)ENGINE'MyISAM'COMMENT'c'",
         "CREATE TABLE t (a INT)ENGINE InnoDB COMMENT'c'"},
        {"CREATE TABLE t (a INT)COMMENT'c'START TRANSACTION", "CREATE TABLE t (a INT)COMMENT'c' "},
        /* Minus signs are kept apart: no space that is put behind them begins a comment. */
        {"CREATE TABLE t (a INT AS (1--2))", "CREATE TABLE t (a INT AS (1- -2))"},
        {"CREATE TABLE t (a INT AS (1--/* c */2))", "CREATE TABLE t (a INT AS (1- - 2))"},
        {"CREATE TABLE t (a INT AS (1--/*!50000 2*/))", "CREATE TABLE t (a INT AS (1- - 2 ))"},
        {"CREATE TABLE t (a INT AS (1--#c\n2))", "CREATE TABLE t (a INT AS (1- -\n2))"},
        {"CREATE TABLE t (a INT AS (1---/* c */2))", "CREATE TABLE t (a INT AS (1- - - 2))"},
    };
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        struct um_sql s;
        struct um_buf out = {0}, why = {0};
        um_sql_read(engines[i].statement, strlen(engines[i].statement), &mysql, &s);
        bool good = um_sql_transactional(&s, &mysql, &out, &why);
        assert_int_equal(good, engines[i].expected != NULL);
        if (good)
            assert_string_equal(out.data, engines[i].expected);
        else
            assert_non_null(strstr(why.data, "FEDERATED"));
        um_buf_free(&out);
        um_buf_free(&why);
        um_sql_clear(&s);
    }
}

/* Columns that only the key makes NOT NULL. */
static void statements_that_fill_rows(void **state)
{
    (void)state;
    static const struct {
        const char *statement, *anew;
        bool by_order;
    } known[] = {
        {"ALTER TABLE t ADD a VARCHAR(50) DEFAULT (DATABASE())", "DATABASE", false},
        {"ALTER TABLE t ADD (b INT, a VARCHAR(99) DEFAULT (concat(1, uuid())))", "uuid", false},
        {"ALTER TABLE t ADD b INT, ADD a INT DEFAULT (rand() * 3) AFTER b", "rand", false},
        {"ALTER TABLE t ADD a VARCHAR(50) DEFAULT (CURRENT_USER)", "CURRENT_USER", false},
        {"ALTER TABLE t ADD a INT DEFAULT (NEXT VALUE FOR s)", "NEXT", false},
        {"ALTER TABLE t ADD a INT DEFAULT NEXT VALUE FOR s", "NEXT", false},
        {"ALTER TABLE t ADD a INT DEFAULT (1), ALTER b SET DEFAULT (uuid())", NULL, false},
        {"ALTER TABLE t MODIFY a VARCHAR(50) DEFAULT (uuid())", NULL, false},
        {"ALTER TABLE t ADD KEY user (user), ADD a DATETIME DEFAULT now()", NULL, false},
        {"ALTER TABLE t ADD a VARCHAR(50) DEFAULT 'uuid()' COMMENT 'rand()'", NULL, false},
        {"ALTER TABLE t ADD id INT AUTO_INCREMENT PRIMARY KEY", NULL, true},
        {"ALTER TABLE t ADD id SERIAL, AUTO_INCREMENT=7", NULL, true},
        {"ALTER IGNORE TABLE t ADD UNIQUE (a)", NULL, true},
        {"ALTER TABLE t AUTO_INCREMENT=7", NULL, false},
        {"ALTER TABLE t AUTO_INCREMENT 7", NULL, false},
        {"ALTER TABLE t ADD `AUTO_INCREMENT` INT", NULL, false},
        {"CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT DEFAULT (rand()))", NULL, false},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct um_sql s;
        char *what = NULL;
        um_sql_read(known[i].statement, strlen(known[i].statement), &mysql, &s);
        if (um_sql_fills_anew(&s, &mysql, &what) != (known[i].anew != NULL) ||
            (what && strcmp(what, known[i].anew) != 0))
            fail_msg("'%s': %s", known[i].statement, what ? what : "nothing");
        if (um_sql_goes_by_order(&s, &mysql) != known[i].by_order)
            fail_msg("'%s': order", known[i].statement);
        free(what);
        um_sql_clear(&s);
    }
}

static void a_key_may_imply_not_null(void **state)
{
    (void)state;
    static const struct {
        const char *statement, *expected;
    } keys[] = {
        {"CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b))", "a b "},
        {"CREATE TABLE t (a INT NOT NULL, b INT, PRIMARY KEY USING BTREE (a, `b`))", "b "},
        {"CREATE TABLE t (a INT PRIMARY KEY, b INT)", ""},
        {"CREATE TABLE t (a INT AUTO_INCREMENT, PRIMARY KEY (a))", ""},
        {"CREATE TABLE t (a DECIMAL(5,2) NOT NULL, PRIMARY KEY (a))", ""},
        {"CREATE TABLE t (a VARCHAR(9), PRIMARY KEY (a(3)))", "a "},
        {"ALTER TABLE t ADD c INT NOT NULL, ADD PRIMARY KEY (c, d)", "d "},
        {"ALTER TABLE t ADD KEY (a)", ""},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct um_sql s;
        struct um_strv columns = {0};
        struct um_buf got = {0};
        um_sql_read(keys[i].statement, strlen(keys[i].statement), &mysql56, &s);
        um_sql_implied_not_null(&s, &mysql56, &columns);
        um_buf_str(&got, "");
        for (size_t k = 0; k < columns.count; k++)
            um_buf_fmt(&got, "%s ", columns.items[k]);
        assert_string_equal(got.data, keys[i].expected);
        um_buf_free(&got);
        um_strv_clear(&columns);
        um_sql_clear(&s);
    }
}

static void note_key(void *out, const struct um_foreign_key *fk, bool of_column)
{
    um_buf_fmt(out, "%s%s%s.%s%s ", of_column ? "+" : "", fk->name ? fk->name : "",
               fk->parent_schema, fk->parent_table,
               fk->cascades_rows ? "!" : (fk->cascades ? "?" : ""));
}

/* "name" of the constraint, parent, "!" where rows cascade and "?" where their values do; "+" in
   front of what stands behind a column. */
static void foreign_keys_that_a_statement_makes(void **state)
{
    (void)state;
    static const struct {
        const char *statement, *expected;
    } made[] = {
        {"CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES p (id))", "d.p "},
        {"CREATE TABLE x.t (a INT, FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE)", "x.p! "},
        {"CREATE TABLE t (a INT, CONSTRAINT c FOREIGN KEY i (a) REFERENCES `x y` . p (id, b)"
         " MATCH FULL ON UPDATE SET NULL ON DELETE NO ACTION, b INT)",
         "cx y.p? "},
        {"ALTER TABLE t ADD CONSTRAINT FOREIGN KEY IF NOT EXISTS (a) REFERENCES x.p (id)"
         " ON UPDATE RESTRICT ON DELETE SET DEFAULT, ADD CONSTRAINT `k` FOREIGN KEY (b)"
         " REFERENCES q (id) ON DELETE RESTRICT ON UPDATE CASCADE",
         "x.p? kd.q! "},
        {"ALTER TABLE t DROP FOREIGN KEY k, ADD b INT REFERENCES q (id) ON DELETE CASCADE",
         "+d.q! "},
        {"ALTER TABLE t ADD a INT CONSTRAINT c REFERENCES x.q (id)", "+cx.q "},
        {"CREATE TABLE t (a INT REFERENCES p ON DELETE CASCADE, b INT)", "+d.p! "},
        {"CREATE TABLE t (a INT COMMENT 'REFERENCES p', `references` INT)", ""},
        {"ALTER TABLE t ADD a INT /*!50600 , ADD FOREIGN KEY (a) REFERENCES p (id) */", "d.p "},
        {"CREATE TABLE t (FOREIGN KEY (a) REFERENCES)", ""},
    };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct um_sql s;
        struct um_buf got = {0};
        um_buf_str(&got, "");
        um_sql_read(made[i].statement, strlen(made[i].statement), &mysql, &s);
        um_sql_foreign_keys(&s, &mysql, note_key, &got);
        assert_string_equal(got.data, made[i].expected);
        um_buf_free(&got);
        um_sql_clear(&s);
    }
}

static void statements_that_version(void **state)
{
    (void)state;
    static const struct {
        const char *statement;
        bool versions;
    } known[] = {
        {"CREATE TABLE t (a INT) WITH SYSTEM VERSIONING", true},
        {"CREATE TABLE t (a INT, b INT WITH SYSTEM VERSIONING)", true},
        {"ALTER TABLE t ADD b INT, ADD SYSTEM VERSIONING", true},
        {"ALTER TABLE t ADD a INT WITHOUT SYSTEM VERSIONING", false},
        {"ALTER TABLE t DROP SYSTEM VERSIONING", false},
        {"ALTER TABLE t DROP PERIOD FOR SYSTEM_TIME", false},
        {"ALTER TABLE t ADD PERIOD FOR p (a, b)", false},
        {"ALTER TABLE t COMMENT 'WITH SYSTEM VERSIONING', ADD `system` INT", false},
        {"CREATE TABLE t (a INT) /*!999999 WITH SYSTEM VERSIONING */", false},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct um_sql s;
        um_sql_read(known[i].statement, strlen(known[i].statement), &mariadb, &s);
        if (um_sql_versions(&s, &mariadb) != known[i].versions)
            fail_msg("'%s'", known[i].statement);
        um_sql_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_is_known),
        cmocka_unit_test(comments_are_as_the_source_read_them),
        cmocka_unit_test(names_are_as_the_session_read_them),
        cmocka_unit_test(engines_can_roll_back),
        cmocka_unit_test(statements_that_fill_rows),
        cmocka_unit_test(a_key_may_imply_not_null),
        cmocka_unit_test(foreign_keys_that_a_statement_makes),
        cmocka_unit_test(statements_that_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
