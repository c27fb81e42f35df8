#include "plan/check.h"

#include <stdlib.h>

/* Can the source's binary log be kept on this machine, in a spool of the size that is allowed? */

void um_check_spool(struct um_plan *p, const struct um_facts *f)
{
    uint64_t most = f->config->spool.max_bytes;
    if (!f->config->spool.directory) {
        um_check_pass(p, UM_CHECK_SPOOL, "no spool");
        return;
    }
    if (f->spool_wrong) {
        um_check_add(p, UM_CHECK_SPOOL, UM_BLOCK, um_strdup(f->spool_wrong),
                     um_strdup("Set spool.directory to a directory that this account may write to, "
                               "or make it so."));
        return;
    }
    char *free_text = um_bytes_text(f->spool_free), *most_text = um_bytes_text(most);
    if (f->spool_free < most)
        um_check_add(p, UM_CHECK_SPOOL, UM_WARN,
                     um_sprintf("%s are free, and spool.max_bytes is %s", free_text, most_text),
                     um_sprintf("Make room on the disk of %s, or lower spool.max_bytes.",
                                f->config->spool.directory));
    else
        um_check_pass(p, UM_CHECK_SPOOL, "%s are free for at most %s", free_text, most_text);
    free(free_text);
    free(most_text);
}
