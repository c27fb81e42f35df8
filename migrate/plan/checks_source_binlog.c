#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The source's binary log: can it be followed without losing anything? */

enum { DAY = 86400, HOUR = 3600 };

static const char session_note[] =
    "Sessions that are already open keep the old value: reconnect the application.";

static const char *text_or_none(const char *value)
{
    return value && *value ? value : "(empty)";
}

static void check_log_bin(struct um_plan *p, const struct um_side *s)
{
    if (um_variable_on(um_variable(&s->variables, "log_bin"))) {
        um_check_pass(p, UM_CHECK_LOG_BIN, "ON");
        return;
    }
    struct um_buf mend = {0};
    um_mend_line(&mend, "In the server's configuration file, then restart it:");
    um_mend_line(&mend, "[mysqld]");
    um_mend_line(&mend, "log_bin = binlog");
    um_mend_line(&mend, "binlog_format = ROW");
    const char *id = um_variable(&s->variables, "server_id");
    if (!id || strcmp(id, "0") == 0)
        um_mend_line(&mend, "server_id = 1");
    um_check_add(p, UM_CHECK_LOG_BIN, UM_BLOCK, um_strdup("OFF"), um_buf_take(&mend));
}

/* A variable that must have one value; servers without it behave as if it had. */
static void check_value(struct um_plan *p, enum um_check_id id, const struct um_side *s,
                        const char *name, const char *wanted, const char *absent)
{
    const char *value = um_variable(&s->variables, name);
    if (!value || strcasecmp(value, wanted) == 0) {
        um_check_pass(p, id, "%s", value ? text_or_none(value) : absent);
        return;
    }
    struct um_buf mend = {0};
    char *quoted = um_sprintf("'%s'", wanted);
    um_mend_variable(&mend, s, name, quoted);
    um_mend_line(&mend, "%s", session_note);
    free(quoted);
    um_check_add(p, id, UM_BLOCK, um_strdup(text_or_none(value)), um_buf_take(&mend));
}

/* With MINIMAL the server writes the columns of a key of its own choice; only the primary key is
   sure to be that one. */
static void list_without_primary_key(const struct um_plan *p, struct um_list *out)
{
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        struct um_key key;
        um_row_key(t, &key);
        if (key.kind == UM_KEY_UNIQUE)
            um_list_add(out, "%s.%s", t->schema, t->name);
    }
}

/* MariaDB's images without duplicates are whole, where it shows that they are these. */
static void list_without_evidence(const struct um_plan *p, struct um_list *out)
{
    for (size_t i = 0; i < p->tables.count; i++) {
        const struct um_table *t = p->tables.items[i];
        if (!um_full_image_is_evident(t))
            um_list_add(out, "%s.%s", t->schema, t->name);
    }
}

static void check_mariadb_image(struct um_plan *p, const char *image, struct um_buf *mend)
{
    struct um_list unsure = {0};
    if (!um_server_full_images(image)) {
        um_check_add(
            p, UM_CHECK_BINLOG_ROW_IMAGE, UM_BLOCK,
            um_sprintf("%s: MariaDB leaves out of it what a REPLACE sets to a default", image),
            um_buf_take(mend));
        return;
    }
    list_without_evidence(p, &unsure);
    if (unsure.count) {
        char *tables = um_list_end(&unsure);
        um_check_add(p, UM_CHECK_BINLOG_ROW_IMAGE, UM_BLOCK,
                     um_sprintf("%s, whose updates cannot be told from those of MINIMAL or NOBLOB "
                                "in: %s",
                                image, tables),
                     um_buf_take(mend));
        free(tables);
        return;
    }
    um_check_pass(p, UM_CHECK_BINLOG_ROW_IMAGE, "%s", image);
    um_buf_free(mend);
}

