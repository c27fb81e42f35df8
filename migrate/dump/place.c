#include "dump/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool digits(const char *text, size_t len)
{
    return len > 0 && strspn(text, "0123456789") >= len;
}

/* Does the text look like this? '0' stands for a digit, 'x' for a hexadecimal one. */
static bool has_form(const char *text, const char *form)
{
    for (; *form; form++, text++) {
        const char *allowed = *form == '0'   ? "0123456789"
                              : *form == 'x' ? "0123456789abcdefABCDEF"
                                             : NULL;
        if (!*text || (allowed ? !strchr(allowed, *text) : *text != *form))
            return false;
    }
    return true;
}

/* 2026-01-31T12:00:00Z, 2026-01-31 12:00:00; always UTC. */
static bool read_time(const char *text, struct um_place *out)
{
    if (!has_form(text, "0000-00-00") || (text[10] != 'T' && text[10] != ' ') ||
        !has_form(text + 11, "00:00:00") || (text[19] && strcmp(text + 19, "Z") != 0))
        return false;
    struct tm tm = {.tm_year = atoi(text) - 1900,
                    .tm_mon = atoi(text + 5) - 1,
                    .tm_mday = atoi(text + 8),
                    .tm_hour = atoi(text + 11),
                    .tm_min = atoi(text + 14),
                    .tm_sec = atoi(text + 17)};
    struct tm asked = tm;
    out->kind = UM_PLACE_TIME;
    out->seconds = (int64_t)timegm(&tm);
    /* A 31st of February would have become another day. */
    return tm.tm_mon == asked.tm_mon && tm.tm_mday == asked.tm_mday &&
           tm.tm_hour == asked.tm_hour && tm.tm_min == asked.tm_min && tm.tm_sec == asked.tm_sec;
}

static bool read_offset(const char *text, uint64_t *out)
{
    if (!digits(text, strlen(text)))
        return false;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno == 0;
}

static bool read_position(const char *text, struct um_place *out)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    if ((colon && len == 0) || len >= sizeof out->file ||
        !read_offset(colon ? colon + 1 : text, &out->offset))
        return false;
    memcpy(out->file, text, len);
    out->file[len] = 0;
    out->kind = UM_PLACE_POSITION;
    return true;
}

static int read_gtids(enum um_gtid_kind kind, const char *text, struct um_place *out,
                      struct um_err *err)
{
    struct um_err ignored = {0};
    if (um_gtid_parse(kind, text, &out->gtid, &ignored) == 0) {
        out->kind = UM_PLACE_GTID;
        return 0;
    }
    out->gtids = um_gtid_set_parse(kind, text, err);
    if (!out->gtids)
        return um_fail(err, UM_E_USAGE_OPTION_VALUE, "%s", err->text);
    out->kind = UM_PLACE_GTIDS;
    return 0;
}

/* n-n-n, and nothing of a date's clock. */
static bool looks_like_maria(const char *text)
{
    size_t domain = strspn(text, "0123456789");
    if (domain == 0 || text[domain] != '-')
        return false;
    const char *server = text + domain + 1;
    size_t len = strspn(server, "0123456789");
    return len > 0 && server[len] == '-' && digits(server + len + 1, 1);
}

int um_place_parse(const char *flag, const char *text, struct um_place *out, struct um_err *err)
{
    *out = (struct um_place){.kind = UM_PLACE_NONE, .flag = flag};
    if (!text)
        return 0;
    text += strspn(text, " \t\r\n");
    int result = 0;
    bool clock = has_form(text, "0000-00-00") && text[10] && strchr("T ", text[10]);
    bool uuid = has_form(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") ||
                has_form(text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx:");
    if (clock)
        result = read_time(text, out) ? 0
                                      : um_fail(err, UM_E_USAGE_OPTION_VALUE,
                                                "'%s' is no time; it looks like "
                                                "2026-01-31T12:00:00Z",
                                                text);
    else if (uuid || looks_like_maria(text))
        result = read_gtids(uuid ? UM_GTID_MYSQL : UM_GTID_MARIADB, text, out, err);
    else if (!read_position(text, out))
        result = um_fail(err, UM_E_USAGE_OPTION_VALUE,
                         "takes a position (1234 or binlog.000003:1234), a GTID or a set of them, "
                         "or a time (2026-01-31T12:00:00Z); found '%.200s'",
                         text);
    return result == 0 ? 0 : um_fail_in(err, "%s", flag);
}

void um_place_clear(struct um_place *p)
{
    um_gtid_set_delete(p->gtids);
    p->gtids = NULL;
}
