#include "dump/range.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct um_range {
    struct um_place from, to;
    size_t from_file, to_file; /* of positions */
    bool begun;                /* what is named by --from has come */
    bool group_within;         /* the transaction at hand belongs to both sets */
    bool last_group;           /* it is the one that --to names */
    bool over;                 /* and it has ended */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The file that a position is in; `otherwise` where it names none. */
static int find_file(const struct um_place *p, const struct um_strv *files, size_t otherwise,
                     size_t *index, struct um_err *err)
{
    *index = otherwise;
    if (p->kind != UM_PLACE_POSITION || !p->file[0])
        return 0;
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->items[i], p->file) == 0 ||
            strcmp(base_name(files->items[i]), p->file) == 0) {
            *index = i;
            return 0;
        }
    }
    return um_fail(err, UM_E_DUMP_PLACE, "%s names '%s', which is none of the files", p->flag,
                   p->file);
}

struct um_range *um_range_new(const char *from, const char *to, const struct um_strv *files,
                              struct um_err *err)
{
    struct um_range *r = um_alloc(sizeof *r);
    if (um_place_parse("--from", from, &r->from, err) != 0 ||
        um_place_parse("--to", to, &r->to, err) != 0 ||
        find_file(&r->from, files, 0, &r->from_file, err) != 0 ||
        find_file(&r->to, files, files->count - 1, &r->to_file, err) != 0) {
        um_range_delete(r);
        return NULL;
    }
    r->begun = r->from.kind == UM_PLACE_NONE || r->from.kind == UM_PLACE_GTIDS;
    return r;
}

void um_range_delete(struct um_range *r)
{
    if (!r)
        return;
    um_place_clear(&r->from);
    um_place_clear(&r->to);
    free(r);
}

bool um_range_touches_file(const struct um_range *r, size_t index)
{
    if (r->from.kind == UM_PLACE_POSITION && index < r->from_file)
        return false;
    return r->to.kind != UM_PLACE_POSITION || index <= r->to_file;
}

int um_range_file_ended(const struct um_range *r, size_t index, const char *name, uint64_t end,
                        struct um_err *err)
{
    if (r->from.kind != UM_PLACE_POSITION || index != r->from_file || r->from.offset <= end)
        return 0;
    return um_fail(err, UM_E_DUMP_PLACE,
                   "--from is position %" PRIu64 ", and '%s' ends at %" PRIu64, r->from.offset,
                   name, end);
}

static int fail_not_met(const struct um_place *p, struct um_err *err)
{
    struct um_buf text = {0};
    um_gtid_print(&p->gtid, &text);
    um_fail(err, UM_E_DUMP_PLACE, "%s is %s, and no transaction of the files carries that GTID",
            p->flag, text.data);
    um_buf_free(&text);
    return -1;
}

int um_range_ended(const struct um_range *r, struct um_err *err)
{
    if (r->from.kind == UM_PLACE_GTID && !r->begun)
        return fail_not_met(&r->from, err);
    if (r->to.kind == UM_PLACE_GTID && !r->over)
        return fail_not_met(&r->to, err);
    return 0;
}

/* ---- GTIDs ---- */

static int check_kind(const struct um_place *p, const struct um_gtid *g, struct um_err *err)
{
    enum um_gtid_kind asked = p->kind == UM_PLACE_GTID    ? p->gtid.kind
                              : p->kind == UM_PLACE_GTIDS ? um_gtid_set_kind(p->gtids)
                                                          : UM_GTID_NONE;
    if (asked == UM_GTID_NONE || g->kind == UM_GTID_NONE || asked == g->kind)
        return 0;
    return um_fail(err, UM_E_DUMP_PLACE, "%s is a GTID of %s, and the files are those of %s",
                   p->flag, asked == UM_GTID_MARIADB ? "MariaDB" : "MySQL",
                   g->kind == UM_GTID_MARIADB ? "MariaDB" : "MySQL");
}

static bool carries(const struct um_place *p, const struct um_gtid *g)
{
    return p->kind == UM_PLACE_GTID && g->kind != UM_GTID_NONE && um_gtid_equal(&p->gtid, g);
}

static int begin_group(struct um_range *r, const struct um_read_event *e, struct um_err *err)
{
    struct um_err ignored = {0};
    struct um_gtid_event g = {0};
    switch (e->ev->type) {
    case UM_EV_GTID:
    case UM_EV_ANONYMOUS_GTID:
    case UM_EV_GTID_TAGGED:
    case UM_EV_MARIA_GTID:
        /* What cannot be read is named as such when it is printed. */
        if (um_event_gtid(e->format, e->ev, &g, &ignored) != 0)
            g = (struct um_gtid_event){0};
    }
    if (check_kind(&r->from, &g.gtid, err) != 0 || check_kind(&r->to, &g.gtid, err) != 0)
        return -1;
    r->begun = r->begun || carries(&r->from, &g.gtid);
    r->last_group = carries(&r->to, &g.gtid);
    r->group_within =
        (r->from.kind != UM_PLACE_GTIDS || !um_gtid_set_contains(r->from.gtids, &g.gtid)) &&
        (r->to.kind != UM_PLACE_GTIDS || um_gtid_set_contains(r->to.gtids, &g.gtid));
    return 0;
}

/* ---- events ---- */

static bool at_or_behind(const struct um_place *p, size_t p_file, size_t file,
                         const struct um_read_event *e)
{
    return file > p_file || (file == p_file && e->start >= p->offset);
}

static bool not_older(const struct um_place *p, const struct um_read_event *e)
{
    return e->ev->timestamp && (int64_t)e->ev->timestamp >= p->seconds;
}

enum um_range_verdict um_range_event(struct um_range *r, size_t file, const struct um_read_event *e,
                                     enum um_group_place place, bool inside, struct um_err *err)
{
    if (r->over)
        return UM_RANGE_OVER;
    if (r->to.kind == UM_PLACE_POSITION && at_or_behind(&r->to, r->to_file, file, e))
        return UM_RANGE_OVER;
    /* The time of a transaction is that of its first event. */
    if (r->to.kind == UM_PLACE_TIME && place != UM_GROUP_WITHIN && not_older(&r->to, e))
        return UM_RANGE_OVER;
    if (r->from.kind == UM_PLACE_POSITION)
        r->begun = at_or_behind(&r->from, r->from_file, file, e);
    if (r->from.kind == UM_PLACE_TIME && place != UM_GROUP_WITHIN && not_older(&r->from, e))
        r->begun = true;
    if (place == UM_GROUP_BEGINS && begin_group(r, e, err) != 0)
        return UM_RANGE_FAILED;
    r->over = r->last_group && !inside && place != UM_GROUP_OUTSIDE;

    bool by_sets = r->from.kind == UM_PLACE_GTIDS || r->to.kind == UM_PLACE_GTIDS;
    bool within = r->begun && (place == UM_GROUP_OUTSIDE ? !by_sets : r->group_within);
    return within ? UM_RANGE_WITHIN : UM_RANGE_OUTSIDE;
}
