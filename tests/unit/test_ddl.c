/* Reading and translating CREATE TABLE texts as real servers printed them. */
/* links: um_schema um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/ddl.h"

/* MySQL 5.6.24 */
static const char mysql56_c1[] =
    "CREATE TABLE `c1` (\n"
    "  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,\n"
    "  `we``ird` varchar(20) CHARACTER SET latin1 DEFAULT 'o''b\\\\r\\n\303\251',\n"
    "  `e` enum('a','b''c','d,e)','\303\251') DEFAULT '\303\251',\n"
    "  `s` set('x','y') NOT NULL DEFAULT 'x,y',\n"
    "  `d` decimal(10,2) unsigned zerofill DEFAULT NULL,\n"
    "  `f` float(7,3) DEFAULT NULL,\n"
    "  `g` double DEFAULT NULL,\n"
    "  `t` timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),\n"
    "  `dt` datetime(6) DEFAULT NULL,\n"
    "  `y` year(4) DEFAULT NULL,\n"
    "  `bt` bit(10) DEFAULT b'101',\n"
    "  `tx` text COMMENT 'it''s; `q` \"x\" , ) \\\\ /* no */ -- ',\n"
    "  `bl` blob,\n"
    "  `bi` binary(3) DEFAULT 'a\\0b',\n"
    "  `vb` varbinary(10) DEFAULT NULL,\n"
    "  `p` int(11) DEFAULT NULL,\n"
    "  `q` int(11) DEFAULT NULL,\n"
    "  `tm` time DEFAULT '-10:00:00',\n"
    "  `pt` int(11) NOT NULL,\n"
    "  PRIMARY KEY (`id`),\n"
    "  UNIQUE KEY `u1` (`p`),\n"
    "  KEY `k1` (`we``ird`(5),`q`),\n"
    "  KEY `fk1` (`p`,`q`),\n"
    "  KEY `kc` (`q`) COMMENT 'co''m',\n"
    "  KEY `kh` (`q`) USING HASH,\n"
    "  FULLTEXT KEY `ft` (`tx`),\n"
    "  CONSTRAINT `fk1` FOREIGN KEY (`p`, `q`) REFERENCES `parent` (`a`, `b`) ON DELETE CASCADE ON "
    "UPDATE SET NULL\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC COMMENT='tab) ''le, \\\\ x'";

/* MySQL 5.6.24 */
static const char mysql56_bd[] =
    "CREATE TABLE `bd` (\n"
    "  `a` binary(2) DEFAULT '\377A',\n"
    "  `b` varbinary(3) DEFAULT '\\0\303\251',\n"
    "  `c` varchar(10) CHARACTER SET latin1 DEFAULT '\303\251',\n"
    "  `d` bit(3) DEFAULT b'101',\n"
    "  `e` enum('\303\251','\303\274') CHARACTER SET latin1 DEFAULT NULL,\n"
    "  `f` varbinary(4) DEFAULT '\303\251'\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='\303\251'";

/* MySQL 5.6.24 */
static const char mysql56_p1[] =
    "CREATE TABLE `p1` (\n"
    "  `a` int(11) NOT NULL,\n"
    "  `b` int(11) NOT NULL AUTO_INCREMENT,\n"
    "  PRIMARY KEY (`a`,`b`),\n"
    "  KEY `b` (`b`)\n"
    ") ENGINE=InnoDB AUTO_INCREMENT=77 DEFAULT CHARSET=utf8mb4\n"
    "/*!50100 PARTITION BY RANGE (a)\n"
    "(PARTITION p0 VALUES LESS THAN (10) COMMENT = 'p,)0' ENGINE = InnoDB,\n"
    " PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */";

/* MySQL 9.7.4 */
static const char mysql97_n1[] =
    "CREATE TABLE `n1` (\n"
    "  `id` int NOT NULL AUTO_INCREMENT,\n"
    "  `a` int DEFAULT NULL,\n"
    "  `b` varchar(20) DEFAULT NULL,\n"
    "  `j` json DEFAULT NULL,\n"
    "  `inv` int DEFAULT NULL /*!80023 INVISIBLE */,\n"
    "  `v` int GENERATED ALWAYS AS ((`a` + 1)) VIRTUAL,\n"
    "  `st` varchar(30) GENERATED ALWAYS AS (concat(`b`,_utf8mb4'\303\251\\'x\\\\')) STORED NOT "
    "NULL,\n"
    "  `de` varchar(36) DEFAULT (uuid()),\n"
    "  `dj` json DEFAULT (json_array(1,_utf8mb4'a')),\n"
    "  `geo` point NOT NULL /*!80003 SRID 4326 */,\n"
    "  `vec` vector(3) DEFAULT NULL,\n"
    "  `col` int /*!50606 STORAGE DISK */ /*!50606 COLUMN_FORMAT FIXED */ DEFAULT NULL,\n"
    "  `nn` int DEFAULT NULL,\n"
    "  PRIMARY KEY (`id`),\n"
    "  KEY `de` (`a` DESC,`b`),\n"
    "  KEY `iv` (`b`) /*!80000 INVISIBLE */,\n"
    "  SPATIAL KEY `geo` (`geo`),\n"
    "  KEY `fi` (((`a` + 1))),\n"
    "  KEY `fj` ((cast(json_extract(`j`,_utf8mb4'$.x') as unsigned array))),\n"
    "  CONSTRAINT `ck` CHECK (((`a` > 0) and (`b` <> _utf8mb4'x,)('))),\n"
    "  CONSTRAINT `ck2` CHECK ((`a` < 100)) /*!80016 NOT ENFORCED */,\n"
    "  CONSTRAINT `n1_chk_1` CHECK ((`nn` > 1))\n"
    ") /*!80023 AUTOEXTEND_SIZE=4194304 */ ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "
    "COLLATE=utf8mb4_0900_ai_ci COMMENT='\303\251'";

/* MySQL 9.7.4 */
static const char mysql97_lx[] =
    "CREATE TABLE `lx` (\n"
    "  `id` int NOT NULL,\n"
    "  `b` varchar(20) DEFAULT NULL,\n"
    "  `st` varchar(30) GENERATED ALWAYS AS (concat(`b`,_utf8mb4'\303\251\\'x\\\\y\\n')) STORED "
    "NOT NULL,\n"
    "  `bin` varbinary(9) GENERATED ALWAYS AS (concat(_binary'\303\251',`b`)) VIRTUAL,\n"
    "  `de` varchar(36) DEFAULT (uuid()),\n"
    "  `cc` varchar(3) GENERATED ALWAYS AS (_latin1'abc') VIRTUAL,\n"
    "  `inv` int DEFAULT '3' /*!80023 INVISIBLE */,\n"
    "  `g` point NOT NULL /*!80003 SRID 4326 */,\n"
    "  PRIMARY KEY (`id`),\n"
    "  KEY `z` (`b` DESC) /*!80000 INVISIBLE */,\n"
    "  SPATIAL KEY `g` (`g`),\n"
    "  CONSTRAINT `lx_chk_1` CHECK ((`b` <> (_utf8mb4'it\\'s' collate utf8mb4_bin)))\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";

/* MariaDB 10.5 */
static const char mariadb_d1[] =
    "CREATE TABLE `d1` (\n"
    "  `id` int(11) NOT NULL AUTO_INCREMENT,\n"
    "  `a` int(11) DEFAULT NULL,\n"
    "  `st` varchar(30) GENERATED ALWAYS AS (concat(`a`,'\303\251\\'x')) STORED,\n"
    "  `cmp` text /*M!100301 COMPRESSED*/ DEFAULT NULL,\n"
    "  `i6` inet6 DEFAULT '::1',\n"
    "  `nn` int(11) DEFAULT NULL CHECK (`nn` > 1),\n"
    "  `geo` point NOT NULL,\n"
    "  PRIMARY KEY (`id`),\n"
    "  CONSTRAINT `ck` CHECK (`a` > 0),\n"
    "  CONSTRAINT `CONSTRAINT_1` CHECK (`nn` > 0)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci COMMENT='\303\251' "
    "`PAGE_COMPRESSED`=1 `PAGE_COMPRESSION_LEVEL`=5 `ENCRYPTED`=NO";

