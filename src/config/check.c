/* What single values must look like beyond their type. */
#include "config/option.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

const char *um_check_job(const char *text)
{
    size_t len = strlen(text);
    if (len > 32 || strspn(text, LETTERS DIGITS "_-") != len)
        return "takes 1 to 32 letters, digits, '_' or '-'";
    return NULL;
}

const char *um_check_schema(const char *text)
{
    if (strspn(text, LETTERS DIGITS "_$-") != strlen(text))
        return "takes letters, digits, '_', '$' or '-'";
    if (um_schema_is_system(text))
        return "cannot be a schema of the server itself";
    return NULL;
}

const char *um_check_variable(const char *text)
{
    /* No '$' and no '=': the name is wanted, neither its value nor a shell expression. */
    if (strspn(text, LETTERS DIGITS "_") != strlen(text) || strspn(text, DIGITS) > 0)
        return "takes the name of an environment variable, without '$'";
    return NULL;
}

const char *um_check_any_pattern(const char *text)
{
    const char *dot = strchr(text, '.');
    if (strchr(text, '`'))
        return "is written without backticks; one that belongs to a name is matched by ?";
    if (strchr(text, '%'))
        return "uses * and ? as wildcards, not %; a literal % is matched by ?";
    if (!dot || dot == text || dot[1] == 0)
        return "takes the form schema.table, with * and ? as wildcards (every table: *.*)";
    if (dot[-1] == ' ' || dot[1] == ' ' || text[0] == ' ' || text[strlen(text) - 1] == ' ')
        return "has a space at the beginning or the end of a name";
    return NULL;
}

const char *um_check_pattern(const char *text)
{
    const char *wrong = um_check_any_pattern(text), *dot = strchr(text, '.');
    char schema[65];
    if (wrong)
        return wrong;
    if ((size_t)(dot - text) < sizeof schema) {
        memcpy(schema, text, (size_t)(dot - text));
        schema[dot - text] = 0;
        if (um_schema_is_system(schema))
            return "names a schema of the server itself, which is never migrated";
    }
    return NULL;
}

int um_conflict_rule(const char *text, size_t *len)
{
    static const char *const policies[] = {
        [UM_CONFLICT_STOP] = "stop",
        [UM_CONFLICT_OVERWRITE] = "overwrite",
        [UM_CONFLICT_SKIP] = "skip",
    };
    /* A name may hold a '=', a policy does not. */
    const char *equals = strrchr(text, '=');
    *len = equals ? (size_t)(equals - text) : strlen(text);
    for (int i = 0; equals && i < (int)(sizeof policies / sizeof *policies); i++) {
        if (strcmp(equals + 1, policies[i]) == 0)
            return i;
    }
    return -1;
}

const char *um_check_conflict_rule(const char *text)
{
    size_t len;
    if (um_conflict_rule(text, &len) < 0)
        return "takes the form schema.table=stop, =overwrite or =skip, with * and ? as wildcards";
    char *pattern = um_memdup(text, len);
    const char *wrong = um_check_pattern(pattern);
    free(pattern);
    return wrong;
}

bool um_schema_is_system(const char *name)
{
    /* The server finds the first two in any case; `mysql` and `sys` are ordinary directories. */
    return strcasecmp(name, "information_schema") == 0 ||
           strcasecmp(name, "performance_schema") == 0 || strcmp(name, "mysql") == 0 ||
           strcmp(name, "sys") == 0;
}
