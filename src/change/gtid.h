#ifndef UM_CHANGE_GTID_H
#define UM_CHANGE_GTID_H

#include "base/buf.h"
#include "base/err.h"
#include <stdint.h>

/*
 * GTIDs and sets of them, MySQL's (uuid[:tag]:n-m) and MariaDB's (domain-server-sequence).
 * Pure; a set is owned by one thread at a time.
 *
 * A MariaDB "set" is a position: for each domain the last sequence number (with its server id);
 * it contains every GTID of that domain with a sequence number not above.
 * Source of the text forms: MySQL manual "GTID Format and Storage", MariaDB KB "Global
 * Transaction ID".
 */
enum um_gtid_kind { UM_GTID_NONE, UM_GTID_MYSQL, UM_GTID_MARIADB };

struct um_gtid {
    enum um_gtid_kind kind;
    uint8_t uuid[16];           /* MySQL: source uuid */
    char tag[33];               /* MySQL 8.3+: lower case, "" for none */
    uint32_t domain, server_id; /* MariaDB */
    uint64_t sequence;
};

struct um_gtid_set;

struct um_gtid_set *um_gtid_set_new(enum um_gtid_kind kind);
void um_gtid_set_delete(struct um_gtid_set *s);
struct um_gtid_set *um_gtid_set_copy(const struct um_gtid_set *s);
/* Whitespace and newlines as servers print them are accepted. NULL with UM_E_GTID_SYNTAX and the
   offset of the fault. An empty text is the empty set. */
struct um_gtid_set *um_gtid_set_parse(enum um_gtid_kind kind, const char *text, struct um_err *err);
void um_gtid_set_print(const struct um_gtid_set *s, struct um_buf *out); /* canonical order */
enum um_gtid_kind um_gtid_set_kind(const struct um_gtid_set *s);
bool um_gtid_set_empty(const struct um_gtid_set *s);
void um_gtid_set_add(struct um_gtid_set *s, const struct um_gtid *g);
bool um_gtid_set_contains(const struct um_gtid_set *s, const struct um_gtid *g);
bool um_gtid_set_subset(const struct um_gtid_set *a, const struct um_gtid_set *b); /* a within b */
void um_gtid_set_union(struct um_gtid_set *a, const struct um_gtid_set *b);
void um_gtid_set_subtract(struct um_gtid_set *a, const struct um_gtid_set *b); /* MySQL kind */
/* The payload of COM_BINLOG_DUMP_GTID: n_sids, then sid, n_intervals, (start, end exclusive)…;
   with tags the form of MySQL 8.3+. */
void um_gtid_set_encode(const struct um_gtid_set *s, struct um_buf *out);

/* As servers store one: lower-case letters, digits and '_', no digit first; none at all is fine. */
bool um_gtid_tag_valid(const void *tag, size_t len);
void um_gtid_print(const struct um_gtid *g, struct um_buf *out);
int um_gtid_parse(enum um_gtid_kind kind, const char *text, struct um_gtid *g, struct um_err *err);
bool um_gtid_equal(const struct um_gtid *a, const struct um_gtid *b);

#endif
