#ifndef MIGRATE_PLAN_CHECK_H
#define MIGRATE_PLAN_CHECK_H

#include "base/buf.h"
#include "plan/facts.h"
#include "plan/plan.h"

/*
 * Judging. Pure: everything that was observed is in struct um_facts and struct um_plan, and all
 * that happens is that checks are added to the plan.
 */
enum um_check_id {
#define UM_CHECK(name, id, asked, title, why) UM_CHECK_##name,
#include "plan/checks.def"
#undef UM_CHECK
    UM_CHECK_COUNT
};

enum um_check_asked { UM_ASKED_ALWAYS, UM_ASKED_FULL, UM_ASKED_NEW, UM_ASKED_COPY };

struct um_check_info {
    const char *id, *title, *why;
    enum um_check_asked asked;
};
const struct um_check_info *um_check_info(enum um_check_id id);

/* Add one check. Both own their texts; mend is NULL exactly for UM_PASS. Checks that a resumed job
   does not need are dropped here. */
void um_check_add(struct um_plan *p, enum um_check_id id, enum um_level level, char *seen,
                  char *mend);
void um_check_pass(struct um_plan *p, enum um_check_id id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* PASS with `seen` where the list is empty, else the level. Takes what is in the buffers. */
void um_check_list(struct um_plan *p, enum um_check_id id, enum um_level level, const char *pass,
                   struct um_buf *seen, struct um_buf *mend);

/* Joins with ", "; after UM_LIST_MAX entries only counts (see um_list_end). */
enum { UM_LIST_MAX = 20 };
struct um_list {
    struct um_buf text;
    size_t count;
};
void um_list_add(struct um_list *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *um_list_end(struct um_list *l); /* the text, malloc'd: "a, b and 12 more" */

/* "SET PERSIST name = value;", or SET GLOBAL with a line on the configuration file. */
void um_mend_variable(struct um_buf *b, const struct um_side *s, const char *name,
                      const char *value);
/* Another line. */
void um_mend_line(struct um_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "GRANT SELECT ON `shop`.* TO 'u'@'h';" schema NULL: *.*, table NULL: the whole schema. */
void um_mend_grant(struct um_buf *b, const struct um_side *s, const char *privileges,
                   const char *schema, const char *table);

/* "MySQL 8.0.36", "MariaDB 11.8.6" */
char *um_server_name(const struct um_server *s);
/* For people: "1.5 GiB", "4 min 10 s" */
void um_print_bytes(struct um_buf *b, uint64_t bytes);
void um_print_seconds(struct um_buf *b, double seconds);
char *um_bytes_text(uint64_t bytes);
char *um_seconds_text(double seconds);

/* Lists of names. A pair is "schema" NUL "name" in one string. */
bool um_strv_has(const struct um_strv *v, const char *text);

/* Does this one pattern of tables.include (or exclude) match, all else set aside? */
bool um_pattern_matches(const struct um_config *c, const char *pattern, const char *schema,
                        const char *table);

/* A pattern that matches this table, malloc'd: what a pattern cannot say, or what would have to be
   escaped in the configuration file, is matched by '?'. */
char *um_pattern_for(const char *schema, const char *table);

/* The same on both sides. */
void um_check_version(struct um_plan *p, enum um_check_id id, const struct um_server *s,
                      unsigned oldest_mysql, unsigned oldest_mariadb, const char *mend);
void um_check_connections(struct um_plan *p, enum um_check_id id, const struct um_side *s,
                          uint64_t need);

bool um_target_knows_collation(const struct um_target_facts *t, const char *collation);

/* What a definition of this table is held against; borrows its names. */
struct um_ddl_target um_check_ddl_target(const struct um_plan *p, const struct um_table *t);

/* The parts, in the order of checks.def. */
void um_check_source(struct um_plan *p, const struct um_facts *f);
void um_check_source_binlog(struct um_plan *p, const struct um_facts *f);
void um_check_source_grants(struct um_plan *p, const struct um_facts *f);
void um_check_source_activity(struct um_plan *p, const struct um_facts *f);
void um_check_throttle(struct um_plan *p, const struct um_facts *f);
void um_check_spool(struct um_plan *p, const struct um_facts *f);
void um_check_target(struct um_plan *p, const struct um_facts *f);
void um_check_redo_log(struct um_plan *p, const struct um_facts *f);
void um_check_target_application(struct um_plan *p, const struct um_facts *f);
void um_check_target_tables(struct um_plan *p, const struct um_facts *f);
void um_check_existing(struct um_plan *p, const struct um_facts *f);
void um_check_target_grants(struct um_plan *p, const struct um_facts *f);
void um_check_patterns(struct um_plan *p, const struct um_facts *f);
void um_check_sequences(struct um_plan *p, const struct um_facts *f);
void um_check_tables(struct um_plan *p, const struct um_facts *f);
void um_check_rounding(struct um_plan *p, const struct um_facts *f);
void um_check_check_names(struct um_plan *p);
void um_check_generated_times(struct um_plan *p, const struct um_facts *f);
void um_check_generated_sessions(struct um_plan *p);
void um_check_cascades(struct um_plan *p, const struct um_facts *f);
/* Not InnoDB by itself: then what foreign keys do to other rows is in the binary log, too. */
bool um_cascades_by_sql_layer(const struct um_side *s);
void um_check_all(struct um_plan *p, const struct um_facts *f);

/* The rung of the ladder that privileges and copy.lock allow; UM_LOCK_AUTO when none does. */
enum um_lock_method um_lock_choose(const struct um_facts *f);

/* Seconds that binary logs are kept; UINT64_MAX: for ever. */
uint64_t um_retention_seconds(const struct um_side *s);

/* ---- estimate ---- */
struct um_estimate {
    double load;  /* reading, sending, writing rows: divided among threads where there is a key */
    double index; /* building the secondary indexes: one table, one thread */
};
struct um_estimate um_estimate_table(const struct um_table *t);
/* Fills seconds of each table plan, and rows, bytes and copy_seconds of the plan. */
void um_estimate_plan(struct um_plan *p, unsigned threads);
extern const char um_estimate_basis[]; /* what it assumes, for people */

#endif
