#include "change/change.h"

#include <stdlib.h>

#include "base/mem.h"

struct um_txn *um_txn_new(void)
{
    return um_alloc(sizeof(struct um_txn));
}

void um_txn_delete(struct um_txn *t)
{
    if (!t)
        return;
    um_arena_free(&t->arena);
    free(t->changes);
    free(t->statement);
    free(t->session.schema);
    free(t->xid);
    free(t);
}

bool um_txn_writes(const struct um_txn *t)
{
    return t->kind == UM_TXN_XA_COMMIT || (t->kind == UM_TXN_ROWS && t->change_count);
}

struct um_change *um_txn_add(struct um_txn *t)
{
    um_grow(&t->changes, &t->change_cap, t->change_count + 1, sizeof *t->changes);
    struct um_change *c = &t->changes[t->change_count++];
    *c = (struct um_change){0};
    return c;
}
