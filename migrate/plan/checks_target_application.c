#include "plan/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What the application will find different once it writes to the target. */

static void check_timestamp_defaults(struct um_plan *p, const struct um_facts *f)
{
    const char *name = "explicit_defaults_for_timestamp";
    const char *source = um_variable(&f->source.side.variables, name);
    const char *target = um_variable(&f->target.side.variables, name);
    bool from = um_variable_on(source), to = um_variable_on(target);
    if (from == to) {
        um_check_pass(p, UM_CHECK_TIMESTAMP_DEFAULTS, "%s on both", from ? "ON" : "OFF");
        return;
    }
    struct um_buf mend = {0};
    um_mend_variable(&mend, &f->target.side, name, from ? "ON" : "OFF");
    um_mend_line(&mend, "Or write NULL and DEFAULT out in each new TIMESTAMP column.");
    um_check_add(
        p, UM_CHECK_TIMESTAMP_DEFAULTS, UM_WARN,
        um_sprintf("%s on the source, %s on the target", from ? "ON" : "OFF", to ? "ON" : "OFF"),
        um_buf_take(&mend));
}

/* ---- sql_mode ---- */

/* Modes that the flavour does not know (any more), so that there is nothing to set. */
static bool mode_is_gone(const char *mode, size_t len, enum um_flavour on)
{
    static const char *const not_in_mysql[] = {"NO_AUTO_CREATE_USER",
                                               "NO_FIELD_OPTIONS",
                                               "NO_KEY_OPTIONS",
                                               "NO_TABLE_OPTIONS",
                                               "DB2",
                                               "MAXDB",
                                               "MSSQL",
                                               "MYSQL323",
                                               "MYSQL40",
                                               "ORACLE",
                                               "POSTGRESQL",
                                               "IGNORE_BAD_TABLE_OPTIONS",
                                               "SIMULTANEOUS_ASSIGNMENT",
                                               "EMPTY_STRING_IS_NULL",
                                               "TIME_ROUND_FRACTIONAL",
                                               NULL};
    static const char *const not_in_mariadb[] = {"TIME_TRUNCATE_FRACTIONAL", NULL};
    for (const char *const *m = on == UM_MYSQL ? not_in_mysql : not_in_mariadb; *m; m++) {
        if (strlen(*m) == len && strncasecmp(*m, mode, len) == 0)
            return true;
    }
    return false;
}

