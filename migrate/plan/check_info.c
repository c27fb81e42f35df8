#include "plan/check.h"

/* Apart from the judging, so that the reference page needs nothing else. */

static const struct um_check_info checks[] = {
#define UM_CHECK(name, id, asked, title, why) {id, title, why, UM_ASKED_##asked},
#include "plan/checks.def"
#undef UM_CHECK
};

const struct um_check_info *um_check_info(enum um_check_id id)
{
    UM_ASSERT((unsigned)id < UM_CHECK_COUNT);
    return &checks[id];
}
