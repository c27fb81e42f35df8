#include "checksum/sample.h"

#include <sys/random.h>

unsigned um_sample_phase(void)
{
    unsigned chance = 0;
    /* Without chance every verification begins alike, and its spread is as even. */
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
        chance = 0;
    return chance % 100;
}

static uint64_t share(const struct um_sample *s, uint64_t ranges)
{
    return (ranges * s->percent + s->phase) / 100;
}

bool um_sample_takes(struct um_sample *s, uint64_t number, bool last)
{
    bool takes = s->percent == 0 || s->percent >= 100 || share(s, number + 1) > share(s, number) ||
                 (last && s->taken == 0);
    s->taken += takes;
    return takes;
}
