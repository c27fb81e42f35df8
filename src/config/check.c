/* What single values must look like beyond their type. */
#include "config/option.h"

#include <string.h>
#include <strings.h>

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

bool um_schema_is_system(const char *name)
{
    /* The server finds the first two in any case; `mysql` and `sys` are ordinary directories. */
    return strcasecmp(name, "information_schema") == 0 ||
           strcasecmp(name, "performance_schema") == 0 || strcmp(name, "mysql") == 0 ||
           strcmp(name, "sys") == 0;
}
