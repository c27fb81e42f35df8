#include "copy/times.h"

static int64_t fade(int64_t sum, size_t workers)
{
    enum { CHUNKS = 4 };
    return sum - sum / (CHUNKS * (int64_t)workers);
}

void um_copy_times_add(struct um_copy_times *sum, const struct um_copy_times *chunk, size_t workers)
{
    if (!chunk->source)
        return;
    sum->whole = fade(sum->whole, workers) + chunk->whole;
    sum->source = fade(sum->source, workers) + chunk->source;
    sum->cpu = fade(sum->cpu, workers) + chunk->cpu;
}

const char *um_copy_times_bottleneck(const struct um_copy_times *sum)
{
    if (!sum->source)
        return NULL;
    if (sum->cpu > sum->whole / 2)
        return "unmoor (copying)";
    return sum->source > sum->whole / 2 ? "source (reading)" : "target (writing)";
}