/* MariaDB 11.8 */
static const char mariadb_per[] =
    "CREATE TABLE `per` (\n"
    "  `a` int(11) DEFAULT NULL,\n"
    "  `d1` date NOT NULL,\n"
    "  `d2` date NOT NULL,\n"
    "  PERIOD FOR `p` (`d1`, `d2`),\n"
    "  UNIQUE KEY `a` (`a`,`p` WITHOUT OVERLAPS)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci";

/* MariaDB 11.8 */
static const char mariadb_sv2[] =
    "CREATE TABLE `sv2` (\n"
    "  `a` int(11) DEFAULT NULL,\n"
    "  `rs` timestamp(6) GENERATED ALWAYS AS ROW START INVISIBLE,\n"
    "  `re` timestamp(6) GENERATED ALWAYS AS ROW END,\n"
    "  PERIOD FOR SYSTEM_TIME (`rs`, `re`)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci WITH SYSTEM VERSIONING\n"
    " PARTITION BY SYSTEM_TIME INTERVAL 1 MONTH STARTS TIMESTAMP'2026-11-21 00:00:00'\n"
    "(PARTITION `p0` HISTORY ENGINE = InnoDB,\n"
    " PARTITION `pc` CURRENT ENGINE = InnoDB)";

/* MariaDB 10.11 */
static const char mariadb_tdef[] =
    "CREATE TABLE `tdef` (\n"
    "  `a` text DEFAULT 'x',\n"
    "  `b` blob DEFAULT 'xFF',\n"
    "  `c` varchar(3) DEFAULT NULL,\n"
    "  `d` int(11) DEFAULT -1,\n"
    "  `e` double DEFAULT 10000000000,\n"
    "  `f` date DEFAULT '2020-01-01',\n"
    "  `g` bit(3) DEFAULT b'11',\n"
    "  `h` varbinary(3) DEFAULT '\377\\0',\n"
    "  `i` int(11) DEFAULT 3,\n"
    "  `j` timestamp NULL DEFAULT current_timestamp(),\n"
    "  `k` datetime(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3),\n"
    "  `l` time DEFAULT curtime(),\n"
    "  `m` int(11) DEFAULT -1,\n"
    "  `n` tinyint(1) DEFAULT 0\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci";

/* MySQL 9.7.4 */
static const char mysql97_k1[] =
    "CREATE TABLE `k1` (\n"
    "  `a` int NOT NULL,\n"
    "  PRIMARY KEY (`a`)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci\n"
    "/*!50100 PARTITION BY KEY */ /*!50611 ALGORITHM = 1 */ /*!50100 (a)\n"
    "PARTITIONS 3 */";

/* MariaDB 10.11 */
static const char mariadb_uh[] =
    "CREATE TABLE `uh` (\n"
    "  `a` varchar(100) DEFAULT NULL,\n"
    "  `b` int(11) DEFAULT NULL,\n"
    "  UNIQUE KEY `a` (`a`) USING HASH,\n"
    "  UNIQUE KEY `ub` (`b`) USING HASH,\n"
    "  KEY `kb` (`b`) USING HASH\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci";

/* MySQL 9.7.4 */
static const char mysql97_ts[] = "CREATE TABLE `ts` (\n"
                                 "  `a` int DEFAULT NULL\n"
                                 ") /*!50100 TABLESPACE `innodb_system` */ ENGINE=InnoDB DEFAULT "
                                 "CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";

static struct um_ddl_target from_to(enum um_flavour from, unsigned from_version, enum um_flavour to,
                                    unsigned to_version)
{
    return (struct um_ddl_target){from, to, from_version, to_version, "shop", "t`2"};
}

static struct um_ddl *parse(const char *text)
{
    struct um_err err = {0};
    struct um_ddl *d = um_ddl_parse(text, &err);
    if (!d)
        fail_msg("%s", err.text);
    return d;
}

/* The bare CREATE TABLE, malloc'd; the text of the error when there is one. */
static char *bare(const char *text, struct um_ddl_target to)
{
    struct um_err err = {0};
    struct um_buf out = {0};
    struct um_ddl *d = parse(text);
    if (um_ddl_bare(d, &to, &out, &err) != 0) {
        assert_int_equal(err.id, UM_E_DDL_OBSTACLE);
        assert_int_equal(out.len, 0);
        um_buf_str(&out, err.text);
    }
    um_ddl_delete(d);
    return um_buf_take(&out);
}

static void assert_bare(const char *text, struct um_ddl_target to, const char *expected)
{
    char *out = bare(text, to);
    assert_string_equal(out, expected);
    free(out);
}

static void assert_bare_has(const char *text, struct um_ddl_target to, const char *part)
{
    char *out = bare(text, to);
    if (!strstr(out, part))
        fail_msg("not found: %s\nin: %s", part, out);
    free(out);
}

