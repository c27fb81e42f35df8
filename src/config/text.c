#include "config/text.h"

#include <string.h>

#include "base/err.h"

/* Columns, not bytes: continuation bytes of UTF-8 take none. */
static unsigned columns(const char *text, size_t len)
{
    unsigned n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

void um_text_wrap(FILE *out, const char *text, unsigned at, unsigned indent, unsigned width)
{
    bool fresh = true; /* no word on this line yet */
    while (*text) {
        size_t len = strcspn(text, " \n");
        unsigned wide = columns(text, len);
        if (len > 0) {
            if (!fresh && at + 1 + wide > width) {
                fprintf(out, "\n%*s", (int)indent, "");
                at = indent;
                fresh = true;
            }
            fprintf(out, "%s%.*s", fresh ? "" : " ", (int)len, text);
            at += wide + !fresh;
            fresh = false;
        }
        text += len;
        if (*text == '\n') {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
            fresh = true;
        }
        text += *text != 0;
    }
    fputc('\n', out);
}

const struct um_exit_text um_exit_texts[] = {
    {UM_EXIT_OK, "done"},
    {UM_EXIT_OTHER, "an error that is none of the others"},
    {UM_EXIT_USAGE, "the command line is wrong"},
    {UM_EXIT_CONFIG, "the configuration is wrong"},
    {UM_EXIT_BLOCKED, "the plan found something that blocks the migration"},
    {UM_EXIT_SOURCE, "the source failed or refused"},
    {UM_EXIT_TARGET, "the target failed or refused"},
    {UM_EXIT_DIFFERENT, "source and target differ"},
    {UM_EXIT_UNSUPPORTED, "data or a statement that Unmoor does not support"},
    {UM_EXIT_CANNOT_RESUME, "the job cannot be resumed: logs purged, or its configuration changed"},
    {UM_EXIT_RUNNING, "the job is already running"},
    {UM_EXIT_GATE, "a condition was not met or time ran out; nothing was changed"},
    {UM_EXIT_OWNERSHIP, "it cannot be known which server owns the writes"},
    {UM_EXIT_HOOK, "a hook failed"},
    {UM_EXIT_BUG, "a bug in Unmoor"},
    {UM_EXIT_INTERRUPTED, "stopped by SIGINT; can be resumed"},
    {UM_EXIT_TERMINATED, "stopped by SIGTERM; can be resumed"},
};
const unsigned um_exit_text_count = sizeof um_exit_texts / sizeof um_exit_texts[0];

const char *um_exit_meaning(int code)
{
    for (unsigned i = 0; i < um_exit_text_count; i++) {
        if (um_exit_texts[i].code == code)
            return um_exit_texts[i].text;
    }
    return NULL;
}
