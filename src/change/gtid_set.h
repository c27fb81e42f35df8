#ifndef UM_CHANGE_GTID_SET_H
#define UM_CHANGE_GTID_SET_H

#include "change/gtid.h"

/* The inside of a set, shared by gtid_set.c (algebra) and gtid_text.c (text). */

struct um_gtid_interval {
    uint64_t first, last; /* inclusive; disjoint, never adjacent, ascending */
};

/* All intervals of one source: uuid and tag. Sets keep these sorted by um_gtid_source_order. */
struct um_gtid_source {
    uint8_t uuid[16];
    char tag[33];
    struct um_gtid_interval *intervals;
    size_t count, cap;
};

struct um_gtid_domain {
    uint32_t domain, server_id;
    uint64_t sequence;
};

struct um_gtid_set {
    enum um_gtid_kind kind;
    struct um_gtid_source *sources; /* MySQL */
    size_t source_count, source_cap;
    struct um_gtid_domain *domains; /* MariaDB, sorted by domain */
    size_t domain_count, domain_cap;
};

/* The largest sequence number that MySQL gives out: 2^63 - 2. */
#define UM_GTID_MYSQL_MAX 0x7ffffffffffffffeULL

struct um_gtid_source *um_gtid_set_source(struct um_gtid_set *s, const uint8_t uuid[16],
                                          const char *tag); /* made when missing */
void um_gtid_source_add(struct um_gtid_source *src, uint64_t first, uint64_t last);

#endif
