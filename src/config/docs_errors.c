/* The catalogue of errors: docs/reference/errors.md and `unmoor explain`. */
#include "config/config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/text.h"

#define WIDTH 96

static const struct {
    int from;
    const char *title;
} ranges[] = {
    {1000, "Command line"},
    {1100, "Configuration"},
    {2000, "Source server"},
    {3000, "Target server"},
    {4000, "Plan and schema"},
    {5000, "Snapshot and copy"},
    {6000, "Binary log, follow and apply"},
    {7000, "Verification"},
    {8000, "State and resume"},
    {9000, "This program"},
};
enum { RANGES = sizeof ranges / sizeof ranges[0] };

static size_t range_of(int id)
{
    size_t i = 0;
    while (i + 1 < RANGES && ranges[i + 1].from <= id)
        i++;
    return i;
}

void um_help_errors(FILE *out)
{
    size_t count;
    const struct um_err_info *all = um_err_catalogue(&count);
    fputs(
        "<!-- Made from src/base/errors.def by scripts/update-docs: do not edit. -->\n"
        "# Errors\n\n"
        "Every error message carries one of these ids, and `unmoor explain ID` prints what stands "
        "here. Ids are never given a second meaning.\n",
        out);
    for (size_t i = 0; i < count; i++) {
        size_t range = range_of((int)all[i].id);
        if (i == 0 || range != range_of((int)all[i - 1].id))
            fprintf(out, "\n## %s\n", ranges[range].title);
        fprintf(out, "\n### UM-%04d\n\n%s\n\n%s\n\n`%s`, exit status %d: %s.\n", (int)all[i].id,
                all[i].meaning, all[i].remedy, all[i].name, (int)all[i].exit_code,
                um_exit_meaning((int)all[i].exit_code));
    }
}

/* "UM-1106", "um-1106" or "1106"; NULL for anything else and for what the catalogue lacks. */
static const struct um_err_info *find(const char *id)
{
    const char *digits = strncasecmp(id, "UM-", 3) == 0 ? id + 3 : id;
    size_t len = strspn(digits, "0123456789");
    if (len == 0 || len > 4 || digits[len] != 0)
        return NULL;
    return um_err_info((enum um_err_id)strtol(digits, NULL, 10));
}

static void explain_text(FILE *out, const struct um_err_info *info)
{
    fprintf(out, "UM-%04d %s (exit status %d: %s)\n\n", (int)info->id, info->name,
            (int)info->exit_code, um_exit_meaning((int)info->exit_code));
    fputs("What it means\n  ", out);
    um_text_wrap(out, info->meaning, 2, 2, WIDTH);
    fputs("What to do\n  ", out);
    um_text_wrap(out, info->remedy, 2, 2, WIDTH);
}

static void explain_json(FILE *out, const struct um_err_info *info)
{
    char id[16];
    snprintf(id, sizeof id, "UM-%04d", (int)info->id);
    json_t *object =
        json_pack("{s:s, s:s, s:i, s:s, s:s}", "id", id, "name", info->name, "exit_code",
                  (int)info->exit_code, "meaning", info->meaning, "remedy", info->remedy);
    json_dumpf(object, out, JSON_COMPACT);
    json_decref(object);
    fputc('\n', out);
}

int um_help_explain(FILE *out, const char *id, enum um_output format, struct um_err *err)
{
    const struct um_err_info *info = find(id);
    if (!info)
        return um_fail(err, UM_E_USAGE_UNKNOWN_ERROR_ID,
                       "no error has the id '%.32s'; ids look like UM-1106", id);
    if (format == UM_OUTPUT_JSON)
        explain_json(out, info);
    else
        explain_text(out, info);
    return 0;
}