static void assert_later(const char *text, struct um_ddl_target to, enum um_ddl_group group,
                         const struct um_strv *present, size_t count, const char *first)
{
    struct um_err err = {0};
    struct um_strv made = {0};
    struct um_ddl *d = parse(text);
    if (um_ddl_later(d, &to, group, present, &made, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(made.count, count);
    if (first)
        assert_string_equal(made.items[0], first);
    um_strv_clear(&made);
    um_ddl_delete(d);
}

/* All obstacles as lines "BLOCK where" and "WARN where", malloc'd. */
static char *obstacles(const char *text, struct um_ddl_target to)
{
    struct um_ddl_obstacles o = {0};
    struct um_buf out = {0};
    struct um_ddl *d = parse(text);
    um_ddl_check(d, NULL, &to, &o);
    for (size_t i = 0; i < o.count; i++) {
        um_buf_fmt(&out, "%s %s\n", o.items[i].severity == UM_DDL_BLOCK ? "BLOCK" : "WARN",
                   o.items[i].where);
        assert_true(strlen(o.items[i].what) > 10);
        assert_true(strlen(o.items[i].mend) > 5);
    }
    um_ddl_obstacles_clear(&o);
    um_ddl_delete(d);
    um_buf_add(&out, "", 0);
    return um_buf_take(&out);
}

static void assert_obstacles(const char *text, struct um_ddl_target to, const char *expected)
{
    char *lines = obstacles(text, to);
    assert_string_equal(lines, expected);
    free(lines);
}

/* A column definition of MySQL 9.7 in a table of its own. */
static char *with_column(const char *definition)
{
    return um_sprintf("CREATE TABLE `t` (\n  `c` %s\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "
                      "COLLATE=utf8mb4_bin",
                      definition);
}

static void assert_column(const char *definition, struct um_ddl_target to, const char *expected)
{
    char *text = with_column(definition), *out = bare(text, to),
         *column = um_sprintf("`c` %s\n)", expected);
    if (!strstr(out, column))
        fail_msg("not found: %s\nin: %s", column, out);
    free(text);
    free(out);
    free(column);
}

static void assert_column_obstacles(const char *definition, struct um_ddl_target to,
                                    const char *expected)
{
    char *text = with_column(definition);
    assert_obstacles(text, to, expected);
    free(text);
}

static void parts_of_a_real_table(void **state)
{
    (void)state;
    struct um_ddl *d = parse(mysql56_c1);
    assert_null(d->schema);
    assert_string_equal(d->name, "c1");
    assert_int_equal(d->part_count, 27);
    assert_int_equal(d->parts[1].kind, UM_DDL_COLUMN);
    assert_string_equal(d->parts[1].name, "we`ird");
    assert_string_equal(d->parts[11].text,
                        "`tx` text COMMENT 'it''s; `q` \"x\" , ) \\\\ /* no */ -- '");
    assert_int_equal(d->parts[19].kind, UM_DDL_PRIMARY);
    assert_string_equal(d->parts[19].name, "PRIMARY");
    assert_int_equal(d->parts[20].kind, UM_DDL_UNIQUE);
    assert_string_equal(d->parts[20].name, "u1");
    assert_int_equal(d->parts[25].kind, UM_DDL_FULLTEXT);
    assert_int_equal(d->parts[26].kind, UM_DDL_FOREIGN_KEY);
    assert_string_equal(d->parts[26].name, "fk1");
    assert_string_equal(d->options, "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC "
                                    "COMMENT='tab) ''le, \\\\ x'");
    um_ddl_delete(d);

    d = parse(mariadb_per);
    assert_int_equal(d->part_count, 5);
    assert_int_equal(d->parts[3].kind, UM_DDL_PERIOD);
    assert_string_equal(d->parts[3].name, "p");
    um_ddl_delete(d);

    /* Words that are names where they are quoted and keywords where they are not. */
    d = parse("CREATE TABLE IF NOT EXISTS `a``b`.`c.d` (`key` int, `check` int, `constraint` int, "
              "`period` date, vector int, KEY `key` (`key`), CHECK (`key` > 1), "
              "CONSTRAINT CHECK (1), CONSTRAINT `n` FOREIGN KEY (`key`) REFERENCES `p` (`x`), "
              "CONSTRAINT `c` CHECK (`key` in (1,2)), VECTOR KEY `v` (`v`))");
    static const struct {
        enum um_ddl_part_kind kind;
        const char *name;
    } expected[] = {
        {UM_DDL_COLUMN, "key"},    {UM_DDL_COLUMN, "check"},  {UM_DDL_COLUMN, "constraint"},
        {UM_DDL_COLUMN, "period"}, {UM_DDL_COLUMN, "vector"}, {UM_DDL_KEY, "key"},
        {UM_DDL_CHECK, NULL},      {UM_DDL_CHECK, NULL},      {UM_DDL_FOREIGN_KEY, "n"},
        {UM_DDL_CHECK, "c"},       {UM_DDL_VECTOR, "v"},
    };
    assert_string_equal(d->schema, "a`b");
    assert_string_equal(d->name, "c.d");
    assert_string_equal(d->options, "");
    assert_int_equal(d->part_count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < d->part_count; i++) {
        assert_int_equal(d->parts[i].kind, expected[i].kind);
        if (expected[i].name)
            assert_string_equal(d->parts[i].name, expected[i].name);
        else
            assert_null(d->parts[i].name);
    }
    um_ddl_delete(d);
}

static void executable_comments_are_opened(void **state)
{
    (void)state;
    struct um_ddl *d = parse(mysql97_n1);
    assert_string_equal(d->parts[4].text, "`inv` int DEFAULT NULL INVISIBLE");
    assert_string_equal(d->parts[11].text,
                        "`col` int STORAGE DISK COLUMN_FORMAT FIXED DEFAULT NULL");
    assert_true(strncmp(d->options, "AUTOEXTEND_SIZE=4194304 ENGINE=InnoDB ", 38) == 0);
    um_ddl_delete(d);
    d = parse(mysql97_k1);
    assert_non_null(strstr(d->options, "\nPARTITION BY KEY ALGORITHM = 1 (a)\nPARTITIONS 3"));
    um_ddl_delete(d);
    d = parse(mariadb_d1);
    assert_string_equal(d->parts[3].text, "`cmp` text COMPRESSED DEFAULT NULL");
    um_ddl_delete(d);
    /* Nested, and plain comments of old servers. */
    d = parse("CREATE TABLE t (`a` datetime /* 5.5 binary format */ NOT NULL) ENGINE=InnoDB "
              "/*!50100 PARTITION BY KEY /*!50611 ALGORITHM = 1 */ (a) */");
    assert_string_equal(d->parts[0].text, "`a` datetime NOT NULL");
    assert_string_equal(d->options, "ENGINE=InnoDB PARTITION BY KEY ALGORITHM = 1 (a)");
    um_ddl_delete(d);
}

static void unreadable_texts_name_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "expected CREATE TABLE"},
        {"CREATE VIEW `v` AS select 1", "expected TABLE"},
        {"CREATE TABLE `t", "offset 13: a quote is never closed"},
        {"CREATE TABLE `t` (`a` int DEFAULT 'x\\'", "offset 34: a quote is never closed"},
        {"CREATE TABLE `t` (`a` int", "offset 17: a parenthesis is never closed"},
        {"CREATE TABLE `t` (`a` int) /*!50100 PARTITION", "offset 27: an executable comment"},
        {"CREATE TABLE `t` (`a` int /* x", "offset 26: a comment is never closed"},
        {"CREATE TABLE `t` (`a`)", "expected the type of a column"},
        {"CREATE TABLE `t` (`a` int,)", "expected a column or an index"},
        {"CREATE TABLE `t` (`a` int, KEY `k`)", "expected columns in parentheses"},
        {"CREATE TABLE `t` LIKE `u`", "expected the columns in parentheses"},
        {"CREATE TABLE `t` (`a` int)) ENGINE=InnoDB", "a parenthesis was never opened"},
        {"CREATE TABLE `t` (`a` int) ENGINE=InnoDB; DROP TABLE `u`", "expected one statement"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct um_err err = {0};
        assert_null(um_ddl_parse(cases[i].text, &err));
        assert_int_equal(err.id, UM_E_DDL_UNREADABLE);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.text);
    }
}

static void bare_keeps_what_rows_need(void **state)
{
    (void)state;
    struct um_ddl_target same = from_to(UM_MYSQL, 50624, UM_MYSQL, 50624);
    assert_bare(mysql56_p1, same,
                "CREATE TABLE `shop`.`t``2` (\n"
                "  `a` int(11) NOT NULL,\n"
                "  `b` int(11) NOT NULL AUTO_INCREMENT,\n"
                "  PRIMARY KEY (`a`,`b`),\n"
                "  KEY `b` (`b`)\n"
                ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci\n"
                "PARTITION BY RANGE (a)\n"
                "(PARTITION p0 VALUES LESS THAN (10) COMMENT = 'p,)0' ENGINE = InnoDB,\n"
                " PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB)");
    /* The index that AUTO_INCREMENT needs is there already: it does not come again. */
    assert_later(mysql56_p1, same, UM_DDL_GROUP_PLAIN, NULL, 0, NULL);
    struct um_ddl *d = parse(mysql56_p1);
    assert_int_equal(um_ddl_auto_increment(d), 77);
    um_ddl_delete(d);
    char *out = bare(mysql56_c1, same);
    assert_null(strstr(out, "KEY `u1`"));
    assert_null(strstr(out, "FULLTEXT"));
    assert_null(strstr(out, "FOREIGN"));
    assert_non_null(strstr(out, "PRIMARY KEY (`id`)\n)"));
    free(out);
    /* A plain index is taken before a unique one, which could refuse rows during the copy. */
    out = bare("CREATE TABLE `t` (`a` int, `b` int NOT NULL AUTO_INCREMENT, UNIQUE KEY `u` (`b`), "
               "KEY `k` (`b`,`a`), KEY `p` (`b`)) ENGINE=InnoDB",
               same);
    assert_non_null(strstr(out, "KEY `k` (`b`,`a`)\n)"));
    assert_null(strstr(out, "`u`"));
    free(out);
}

