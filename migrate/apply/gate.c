#include "apply/gate.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct um_gate {
    bool in_order;
    pthread_mutex_t lock; /* a leaf */
    pthread_cond_t moved;
    uint64_t turn;     /* the batch that may pass */
    uint64_t closed;   /* behind this one nothing passes any more */
    uint64_t next;     /* after the last that has entered */
    uint64_t room_for; /* batches behind this one give their locks back … */
    bool room_wanted;  /* … while this is so */
};

struct um_gate *um_gate_new(bool in_order)
{
    struct um_gate *g = um_alloc(sizeof *g);
    g->in_order = in_order;
    g->closed = UINT64_MAX;
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->moved, NULL);
    return g;
}

void um_gate_delete(struct um_gate *g)
{
    pthread_mutex_destroy(&g->lock);
    pthread_cond_destroy(&g->moved);
    free(g);
}

void um_gate_enter(struct um_gate *g, uint64_t order)
{
    pthread_mutex_lock(&g->lock);
    if (g->turn == g->next)
        g->turn = order;
    g->next = order + 1;
    pthread_mutex_unlock(&g->lock);
}

void um_gate_leave(struct um_gate *g, uint64_t order, bool well)
{
    pthread_mutex_lock(&g->lock);
    if (!well && order < g->closed)
        g->closed = order;
    if (g->turn == order)
        g->turn = order + 1;
    if (g->room_wanted && g->room_for == order)
        g->room_wanted = false;
    pthread_cond_broadcast(&g->moved);
    pthread_mutex_unlock(&g->lock);
}

enum um_gate_answer um_gate_wait(struct um_gate *g, uint64_t order, bool has_locks)
{
    if (!g->in_order)
        return UM_GATE_OPEN;
    pthread_mutex_lock(&g->lock);
    bool make_room = false;
    while (order <= g->closed && g->turn != order && !make_room) {
        make_room = has_locks && g->room_wanted && g->room_for < order;
        if (!make_room)
            pthread_cond_wait(&g->moved, &g->lock);
    }
    enum um_gate_answer answer = order > g->closed ? UM_GATE_CLOSED
                                 : make_room       ? UM_GATE_MAKE_ROOM
                                                   : UM_GATE_OPEN;
    pthread_mutex_unlock(&g->lock);
    return answer;
}

void um_gate_ask_for_room(struct um_gate *g, uint64_t order)
{
    if (!g->in_order)
        return;
    pthread_mutex_lock(&g->lock);
    if (!g->room_wanted || order < g->room_for)
        g->room_for = order; /* whoever made room for an earlier one waits behind it anyway */
    g->room_wanted = true;
    pthread_cond_broadcast(&g->moved);
    pthread_mutex_unlock(&g->lock);
}
