#ifndef MIGRATE_STATE_SKIP_H
#define MIGRATE_STATE_SKIP_H

#include "config/config.h"
#include "mysql/conn.h"

/*
 * What stopped a job (job_stopped, one row), and what may be passed over because somebody said so
 * (job_skip, a row for each permission). Both name a transaction of the source as job_applied does
 * (um_applied_name) and, where one is meant, a row by its number in it.
 */
struct um_stopped {
    char *transaction; /* NULL: nothing of one transaction */
    char *file;        /* of the binlog */
    uint64_t offset;
    uint64_t row;                        /* from 1; 0: the transaction as such */
    char *schema, *table, *op, *row_key; /* of the row, or NULL */
    unsigned error;                      /* id */
};
void um_stopped_clear(struct um_stopped *s);

/* In place of what was recorded before. On a connection that has no transaction open. */
int um_state_put_stopped(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                         const struct um_stopped *s, struct um_err *err);
int um_state_load_stopped(struct um_conn *c, const struct um_config *config, struct um_stopped *out,
                          struct um_err *err);

/* Permissions, all for one transaction. */
struct um_skip {
    char *transaction; /* NULL: there are none */
    struct um_permission {
        uint64_t row;   /* 0: the whole transaction */
        unsigned error; /* id of what had stopped the job there */
    } * items;
    size_t count, cap;
};
void um_skip_clear(struct um_skip *s);
/* The permission for the row, or for all (0); NULL when there is none. */
const struct um_permission *um_skip_find(const struct um_skip *s, uint64_t row);

int um_state_load_skip(struct um_conn *c, const struct um_config *config, struct um_skip *out,
                       struct um_err *err);
/* Permits to pass over what stopped the job: its row, or all of its transaction. Permissions for
   other transactions go. By whoever holds the job's lock. */
int um_state_permit(struct um_conn *c, const struct um_config *config,
                    const struct um_stopped *what, bool whole, struct um_err *err);
/* Takes the permissions back, inside the worker's transaction that used them. */
int um_state_consume_skip(struct um_conn *c, const struct um_config *config,
                          const struct um_skip *s, struct um_err *err);

#endif
