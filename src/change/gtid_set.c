#include "change/gtid.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "change/gtid_set.h"

struct um_gtid_set *um_gtid_set_new(enum um_gtid_kind kind)
{
    UM_ASSERT(kind == UM_GTID_MYSQL || kind == UM_GTID_MARIADB);
    struct um_gtid_set *s = um_alloc(sizeof *s);
    s->kind = kind;
    return s;
}

void um_gtid_set_delete(struct um_gtid_set *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->source_count; i++)
        free(s->sources[i].intervals);
    free(s->sources);
    free(s->domains);
    free(s);
}

struct um_gtid_set *um_gtid_set_copy(const struct um_gtid_set *s)
{
    struct um_gtid_set *copy = um_gtid_set_new(s->kind);
    um_gtid_set_union(copy, s);
    return copy;
}

enum um_gtid_kind um_gtid_set_kind(const struct um_gtid_set *s)
{
    return s->kind;
}

bool um_gtid_set_empty(const struct um_gtid_set *s)
{
    return s->source_count == 0 && s->domain_count == 0;
}

/* By uuid; of one uuid the untagged source comes first, then the tags in order. */
static int source_order(const struct um_gtid_source *src, const uint8_t uuid[16], const char *tag)
{
    int order = memcmp(src->uuid, uuid, sizeof src->uuid);
    return order ? order : strcmp(src->tag, tag);
}

static size_t find_source(const struct um_gtid_set *s, const uint8_t uuid[16], const char *tag,
                          bool *found)
{
    size_t low = 0, high = s->source_count;
    *found = false;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = source_order(&s->sources[mid], uuid, tag);
        if (order == 0) {
            *found = true;
            return mid;
        }
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct um_gtid_source *um_gtid_set_source(struct um_gtid_set *s, const uint8_t uuid[16],
                                          const char *tag)
{
    bool found;
    size_t at = find_source(s, uuid, tag, &found);
    if (found)
        return &s->sources[at];
    um_grow(&s->sources, &s->source_cap, s->source_count + 1, sizeof *s->sources);
    memmove(&s->sources[at + 1], &s->sources[at], (s->source_count - at) * sizeof *s->sources);
    s->source_count++;
    struct um_gtid_source *src = &s->sources[at];
    *src = (struct um_gtid_source){0};
    memcpy(src->uuid, uuid, sizeof src->uuid);
    memcpy(src->tag, tag, strlen(tag) + 1);
    return src;
}

static const struct um_gtid_source *known_source(const struct um_gtid_set *s,
                                                 const uint8_t uuid[16], const char *tag)
{
    bool found;
    size_t at = find_source(s, uuid, tag, &found);
    return found ? &s->sources[at] : NULL;
}

/* The first interval whose end is not below `sequence`. */
static size_t find_interval(const struct um_gtid_source *src, uint64_t sequence)
{
    size_t low = 0, high = src->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (src->intervals[mid].last < sequence)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void um_gtid_source_add(struct um_gtid_source *src, uint64_t first, uint64_t last)
{
    /* Everything from `at` to `end` touches or overlaps the new interval and melts into it. */
    size_t at = find_interval(src, first > 0 ? first - 1 : 0), end = at;
    while (end < src->count && src->intervals[end].first <= last + 1) {
        if (src->intervals[end].first < first)
            first = src->intervals[end].first;
        if (src->intervals[end].last > last)
            last = src->intervals[end].last;
        end++;
    }
    if (at == end) {
        um_grow(&src->intervals, &src->cap, src->count + 1, sizeof *src->intervals);
        memmove(&src->intervals[at + 1], &src->intervals[at],
                (src->count - at) * sizeof *src->intervals);
        src->count++;
    } else {
        memmove(&src->intervals[at + 1], &src->intervals[end],
                (src->count - end) * sizeof *src->intervals);
        src->count -= end - at - 1;
    }
    src->intervals[at] = (struct um_gtid_interval){first, last};
}

static void remove_interval(struct um_gtid_source *src, uint64_t first, uint64_t last)
{
    size_t at = find_interval(src, first);
    while (at < src->count && src->intervals[at].first <= last) {
        struct um_gtid_interval old = src->intervals[at];
        bool left = old.first<first, right = old.last> last;
        if (left && right) {
            src->intervals[at].last = first - 1;
            um_gtid_source_add(src, last + 1, old.last);
            return;
        }
        if (left) {
            src->intervals[at++].last = first - 1;
        } else if (right) {
            src->intervals[at].first = last + 1;
            return;
        } else {
            memmove(&src->intervals[at], &src->intervals[at + 1],
                    (src->count - at - 1) * sizeof *src->intervals);
            src->count--;
        }
    }
}

static size_t find_domain(const struct um_gtid_set *s, uint32_t domain, bool *found)
{
    size_t low = 0, high = s->domain_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->domains[mid].domain < domain)
            low = mid + 1;
        else
            high = mid;
    }
    *found = low < s->domain_count && s->domains[low].domain == domain;
    return low;
}

static void add_domain(struct um_gtid_set *s, const struct um_gtid_domain *d)
{
    bool found;
    size_t at = find_domain(s, d->domain, &found);
    if (found) {
        if (d->sequence > s->domains[at].sequence)
            s->domains[at] = *d;
        return;
    }
    um_grow(&s->domains, &s->domain_cap, s->domain_count + 1, sizeof *s->domains);
    memmove(&s->domains[at + 1], &s->domains[at], (s->domain_count - at) * sizeof *s->domains);
    s->domains[at] = *d;
    s->domain_count++;
}