static void later_comes_in_groups(void **state)
{
    (void)state;
    struct um_ddl_target same = from_to(UM_MYSQL, 50624, UM_MYSQL, 50624);
    struct um_strv present = {0};
    assert_later(mysql56_c1, same, UM_DDL_GROUP_PLAIN, NULL, 1,
                 "ALTER TABLE `shop`.`t``2`\n"
                 "  ADD KEY `k1` (`we``ird`(5),`q`),\n"
                 "  ADD KEY `fk1` (`p`,`q`),\n"
                 "  ADD KEY `kc` (`q`) COMMENT 'co''m',\n"
                 "  ADD KEY `kh` (`q`)");
    assert_later(mysql56_c1, same, UM_DDL_GROUP_UNIQUE, NULL, 1,
                 "ALTER TABLE `shop`.`t``2`\n  ADD UNIQUE KEY `u1` (`p`)");
    assert_later(mysql56_c1, same, UM_DDL_GROUP_FOREIGN, NULL, 1,
                 "ALTER TABLE `shop`.`t``2`\n"
                 "  ADD CONSTRAINT `fk1` FOREIGN KEY (`p`, `q`) REFERENCES `parent` (`a`, `b`) "
                 "ON DELETE CASCADE ON UPDATE SET NULL");
    um_strv_add(&present, "K1");
    um_strv_add(&present, "fk1");
    um_strv_add(&present, "kc");
    assert_later(mysql56_c1, same, UM_DDL_GROUP_PLAIN, &present, 1,
                 "ALTER TABLE `shop`.`t``2`\n  ADD KEY `kh` (`q`)");
    um_strv_add(&present, "kh");
    assert_later(mysql56_c1, same, UM_DDL_GROUP_PLAIN, &present, 0, NULL);
    um_strv_clear(&present);
    /* Spatial ones in their place among the others. */
    assert_later("CREATE TABLE `t` (`a` point NOT NULL, `b` int, KEY `x` (`b`), SPATIAL KEY `y` "
                 "(`a`), KEY `z` (`b`,`a`)) ENGINE=InnoDB",
                 from_to(UM_MYSQL, 50624, UM_MYSQL, 90704), UM_DDL_GROUP_PLAIN, NULL, 1,
                 "ALTER TABLE `shop`.`t``2`\n  ADD KEY `x` (`b`),\n  ADD SPATIAL KEY `y` (`a`),\n"
                 "  ADD KEY `z` (`b`,`a`)");
    /* Full-text indexes one at a time. */
    assert_later("CREATE TABLE `t` (`a` text, `b` text, FULLTEXT KEY `x` (`a`), "
                 "FULLTEXT KEY `y` (`a`,`b`)) ENGINE=InnoDB",
                 same, UM_DDL_GROUP_SPECIAL, NULL, 2,
                 "ALTER TABLE `shop`.`t``2`\n  ADD FULLTEXT KEY `x` (`a`)");
    /* A table that points to itself follows its new name; others are left alone. */
    assert_later("CREATE TABLE `t` (`a` int, CONSTRAINT `s` FOREIGN KEY (`a`) REFERENCES `t` "
                 "(`a`) ON DELETE SET NULL, CONSTRAINT `o` FOREIGN KEY (`a`) REFERENCES `x`.`t` "
                 "(`a`)) ENGINE=InnoDB",
                 same, UM_DDL_GROUP_FOREIGN, NULL, 1,
                 "ALTER TABLE `shop`.`t``2`\n"
                 "  ADD CONSTRAINT `s` FOREIGN KEY (`a`) REFERENCES `t``2` (`a`) "
                 "ON DELETE SET NULL,\n"
                 "  ADD CONSTRAINT `o` FOREIGN KEY (`a`) REFERENCES `x`.`t` (`a`)");
}

static void bytes_of_binary_defaults_survive(void **state)
{
    (void)state;
    /* Printed raw by old servers; a session with SET NAMES utf8mb4 would refuse 0xFF. */
    assert_bare_has(mysql56_bd, from_to(UM_MYSQL, 50624, UM_MYSQL, 90704),
                    "`a` binary(2) DEFAULT x'FF41',\n  `b` varbinary(3) DEFAULT '\\0\303\251',\n");
    assert_bare_has(mariadb_tdef, from_to(UM_MARIADB, 101119, UM_MYSQL, 90704),
                    "`h` varbinary(3) DEFAULT x'FF00',");
    assert_bare_has("CREATE TABLE `p` (`b` varbinary(10)) ENGINE=InnoDB\n/*!50500 PARTITION BY "
                    "LIST  COLUMNS(b)\n(PARTITION p0 VALUES IN ('a','\377')) */",
                    from_to(UM_MYSQL, 50624, UM_MYSQL, 90704), "VALUES IN ('a',x'FF')");
}

static void charsets_keep_their_collation(void **state)
{
    (void)state;
    /* 5.6 means utf8mb4_general_ci by utf8mb4; 9.7 would take utf8mb4_0900_ai_ci. */
    assert_bare_has("CREATE TABLE `t` (`a` varchar(3) CHARACTER SET utf8mb4, `b` varchar(3) "
                    "COLLATE utf8mb4_bin, `c` char(1) CHARACTER SET utf8, `d` char(1) CHARACTER "
                    "SET utf8 COLLATE utf8_bin) ENGINE=InnoDB DEFAULT CHARSET=cp1251",
                    from_to(UM_MYSQL, 50624, UM_MYSQL, 90704),
                    "`a` varchar(3) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,\n"
                    "  `b` varchar(3) COLLATE utf8mb4_bin,\n"
                    "  `c` char(1) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci,\n"
                    "  `d` char(1) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin\n"
                    ") ENGINE=InnoDB DEFAULT CHARSET=cp1251 COLLATE=cp1251_general_ci");
    struct um_ddl_target down = from_to(UM_MARIADB, 110806, UM_MARIADB, 100529);
    assert_column("char(1) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", down,
                  "char(1) CHARACTER SET utf8 COLLATE utf8_bin");
    /* The same name, other rules: MySQL's is kept under a name of its own in MariaDB. */
    assert_column("char(1) CHARACTER SET latin2 COLLATE latin2_croatian_ci",
                  from_to(UM_MYSQL, 90704, UM_MYSQL, 90704),
                  "char(1) CHARACTER SET latin2 COLLATE latin2_croatian_ci");
    for (int from = UM_MYSQL; from <= UM_MARIADB; from++)
        assert_column("char(1) CHARACTER SET latin2 COLLATE latin2_croatian_ci",
                      from == UM_MYSQL ? from_to(UM_MYSQL, 90704, UM_MARIADB, 110806)
                                       : from_to(UM_MARIADB, 110806, UM_MYSQL, 90704),
                      "char(1) CHARACTER SET latin2 COLLATE latin2_croatian_ci");
    assert_column("char(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_croatian_ci",
                  from_to(UM_MYSQL, 90704, UM_MARIADB, 110806),
                  "char(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_croatian_mysql561_ci");
    assert_column_obstacles("char(1) COLLATE utf8mb4_croatian_ci",
                            from_to(UM_MARIADB, 101119, UM_MYSQL, 90704), "BLOCK column c\n");
}

static void collations_that_the_target_lacks(void **state)
{
    (void)state;
    struct um_ddl_target old = from_to(UM_MYSQL, 90704, UM_MARIADB, 101119);
    struct um_ddl_target new = from_to(UM_MYSQL, 90704, UM_MARIADB, 110806);
    const char *column = "varchar(3) COLLATE utf8mb4_0900_ai_ci";
    assert_column_obstacles(column, old, "BLOCK column c\n");
    assert_column_obstacles(column, new, "WARN column c\n");
    assert_column_obstacles(column, from_to(UM_MYSQL, 90704, UM_MYSQL, 80036), "");
    assert_column_obstacles(column, from_to(UM_MYSQL, 90704, UM_MYSQL, 50744), "BLOCK column c\n");
    assert_column_obstacles(column, from_to(UM_MYSQL, 90704, UM_MARIADB, 110404),
                            "BLOCK column c\n");
    assert_column_obstacles(column, from_to(UM_MYSQL, 90704, UM_MARIADB, 110405),
                            "WARN column c\n");
    assert_column_obstacles("varchar(3) COLLATE utf8mb4_ja_0900_as_cs", new, "BLOCK column c\n");
    /* MariaDB has this name for letters that MySQL holds for equal. */
    assert_column_obstacles("varchar(3) COLLATE utf8mb4_pl_0900_ai_ci", new, "BLOCK column c\n");
    assert_column_obstacles("varchar(3) COLLATE utf8mb4_es_0900_ai_ci", new, "WARN column c\n");
    struct um_ddl_target back = from_to(UM_MARIADB, 110806, UM_MYSQL, 90704);
    assert_column_obstacles(column, back, "WARN column c\n");
    assert_column_obstacles("varchar(3) COLLATE utf8mb4_pl_0900_ai_ci", back, "BLOCK column c\n");
    assert_column_obstacles("varchar(3) COLLATE utf8mb4_0900_bin", back, "");
    assert_column_obstacles("varchar(3) COLLATE utf8mb4_0900_bin", new, "");
    assert_column_obstacles("varchar(3) COLLATE utf8mb4_pl_0900_ai_ci",
                            from_to(UM_MARIADB, 110806, UM_MARIADB, 110806), "");
    assert_column_obstacles("varchar(3) COLLATE utf8mb4_uca1400_ai_ci",
                            from_to(UM_MARIADB, 110806, UM_MYSQL, 90704), "BLOCK column c\n");
    assert_column_obstacles("varchar(3) COLLATE utf8mb4_nopad_bin",
                            from_to(UM_MARIADB, 110806, UM_MARIADB, 100529), "");
    assert_column_obstacles("varchar(3) CHARACTER SET gb18030 COLLATE gb18030_chinese_ci", new,
                            "BLOCK column c\nBLOCK column c\n");
    /* A default that no column takes is left out; one that a column takes is that column's. */
    assert_obstacles("CREATE TABLE `t` (`a` int, `b` char(1) COLLATE utf8mb4_bin) ENGINE=InnoDB "
                     "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
                     old, "WARN table option COLLATE\n");
    assert_obstacles("CREATE TABLE `t` (`a` int, `b` char(1)) ENGINE=InnoDB "
                     "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
                     old, "BLOCK column b\n");
}