static void check_row_image(struct um_plan *p, const struct um_side *s)
{
    const char *image = um_variable(&s->variables, "binlog_row_image");
    if (!image || strcasecmp(image, "FULL") == 0) {
        um_check_pass(p, UM_CHECK_BINLOG_ROW_IMAGE, "%s", image ? image : "always FULL");
        return;
    }
    struct um_buf mend = {0};
    um_mend_variable(&mend, s, "binlog_row_image", "'FULL'");
    um_mend_line(&mend, "%s", session_note);
    if (s->server->flavour == UM_MARIADB) {
        check_mariadb_image(p, image, &mend);
        return;
    }
    struct um_list unsure = {0};
    if (strcasecmp(image, "MINIMAL") == 0)
        list_without_primary_key(p, &unsure);
    enum um_level level = unsure.count ? UM_BLOCK : UM_WARN;
    char *seen = unsure.count ? um_list_end(&unsure) : NULL;
    um_check_add(p, UM_CHECK_BINLOG_ROW_IMAGE, level,
                 seen ? um_sprintf("%s, and without a primary key: %s", image, seen)
                      : um_strdup(image),
                 um_buf_take(&mend));
    free(seen);
}

/* Parts of documents are put into the documents of the images before; no image may lack those. */
static void check_row_value_options(struct um_plan *p, const struct um_side *s)
{
    const char *value = um_variable(&s->variables, "binlog_row_value_options");
    const char *image = um_variable(&s->variables, "binlog_row_image");
    bool full = !image || strcasecmp(image, "FULL") == 0;
    if (!value || !*value || full) {
        um_check_pass(p, UM_CHECK_BINLOG_ROW_VALUE_OPTIONS, "%s",
                      value ? text_or_none(value) : "the server has none");
        return;
    }
    struct um_buf mend = {0};
    um_mend_variable(&mend, s, "binlog_row_image", "'FULL'");
    um_mend_line(&mend, "Or, with parts of rows only, do without parts of documents:");
    um_mend_variable(&mend, s, "binlog_row_value_options", "''");
    um_mend_line(&mend, "%s", session_note);
    um_check_add(p, UM_CHECK_BINLOG_ROW_VALUE_OPTIONS, UM_BLOCK,
                 um_sprintf("%s, with row images that are %s", value, image), um_buf_take(&mend));
}

static void check_checksum(struct um_plan *p, const struct um_side *s)
{
    const char *value = um_variable(&s->variables, "binlog_checksum");
    if (value && strcasecmp(value, "NONE") != 0) {
        um_check_pass(p, UM_CHECK_BINLOG_CHECKSUM, "%s", value);
        return;
    }
    struct um_buf mend = {0};
    um_mend_variable(&mend, s, "binlog_checksum", "'CRC32'");
    um_check_add(p, UM_CHECK_BINLOG_CHECKSUM, UM_WARN, um_strdup(value ? value : "not there"),
                 um_buf_take(&mend));
}

static void check_error_action(struct um_plan *p, const struct um_side *s)
{
    /* MySQL 5.6.20 and 5.6.21 have it under another name; MariaDB has none: a commit that cannot
       be logged fails there, and the log goes on with an incident. */
    const char *name = "binlog_error_action";
    const char *value = um_variable(&s->variables, name);
    if (!value)
        value = um_variable(&s->variables, name = "binlogging_impossible_mode");
    if (!value || strcasecmp(value, "ABORT_SERVER") == 0) {
        um_check_pass(p, UM_CHECK_BINLOG_ERROR_ACTION, "%s", value ? value : "the server has none");
        return;
    }
    struct um_buf mend = {0};
    um_mend_variable(&mend, s, name, "'ABORT_SERVER'");
    um_check_add(p, UM_CHECK_BINLOG_ERROR_ACTION, UM_WARN, um_sprintf("%s = %s", name, value),
                 um_buf_take(&mend));
}

/* Is the schema in SHOW BINARY LOG STATUS's list, "a,b,c"? */
static bool in_filter(const char *list, const char *schema)
{
    size_t len = strlen(schema);
    for (const char *at = list; *at;) {
        size_t n = strcspn(at, ",");
        if (n == len && strncmp(at, schema, n) == 0)
            return true;
        at += n;
        if (*at)
            at++;
    }
    return false;
}

