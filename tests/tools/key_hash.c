/*
 * Hashes of text keys, line by line: "COLLATION<tab>PREFIX<tab>TEXT" in, TEXT in hexadecimal as the
 * column's character set writes it; the hash out, or "wild".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/key_hash.h"

static size_t from_hex(char *text)
{
    size_t len = 0;
    unsigned byte;
    for (const char *at = text; sscanf(at, "%2x", &byte) == 1; at += 2)
        text[len++] = (char)byte;
    return len;
}

static void answer(char *collation, uint32_t prefix, char *text)
{
    char charset[64];
    snprintf(charset, sizeof charset, "%.*s", (int)strcspn(collation, "_"), collation);
    struct um_column column = {.type = UM_T_VARCHAR, .charset = charset, .collation = collation};
    struct um_table table = {.columns = &column, .column_count = 1};
    struct um_key_plan plan = {0};
    um_key_plan_add(&plan, &table, 0, prefix);
    struct um_value value = {.kind = UM_V_BYTES, .bytes = (uint8_t *)text};
    value.len = (uint32_t)from_hex(text);
    uint64_t hash;
    if (um_key_hash(&plan, &value, &hash) == UM_KEY_HASHED)
        printf("%016" PRIx64 "\n", hash);
    else
        printf("wild\n");
    um_key_plan_clear(&plan);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *text = line, *collation = strsep(&text, "\t"), *prefix = strsep(&text, "\t");
        if (!prefix || !text) {
            fprintf(stderr, "not three fields: %s\n", line);
            return 2;
        }
        answer(collation, (uint32_t)strtoul(prefix, NULL, 10), text);
    }
    free(line);
    return 0;
}
