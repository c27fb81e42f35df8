/* Reading and translating CREATE TABLE texts as real servers printed them. */
/* links: um_schema um_base */
#include "ddl_fixture.h"

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
                            to, "WARN column c\nBLOCK column c\n");
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
    assert_obstacles("CREATE TABLE `t` (`a` int, KEY `a` (`a`) USING FRACTAL) ENGINE=InnoDB", to,
                     "BLOCK index a\n");
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
        cmocka_unit_test(mysql_clauses_become_mariadbs),
        cmocka_unit_test(mariadb_clauses_become_mysqls),
        cmocka_unit_test(system_versioning_is_blocked),
        cmocka_unit_test(schemas_are_translated),
        cmocka_unit_test(names_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