static bool has_mode(const char *modes, const char *mode, size_t len)
{
    for (const char *at = modes; *at;) {
        size_t n = strcspn(at, ",");
        if (n == len && strncasecmp(at, mode, len) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return false;
}

/* Modes in a, not in b, that the flavour of `on` knows. With b NULL all of them. */
static void modes_less(struct um_buf *out, const char *a, const char *b, enum um_flavour on)
{
    for (const char *at = a; *at;) {
        size_t n = strcspn(at, ",");
        if (n && !mode_is_gone(at, n, on) && !(b && has_mode(b, at, n)))
            um_buf_fmt(out, "%s%.*s", out->len ? "," : "", (int)n, at);
        at += n + (at[n] == ',');
    }
}

static void check_sql_mode(struct um_plan *p, const struct um_facts *f)
{
    const char *source = um_variable(&f->source.side.variables, "sql_mode");
    const char *target = um_variable(&f->target.side.variables, "sql_mode");
    enum um_flavour from = p->source.flavour, to = p->target.flavour;
    struct um_buf lost = {0}, new = {0}, wanted = {0}, seen = {0}, mend = {0};
    source = source ? source : "";
    target = target ? target : "";
    modes_less(&lost, source, target, to);
    modes_less(&new, target, source, from);
    if (lost.len)
        um_buf_fmt(&seen, "only on the source: %s", lost.data);
    if (new.len)
        um_buf_fmt(&seen, "%sonly on the target: %s", seen.len ? "; " : "", new.data);
    if (seen.len) {
        modes_less(&wanted, source, NULL, to);
        char *value = um_sprintf("'%s'", wanted.data ? wanted.data : "");
        um_mend_variable(&mend, &f->target.side, "sql_mode", value);
        um_mend_line(&mend, "Or let the application set its own in each session.");
        free(value);
    }
    um_check_list(p, UM_CHECK_SQL_MODE, UM_WARN, *target ? target : "(empty)", &seen, &mend);
    um_buf_free(&lost);
    um_buf_free(&new);
    um_buf_free(&wanted);
}

/* ---- time ---- */

enum { CLOCK_TOLERANCE_US = 2000000 };

static void check_clock(struct um_plan *p, const struct um_facts *f)
{
    int64_t us = f->clock_us;
    double seconds = (double)(us < 0 ? -us : us) / 1e6;
    if (us <= CLOCK_TOLERANCE_US && us >= -CLOCK_TOLERANCE_US) {
        um_check_pass(p, UM_CHECK_CLOCK, "%.1f s apart", seconds);
        return;
    }
    um_check_add(p, UM_CHECK_CLOCK, UM_WARN,
                 um_sprintf("the target's clock is %.1f s %s the source's", seconds,
                            us < 0 ? "behind" : "ahead of"),
                 um_strdup("Set both servers' clocks by NTP, on the hosts:\nchronyc makestep"));
}

static void print_offset(struct um_buf *b, int minutes)
{
    int absolute = minutes < 0 ? -minutes : minutes;
    um_buf_fmt(b, "%c%02d:%02d", minutes < 0 ? '-' : '+', absolute / 60, absolute % 60);
}

static void print_zone(struct um_buf *b, const struct um_side *s)
{
    const char *zone = um_variable(&s->variables, "time_zone");
    const char *of_system = um_variable(&s->variables, "system_time_zone");
    um_buf_str(b, zone ? zone : "?");
    if (zone && strcasecmp(zone, "SYSTEM") == 0 && of_system)
        um_buf_fmt(b, " (%s)", of_system);
    if (!s->zone_known)
        return;
    um_buf_char(b, ' ');
    print_offset(b, s->zone_minutes[0]);
    if (s->zone_minutes[0] != s->zone_minutes[1]) {
        um_buf_str(b, ", in summer ");
        print_offset(b, s->zone_minutes[1]);
    }
}

/* The value that gives the target the source's zone, where there is one. */
static void zone_mend(struct um_buf *mend, const struct um_facts *f)
{
    const struct um_side *s = &f->source.side;
    const char *zone = um_variable(&s->variables, "time_zone");
    bool of_system = !zone || strcasecmp(zone, "SYSTEM") == 0;
    struct um_buf value = {0};
    if (!of_system)
        um_buf_fmt(&value, "'%s'", zone);
    else if (s->zone_known && s->zone_minutes[0] == s->zone_minutes[1]) {
        um_buf_char(&value, '\'');
        print_offset(&value, s->zone_minutes[0]);
        um_buf_char(&value, '\'');
    }
    if (!of_system && !f->target.source_zone_known)
        um_mend_line(mend, "Load the named zones on the target's host first:\n"
                           "mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql");
    if (value.len)
        um_mend_variable(mend, &f->target.side, "time_zone", value.data);
    else
        um_mend_line(mend, "Set the target's time_zone to the zone of the source's host.");
    um_buf_free(&value);
}

static void check_time_zone(struct um_plan *p, const struct um_facts *f)
{
    const struct um_side *s = &f->source.side, *t = &f->target.side;
    struct um_buf seen = {0}, mend = {0};
    bool known = s->zone_known && t->zone_known;
    bool same = known && memcmp(s->zone_minutes, t->zone_minutes, sizeof s->zone_minutes) == 0;
    const char *zone = um_variable(&s->variables, "time_zone");
    bool named = zone && *zone != '+' && *zone != '-' && strcasecmp(zone, "SYSTEM") != 0;
    bool pass = same && (!named || f->target.source_zone_known);

    um_buf_str(&seen, "source ");
    print_zone(&seen, s);
    um_buf_str(&seen, "; target ");
    print_zone(&seen, t);
    if (same && !pass)
        um_buf_str(&seen, "; the target does not know the name of the source's zone");
    if (!pass)
        zone_mend(&mend, f);
    um_check_add(p, UM_CHECK_TIME_ZONE, pass ? UM_PASS : UM_WARN, um_buf_take(&seen),
                 pass ? NULL : um_buf_take(&mend));
}

static void check_event_scheduler(struct um_plan *p, const struct um_facts *f)
{
    const char *source = um_variable(&f->source.side.variables, "event_scheduler");
    const char *target = um_variable(&f->target.side.variables, "event_scheduler");
    size_t events = 0;
    for (size_t i = 0; i < p->objects.count; i++)
        events += p->objects.items[i].kind == UM_OBJ_EVENT;
    if (events == 0 || !um_variable_on(source) || um_variable_on(target)) {
        um_check_pass(p, UM_CHECK_EVENT_SCHEDULER, "%s; events to migrate: %zu",
                      target ? target : "?", events);
        return;
    }
    struct um_buf mend = {0};
    if (target && strcasecmp(target, "DISABLED") == 0)
        um_mend_line(&mend, "In the server's configuration file, then restart it:\n[mysqld]\n"
                            "event_scheduler = ON");
    else
        um_mend_variable(&mend, &f->target.side, "event_scheduler", "ON");
    um_mend_line(&mend, "It is enough to do so before the cutover.");
    um_check_add(p, UM_CHECK_EVENT_SCHEDULER, UM_WARN,
                 um_sprintf("%s on the target, ON on the source; events to migrate: %zu",
                            target ? target : "?", events),
                 um_buf_take(&mend));
}

void um_check_target_application(struct um_plan *p, const struct um_facts *f)
{
    check_timestamp_defaults(p, f);
    check_sql_mode(p, f);
    check_clock(p, f);
    check_time_zone(p, f);
    check_event_scheduler(p, f);
}
