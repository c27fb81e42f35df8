/* What of a definition the target takes in another way, or does not take. */
/* links: um_schema um_base */
#include "ddl_fixture.h"

/* MySQL 9.7.4 */
static const char mysql97_ts[] = "CREATE TABLE `ts` (\n"
                                 "  `a` int DEFAULT NULL\n"
                                 ") /*!50100 TABLESPACE `innodb_system` */ ENGINE=InnoDB DEFAULT "
                                 "CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";

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
        {"`a` int, `c` decimal(9,2) GENERATED ALWAYS AS (`a` / 7) VIRTUAL", "BLOCK column c\n",
         "BLOCK column c\n"},
        {"`a` int, `c` int GENERATED ALWAYS AS (`a` DIV 7) VIRTUAL", "", ""},
        {"`a` int, `c` int GENERATED ALWAYS AS (concat('a',`a`) = 'A1') VIRTUAL", "WARN column c\n",
         "WARN column c\n"},
        {"`a` varchar(9), `c` int GENERATED ALWAYS AS (`a` = 'A1') VIRTUAL", "", ""},
        {"`a` time, `c` varchar(30) GENERATED ALWAYS AS (`a` * 2) VIRTUAL", "WARN column c\n",
         "WARN column c\n"},
        {"`a` datetime(3), `c` bigint GENERATED ALWAYS AS (`a`) VIRTUAL", "WARN column c\n",
         "WARN column c\n"},
        {"`a` datetime(3), `c` bigint GENERATED ALWAYS AS (year(`a`)) VIRTUAL", "", ""},
        {"`a` longtext, `c` longtext GENERATED ALWAYS AS (json_extract(`a`,'$.a')) VIRTUAL",
         "WARN column c\n", "WARN column c\n"},
        {"`a` int, `c` int GENERATED ALWAYS AS (least(`a`,'3')) VIRTUAL", "WARN column c\n",
         "WARN column c\n"},
        {"`c` time(3) DEFAULT NULL", "WARN column c\n", ""},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charsets_keep_their_collation),
        cmocka_unit_test(collations_that_the_target_lacks),
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
