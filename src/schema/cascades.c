#include "schema/cascades.h"

#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"

struct walk {
    const struct um_table *const *tables;
    size_t count;
    enum { NEW, OPEN, DONE } * states;
    um_cascade_circle *found;
    void *context;
};

static size_t place_of(const struct walk *w, const char *schema, const char *name)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strcasecmp(w->tables[i]->schema, schema) == 0 &&
            strcasecmp(w->tables[i]->name, name) == 0)
            return i;
    }
    return w->count;
}

/* Depth first, from child to parent: a parent that is still open closes a circle. */
static void visit(struct walk *w, size_t at)
{
    const struct um_table *t = w->tables[at];
    w->states[at] = OPEN;
    for (size_t i = 0; i < t->foreign_key_count; i++) {
        const struct um_foreign_key *fk = &t->foreign_keys[i];
        if (!fk->cascades)
            continue;
        size_t parent = place_of(w, fk->parent_schema, fk->parent_table);
        if (parent == w->count || (parent == at && !fk->cascades_rows))
            continue;
        if (w->states[parent] == OPEN)
            w->found(w->context, t, fk);
        else if (w->states[parent] == NEW)
            visit(w, parent);
    }
    w->states[at] = DONE;
}

void um_cascade_circles(const struct um_table *const *tables, size_t count,
                        um_cascade_circle *found, void *context)
{
    struct walk w = {.tables = tables, .count = count, .found = found, .context = context};
    w.states = um_alloc_array(count + 1, sizeof *w.states);
    for (size_t i = 0; i < count; i++) {
        if (w.states[i] == NEW)
            visit(&w, i);
    }
    free(w.states);
}

bool um_cascade_is_lost(const struct um_foreign_key *fk, bool logged)
{
    return fk->cascades && !logged;
}
