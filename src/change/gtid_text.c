#include "change/gtid.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "change/gtid_set.h"

/* What is left of the text; `start` is kept for the offset in errors. */
struct reader {
    const char *start, *p;
    struct um_err *err;
};

static int syntax(struct reader *r, const char *expected)
{
    size_t offset = (size_t)(r->p - r->start);
    if (*r->p)
        return um_fail(r->err, UM_E_GTID_SYNTAX,
                       "GTID text has \"%.20s\" at offset %zu where %s should be", r->p, offset,
                       expected);
    return um_fail(r->err, UM_E_GTID_SYNTAX, "GTID text ends at offset %zu where %s should be",
                   offset, expected);
}

static void skip_space(struct reader *r)
{
    while (*r->p && strchr(" \t\r\n\v\f", *r->p))
        r->p++;
}

static bool take(struct reader *r, char c)
{
    skip_space(r);
    if (*r->p != c)
        return false;
    r->p++;
    skip_space(r);
    return true;
}

static int read_number(struct reader *r, uint64_t max, const char *what, uint64_t *out)
{
    skip_space(r);
    if (*r->p < '0' || *r->p > '9')
        return syntax(r, what);
    const char *first = r->p;
    uint64_t n = 0;
    for (; *r->p >= '0' && *r->p <= '9'; r->p++) {
        unsigned digit = (unsigned)(*r->p - '0');
        if (n > (max - digit) / 10) {
            r->p = first;
            return syntax(r, what);
        }
        n = n * 10 + digit;
    }
    *out = n;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* As servers read it: 32 hexadecimal digits, dashes at the usual places or nowhere. */
static int read_uuid(struct reader *r, uint8_t uuid[16])
{
    skip_space(r);
    const char *p = r->p;
    bool dashes = strnlen(p, 9) == 9 && p[8] == '-';
    for (int i = 0; i < 16; i++) {
        if (dashes && (i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-')
            return syntax(r, "a UUID");
        int high = hex_digit(p[0]), low = high < 0 ? -1 : hex_digit(p[1]);
        if (low < 0)
            return syntax(r, "a UUID");
        uuid[i] = (uint8_t)(high << 4 | low);
        p += 2;
    }
    r->p = p;
    return 0;
}

static bool starts_tag(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool um_gtid_tag_valid(const void *tag, size_t len)
{
    const char *p = tag;
    if (len > 32)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool upper = p[i] >= 'A' && p[i] <= 'Z', digit = p[i] >= '0' && p[i] <= '9';
        if (upper || !(starts_tag(p[i]) || (i && digit)))
            return false;
    }
    return true;
}

static int read_tag(struct reader *r, char tag[33])
{
    size_t len = 0;
    while (starts_tag(r->p[len]) || (len && r->p[len] >= '0' && r->p[len] <= '9')) {
        if (len == 32)
            return syntax(r, "a tag of at most 32 characters");
        tag[len] = (char)tolower((unsigned char)r->p[len]);
        len++;
    }
    tag[len] = '\0';
    r->p += len;
    return 0;
}

static int read_sequence(struct reader *r, uint64_t *out)
{
    skip_space(r);
    const char *first = r->p;
    *out = 0;
    if (read_number(r, UM_GTID_MYSQL_MAX, "a sequence number from 1 to 9223372036854775806", out))
        return -1;
    if (*out == 0) {
        r->p = first;
        return syntax(r, "a sequence number from 1 to 9223372036854775806");
    }
    return 0;
}

/* uuid[:tag]:n[-m][:n[-m]]…[:tag:n…] */
static int read_mysql_source(struct reader *r, struct um_gtid_set *s)
{
    uint8_t uuid[16];
    char tag[33] = "";
    if (read_uuid(r, uuid))
        return -1;
    if (!take(r, ':'))
        return syntax(r, "':'");
    do {
        if (starts_tag(*r->p)) {
            if (read_tag(r, tag))
                return -1;
            if (!take(r, ':'))
                return syntax(r, "':' and a sequence number");
        }
        uint64_t first, last;
        if (read_sequence(r, &first))
            return -1;
        last = first;
        if (take(r, '-')) {
            const char *at = r->p;
            if (read_sequence(r, &last))
                return -1;
            if (last < first) {
                r->p = at;
                return syntax(r, "an end that is not below the interval's start");
            }
        }
        um_gtid_source_add(um_gtid_set_source(s, uuid, tag), first, last);
    } while (take(r, ':'));
    return 0;
}

static int read_mariadb(struct reader *r, struct um_gtid *g)
{
    uint64_t domain = 0, server = 0;
    if (read_number(r, UINT32_MAX, "a domain number", &domain))
        return -1;
    if (*r->p++ != '-') {
        r->p--;
        return syntax(r, "'-'");
    }
    if (read_number(r, UINT32_MAX, "a server number", &server))
        return -1;
    if (*r->p++ != '-') {
        r->p--;
        return syntax(r, "'-'");
    }
    if (read_number(r, UINT64_MAX, "a sequence number", &g->sequence))
        return -1;
    g->kind = UM_GTID_MARIADB;
    g->domain = (uint32_t)domain;
    g->server_id = (uint32_t)server;
    return 0;
}

struct um_gtid_set *um_gtid_set_parse(enum um_gtid_kind kind, const char *text, struct um_err *err)
{
    struct reader r = {text, text, err};
    struct um_gtid_set *s = um_gtid_set_new(kind);
    /* Servers print and accept stray commas: "uuid:1,\nuuid:2" and a comma at the end. */
    while (take(&r, ','))
        ;
    while (*r.p) {
        struct um_gtid g = {0};
        if (kind == UM_GTID_MARIADB ? read_mariadb(&r, &g) : read_mysql_source(&r, s))
            goto fail;
        if (kind == UM_GTID_MARIADB)
            um_gtid_set_add(s, &g);
        skip_space(&r);
        if (*r.p && *r.p != ',') {
            syntax(&r, "','");
            goto fail;
        }
        while (take(&r, ','))
            ;
    }
    return s;
fail:
    um_gtid_set_delete(s);
    return NULL;
}

int um_gtid_parse(enum um_gtid_kind kind, const char *text, struct um_gtid *g, struct um_err *err)
{
    struct reader r = {text, text, err};
    *g = (struct um_gtid){.kind = kind};
    if (kind == UM_GTID_MARIADB) {
        if (read_mariadb(&r, g))
            return -1;
    } else {
        if (read_uuid(&r, g->uuid))
            return -1;
        if (!take(&r, ':'))
            return syntax(&r, "':'");
        if (starts_tag(*r.p)) {
            if (read_tag(&r, g->tag))
                return -1;
            if (!take(&r, ':'))
                return syntax(&r, "':' and a sequence number");
        }
        if (read_sequence(&r, &g->sequence))
            return -1;
    }
    skip_space(&r);
    return *r.p ? syntax(&r, "the end") : 0;
}

static void print_uuid(const uint8_t uuid[16], struct um_buf *out)
{
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            um_buf_char(out, '-');
        um_buf_fmt(out, "%02x", uuid[i]);
    }
}

static void print_number(uint64_t n, struct um_buf *out)
{
    um_buf_fmt(out, "%llu", (unsigned long long)n);
}

static void print_mysql(const struct um_gtid_set *s, struct um_buf *out)
{
    for (size_t i = 0; i < s->source_count; i++) {
        const struct um_gtid_source *src = &s->sources[i];
        /* The sources of one uuid share one group: uuid:1-3:tag:1. */
        if (i == 0 || memcmp(src[-1].uuid, src->uuid, sizeof src->uuid) != 0) {
            if (i)
                um_buf_char(out, ',');
            print_uuid(src->uuid, out);
        }
        if (src->tag[0])
            um_buf_fmt(out, ":%s", src->tag);
        for (size_t k = 0; k < src->count; k++) {
            um_buf_char(out, ':');
            print_number(src->intervals[k].first, out);
            if (src->intervals[k].last != src->intervals[k].first) {
                um_buf_char(out, '-');
                print_number(src->intervals[k].last, out);
            }
        }
    }
}

void um_gtid_set_print(const struct um_gtid_set *s, struct um_buf *out)
{
    um_buf_str(out, ""); /* the empty set is an empty text, not no text */
    if (s->kind == UM_GTID_MYSQL) {
        print_mysql(s, out);
        return;
    }
    for (size_t i = 0; i < s->domain_count; i++)
        um_buf_fmt(out, "%s%u-%u-%llu", i ? "," : "", s->domains[i].domain, s->domains[i].server_id,
                   (unsigned long long)s->domains[i].sequence);
}

void um_gtid_print(const struct um_gtid *g, struct um_buf *out)
{
    if (g->kind == UM_GTID_MARIADB) {
        um_buf_fmt(out, "%u-%u-%llu", g->domain, g->server_id, (unsigned long long)g->sequence);
    } else if (g->kind == UM_GTID_MYSQL) {
        print_uuid(g->uuid, out);
        um_buf_fmt(out, "%s%s:", g->tag[0] ? ":" : "", g->tag);
        print_number(g->sequence, out);
    }
}

bool um_gtid_equal(const struct um_gtid *a, const struct um_gtid *b)
{
    if (a->kind != b->kind || a->sequence != b->sequence)
        return false;
    if (a->kind == UM_GTID_MARIADB)
        return a->domain == b->domain && a->server_id == b->server_id;
    return memcmp(a->uuid, b->uuid, sizeof a->uuid) == 0 && strcmp(a->tag, b->tag) == 0;
}