void um_gtid_set_add(struct um_gtid_set *s, const struct um_gtid *g)
{
    UM_ASSERT(g->kind == s->kind);
    if (s->kind == UM_GTID_MARIADB) {
        struct um_gtid_domain d = {g->domain, g->server_id, g->sequence};
        add_domain(s, &d);
    } else {
        um_gtid_source_add(um_gtid_set_source(s, g->uuid, g->tag), g->sequence, g->sequence);
    }
}

bool um_gtid_set_contains(const struct um_gtid_set *s, const struct um_gtid *g)
{
    if (g->kind != s->kind)
        return false;
    if (s->kind == UM_GTID_MARIADB) {
        bool found;
        size_t at = find_domain(s, g->domain, &found);
        return found && g->sequence <= s->domains[at].sequence;
    }
    const struct um_gtid_source *src = known_source(s, g->uuid, g->tag);
    if (!src)
        return false;
    size_t at = find_interval(src, g->sequence);
    return at < src->count && src->intervals[at].first <= g->sequence;
}

static bool source_within(const struct um_gtid_source *a, const struct um_gtid_source *b)
{
    for (size_t i = 0; i < a->count; i++) {
        size_t at = find_interval(b, a->intervals[i].first);
        if (at == b->count || b->intervals[at].first > a->intervals[i].first ||
            b->intervals[at].last < a->intervals[i].last)
            return false;
    }
    return true;
}

bool um_gtid_set_subset(const struct um_gtid_set *a, const struct um_gtid_set *b)
{
    if (um_gtid_set_empty(a))
        return true;
    if (a->kind != b->kind)
        return false;
    for (size_t i = 0; i < a->domain_count; i++) {
        bool found;
        size_t at = find_domain(b, a->domains[i].domain, &found);
        if (!found || a->domains[i].sequence > b->domains[at].sequence)
            return false;
    }
    for (size_t i = 0; i < a->source_count; i++) {
        const struct um_gtid_source *src = known_source(b, a->sources[i].uuid, a->sources[i].tag);
        if (!src || !source_within(&a->sources[i], src))
            return false;
    }
    return true;
}

void um_gtid_set_union(struct um_gtid_set *a, const struct um_gtid_set *b)
{
    UM_ASSERT(a->kind == b->kind);
    if (a == b)
        return;
    for (size_t i = 0; i < b->domain_count; i++)
        add_domain(a, &b->domains[i]);
    for (size_t i = 0; i < b->source_count; i++) {
        const struct um_gtid_source *from = &b->sources[i];
        struct um_gtid_source *to = um_gtid_set_source(a, from->uuid, from->tag);
        for (size_t k = 0; k < from->count; k++)
            um_gtid_source_add(to, from->intervals[k].first, from->intervals[k].last);
    }
}

static void drop_empty_sources(struct um_gtid_set *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->source_count; i++) {
        if (s->sources[i].count == 0)
            free(s->sources[i].intervals);
        else
            s->sources[kept++] = s->sources[i];
    }
    s->source_count = kept;
}

void um_gtid_set_subtract(struct um_gtid_set *a, const struct um_gtid_set *b)
{
    UM_ASSERT(a->kind == UM_GTID_MYSQL && b->kind == UM_GTID_MYSQL);
    for (size_t i = 0; i < b->source_count; i++) {
        const struct um_gtid_source *from = &b->sources[i];
        bool found;
        size_t at = find_source(a, from->uuid, from->tag, &found);
        if (!found)
            continue;
        if (a == b)
            a->sources[at].count = 0;
        else
            for (size_t k = 0; k < from->count; k++)
                remove_interval(&a->sources[at], from->intervals[k].first, from->intervals[k].last);
    }
    drop_empty_sources(a);
}

static void put_u64(struct um_buf *out, uint64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    um_buf_add(out, bytes, sizeof bytes);
}

/*
 * Untagged sets keep the form that servers have understood since 5.6. With a tag anywhere, the
 * first word carries the format number 1 in its top byte and in its lowest one, the count between
 * them, and each source's uuid is followed by its tag: one byte of twice the length, then the text.
 */
void um_gtid_set_encode(const struct um_gtid_set *s, struct um_buf *out)
{
    UM_ASSERT(s->kind == UM_GTID_MYSQL);
    bool tagged = false;
    for (size_t i = 0; i < s->source_count; i++)
        tagged = tagged || s->sources[i].tag[0];
    put_u64(out, tagged ? (1ULL << 56) | ((uint64_t)s->source_count << 8) | 1 : s->source_count);
    for (size_t i = 0; i < s->source_count; i++) {
        const struct um_gtid_source *src = &s->sources[i];
        um_buf_add(out, src->uuid, sizeof src->uuid);
        if (tagged) {
            size_t len = strlen(src->tag);
            um_buf_char(out, (char)(len << 1));
            um_buf_add(out, src->tag, len);
        }
        put_u64(out, src->count);
        for (size_t k = 0; k < src->count; k++) {
            put_u64(out, src->intervals[k].first);
            put_u64(out, src->intervals[k].last + 1);
        }
    }
}
