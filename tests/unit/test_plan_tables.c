/* The plan's checks of tables, names, and what is already on the target; and the estimate. */
/* links: um_plan um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan_facts.h"

/* ---- patterns ---- */

static void a_pattern_that_matches_nothing(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    um_strv_add(&w.config.tables.include, "shop_eu.custmers");
    um_strv_add(&w.facts.source.names, "shop_eu.customers");
    um_strv_add(&w.facts.source.names, "shop_eu.orders");
    world_expect(&w, "tables.include", UM_BLOCK, "matches no table: shop_eu.custmers",
                 "Did you mean \"shop_eu.customers\" in tables.include?");

    world_make(&w); /* where the table's half has a wildcard, the schema must be wrong */
    um_strv_add(&w.config.tables.include, "shp_eu.*");
    um_strv_add(&w.facts.source.names, "shop_eu.orders");
    world_expect(&w, "tables.include", UM_BLOCK, "shp_eu.*", "\"shop_eu.*\"");

    world_make(&w);
    um_strv_add(&w.config.tables.include, "shop_eu.tmp_1");
    um_strv_add(&w.config.tables.exclude, "shop_eu.tmp_*");
    um_strv_add(&w.facts.source.names, "shop_eu.tmp_1");
    world_expect(&w, "tables.include", UM_BLOCK, "all of it is excluded", "tables.exclude");

    world_make(&w); /* a view is enough */
    um_strv_add(&w.config.tables.include, "shop_eu.totals");
    um_strv_add(&w.facts.source.views, "shop_eu.totals");
    world_expect(&w, "tables.include", UM_PASS, "1 table", "");

    world_make(&w);
    um_strv_add(&w.config.tables.exclude, "shop_eu.order");
    um_strv_add(&w.facts.source.names, "shop_eu.orders");
    world_expect(&w, "tables.exclude", UM_WARN, "shop_eu.order", "\"shop_eu.orders\"");
}

/* ---- tables ---- */

static void engines(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    replace_text(&first_table(&w)->engine, "MyISAM");
    world_expect(&w, "tables.engine", UM_BLOCK, "shop_eu.orders (MyISAM)",
                 "ALTER TABLE `shop_eu`.`orders` ENGINE=InnoDB;");
    world_make(&w);
    replace_text(&first_table(&w)->engine, "ROCKSDB");
    world_expect(&w, "tables.engine", UM_PASS, "", "");
}

static void columns(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    first_table(&w)->columns[1].type = UM_T_UNKNOWN;
    replace_text(&first_table(&w)->columns[1].column_type, "xmltype");
    world_expect(&w, "tables.columns", UM_BLOCK, "shop_eu.orders.note (xmltype)", "tables.exclude");

    for (int mysql = 0; mysql < 2; mysql++) { /* storage only: the values are the same */
        world_make(&w);
        w.plan.source.flavour = UM_MARIADB;
        w.plan.source.version = 101100;
        if (!mysql) {
            w.plan.target.flavour = UM_MARIADB;
            w.plan.target.version = 101100;
        }
        replace_text(&first_table(&w)->columns[1].column_type,
                     "varchar(20) /*M!100301 COMPRESSED*/");
        replace_text(
            &first_table(&w)->create_sql,
            "CREATE TABLE `orders` (\n  `id` int NOT NULL,\n  `note` varchar(20) /*M!100301 "
            "COMPRESSED*/ DEFAULT NULL,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB");
        world_judge(&w);
        assert_int_equal(world_find(&w, "tables.columns")->level, UM_PASS);
        const struct um_check *target = world_find(&w, "tables.target");
        assert_int_equal(target->level, mysql ? UM_WARN : UM_PASS);
        if (mysql)
            assert_non_null(strstr(target->seen, "shop_eu.orders column note: "));
        world_clear(&w);
    }
}

static void note_unrounded(struct world *w, const char *column)
{
    struct um_source_facts *s = &w->facts.source;
    um_grow(&s->unrounded, &s->unrounded_cap, s->unrounded_count + 1, sizeof *s->unrounded);
    struct um_unrounded *u = &s->unrounded[s->unrounded_count++];
    *u = (struct um_unrounded){.table = first_table(w)};
    if (column)
        um_strv_add(&u->columns, column);
}

