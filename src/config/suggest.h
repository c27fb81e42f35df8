#ifndef UM_CONFIG_SUGGEST_H
#define UM_CONFIG_SUGGEST_H

#include <stddef.h>

/* The nearest of several names to one that was not found. */
struct um_suggest {
    const char *wanted;
    const char *best; /* NULL: nothing near enough */
    unsigned distance;
};

void um_suggest_start(struct um_suggest *s, const char *wanted);
/* `candidate` must live as long as the answer is used. */
void um_suggest_try(struct um_suggest *s, const char *candidate);

/* Edits (insert, delete, replace, swap neighbours) from one to the other; ASCII case is ignored. */
unsigned um_edit_distance(const char *a, const char *b);

#endif
