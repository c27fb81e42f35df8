#include "config/suggest.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define LONGEST 64 /* names beyond this are no typo of ours */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

unsigned um_edit_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    unsigned rows[3][LONGEST + 1]; /* the row before the last is for swapped neighbours */
    unsigned *older = rows[0], *old = rows[1], *now = rows[2];
    if (la > LONGEST || lb > LONGEST)
        return UINT_MAX;
    for (size_t j = 0; j <= lb; j++)
        old[j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            now[j] = least(least(old[j], now[j - 1]) + 1, old[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = least(now[j], older[j - 2] + 1);
        }
        unsigned *spare = older;
        older = old;
        old = now;
        now = spare;
    }
    return old[lb];
}

void um_suggest_start(struct um_suggest *s, const char *wanted)
{
    s->wanted = wanted;
    s->best = NULL;
    s->distance = UINT_MAX;
}

void um_suggest_try(struct um_suggest *s, const char *candidate)
{
    /* A third of the letters may be wrong: 'thread' is near 'threads', 'port' is not near 'host'
       beyond chance. */
    size_t len = strlen(s->wanted);
    unsigned allowed = len < 3 ? 1 : (unsigned)(len / 3);
    unsigned distance = um_edit_distance(s->wanted, candidate);
    if (distance <= allowed && distance < s->distance) {
        s->best = candidate;
        s->distance = distance;
    }
}