static void values_that_are_not_rounded(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_expect(&w, "tables.rounding", UM_PASS, "all of them", "");

    world_make(&w);
    first_table(&w)->columns[1].scale = 3;
    note_unrounded(&w, "note");
    world_expect(&w, "tables.rounding", UM_BLOCK, "column says: shop_eu.orders.note (varchar(20))",
                 "UPDATE `shop_eu`.`orders` SET `note`=ROUND(`note`,3);\n");

    world_make(&w);
    note_unrounded(&w, NULL);
    world_expect(&w, "tables.rounding", UM_WARN, "looked at in time: shop_eu.orders", "stops");
}

static void generated_values_that_hang_on_a_time_zone(void **state)
{
    static const struct {
        const char *definition;
        bool hangs;
    } cases[] = {
        {"`g` date GENERATED ALWAYS AS (cast(`ts` as date)) STORED", true},
        {"`g` date GENERATED ALWAYS AS (cast(`ts` as date)) VIRTUAL", false},
        {"`g` date GENERATED ALWAYS AS (cast(`ts` as date)) VIRTUAL,\n  KEY `k` (`g`)", true},
        {"`g` int GENERATED ALWAYS AS (unix_timestamp(`ts`)) STORED", false},
        {"`g` int GENERATED ALWAYS AS (unix_timestamp(`ts` + 1)) STORED", true},
        {"`g` datetime GENERATED ALWAYS AS (from_unixtime(`id`)) PERSISTENT", true},
        {"`g` int GENERATED ALWAYS AS (`id` + 1) STORED", false},
        {"`g` int,\n  KEY `k` (`id`,(cast(`ts` as date)))", true},
        {"`g` int,\n  KEY `k` (`ts`,(`id` + 1))", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int minutes = 0; minutes <= 330; minutes += 330) {
            struct world w;
            world_make(&w);
            struct um_side *s = &w.facts.source.side;
            s->zone_known = true;
            s->zone_minutes[0] = s->zone_minutes[1] = minutes;
            free(first_table(&w)->create_sql);
            first_table(&w)->create_sql =
                um_sprintf("CREATE TABLE `orders` (\n  `id` int,\n  `ts` timestamp NULL,\n  %s\n)",
                           cases[i].definition);
            world_expect(&w, "tables.generated_times",
                         !cases[i].hangs ? UM_PASS
                         : minutes       ? UM_BLOCK
                                         : UM_WARN,
                         cases[i].hangs ? "shop_eu.orders " : "none", "");
        }
    }
}