static void check_filters(struct um_plan *p, const struct um_source_facts *s)
{
    if (!s->filters_known) {
        um_check_add(p, UM_CHECK_BINLOG_FILTERS, UM_WARN, um_strdup("not known"),
                     um_strdup("It can be seen once the account has the privilege asked for by "
                               "source.grant.replication_client."));
        return;
    }
    const char *only = s->binlog_do ? s->binlog_do : "";
    const char *never = s->binlog_ignore ? s->binlog_ignore : "";
    if (!*only && !*never) {
        um_check_pass(p, UM_CHECK_BINLOG_FILTERS, "no filters");
        return;
    }
    struct um_list lost = {0};
    for (size_t i = 0; i < s->schemas.count; i++) {
        const char *schema = s->schemas.items[i];
        if ((*only && !in_filter(only, schema)) || (!*only && in_filter(never, schema)))
            um_list_add(&lost, "%s", schema);
    }
    bool block = lost.count > 0;
    char *names = um_list_end(&lost);
    struct um_buf seen = {0};
    um_buf_fmt(&seen, "%s = %s", *only ? "binlog-do-db" : "binlog-ignore-db", *only ? only : never);
    if (block)
        um_buf_fmt(&seen, "; not logged: %s", names);
    free(names);
    um_check_add(
        p, UM_CHECK_BINLOG_FILTERS, block ? UM_BLOCK : UM_WARN, um_buf_take(&seen),
        um_strdup(block ? "Take binlog-do-db and binlog-ignore-db out of the server's "
                          "configuration file and restart it."
                        : "Take the filter out of the server's configuration file. Until then, "
                          "change definitions only in sessions whose default database is the "
                          "table's own: others are not logged."));
}

/* ---- retention ---- */

uint64_t um_retention_seconds(const struct um_side *s)
{
    const struct um_variables *v = &s->variables;
    if (um_variable_off(um_variable(v, "binlog_expire_logs_auto_purge")))
        return UINT64_MAX;
    uint64_t seconds = um_variable_uint(v, "binlog_expire_logs_seconds", 0);
    if (seconds == 0) {
        /* MariaDB has fractions of days. */
        const char *days = um_variable(v, "expire_logs_days");
        seconds = days ? (uint64_t)(strtod(days, NULL) * DAY) : 0;
    }
    return seconds ? seconds : UINT64_MAX;
}

/* A limit of the binary logs' total size (MariaDB 11.4, Percona Server), 0 without one. */
static uint64_t size_limit(const struct um_side *s, const char **name)
{
    uint64_t limit = um_variable_uint(&s->variables, *name = "max_binlog_total_size", 0);
    return limit ? limit : um_variable_uint(&s->variables, *name = "binlog_space_limit", 0);
}

static void retention_mend(struct um_buf *mend, const struct um_side *s, double copy_seconds)
{
    uint64_t days = (uint64_t)(copy_seconds * 4 / DAY) + 1;
    if (days < 7)
        days = 7;
    bool by_seconds = um_variable(&s->variables, "binlog_expire_logs_seconds");
    char *value = um_sprintf("%llu", (unsigned long long)(by_seconds ? days * DAY : days));
    um_mend_variable(mend, s, by_seconds ? "binlog_expire_logs_seconds" : "expire_logs_days",
                     value);
    free(value);
}

/* On Amazon RDS the files are removed by the platform, whatever the variables say. */
static bool is_rds(const struct um_side *s)
{
    const char *base = um_variable(&s->variables, "basedir");
    return base && strncmp(base, "/rdsdbbin", 9) == 0;
}

/* With a spool it only has to be enough for an interruption. */
static enum um_level judge_retention(uint64_t kept, double copy_seconds, bool spool)
{
    if (kept == UINT64_MAX)
        return UM_PASS;
    if (!spool && (double)kept < copy_seconds)
        return UM_BLOCK;
    /* Room for an estimate that is wrong and for an interruption over night. */
    return kept < DAY || (!spool && (double)kept < 4 * copy_seconds) ? UM_WARN : UM_PASS;
}

