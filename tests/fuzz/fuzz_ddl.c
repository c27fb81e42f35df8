#include "schema/ddl.h"
/* links: um_schema um_base */

#include <stdlib.h>
#include <string.h>

/*
 * Input: one byte that chooses the two servers, then a CREATE TABLE text. Whatever is read has to
 * be judged and translated; what was translated without a block has to be readable again.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    enum um_flavour flavour;
    unsigned version;
} servers[] = {{UM_MYSQL, 50624}, {UM_MYSQL, 90704}, {UM_MARIADB, 100529}, {UM_MARIADB, 110806}};

static void read_again(const char *text)
{
    struct um_err err = {0};
    struct um_ddl *d = um_ddl_parse(text, &err);
    if (!d)
        UM_BUG(err.text);
    um_ddl_delete(d);
}

static void translate(const struct um_ddl *d, const struct um_ddl_target *to)
{
    struct um_ddl_obstacles o = {0};
    struct um_buf out = {0};
    struct um_strv later = {0};
    struct um_err err = {0};
    um_ddl_check(d, NULL, to, &o);
    const struct um_ddl_part *part = um_ddl_hangs_on_time_zone(d, 0);
    while (part)
        part = um_ddl_hangs_on_time_zone(d, (size_t)(part - d->parts) + 1);
    const char *variable;
    part = um_ddl_hangs_on_session(d, 0, &variable);
    while (part)
        part = um_ddl_hangs_on_session(d, (size_t)(part - d->parts) + 1, &variable);
    int bare = um_ddl_create(d, to, 0, &out, &err);
    UM_ASSERT(bare == 0 || um_ddl_blocking(&o)); /* only what was blocked is not translated */
    if (bare == 0)
        read_again(out.data);
    for (int group = UM_DDL_GROUP_PLAIN; group <= UM_DDL_GROUP_FOREIGN; group++)
        um_ddl_later(d, to, (enum um_ddl_group)group, NULL, &later, &err);
    um_strv_clear(&later);
    um_buf_free(&out);
    um_ddl_obstacles_clear(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    char *text = um_memdup(data + 1, size - 1);
    struct um_ddl_target to = {
        .source_flavour = servers[data[0] & 3].flavour,
        .source_version = servers[data[0] & 3].version,
        .target_flavour = servers[data[0] >> 2 & 3].flavour,
        .target_version = servers[data[0] >> 2 & 3].version,
        .schema = "s",
        .name = "t`",
    };
    struct um_err err = {0};
    struct um_ddl *d = um_ddl_parse(text, &err);
    if (d)
        translate(d, &to);
    else
        UM_ASSERT(err.id == UM_E_DDL_UNREADABLE && err.text[0]);
    um_ddl_delete(d);

    struct um_ddl_obstacles notes = {0};
    struct um_buf schema = {0};
    um_ddl_schema(text, &to, &schema, &notes, &err);
    um_buf_free(&schema);
    um_ddl_obstacles_clear(&notes);
    free(text);
    return 0;
}