static void generated_values_that_hang_on_a_session(void **state)
{
    static const struct {
        const char *definition;
        enum um_level level;
        const char *seen;
    } cases[] = {
        {"`g` double GENERATED ALWAYS AS (`id` / 7) STORED", UM_WARN,
         "g (div_precision_increment)"},
        {"`g` double GENERATED ALWAYS AS (`id` / 7) VIRTUAL", UM_PASS, "none"},
        {"`g` int GENERATED ALWAYS AS (`id` DIV 7) STORED", UM_PASS, "none"},
        {"`g` varchar(9) GENERATED ALWAYS AS (dayname(`d`)) STORED", UM_WARN, "g (lc_time_names)"},
        {"`g` varchar(9) GENERATED ALWAYS AS (concat(`c`,'|')) STORED", UM_WARN, "g (sql_mode)"},
        {"`g` datetime GENERATED ALWAYS AS (cast(`at` as datetime)) STORED", UM_BLOCK,
         "g (timestamp)"},
        {"`g` datetime GENERATED ALWAYS AS (`at`) VIRTUAL,\n  KEY `k` (`g`)", UM_BLOCK,
         "g (timestamp)"},
        {"`g` time GENERATED ALWAYS AS (`at`) STORED", UM_PASS, "none"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        free(first_table(&w)->create_sql);
        first_table(&w)->create_sql =
            um_sprintf("CREATE TABLE `orders` (\n  `id` int,\n  `d` date,\n  `at` time,\n  `c` "
                       "char(3),\n  %s\n)",
                       cases[i].definition);
        world_expect(&w, "tables.generated_sessions", cases[i].level, cases[i].seen, "");
    }
}

/* In MariaDB each table has its own names of checks, in MySQL a schema has. */
static void names_of_checks(void **state)
{
    static const struct {
        const char *first, *second;
        enum um_level level;
        const char *seen;
    } cases[] = {
        {"CONSTRAINT `c1` CHECK (`id` > 0)", "CONSTRAINT `C1` CHECK (`id` > 1)", UM_BLOCK,
         "shop_eu.orders check c1, shop_eu.other check C1: MySQL has each name"},
        {"CONSTRAINT `c1` CHECK (`id` > 0)", "CONSTRAINT `c2` CHECK (`id` > 1)", UM_PASS, ""},
        {"CONSTRAINT `CONSTRAINT_1` CHECK (`id` > 0)", "CONSTRAINT `CONSTRAINT_1` CHECK (`id` > 1)",
         UM_PASS, ""},
        {"CONSTRAINT `other_chk_1` CHECK (`id` > 0)", "CONSTRAINT `CONSTRAINT_1` CHECK (`id` > 1)",
         UM_BLOCK, "shop_eu.orders check other_chk_1, shop_eu.other check other_chk_1"},
        {"`n` int CHECK (`n` > 1), CONSTRAINT `orders_chk_1` CHECK (`id` > 0)", "`n` int", UM_BLOCK,
         "orders_chk_1, shop_eu.orders check orders_chk_1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        w.plan.source.flavour = UM_MARIADB;
        w.plan.source.version = 101100;
        struct um_table *other = world_table("shop_eu", "other", true);
        world_add(&w, other);
        const char *parts[] = {cases[i].first, cases[i].second};
        struct um_table *tables[] = {first_table(&w), other};
        for (size_t k = 0; k < 2; k++) {
            char *text = um_sprintf("CREATE TABLE `%s` (`id` int NOT NULL, %s, PRIMARY KEY (`id`)) "
                                    "ENGINE=InnoDB",
                                    tables[k]->name, parts[k]);
            replace_text(&tables[k]->create_sql, text);
            free(text);
        }
        world_expect(&w, "tables.target", cases[i].level, cases[i].seen,
                     cases[i].level == UM_BLOCK ? "other names on the source" : "");
    }
}

static void foreign_keys(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_foreign_key(first_table(&w), "crm", "customers", false);
    world_expect(&w, "tables.foreign_keys", UM_BLOCK, "shop_eu.orders to crm.customers",
                 "Add \"crm.customers\" to tables.include.");

    world_make(&w); /* it is on the target already */
    world_foreign_key(first_table(&w), "crm", "customers", false);
    um_strv_add(&w.facts.target.relations, "crm.customers");
    world_expect(&w, "tables.foreign_keys", UM_WARN, "crm.customers", "kept up to date");

    world_make(&w); /* even so: its cascades would be missed */
    world_foreign_key(first_table(&w), "crm", "customers", true);
    um_strv_add(&w.facts.target.relations, "crm.customers");
    world_expect(&w, "tables.foreign_keys", UM_BLOCK, "which cascades", "crm.customers");

    world_make(&w); /* a server that logs them */
    w.plan.source.version = 90700;
    world_set(&w.facts.source.side, "innodb_native_foreign_keys", "OFF");
    world_foreign_key(first_table(&w), "crm", "customers", true);
    um_strv_add(&w.facts.target.relations, "crm.customers");
    world_expect(&w, "tables.foreign_keys", UM_WARN, "crm.customers", "");

    world_make(&w); /* the usual case, and a table that refers to itself */
    world_add(&w, world_table("shop_eu", "customers", true));
    world_foreign_key(w.plan.tables.items[1], "shop_eu", "customers", true);
    world_foreign_key(w.plan.tables.items[1], "shop_eu", "orders", true);
    world_expect(&w, "tables.foreign_keys", UM_PASS, "", "");
}

/* The world with a target that loses parts of cascades. */
static struct um_table *make_cascades(struct world *w)
{
    world_make(w);
    w->plan.target.flavour = UM_MYSQL;
    w->plan.target.version = 90704;
    world_set(&w->facts.target.side, "innodb_native_foreign_keys", "OFF");
    struct um_table *customers = world_table("shop_eu", "customers", true);
    world_add(w, customers);
    return customers;
}

static struct um_table *orders_of(const struct world *w)
{
    return (struct um_table *)um_tables_find(&w->plan.tables, "shop_eu", "orders");
}

static void cascades(void **state)
{
    struct world w;
    (void)state;
    world_foreign_key(make_cascades(&w), "shop_eu", "orders", true);
    world_expect(&w, "tables.cascades", UM_PASS, "none in a circle", "");

    world_foreign_key(make_cascades(&w), "shop_eu", "Customers", true);
    world_expect(&w, "tables.cascades", UM_BLOCK, "shop_eu.customers to shop_eu.Customers",
                 "innodb_native_foreign_keys=ON");

    struct um_table *t = make_cascades(&w); /* rows that only lose their reference */
    world_foreign_key(t, "shop_eu", "customers", true);
    t->foreign_keys[0].cascades_rows = false;
    world_expect(&w, "tables.cascades", UM_PASS, "none in a circle", "");

    t = make_cascades(&w); /* by way of another table they may not */
    world_foreign_key(t, "shop_eu", "orders", true);
    t->foreign_keys[0].cascades_rows = false;
    world_foreign_key(orders_of(&w), "shop_eu", "customers", true);
    world_expect(&w, "tables.cascades", UM_BLOCK, "circle", "innodb_native_foreign_keys=ON");

    t = make_cascades(&w); /* a key that refuses ends every cascade */
    world_foreign_key(t, "shop_eu", "orders", true);
    world_foreign_key(orders_of(&w), "shop_eu", "customers", false);
    world_expect(&w, "tables.cascades", UM_PASS, "none in a circle", "");

    world_foreign_key(make_cascades(&w), "shop_eu", "customers", true);
    world_set(&w.facts.target.side, "innodb_native_foreign_keys", "ON");
    world_expect(&w, "tables.cascades", UM_PASS, "engine", "");

    world_foreign_key(make_cascades(&w), "shop_eu", "customers", true);
    w.plan.source.version = 90700;
    world_set(&w.facts.source.side, "innodb_native_foreign_keys", "OFF");
    world_expect(&w, "tables.cascades", UM_PASS, "the source logs", "");
}

static void keys(void **state)
{
    static const struct {
        const char *name, *value, *mend;
        enum um_level level;
    } rules[] = {
        {"sql_require_primary_key", "ON", "SET PERSIST sql_require_primary_key = OFF;", UM_BLOCK},
        {"innodb_force_primary_key", "ON", "innodb_force_primary_key = OFF;", UM_BLOCK},
        {"pxc_strict_mode", "ENFORCING", "pxc_strict_mode = 'PERMISSIVE';", UM_BLOCK},
        {"pxc_strict_mode", "PERMISSIVE", "", UM_PASS},
        {"group_replication_group_name", "", "", UM_PASS},
        {"group_replication_group_name", "aaaa", "not a member", UM_BLOCK},
        {"wsrep_on", "ON", "not a member", UM_WARN},
    };
    struct world w;
    (void)state;
    world_make(&w);
    world_add(&w, world_table("shop_eu", "log", false));
    world_expect(&w, "tables.key", UM_WARN, "shop_eu.log",
                 "ALTER TABLE `shop_eu`.`log` ADD PRIMARY KEY");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        world_make(&w);
        world_add(&w, world_table("shop_eu", "log", false));
        world_set(&w.facts.target.side, rules[i].name, rules[i].value);
        world_expect(&w, "target.primary_key", rules[i].level, "", rules[i].mend);
        world_make(&w); /* all tables have one */
        world_set(&w.facts.target.side, rules[i].name, rules[i].value);
        world_expect(&w, "target.primary_key", UM_PASS, "", "");
    }
}

static void sequences(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    um_strv_add(&w.facts.source.sequences, "shop_eu.s1");
    world_expect(&w, "tables.sequences", UM_BLOCK, "shop_eu.s1", "tables.exclude");
}

static void what_cannot_be_read(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    w.facts.source.catalogue_read = false;
    w.facts.source.why = um_strdup("SHOW VIEW command denied");
    w.facts.source.remedy = "Grant it.";
    world_expect(&w, "tables.readable", UM_BLOCK, "SHOW VIEW command denied", "Grant it.");
    world_make(&w);
    replace_text(&first_table(&w)->create_sql, "CREATE VIEW what is this");
    world_expect(&w, "tables.target", UM_BLOCK, "shop_eu.orders", "tables.exclude");
}

/* ---- names ---- */

static void case_of_names(void **state)
{
    static const struct {
        const char *source, *target, *second; /* name of a second table */
        enum um_level level;
        const char *seen;
    } cases[] = {
        {"0", "0", "Orders", UM_PASS, ""},
        {"0", "1", "customers", UM_PASS, ""},
        {"0", "1", "Customers", UM_BLOCK, "renamed: shop_eu.Customers"},
        {"0", "1", "k\xc3\x84se", UM_BLOCK, "renamed"},
        {"0", "1", "ORDERS", UM_BLOCK, "shop_eu.ORDERS and shop_eu.orders"},
        {"0", "2", "ORDERS", UM_BLOCK, "become one"},
        {"0", "2", "Customers", UM_PASS, ""},
        {"1", "0", "customers", UM_WARN, "exactly"},
        {"2", "0", "Customers", UM_WARN, "exactly"},
        {"1", "1", "customers", UM_PASS, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        world_set(&w.facts.source.side, "lower_case_table_names", cases[i].source);
        world_set(&w.facts.target.side, "lower_case_table_names", cases[i].target);
        world_add(&w, world_table("shop_eu", cases[i].second, true));
        world_expect(&w, "target.lower_case_table_names", cases[i].level, cases[i].seen, "");
    }
}

static void packets(void **state)
{
    static const struct {
        const char *type, *source, *target;
        enum um_type kind;
        enum um_level level;
        const char *mend;
    } cases[] = {
        {"varchar(20)", "67108864", "1048576", UM_T_VARCHAR, UM_PASS, ""},
        /* 2 * 65,535 and room for a statement fit into 1 MiB */
        {"text", "67108864", "1048576", UM_T_TEXT, UM_PASS, ""},
        {"text", "67108864", "131072", UM_T_TEXT, UM_WARN, "max_allowed_packet = 1048576;"},
        /* 2 * (2^24 - 1) + 65,536 bytes, in whole MiB: 33 */
        {"mediumtext", "67108864", "33554432", UM_T_TEXT, UM_WARN,
         "max_allowed_packet = 34603008;"},
        {"mediumtext", "67108864", "34603008", UM_T_TEXT, UM_PASS, ""},
        /* no value is longer than the source's packet: 2 * 4 MiB + 1 */
        {"longblob", "4194304", "8388608", UM_T_BLOB, UM_WARN, "max_allowed_packet = 9437184;"},
        /* and no packet longer than 1 GiB */
        {"json", "1073741824", "536870912", UM_T_JSON, UM_WARN, "max_allowed_packet = 1073741824;"},
        {"json", "1073741824", "1073741824", UM_T_JSON, UM_PASS, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;
        world_make(&w);
        first_table(&w)->columns[1].type = cases[i].kind;
        replace_text(&first_table(&w)->columns[1].column_type, cases[i].type);
        world_set(&w.facts.source.side, "max_allowed_packet", cases[i].source);
        world_set(&w.facts.target.side, "max_allowed_packet", cases[i].target);
        world_expect(&w, "target.max_allowed_packet", cases[i].level, "", cases[i].mend);
    }
}

static void collations(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    replace_text(&first_table(&w)->columns[1].collation, "utf8mb4_uca1400_ai_ci");
    world_expect(&w, "target.collations", UM_BLOCK, "utf8mb4_uca1400_ai_ci: shop_eu.orders.note",
                 "ALTER TABLE `shop_eu`.`orders` CONVERT TO CHARACTER SET utf8mb4 COLLATE "
                 "utf8mb4_general_ci;");
    static const char *const nearest[][3] = {
        /* what is missing, what else the target has, what the mend names */
        {"latin1_nopad_bin", "latin1_bin", "latin1 COLLATE latin1_bin;"},
        {"gb18030_unicode_520_ci", "gb18030_chinese_ci", "gb18030 COLLATE gb18030_chinese_ci;"},
        {"gb18030_chinese_ci", "gbk_chinese_ci", "utf8mb4 COLLATE utf8mb4_general_ci;"},
        {"gb18030_bin", "gbk_bin", "utf8mb4 COLLATE utf8mb4_bin;"},
        {"cp932_nopad_bin", "cp932_japanese_ci", "cp932 COLLATE cp932_japanese_ci;"},
    };
    for (size_t i = 0; i < sizeof nearest / sizeof *nearest; i++) {
        world_make(&w);
        replace_text(&first_table(&w)->columns[1].collation, nearest[i][0]);
        um_strv_add(&w.facts.target.collations, nearest[i][1]);
        world_expect(&w, "target.collations", UM_BLOCK, nearest[i][0], nearest[i][2]);
    }
    world_make(&w); /* another name for the same */
    replace_text(&first_table(&w)->columns[1].collation, "utf8_general_ci");
    world_expect(&w, "target.collations", UM_PASS, "", "");
}

/* ---- what is already there ---- */

static void existing(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    um_strv_add(&w.facts.target.relations, "shop_eu.orders");
    um_strv_add(&w.facts.target.relations, "shop_eu.unrelated");
    world_expect(&w, "target.existing", UM_BLOCK, "there already: shop_eu.orders",
                 "DROP TABLE `shop_eu`.`orders`;");

    world_make(&w);
    w.config.copy.existing = UM_EXISTING_DROP;
    um_strv_add(&w.facts.target.relations, "shop_eu.orders");
    world_expect(&w, "target.existing", UM_WARN, "will be dropped and made anew: shop_eu.orders",
                 "save or rename");

    world_make(&w); /* whatever the setting: a view is not dropped as a table */
    w.config.copy.existing = UM_EXISTING_DROP;
    um_strv_add(&w.facts.target.views, "shop_eu.orders");
    world_expect(&w, "target.existing", UM_BLOCK, "shop_eu.orders is a view",
                 "DROP VIEW `shop_eu`.`orders`;");

    world_make(&w);
    world_object(&w, UM_OBJ_FUNCTION, "total", "`unmoor`@`%`");
    um_strv_add(&w.facts.target.objects, "shop_eu.TOTAL");
    world_expect(&w, "target.existing", UM_BLOCK, "shop_eu.total",
                 "DROP FUNCTION `shop_eu`.`total`;");

    world_make(&w); /* names without case */
    world_set(&w.facts.target.side, "lower_case_table_names", "1");
    um_strv_add(&w.facts.target.relations, "SHOP_EU.Orders");
    world_expect(&w, "target.existing", UM_BLOCK, "shop_eu.orders", "");
    world_make(&w);
    um_strv_add(&w.facts.target.relations, "shop_eu.Orders");
    world_expect(&w, "target.existing", UM_PASS, "nothing is there", "");
}

/* Of the tables of a job that takes in one more, that one alone is looked for. */
static void existing_of_what_joins(void **state)
{
    struct world w;
    (void)state;
    for (int joins = 0; joins < 2; joins++) {
        char *name = joins ? "shop_eu.orders" : "shop_eu.more";
        const struct um_strv adding = {.items = &name, .count = 1};
        enum um_level level = joins ? UM_BLOCK : UM_PASS;
        for (int what = 0; what < 5; what++) {
            static const char *const ids[] = {"target.existing", "target.existing",
                                              "target.existing", "target.existing",
                                              "target.other_job"};
            world_make(&w);
            w.facts.resuming = w.plan.resuming = w.plan.adding = true;
            w.facts.adding = &adding;
            if (what == 0)
                um_strv_add(&w.facts.target.relations, "shop_eu.orders");
            if (what == 1)
                um_strv_add(&w.facts.target.views, "shop_eu.orders");
            if (what == 2) { /* the schema is the job's as soon as one table in it is */
                world_object(&w, UM_OBJ_FUNCTION, "total", "`unmoor`@`%`");
                um_strv_add(&w.facts.target.objects, "shop_eu.total");
            }
            if (what == 3) {
                world_object(&w, UM_OBJ_TRIGGER, "counted", "`unmoor`@`%`");
                struct um_object *o = &w.plan.objects.items[w.plan.objects.count - 1];
                free(o->table);
                o->table = um_strdup("orders");
                um_strv_add(&w.facts.target.objects, "shop_eu.counted");
            }
            if (what == 4)
                world_claim(&w.facts.target, "other", "shop_eu", "orders");
            world_expect(&w, ids[what], level, "", "");
        }
    }
}

static void emptied_tables_must_fit(void **state)
{
    struct world w;
    (void)state;
    for (int difference = 0; difference < 6; difference++) {
        world_make(&w);
        w.config.copy.existing = UM_EXISTING_EMPTY;
        um_strv_add(&w.facts.target.relations, "shop_eu.orders");
        struct um_table *t = world_table("shop_eu", "orders", true);
        world_add_to(&w.facts.target.tables, t);
        switch (difference) {
        case 0:
            world_expect(&w, "target.existing", UM_WARN, "will be emptied", "");
            break;
        case 1:
            t->columns[1].length = 19;
            world_expect(&w, "target.existing", UM_BLOCK, "note (another length", "");
            break;
        case 2:
            t->columns[1].nullable = false;
            world_expect(&w, "target.existing", UM_BLOCK, "note (NOT NULL", "");
            break;
        case 3:
            t->columns[0].is_unsigned = true;
            world_expect(&w, "target.existing", UM_BLOCK, "id (another type)", "");
            break;
        case 4:
            replace_text(&t->columns[1].name, "remark");
            world_expect(&w, "target.existing", UM_BLOCK,
                         "note (not on the target), shop_eu.orders.remark (not on the source)", "");
            break;
        default:
            replace_text(&t->columns[1].charset, "latin1");
            world_expect(&w, "target.existing", UM_BLOCK, "note (another character set)", "");
        }
    }
}

/* ---- estimate ---- */

static void estimate(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    struct um_table *t = first_table(&w);
    t->rows_estimate = 300000;         /* 2 s */
    t->data_bytes = 200 * 1000 * 1000; /* 10 s */
    t->index_bytes = 90 * 1000 * 1000; /* 3 s */
    struct um_estimate e = um_estimate_table(t);
    assert_true(e.load > 12 && e.load < 12.1);
    assert_true(e.index > 2.99 && e.index < 3.01);

    um_estimate_plan(&w.plan, 1);
    assert_true(w.plan.rows == 300000 && w.plan.bytes == 290 * 1000 * 1000);
    assert_true(w.plan.copy_seconds > 15 && w.plan.copy_seconds < 15.1);
    assert_true(w.plan.table_plans[0].seconds == w.plan.copy_seconds);
    /* The rows are divided, the index is not. */
    um_estimate_plan(&w.plan, 4);
    assert_true(w.plan.copy_seconds > 6 && w.plan.copy_seconds < 6.1);
    /* Without a key it is one thread's work, however many there are. */
    w.plan.table_plans[0].key = (struct um_key){.kind = UM_KEY_NONE};
    um_estimate_plan(&w.plan, 64);
    assert_true(w.plan.copy_seconds > 15 && w.plan.copy_seconds < 15.1);
    world_clear(&w);

    struct um_plan none = {0};
    um_estimate_plan(&none, 4);
    assert_true(none.copy_seconds == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_that_matches_nothing),
        cmocka_unit_test(engines),
        cmocka_unit_test(columns),
        cmocka_unit_test(values_that_are_not_rounded),
        cmocka_unit_test(generated_values_that_hang_on_a_time_zone),
        cmocka_unit_test(generated_values_that_hang_on_a_session),
        cmocka_unit_test(names_of_checks),
        cmocka_unit_test(foreign_keys),
        cmocka_unit_test(cascades),
        cmocka_unit_test(keys),
        cmocka_unit_test(sequences),
        cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(case_of_names),
        cmocka_unit_test(packets),
        cmocka_unit_test(collations),
        cmocka_unit_test(existing),
        cmocka_unit_test(existing_of_what_joins),
        cmocka_unit_test(emptied_tables_must_fit),
        cmocka_unit_test(estimate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