static void check_retention(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->source.side;
    bool spool = f->config->spool.directory;
    uint64_t kept = um_retention_seconds(s);
    const char *limit_name;
    uint64_t limit = size_limit(s, &limit_name);
    struct um_buf seen = {0}, mend = {0};
    enum um_level level = judge_retention(kept, p->copy_seconds, spool);

    if (kept == UINT64_MAX) {
        um_buf_str(&seen, "kept until purged by hand");
    } else {
        um_print_seconds(&seen, (double)kept);
        um_buf_str(&seen, " against an estimated copy of ");
        um_print_seconds(&seen, p->copy_seconds);
        if (level != UM_PASS)
            retention_mend(&mend, s, p->copy_seconds);
    }
    if (limit) {
        um_buf_fmt(&seen, "; at most ");
        um_print_bytes(&seen, limit);
        um_buf_fmt(&seen, " by %s", limit_name);
    }
    if (limit && !spool) {
        level = level == UM_BLOCK ? UM_BLOCK : UM_WARN;
        if (strcmp(limit_name, "max_binlog_total_size") == 0)
            um_mend_variable(&mend, s, limit_name, "0");
        else
            um_mend_line(&mend, "Make %s larger than what is written during the copy.", limit_name);
    }
    if (is_rds(s))
        um_buf_str(&seen, "; this is Amazon RDS, which removes files on its own terms");
    if (is_rds(s) && !spool) {
        level = level == UM_BLOCK ? UM_BLOCK : UM_WARN;
        um_mend_line(&mend, "CALL mysql.rds_set_configuration('binlog retention hours', 168);");
    }
    if (spool)
        um_buf_str(&seen, "; spooled while the copy runs");
    else if (level != UM_PASS)
        um_mend_line(&mend,
                     "Or set spool.directory, so that the binary log is kept on this machine "
                     "while the copy runs.");
    um_check_add(p, UM_CHECK_BINLOG_RETENTION, level, um_buf_take(&seen),
                 level == UM_PASS ? NULL : um_buf_take(&mend));
}

/* ---- the rest ---- */

static void check_durability(struct um_plan *p, const struct um_side *s)
{
    static const char *const names[] = {"sync_binlog", "innodb_flush_log_at_trx_commit"};
    struct um_buf seen = {0}, mend = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = um_variable(&s->variables, names[i]);
        if (!value || strcmp(value, "1") == 0)
            continue;
        um_buf_fmt(&seen, "%s%s = %s", seen.len ? ", " : "", names[i], value);
        um_mend_variable(&mend, s, names[i], "1");
    }
    um_check_list(p, UM_CHECK_DURABILITY, UM_WARN, "flushed with each commit", &seen, &mend);
}

static void check_gtid(struct um_plan *p, const struct um_side *s)
{
    if (s->server->flavour == UM_MARIADB) {
        um_check_pass(p, UM_CHECK_GTID, "MariaDB's own");
        return;
    }
    const char *mode = um_variable(&s->variables, "gtid_mode");
    if (!mode || strcasecmp(mode, "OFF") == 0) {
        um_check_pass(p, UM_CHECK_GTID, "OFF: the job follows this server by file and offset");
        return;
    }
    if (strcasecmp(mode, "ON") == 0) {
        um_check_pass(p, UM_CHECK_GTID, "ON");
        return;
    }
    struct um_buf mend = {0};
    if (strcasecmp(mode, "ON_PERMISSIVE") == 0) {
        um_mend_line(&mend, "Once Ongoing_anonymous_transaction_count has been 0:");
        um_mend_variable(&mend, s, "gtid_mode", "ON");
    } else {
        um_mend_line(&mend, "Step by step to ON (or back to OFF), as the server's manual says; "
                            "the next step is:");
        um_mend_variable(&mend, s, "gtid_mode", "ON_PERMISSIVE");
    }
    um_check_add(p, UM_CHECK_GTID, UM_WARN,
                 um_sprintf("%s: the job follows this server by file and offset", mode),
                 um_buf_take(&mend));
}

void um_check_source_binlog(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->source.side;
    check_log_bin(p, s);
    check_value(p, UM_CHECK_BINLOG_FORMAT, s, "binlog_format", "ROW", "always ROW");
    check_row_image(p, s);
    check_row_value_options(p, s);
    check_checksum(p, s);
    check_error_action(p, s);
    check_filters(p, &f->source);
    check_retention(p, f);
    check_durability(p, s);
    check_gtid(p, s);
}
