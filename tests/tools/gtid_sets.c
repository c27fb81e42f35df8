/*
 * GTID set arithmetic, line by line: "OPERATION<tab>SET<tab>SET" in, the result out. Operations:
 * union, subtract, subset (0 or 1), print. The sets are MySQL's; an operation that begins with
 * "mariadb-" takes MariaDB's. An error is a line that begins with "error".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/gtid.h"

static void answer(const char *operation, enum um_gtid_kind kind, const char *left,
                   const char *right)
{
    struct um_err err;
    struct um_gtid_set *a = um_gtid_set_parse(kind, left, &err);
    struct um_gtid_set *b = a ? um_gtid_set_parse(kind, right, &err) : NULL;
    struct um_buf out = {0};
    if (!b) {
        um_buf_fmt(&out, "error %s", err.text);
    } else if (strcmp(operation, "subset") == 0) {
        um_buf_char(&out, um_gtid_set_subset(a, b) ? '1' : '0');
    } else {
        if (strcmp(operation, "union") == 0)
            um_gtid_set_union(a, b);
        else if (strcmp(operation, "subtract") == 0)
            um_gtid_set_subtract(a, b);
        um_gtid_set_print(a, &out);
    }
    printf("%s\n", out.data ? out.data : "");
    um_buf_free(&out);
    um_gtid_set_delete(a);
    um_gtid_set_delete(b);
}

int main(void)
{
    static const char mariadb[] = "mariadb-";
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    while ((len = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line, *operation = strsep(&rest, "\t"), *left = strsep(&rest, "\t");
        if (!left || !rest) {
            fprintf(stderr, "not three fields: %s\n", line);
            return 2;
        }
        bool is_mariadb = strncmp(operation, mariadb, sizeof mariadb - 1) == 0;
        answer(is_mariadb ? operation + sizeof mariadb - 1 : operation,
               is_mariadb ? UM_GTID_MARIADB : UM_GTID_MYSQL, left, rest);
    }
    free(line);
    return 0;
}