static void mysql_clauses_become_mariadbs(void **state)
{
    (void)state;
    struct um_ddl_target to = from_to(UM_MYSQL, 90704, UM_MARIADB, 110806);
    /* Literals with an introducer would be stored wrongly by MariaDB: é as xC3xA9. */
    assert_bare(
        mysql97_lx, to,
        "CREATE TABLE `shop`.`t``2` (\n"
        "  `id` int NOT NULL,\n"
        "  `b` varchar(20) DEFAULT NULL,\n"
        "  `st` varchar(30) GENERATED ALWAYS AS (concat(`b`,'\303\251\\'x\\\\y\\n')) STORED,\n"
        "  `bin` varbinary(9) GENERATED ALWAYS AS (concat(0xC3A9,`b`)) VIRTUAL,\n"
        "  `de` varchar(36) DEFAULT (uuid()),\n"
        "  `cc` varchar(3) GENERATED ALWAYS AS (_latin1'abc') VIRTUAL,\n"
        "  `inv` int DEFAULT '3' INVISIBLE,\n"
        "  `g` point REF_SYSTEM_ID=4326 NOT NULL,\n"
        "  PRIMARY KEY (`id`),\n"
        "  CONSTRAINT `lx_chk_1` CHECK ((`b` <> ('it\\'s' collate utf8mb4_bin)))\n"
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci");
    assert_later(mysql97_lx, to, UM_DDL_GROUP_PLAIN, NULL, 1,
                 "ALTER TABLE `shop`.`t``2`\n  ADD KEY `z` (`b` DESC) IGNORED,\n"
                 "  ADD SPATIAL KEY `g` (`g`)");
    assert_obstacles(mysql97_n1, to,
                     "WARN column j\n"  /* LONGTEXT */
                     "WARN column st\n" /* NOT NULL */
                     "WARN column dj\n"
                     "WARN column geo\n" /* SRID */
                     "WARN column vec\n" /* fewer dimensions */
                     "WARN column col\n" /* STORAGE */
                     "WARN column col\n" /* COLUMN_FORMAT */
                     "BLOCK index fi\n"
                     "BLOCK index fj\n"
                     "BLOCK index fj\n"
                     "WARN check ck2\n"
                     "WARN table option AUTOEXTEND_SIZE\n"
                     "WARN column b\n"); /* the collation's Unicode version */
    assert_column_obstacles("varchar(9) GENERATED ALWAYS AS (concat(_latin1'\351')) VIRTUAL", to,
                            "BLOCK column c\n");
    assert_column_obstacles("int NOT NULL /*!80023 INVISIBLE */", to, "BLOCK column c\n");
    assert_column_obstacles("int NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */", to,
                            "BLOCK column c\n"); /* only for want of an index */
    assert_column_obstacles("int GENERATED ALWAYS AS (json_value(`a`, _utf8mb4'$.x' returning "
                            "signed)) VIRTUAL",
                            to, "BLOCK column c\n");
    assert_column_obstacles("int /*!99999 SHINING */ DEFAULT NULL", to, "BLOCK column c\n");
}

static void mariadb_clauses_become_mysqls(void **state)
{
    (void)state;
    struct um_ddl_target to = from_to(UM_MARIADB, 101119, UM_MYSQL, 90704);
    assert_bare_has(mariadb_tdef, to,
                    "`a` text DEFAULT ('x'),\n"
                    "  `b` blob DEFAULT ('xFF'),\n"
                    "  `c` varchar(3) DEFAULT NULL,\n"
                    "  `d` int(11) DEFAULT -1,\n");
    assert_bare_has(mariadb_tdef, to,
                    "`j` timestamp NULL DEFAULT current_timestamp(),\n"
                    "  `k` datetime(3) DEFAULT current_timestamp(3) ON UPDATE "
                    "current_timestamp(3),\n"
                    "  `l` time DEFAULT (curtime()),\n");
    assert_column("date DEFAULT current_timestamp()", to, "date DEFAULT (current_timestamp())");
    assert_column("int DEFAULT (1 + `a`)", to, "int DEFAULT (1 + `a`)");
    assert_obstacles(mariadb_d1, from_to(UM_MARIADB, 100529, UM_MYSQL, 90704),
                     "WARN column cmp\n"
                     "BLOCK column i6\n"
                     "WARN table option PAGE_COMPRESSED\n"
                     "WARN table option PAGE_COMPRESSION_LEVEL\n");
    /* The names that MariaDB gives in every table would clash within a schema of MySQL. */
    assert_bare_has("CREATE TABLE `t` (`a` int, CONSTRAINT `CONSTRAINT_1` CHECK (`a` > 0), "
                    "CONSTRAINT `mine` CHECK (`a` > 1)) ENGINE=InnoDB",
                    to, "  CHECK (`a` > 0),\n  CONSTRAINT `mine` CHECK (`a` > 1)\n)");
    assert_obstacles(mariadb_per, to, "BLOCK period p\nBLOCK index a\nWARN table option COLLATE\n");
    assert_obstacles(mariadb_uh, to, "");
    assert_later(mariadb_uh, to, UM_DDL_GROUP_UNIQUE, NULL, 1,
                 "ALTER TABLE `shop`.`t``2`\n  ADD UNIQUE KEY `a` (`a`),\n"
                 "  ADD UNIQUE KEY `ub` (`b`)");
    assert_later(mariadb_uh, from_to(UM_MARIADB, 101119, UM_MARIADB, 110806), UM_DDL_GROUP_UNIQUE,
                 NULL, 1,
                 "ALTER TABLE `shop`.`t``2`\n  ADD UNIQUE KEY `a` (`a`) USING HASH,\n"
                 "  ADD UNIQUE KEY `ub` (`b`) USING HASH");
    assert_obstacles("CREATE TABLE `t` (`a` text DEFAULT NULL, UNIQUE KEY `a` (`a`) USING HASH) "
                     "ENGINE=InnoDB",
                     to, "BLOCK index a\n");
    assert_column_obstacles("int DEFAULT nextval(`t`.`sq`)", to, "BLOCK column c\nWARN column c\n");
}

static void system_versioning_is_blocked(void **state)
{
    (void)state;
    assert_obstacles(mariadb_sv2, from_to(UM_MARIADB, 110806, UM_MARIADB, 110806), "BLOCK table\n");
    assert_obstacles("CREATE TABLE `s` (`a` bigint(21) NOT NULL) ENGINE=InnoDB SEQUENCE=1",
                     from_to(UM_MARIADB, 110806, UM_MARIADB, 110806),
                     "BLOCK table option SEQUENCE\n");
}

static void engines_become_innodb(void **state)
{
    (void)state;
    struct um_ddl_target to = from_to(UM_MYSQL, 50624, UM_MYSQL, 90704);
    static const char myisam[] =
        "CREATE TABLE `k` (\n  `a` int(11) NOT NULL,\n  KEY `b` (`a`) KEY_BLOCK_SIZE=1024 COMMENT "
        "'x'\n) ENGINE=MyISAM DEFAULT CHARSET=latin1 PACK_KEYS=1 CHECKSUM=1 DELAY_KEY_WRITE=1 "
        "ROW_FORMAT=FIXED KEY_BLOCK_SIZE=4 DATA DIRECTORY='/tmp/' MAX_ROWS=9\n"
        "/*!50100 PARTITION BY HASH (a)\n(PARTITION p0 DATA DIRECTORY = '/x' ENGINE = MyISAM) */";
    assert_bare(myisam, to,
                "CREATE TABLE `shop`.`t``2` (\n  `a` int(11) NOT NULL\n) ENGINE=InnoDB "
                "DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci MAX_ROWS=9\n"
                "PARTITION BY HASH (a)\n(PARTITION p0 ENGINE = InnoDB)");
    assert_obstacles(myisam, to,
                     "WARN table option ENGINE\n"
                     "WARN table option DATA DIRECTORY\n"
                     "WARN table option PARTITION BY\n");
    assert_later(myisam, to, UM_DDL_GROUP_PLAIN, NULL, 1,
                 "ALTER TABLE `shop`.`t``2`\n  ADD KEY `b` (`a`) COMMENT 'x'");
    assert_obstacles("CREATE TABLE `m` (`a` int) ENGINE=MRG_MyISAM UNION=(`x`,`y`)", to,
                     "BLOCK table option ENGINE\nBLOCK table option UNION\n");
    assert_obstacles("CREATE TABLE `m` (`a` int) ENGINE=BLACKHOLE", to,
                     "BLOCK table option ENGINE\n");
    /* Counting within groups is MyISAM's alone. */
    assert_obstacles("CREATE TABLE `m` (`g` int NOT NULL, `a` int NOT NULL AUTO_INCREMENT, "
                     "PRIMARY KEY (`g`,`a`)) ENGINE=MyISAM",
                     to, "WARN table option ENGINE\nBLOCK column a\n");
}

static void versions_of_one_flavour(void **state)
{
    (void)state;
    struct um_ddl_target up = from_to(UM_MYSQL, 50624, UM_MYSQL, 90704);
    struct um_ddl_target down = from_to(UM_MYSQL, 90704, UM_MYSQL, 50624);
    struct um_ddl_target mariadb = from_to(UM_MYSQL, 50624, UM_MARIADB, 101119);
    assert_column_obstacles("year(2) DEFAULT NULL", up, "BLOCK column c\n");
    assert_column_obstacles("year(2) DEFAULT NULL", mariadb, "");
    assert_column_obstacles("year(4) DEFAULT NULL", up, "");
    assert_column_obstacles("int DEFAULT (1)", down, "BLOCK column c\n");
    assert_column_obstacles("json DEFAULT NULL", down, "BLOCK column c\n");
    assert_column_obstacles("int GENERATED ALWAYS AS (1) VIRTUAL", down, "BLOCK column c\n");
    assert_column_obstacles("timestamp NOT NULL", down, "BLOCK column c\n");
    assert_column_obstacles("timestamp NOT NULL DEFAULT '0000-00-00 00:00:00'", down, "");
    assert_obstacles("CREATE TABLE `t` (`a` float NOT NULL AUTO_INCREMENT, KEY (`a`)) "
                     "ENGINE=InnoDB",
                     up, "BLOCK column a\n");
    assert_obstacles("CREATE TABLE `t` (`a` int, CONSTRAINT `c` CHECK (`a` > 0)) ENGINE=InnoDB",
                     down, "BLOCK check c\n");
    /* A strict InnoDB refuses these beside each other. */
    assert_bare_has("CREATE TABLE `t` (`a` int) ENGINE=InnoDB ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=8",
                    up, ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC");
    assert_bare_has("CREATE TABLE `t` (`a` int) ENGINE=InnoDB ROW_FORMAT=COMPRESSED "
                    "KEY_BLOCK_SIZE=8",
                    up, ") ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8");
    assert_bare_has(mysql97_ts, from_to(UM_MYSQL, 90704, UM_MYSQL, 90704),
                    " TABLESPACE `innodb_system` DEFAULT CHARSET=");
    assert_column("geomcollection NOT NULL", down, "geometrycollection NOT NULL");
}

static void question_marks_are_doubted(void **state)
{
    (void)state;
    struct um_ddl_target same = from_to(UM_MYSQL, 90704, UM_MYSQL, 90704);
    assert_column_obstacles("enum('?','b') DEFAULT NULL", same, "WARN column c\n");
    assert_column_obstacles("enum('?','b') CHARACTER SET latin1 COLLATE latin1_bin", same, "");
    assert_column_obstacles("varchar(3) DEFAULT '?'", same, "");
    assert_column_obstacles("varchar(3) DEFAULT '?'",
                            from_to(UM_MARIADB, 110806, UM_MARIADB, 110806), "WARN column c\n");
}

static void unknown_types_are_blocked(void **state)
{
    (void)state;
    struct um_column column = {
        .name = (char *)"c", .type = UM_T_UNKNOWN, .column_type = (char *)"cube(3)"};
    struct um_table table = {.columns = &column, .column_count = 1};
    struct um_ddl_target same = from_to(UM_MYSQL, 90704, UM_MYSQL, 90704);
    struct um_ddl_obstacles o = {0};
    struct um_ddl *d = parse("CREATE TABLE `t` (`c` cube(3)) ENGINE=InnoDB");
    um_ddl_check(d, &table, &same, &o);
    assert_int_equal(o.count, 1);
    assert_ptr_equal(um_ddl_blocking(&o), &o.items[0]);
    assert_string_equal(o.items[0].where, "column c");
    assert_non_null(strstr(o.items[0].what, "cube(3)"));
    um_ddl_obstacles_clear(&o);
    assert_null(um_ddl_blocking(&o));
    um_ddl_delete(d);
}

static void blocked_tables_are_not_made(void **state)
{
    (void)state;
    char *text = bare("CREATE TABLE `u` (`c` uuid DEFAULT NULL) ENGINE=InnoDB",
                      from_to(UM_MARIADB, 110806, UM_MYSQL, 90704));
    assert_non_null(strstr(text, "shop.u, column c: MySQL 9.7.4 has no type uuid"));
    free(text);
}

/* "CREATE TABLE `t` (…)" of n columns with comments, the last of which has `last` bytes. */
static char *with_comments(size_t n, size_t last, const char *more)
{
    struct um_buf text = {0};
    um_buf_str(&text, "CREATE TABLE `t` (");
    for (size_t i = 0; i < n; i++)
        um_buf_fmt(&text, "%s`c%02zu` int DEFAULT NULL COMMENT '%0*d'", i ? "," : "", i,
                   (int)(i + 1 < n ? 1000 : last), 0);
    um_buf_fmt(&text, "%s) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin", more);
    return um_buf_take(&text);
}

static void assert_comments(size_t last, const char *more, const char *expected)
{
    char *text = with_comments(64, last, more);
    assert_obstacles(text, from_to(UM_MYSQL, 90704, UM_MARIADB, 110806), expected);
    assert_obstacles(text, from_to(UM_MYSQL, 90704, UM_MYSQL, 90704), "");
    free(text);
}

/* The last bytes that fit are those that MariaDB 10.5.29 and 11.8.6 took; one more they refused. */
static void definitions_have_to_fit_mariadbs_files(void **state)
{
    (void)state;
    const size_t used = 288 + 2 + 64 * (17 + 4) + 63 * 1000;
    assert_comments(65535 - used, "", "");
    assert_comments(65536 - used, "", "BLOCK table\n");
    assert_comments(65535 - used - 21 - 42, ",`c99` json DEFAULT NULL", "WARN column c99\n");
    assert_comments(65536 - used - 21 - 42, ",`c99` json DEFAULT NULL",
                    "WARN column c99\nBLOCK table\n");
    /* MariaDB prints expressions in its own way: between the bounds, it has to be tried. */
    const char *generated = ",`c99` int GENERATED ALWAYS AS ((`c00` + 1)) VIRTUAL";
    assert_comments(65535 - used - 21 - 25 - 2 * 13, generated, "");
    assert_comments(65536 - used - 21 - 25 - 2 * 13, generated, "WARN table\n");
    assert_comments(65535 - used - 21 - 25 - 13 / 2, generated, "WARN table\n");
    assert_comments(65536 - used - 21 - 25 - 13 / 2, generated, "BLOCK table\n");
}

/* A list of ten-digit members that takes `bytes` of a definition, with a comment for the rest. */
static void assert_list(const char *charset, size_t width, size_t room, const char *expected)
{
    struct um_buf type = {0};
    size_t left = 65535 + room - (288 + 2 + 17 + 2 + 2), one = 10 * width + 1;
    um_buf_str(&type, "enum(");
    for (size_t i = 0; i < left / one; i++)
        um_buf_fmt(&type, "%s'%010zu'", i ? "," : "", i);
    um_buf_fmt(&type, ") CHARACTER SET %s COLLATE %s_bin COMMENT '%0*d'", charset, charset,
               (int)(left % one), 0);
    assert_column_obstacles(type.data, from_to(UM_MYSQL, 90704, UM_MARIADB, 110806), expected);
    um_buf_free(&type);
}

static void lists_have_to_fit_mariadbs_files(void **state)
{
    (void)state;
    static const struct {
        const char *charset;
        size_t width;
    } cases[] = {{"utf8mb4", 1}, {"latin1", 1}, {"ucs2", 4}, {"utf16", 4}, {"utf32", 8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_list(cases[i].charset, cases[i].width, 0, "");
        assert_list(cases[i].charset, cases[i].width, 1, "BLOCK table\n");
    }
    /* Equal lists are kept once, also in another charset whose bytes are the same. */
    struct um_buf members = {0}, text = {0};
    for (size_t i = 0; i < 5000; i++)
        um_buf_fmt(&members, "%s'%010zu'", i ? "," : "", i);
    struct um_ddl_target to = from_to(UM_MYSQL, 90704, UM_MARIADB, 110806);
    for (size_t i = 0; i < 2; i++) {
        um_buf_clear(&text);
        um_buf_fmt(&text,
                   "CREATE TABLE `t` (`a` enum(%s), `b` set('x','y'), `c` enum(%s) CHARACTER SET "
                   "%s COLLATE %s_bin) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
                   members.data, members.data, i ? "ucs2" : "latin1", i ? "ucs2" : "latin1");
        assert_obstacles(text.data, to, i ? "BLOCK table\n" : "");
    }
    for (size_t n = 255; n <= 256; n++) {
        um_buf_clear(&text);
        um_buf_str(&text, "CREATE TABLE `t` (");
        for (size_t i = 0; i < n; i++)
            um_buf_fmt(&text, "%s`c%zu` enum('a%zu')", i ? "," : "", i, i);
        um_buf_str(&text, ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
        assert_obstacles(text.data, to, n > 255 ? "BLOCK table\n" : "");
    }
    um_buf_free(&members);
    um_buf_free(&text);
}

static void indexes_have_to_fit_mariadbs_files(void **state)
{
    (void)state;
    for (size_t room = 0; room < 2; room++) {
        struct um_buf text = {0};
        size_t left = 65535 + room - 8 - 64 * (8 + 9 + 4 + 1 + 2);
        um_buf_str(&text, "CREATE TABLE `t` (`a` int");
        for (size_t i = 0; i < 64; i++)
            um_buf_fmt(&text, ",KEY `kk%02zu` (`a`) COMMENT '%0*d'", i,
                       (int)(left / 64 + (i ? 0 : left % 64)), 0);
        um_buf_str(&text, ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
        assert_obstacles(text.data, from_to(UM_MYSQL, 90704, UM_MARIADB, 110806),
                         room ? "BLOCK table\n" : "");
        um_buf_free(&text);
    }
}

/* What one flavour takes and the other one refuses when the table, or an index, is made. */
static void rules_that_differ(void **state)
{
    (void)state;
    struct um_ddl_target mysql = from_to(UM_MARIADB, 110806, UM_MYSQL, 90704);
    struct um_ddl_target mariadb = from_to(UM_MYSQL, 90704, UM_MARIADB, 110806);
    struct um_ddl_target same = from_to(UM_MARIADB, 110806, UM_MARIADB, 110806);
    static const struct {
        const char *text, *mysql, *mariadb;
    } tables[] = {
        {"`c` decimal(40,31)", "BLOCK column c\n", ""},
        {"`c` decimal(40,30)", "", ""},
        {"`a` varchar(90), `c` double GENERATED ALWAYS AS (cast(`a` as decimal(40,31))) VIRTUAL",
         "BLOCK column c\n", NULL},
        {"`a` int NOT NULL AUTO_INCREMENT, `c` int GENERATED ALWAYS AS (`a` + 1) VIRTUAL, "
         "PRIMARY KEY (`a`)",
         "BLOCK column c\n", ""},
        {"`c` date GENERATED ALWAYS AS (curdate()) VIRTUAL", "BLOCK column c\n", ""},
        {"`c` varchar(9) GENERATED ALWAYS AS (@@version) VIRTUAL", "BLOCK column c\n", ""},
        {"`a` varchar(9), `c` int GENERATED ALWAYS AS (unix_timestamp(`a`)) VIRTUAL",
         "BLOCK column c\n", ""},
        {"`a` timestamp NOT NULL DEFAULT 0, `c` int GENERATED ALWAYS AS (unix_timestamp(`a`)) "
         "VIRTUAL",
         "WARN column a\n", ""},
        {"`c` date DEFAULT (curdate())", "", ""},
        {"`a` date, `c` varchar(9) GENERATED ALWAYS AS (date_format(`a`,'%Y')) STORED", "",
         "BLOCK column c\n"},
        {"`a` date, `c` varchar(9) GENERATED ALWAYS AS (date_format(`a`,'%Y')) VIRTUAL", "", ""},
        {"`a` date, `c` varchar(9) GENERATED ALWAYS AS (dayname(`a`)) VIRTUAL, KEY `k` (`c`)", "",
         "BLOCK column c\n"},
        {"`a` date, `c` int GENERATED ALWAYS AS (week(`a`)) STORED", "", "BLOCK column c\n"},
        {"`a` date, `c` int GENERATED ALWAYS AS (week(`a`,3)) STORED", "", ""},
        {"`a` date, `c` varchar(90) GENERATED ALWAYS AS (date_format(`a`,'%M','de_DE')) VIRTUAL",
         "BLOCK column c\n", ""},
        {"`a` char(5), `c` varchar(9) GENERATED ALWAYS AS (concat(`a`,'x')) STORED", "",
         "WARN column c\n"},
        {"`a` int unsigned, `c` int GENERATED ALWAYS AS (`a` - 1) STORED", "", "BLOCK column c\n"},
        {"`a` int, `c` int GENERATED ALWAYS AS (`a` - 1) STORED", "", "WARN column c\n"},
        {"`a` int unsigned, `c` int GENERATED ALWAYS AS (`a` - 1) VIRTUAL", "", ""},
        {"`a` varchar(9), `c` varchar(90) GENERATED ALWAYS AS (md5(`a`)) VIRTUAL",
         "WARN column c\n", ""},
        {"`c` int, CONSTRAINT `k` CHECK (`c`)", "BLOCK check k\n", ""},
        {"`c` int, CONSTRAINT `k` CHECK ((`c` << 1) + (`c` > 1))", "BLOCK check k\n", ""},
        {"`c` int CHECK (length(`c`))", "BLOCK column c\n", ""},
        {"`c` int CHECK (`c` is not null)", "", ""},
        {"`c` int, CONSTRAINT `k` CHECK ((`c` < 1 or `c` > 5))", "", ""},
        {"`c` geometry, CONSTRAINT `k` CHECK (st_isempty(`c`))", "", ""},
        {"`c` int, UNIQUE KEY `k` (`c`), CONSTRAINT `k` CHECK (`c` > 1)", "", "BLOCK check k\n"},
        {"`c` point NOT NULL, KEY `k` (`c`(25))", "BLOCK index k\n", ""},
        {"`c` point NOT NULL, SPATIAL KEY `k` (`c`)", "", ""},
        {"`c` int GENERATED ALWAYS AS (1) VIRTUAL, KEY `k` (`c`), CONSTRAINT `f` FOREIGN KEY "
         "(`c`) REFERENCES `p` (`x`)",
         "BLOCK foreign key f\n", ""},
        {"`c` int GENERATED ALWAYS AS (1) STORED, KEY `k` (`c`), CONSTRAINT `f` FOREIGN KEY "
         "(`c`) REFERENCES `p` (`x`)",
         "", ""},
        {"`c` longtext CHECK (json_valid(`c`))", "WARN column c\n", ""},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct um_buf text = {0};
        um_buf_fmt(&text, "CREATE TABLE `t` (%s) ENGINE=InnoDB", tables[i].text);
        assert_obstacles(text.data, mysql, tables[i].mysql);
        if (tables[i].mariadb)
            assert_obstacles(text.data, mariadb, tables[i].mariadb);
        assert_obstacles(text.data, same, "");
        um_buf_free(&text);
    }
    assert_obstacles(
        "CREATE TABLE `t` (`c` point GENERATED ALWAYS AS (point(1,1)) STORED NOT NULL, "
        "SPATIAL KEY `k` (`c`)) ENGINE=InnoDB",
        mariadb, "WARN column c\nBLOCK index k\n");
    struct um_buf parts = {0};
    for (int n = 16; n <= 17; n++) {
        um_buf_clear(&parts);
        um_buf_str(&parts, "CREATE TABLE `t` (`a` int, KEY `k` (`a`");
        for (int i = 1; i < n; i++)
            um_buf_str(&parts, ",`a`");
        um_buf_str(&parts, ")) ENGINE=InnoDB");
        assert_obstacles(parts.data, mysql, n > 16 ? "BLOCK index k\n" : "");
        assert_obstacles(parts.data, same, "");
    }
    um_buf_free(&parts);
    assert_obstacles("CREATE TABLE `t` (`a` text, FULLTEXT KEY `k` (`a`)) ENGINE=InnoDB\n"
                     "PARTITION BY HASH (1) PARTITIONS 2",
                     mysql, "BLOCK index k\n");
    assert_obstacles("CREATE TABLE `t` (`a` point) ENGINE=InnoDB\nPARTITION BY HASH (1)", mysql,
                     "BLOCK column a\n");
    assert_obstacles("CREATE TABLE `t` (`a` varchar(20) NOT NULL, PRIMARY KEY (`a`(10))) "
                     "ENGINE=InnoDB\nPARTITION BY KEY ()\nPARTITIONS 2",
                     mysql, "BLOCK index PRIMARY\n");
}

static void values_have_to_fit(void **state)
{
    (void)state;
    assert_column_obstacles("timestamp NULL DEFAULT NULL",
                            from_to(UM_MARIADB, 110806, UM_MYSQL, 90704), "WARN column c\n");
    assert_column_obstacles("timestamp NULL DEFAULT NULL",
                            from_to(UM_MARIADB, 110806, UM_MARIADB, 110405), "WARN column c\n");
    assert_column_obstacles("timestamp NULL DEFAULT NULL",
                            from_to(UM_MARIADB, 110806, UM_MARIADB, 110806), "");
    assert_column_obstacles("timestamp NULL DEFAULT NULL",
                            from_to(UM_MARIADB, 110405, UM_MYSQL, 90704), "");
    struct um_ddl_target to = from_to(UM_MYSQL, 90704, UM_MARIADB, 110806);
    assert_column_obstacles("vector(16383)", to, "WARN column c\n");
    assert_obstacles("CREATE TABLE `t` (`a` int NOT NULL, `c` vector(16383)) ENGINE=InnoDB", to,
                     "WARN column c\nBLOCK table\n");
    assert_column_obstacles("vector(16383)", from_to(UM_MARIADB, 110806, UM_MYSQL, 90704), "");
    assert_obstacles("CREATE TABLE `t` (`a` vector(9000), `b` vector(9000)) ENGINE=InnoDB", to,
                     "WARN column a\nWARN column b\nBLOCK table\n");
    for (int n = 379; n <= 380; n++) { /* the last that fits */
        char *text = um_sprintf("CREATE TABLE `t` (`a` vector(16000) NOT NULL, `b` varchar(%d), "
                                "`d` decimal(9,2), `e` timestamp(3) NULL) ENGINE=InnoDB DEFAULT "
                                "CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
                                n);
        assert_obstacles(text, to, n > 379 ? "WARN column a\nBLOCK table\n" : "WARN column a\n");
        free(text);
    }
    struct um_buf type = {0};
    for (size_t n = 255; n <= 256; n++) {
        um_buf_clear(&type);
        um_buf_str(&type, "set('x','");
        for (size_t i = 0; i < n; i++)
            um_buf_str(&type, "\303\274");
        um_buf_str(&type, "')");
        assert_column_obstacles(type.data, from_to(UM_MARIADB, 110806, UM_MYSQL, 90704),
                                n > 255 ? "BLOCK column c\n" : "");
        assert_column_obstacles(type.data, from_to(UM_MARIADB, 110806, UM_MARIADB, 110806), "");
    }
    um_buf_free(&type);
}

static void schemas_are_translated(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned version;
        enum um_flavour flavour;
        const char *expected;
        size_t notes;
    } cases[] = {
        {"CREATE DATABASE `x` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ "
         "/*!80016 DEFAULT ENCRYPTION='N' */",
         101119, UM_MARIADB, "CREATE DATABASE IF NOT EXISTS `shop` CHARACTER SET utf8mb4", 1},
        {"CREATE DATABASE IF NOT EXISTS `x` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci "
         "DEFAULT ENCRYPTION='Y'",
         90704, UM_MYSQL,
         "CREATE DATABASE IF NOT EXISTS `shop` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci "
         "DEFAULT ENCRYPTION='Y'",
         0},
        {"CREATE DATABASE `x` /*!40100 DEFAULT CHARACTER SET latin1 */", 101119, UM_MARIADB,
         "CREATE DATABASE IF NOT EXISTS `shop` CHARACTER SET latin1 COLLATE latin1_swedish_ci", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct um_ddl_target to = from_to(UM_MYSQL, 90704, cases[i].flavour, cases[i].version);
        struct um_ddl_obstacles notes = {0};
        struct um_buf out = {0};
        struct um_err err = {0};
        assert_int_equal(um_ddl_schema(cases[i].text, &to, &out, &notes, &err), 0);
        assert_string_equal(out.data, cases[i].expected);
        assert_int_equal(notes.count, cases[i].notes);
        um_ddl_obstacles_clear(&notes);
        um_buf_free(&out);
    }
    struct um_ddl_target to = from_to(UM_MYSQL, 90704, UM_MYSQL, 90704);
    struct um_ddl_obstacles notes = {0};
    struct um_buf out = {0};
    struct um_err err = {0};
    assert_int_equal(um_ddl_schema("DROP DATABASE `x`", &to, &out, &notes, &err), -1);
    assert_int_equal(err.id, UM_E_DDL_UNREADABLE);
}

static void names_are_quoted(void **state)
{
    (void)state;
    struct um_buf b = {0};
    um_quote_table(&b, "a`b", "`");
    assert_string_equal(b.data, "`a``b`.````");
    um_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_real_table),
        cmocka_unit_test(executable_comments_are_opened),
        cmocka_unit_test(unreadable_texts_name_the_place),
        cmocka_unit_test(bare_keeps_what_rows_need),
        cmocka_unit_test(later_comes_in_groups),
        cmocka_unit_test(bytes_of_binary_defaults_survive),
        cmocka_unit_test(charsets_keep_their_collation),
        cmocka_unit_test(collations_that_the_target_lacks),
        cmocka_unit_test(mysql_clauses_become_mariadbs),
        cmocka_unit_test(mariadb_clauses_become_mysqls),
        cmocka_unit_test(system_versioning_is_blocked),
        cmocka_unit_test(engines_become_innodb),
        cmocka_unit_test(versions_of_one_flavour),
        cmocka_unit_test(question_marks_are_doubted),
        cmocka_unit_test(unknown_types_are_blocked),
        cmocka_unit_test(blocked_tables_are_not_made),
        cmocka_unit_test(definitions_have_to_fit_mariadbs_files),
        cmocka_unit_test(lists_have_to_fit_mariadbs_files),
        cmocka_unit_test(indexes_have_to_fit_mariadbs_files),
        cmocka_unit_test(values_have_to_fit),
        cmocka_unit_test(rules_that_differ),
        cmocka_unit_test(schemas_are_translated),
        cmocka_unit_test(names_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
