#include "plan/facts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int by_name(const void *key, const void *item)
{
    return strcmp(key, ((const struct um_variable *)item)->name);
}

const char *um_variable(const struct um_variables *v, const char *name)
{
    if (v->count == 0)
        return NULL;
    const struct um_variable *found = bsearch(name, v->items, v->count, sizeof *v->items, by_name);
    return found ? found->value : NULL;
}

bool um_variable_on(const char *value)
{
    return value && (strcasecmp(value, "ON") == 0 || strcmp(value, "1") == 0 ||
                     strcasecmp(value, "YES") == 0 || strcasecmp(value, "TRUE") == 0);
}

bool um_variable_off(const char *value)
{
    return value && (strcasecmp(value, "OFF") == 0 || strcmp(value, "0") == 0 ||
                     strcasecmp(value, "NO") == 0 || strcasecmp(value, "FALSE") == 0);
}

uint64_t um_variable_uint(const struct um_variables *v, const char *name, uint64_t otherwise)
{
    const char *value = um_variable(v, name);
    if (!value || *value < '0' || *value > '9')
        return otherwise;
    return strtoull(value, NULL, 10);
}

bool um_side_may(const struct um_side *s, const char *privilege, const char *schema,
                 const char *table)
{
    return s->have && s->have(s->grants, privilege, schema, table);
}

char *um_account_plain(const char *quoted)
{
    char *out = um_alloc(strlen(quoted) + 2), *to = out;
    char quote = '\0';
    bool has_host = false;
    for (const char *c = quoted; *c; c++) {
        if (quote && *c == quote && c[1] == quote) {
            *to++ = *c++; /* doubled: stands for itself */
        } else if (quote && *c == quote) {
            quote = '\0';
        } else if (!quote && (*c == '`' || *c == '\'' || *c == '"')) {
            quote = *c;
        } else {
            has_host |= *c == '@' && !quote;
            *to++ = *c;
        }
    }
    if (!has_host)
        *to++ = '@'; /* a role */
    return out;
}
