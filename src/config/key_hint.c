/* What somebody may have meant by a key that is unknown where it stands. */
#include <stdio.h>
#include <string.h>

#include "config/draft.h"
#include "config/suggest.h"

/* The keys that may stand under `prefix` ("" or "copy."), in the table's order. */
static void keys_under(const char *prefix, struct um_strv *out)
{
    size_t skip = strlen(prefix);
    for (size_t i = 0; i < UM_OPTION_COUNT; i++) {
        char key[UM_OPTION_NAME_MAX];
        if (strncmp(um_options[i].path, prefix, skip) != 0)
            continue;
        const char *from = um_options[i].path + skip;
        snprintf(key, sizeof key, "%.*s", (int)strcspn(from, "."), from);
        bool known = false;
        for (size_t k = 0; k < out->count; k++)
            known |= strcmp(out->items[k], key) == 0;
        if (!known)
            um_strv_add(out, key);
    }
}

/* An option of the same name elsewhere, or the one meant by a dotted key. */
static const struct um_option *elsewhere(const char *path, const char *key)
{
    const struct um_option *o = um_option_find(path);
    if (!o)
        o = um_option_find(key);
    for (size_t i = 0; !o && i < UM_OPTION_COUNT; i++) {
        if (strcmp(um_option_leaf(&um_options[i]), key) == 0)
            o = &um_options[i];
    }
    return o;
}

void um_key_hint(const char *prefix, const char *path, const char *key, struct um_buf *hint)
{
    struct um_strv keys = {0};
    struct um_suggest nearest;
    const struct um_option *other = elsewhere(path, key), *flag = um_option_by_flag(key);
    keys_under(prefix, &keys);
    um_suggest_start(&nearest, key);
    for (size_t i = 0; i < keys.count; i++)
        um_suggest_try(&nearest, keys.items[i]);
    if (other && strchr(key, '.')) {
        um_buf_fmt(hint, "%s is written nested, each part on its own level", other->path);
    } else if (nearest.best) {
        um_buf_fmt(hint, "did you mean %s%s?", prefix, nearest.best);
    } else if (other) {
        um_buf_fmt(hint, "did you mean %s?", other->path);
    } else if (flag && um_option_is_cli(flag)) {
        um_buf_fmt(hint, "it is given on the command line only, as --%s", flag->path);
    } else {
        um_buf_str(hint, "the keys here are ");
        for (size_t i = 0; i < keys.count; i++)
            um_buf_fmt(hint, "%s%s", i ? ", " : "", keys.items[i]);
    }
    um_strv_clear(&keys);
}
