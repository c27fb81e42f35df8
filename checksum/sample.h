#ifndef CHECKSUM_SAMPLE_H
#define CHECKSUM_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which ranges of a table are read where a share of them is asked for: evenly spread, from a
 * beginning that is left to chance, so that verifications one after the other see others.
 */
struct um_sample {
    unsigned percent; /* 0: all of them */
    unsigned phase;   /* 0 to 99 */
    uint64_t taken;
};

unsigned um_sample_phase(void);
/* Of the ranges 0, 1, 2 …, each asked about once; `last`: it is known to be. One is always taken.
   Pure. */
bool um_sample_takes(struct um_sample *s, uint64_t number, bool last);

#endif
