#ifndef MIGRATE_STATE_DDL_H
#define MIGRATE_STATE_DDL_H

#include "state/state.h"

/*
 * The journal of DDL. A DDL commits by itself, so it cannot share a transaction with the progress:
 *
 *   intent   what is to be run, where the applier stands behind it, and what it concerns as that
 *            is on the target before
 *   run      the statement
 *   done     tables of the job and the progress, in one transaction that takes the intent away
 *
 * After a crash between intent and done, what it concerns is as it was before, or it took effect.
 */
enum um_effect_kind {
    UM_EFFECT_CREATED,
    UM_EFFECT_CHANGED,
    UM_EFFECT_RENAMED,
    UM_EFFECT_DROPPED,
};
struct um_effect {
    enum um_effect_kind kind;
    char *schema, *name;
    char *new_schema, *new_name; /* RENAMED; NULL otherwise */
    char *model;                 /* of the target's table before; NULL where there is none */
};
struct um_effects {
    struct um_effect *items;
    size_t count, cap;
};
struct um_effect *um_effects_add(struct um_effects *e, enum um_effect_kind kind, const char *schema,
                                 const char *name);
void um_effects_clear(struct um_effects *e);

struct um_state_ddl {
    bool exists;
    struct um_state_progress after;
    char *session; /* a statement that sets it up; one to a line */
    char *statement;
    struct um_effects effects;
    char *before;
};
void um_state_ddl_clear(struct um_state_ddl *d);

int um_state_load_ddl(struct um_conn *c, const struct um_config *config, struct um_state_ddl *out,
                      struct um_err *err);
int um_state_put_ddl(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                     const struct um_state_ddl *intent, struct um_err *err);

/* Inside the transaction that ends with the progress. */
int um_state_forget_ddl(struct um_conn *c, const struct um_config *config, struct um_err *err);
/* id 0: it gets the next one. The table is UM_TABLE_FOLLOWED then. */
int um_state_put_model(struct um_conn *c, const struct um_config *config, uint32_t id,
                       const char *schema, const char *name, const char *model, struct um_err *err);
/* No table of the job has this name any more: kept apart from those that never had one. */
int um_state_leave_name(struct um_conn *c, const struct um_config *config, const char *schema,
                        const char *name, struct um_err *err);
int um_state_forget_table(struct um_conn *c, const struct um_config *config, uint32_t id,
                          struct um_err *err);
/* What the source's table is, where no DDL came by yet. */
int um_state_set_model(struct um_conn *c, const struct um_config *config, uint32_t id,
                       const char *model, struct um_err *err);

#endif
