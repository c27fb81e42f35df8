/* What is there under a name: tables that cannot be read, patterns, sequences, other jobs. */
/* links: um_plan um_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan_facts.h"

static void unread(struct world *w, const char *name, const char *why)
{
    struct um_unread_tables *u = &w->facts.source.unread;
    um_grow(&u->items, &u->cap, u->count + 1, sizeof *u->items);
    u->items[u->count++] = (struct um_unread_table){um_strdup("shop_eu"), um_strdup(name),
                                                    um_strdup(why), UM_E_CATALOG_BROKEN};
}

/* One table that cannot be read hides no other, and no pattern. */
static void tables_that_cannot_be_read(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    um_strv_add(&w.config.tables.include, "shop_eu.merged");
    free(first_table(&w)->engine);
    first_table(&w)->engine = um_strdup("MyISAM");
    unread(&w, "merged", "Unable to open underlying table");
    unread(&w, "other", "SHOW CREATE TABLE shop_eu.other: error 1168");
    world_judge(&w);
    const struct um_check *c = world_find(&w, "tables.readable");
    assert_int_equal(c->level, UM_BLOCK);
    assert_string_equal(c->seen, "shop_eu.merged: Unable to open underlying table, "
                                 "SHOW CREATE TABLE shop_eu.other: error 1168");
    assert_non_null(strstr(c->mend, "exclude: \"shop_eu.merged\", \"shop_eu.other\"."));
    assert_int_equal(world_find(&w, "tables.include")->level, UM_PASS);
    assert_string_equal(world_find(&w, "tables.engine")->seen, "shop_eu.orders (MyISAM)");
    assert_string_equal(world_find(&w, "tables.columns")->seen, "all that could be read");
    world_clear(&w);
}

/* ---- patterns ---- */

/* What the plan says to add to tables.include must be taken there, and match. */
static void patterns_for_names(void **state)
{
    static const char *const names[][3] = {
        {"shop", "orders", "shop.orders"},   {"shop", "o`dd", "shop.o?dd"},
        {"a.b", "c.d", "a?b.c.d"},           {"shop", "5%", "shop.5?"},
        {"shop", " x y ", "shop.?x y?"},     {"shop", "say \"\\\"", "shop.say ???"},
        {"größe", "naïve`", "größe.naïve?"}, {"shop", "w*?", "shop.w*?"},
    };
    struct world w;
    (void)state;
    world_make(&w);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *pattern = um_pattern_for(names[i][0], names[i][1]);
        assert_string_equal(pattern, names[i][2]);
        assert_true(um_pattern_matches(&w.config, pattern, names[i][0], names[i][1]));
        free(pattern);
    }
    world_clear(&w);

    world_make(&w);
    world_foreign_key(first_table(&w), "crm", "cust`omers", false);
    world_expect(&w, "tables.foreign_keys", UM_BLOCK, "crm.cust`omers",
                 "Add \"crm.cust?omers\" to");

    world_make(&w);
    um_strv_add(&w.config.tables.include, "shop_eu.odd_namess");
    um_strv_add(&w.facts.source.names, "shop_eu.odd_name`s");
    world_expect(&w, "tables.include", UM_BLOCK, "odd_namess", "\"shop_eu.odd_name?s\"");
}

/* ---- sequences ---- */

static void defaults_from_sequences(void **state)
{
    struct world w;
    (void)state;
    for (int pass = 0; pass < 3; pass++) {
        world_make(&w);
        w.plan.source.flavour = w.plan.target.flavour = UM_MARIADB;
        w.plan.source.version = w.plan.target.version = 101100;
        replace_text(&first_table(&w)->create_sql,
                     "CREATE TABLE `orders` (\n"
                     "  `id` bigint(20) NOT NULL DEFAULT nextval(`num``s`.`s.1`) COMMENT "
                     "'it''s \\' nextval(`no`.`no`)',\n"
                     "  `note` varchar(20) DEFAULT (lastval(`shop_eu`.`s2`) + 1),\n"
                     "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB");
        struct um_source_facts *s = &w.facts.source;
        um_grow(&s->used, &s->used_cap, 1, sizeof *s->used);
        s->used[s->used_count++] =
            (struct um_sequence){um_strdup("num`s"), um_strdup("s.1"),
                                 um_strdup("CREATE SEQUENCE `num``s`.`s.1` start with 5"),
                                 um_strdup("CREATE DATABASE IF NOT EXISTS `num``s`")};
        if (pass >= 1)
            um_strv_add(&w.facts.target.sequences, "num`s.s.1");
        if (pass == 2)
            um_strv_add(&w.facts.target.sequences, "shop_eu.s2");
        world_judge(&w);
        const struct um_check *c = world_find(&w, "tables.sequence_defaults");
        assert_int_equal(c->level, pass == 2 ? UM_PASS : UM_BLOCK);
        assert_string_equal(c->seen, pass == 0   ? "shop_eu.orders.id (num`s.s.1), "
                                                   "shop_eu.orders.note (shop_eu.s2)"
                                     : pass == 1 ? "shop_eu.orders.note (shop_eu.s2)"
                                                 : "none is missing");
        if (pass == 0)
            assert_ptr_equal(strstr(c->mend, "CREATE DATABASE IF NOT EXISTS `num``s`;\n"
                                             "CREATE SEQUENCE `num``s`.`s.1` start with 5;\n"),
                             c->mend);
        world_clear(&w);
    }
}

/* ---- other jobs ---- */

static void tables_of_another_job(void **state)
{
    struct world w;
    (void)state;
    world_make(&w);
    world_claim(&w.facts.target, "one", "shop_eu", "customers");
    world_claim(&w.facts.target, "one", "shop", "orders");
    world_claim(&w.facts.target, "one", "shop_eu", "ORDERS");
    world_expect(&w, "target.other_job", UM_PASS, "none", "");

    world_make(&w);
    w.config.copy.existing = UM_EXISTING_DROP;
    world_add(&w, world_table("shop_eu", "parts", true));
    world_claim(&w.facts.target, "one", "shop_eu", "orders");
    world_claim(&w.facts.target, "one", "shop_eu", "parts");
    world_claim(&w.facts.target, "two", "shop_eu", "parts");
    world_judge(&w);
    const struct um_check *c = world_find(&w, "target.other_job");
    assert_int_equal(c->level, UM_BLOCK);
    assert_string_equal(c->seen, "shop_eu.orders (job 'one'), shop_eu.parts (job 'one'), "
                                 "shop_eu.parts (job 'two')");
    assert_string_equal(c->mend, "Name them in tables.exclude. Or, if that job is done with for "
                                 "good, remove its state:\nunmoor cleanup --job one -c FILE\n"
                                 "unmoor cleanup --job two -c FILE");
    world_clear(&w);

    world_make(&w); /* where the target does not tell cases apart */
    world_set(&w.facts.target.side, "lower_case_table_names", "1");
    world_claim(&w.facts.target, "one", "shop_eu", "ORDERS");
    world_expect(&w, "target.other_job", UM_BLOCK, "shop_eu.ORDERS", "tables.exclude");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_that_cannot_be_read),
        cmocka_unit_test(patterns_for_names),
        cmocka_unit_test(defaults_from_sequences),
        cmocka_unit_test(tables_of_another_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
