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

/* Where the host ends and what is behind it begins: an address in brackets, or one word. */
static bool divide_host(const char *text, const char **host, size_t *len, const char **rest)
{
    bool bracket = text[0] == '[';
    *host = text + bracket;
    *len = strcspn(*host, bracket ? "]" : ":");
    *rest = *host + *len + bracket;
    if (bracket && (*host)[*len] != ']')
        return false;
    /* More colons than one: an IPv6 address by itself. */
    if (!bracket && **rest == ':' && strchr(*rest + 1, ':')) {
        *len = strlen(text);
        *rest = text + *len;
    }
    return *len > 0 && *len <= UM_HOST_MAX;
}

bool um_config_server(const char *text, char host[UM_HOST_MAX + 1], unsigned *port)
{
    const char *start, *rest;
    size_t len;
    *port = 0;
    if (!divide_host(text, &start, &len, &rest) || strpbrk(text, " \t/,@"))
        return false;
    memcpy(host, start, len);
    host[len] = 0;
    if (*rest == 0)
        return true;
    const char *digits = rest + 1;
    size_t count = strspn(digits, DIGITS);
    if (*rest != ':' || count == 0 || count > 5 || digits[count] != 0)
        return false;
    *port = (unsigned)strtoul(digits, NULL, 10);
    return *port >= 1 && *port <= 65535;
}

const char *um_check_server(const char *text)
{
    char host[UM_HOST_MAX + 1];
    unsigned port;
    return um_config_server(text, host, &port) ? NULL : "takes the form host or host:port";
}

const char *um_check_account(const char *text)
{
    const char *at = strrchr(text, '@');
    if (!text[0] || at == text || (at && !at[1]))
        return "takes the form user@host, or user for user@%";
    return NULL;
}

const char *um_check_query(const char *text)
{
    const char *word = text + strspn(text, " \t\r\n(");
    if (strncasecmp(word, "SELECT", 6) != 0 && strncasecmp(word, "WITH", 4) != 0)
        return "takes a SELECT";
    return NULL;
}

bool um_schema_is_system(const char *name)
{
    /* The server finds the first two in any case; `mysql` and `sys` are ordinary directories. */
    return strcasecmp(name, "information_schema") == 0 ||
           strcasecmp(name, "performance_schema") == 0 || strcmp(name, "mysql") == 0 ||
           strcmp(name, "sys") == 0;
}
