#ifndef MIGRATE_THROTTLE_LOOK_H
#define MIGRATE_THROTTLE_LOOK_H

#include "base/buf.h"
#include "base/clock.h"
#include "config/config.h"
#include "mysql/conn.h"

/* Looking for reasons to wait, as the section throttle of the configuration asks for it. */

/* What was found at one look. `causes` leaves out what changes from second to second. */
struct um_reasons {
    struct um_buf text, causes;
};
void um_reasons_add(struct um_reasons *r, const char *cause, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void um_reasons_clear(struct um_reasons *r);

/* One server that is asked, on a connection of its own. */
struct um_look {
    const struct um_config *config;
    struct um_endpoint at;
    char *name; /* "replica 10.0.0.3:3306" */
    int (*ask)(struct um_look *l, struct um_reasons *out, struct um_err *err);
    struct um_conn *conn;  /* NULL: not connected */
    bool set_up;           /* its session is as `ask` wants it */
    const char *lacks;     /* the privilege that was lacking when it was asked last, or NULL */
    struct um_err failure; /* id UM_E_NONE: it answers */
    int64_t failing_since, next_us;
    struct um_backoff pause;
};

struct um_looks {
    const struct um_config *config;
    struct um_look *items; /* the source, where it is asked, comes first */
    size_t count;
};
void um_looks_begin(struct um_looks *l, const struct um_config *config);
void um_looks_end(struct um_looks *l);

/* Adds the reasons that this server gives. -1: it cannot be asked, which is a reason, too; it is
   tried again a little later. */
int um_look_take(struct um_look *l, struct um_reasons *out, struct um_err *err);
/* May such a failure pass by itself? Else it is the configuration's. */
bool um_look_may_pass(const struct um_err *err);
void um_look_at_file(const struct um_config *config, struct um_reasons *out);

/* ---- private to this folder ---- */

int um_look_ask_source(struct um_look *l, struct um_reasons *out, struct um_err *err);
int um_look_ask_replica(struct um_look *l, struct um_reasons *out, struct um_err *err);
/* The number that a query has to give. */
bool um_look_number(const char *text, double *out);

#endif
