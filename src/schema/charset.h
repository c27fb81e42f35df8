#ifndef UM_SCHEMA_CHARSET_H
#define UM_SCHEMA_CHARSET_H

#include "base/buf.h"
#include "schema/ddl.h"

/* What is known of character sets and collations on both sides. Internal to this folder. */

/* True from that version on; 0 means never. */
bool um_target_has(const struct um_ddl_target *to, unsigned mysql_since, unsigned mariadb_since);
/* The clause crosses from one flavour to the other. */
bool um_target_crosses(const struct um_ddl_target *to);

/* The collation that a source means when it prints the charset alone; NULL when unknown. */
const char *um_charset_default(const char *charset, const struct um_ddl_target *to);

/* The name of the charset on the target ("utf8" is told apart from "utf8mb4"); false when the
   target has no such charset. */
bool um_charset_name(const char *charset, const struct um_ddl_target *to, struct um_buf *out);

enum um_collation_fit {
    UM_COLLATION_SAME,
    UM_COLLATION_NEAR,   /* the same but for new characters and the place of Hangul */
    UM_COLLATION_OTHER,  /* the target means other rules by the name: nothing is written */
    UM_COLLATION_ABSENT, /* nothing is written */
};
/* The name of the collation on the target. */
enum um_collation_fit um_collation_name(const char *collation, const struct um_ddl_target *to,
                                        struct um_buf *out);
/* SAME or NEAR. */
bool um_collation_is_held(enum um_collation_fit fit);

/* The charset holds characters beyond U+FFFF, which the servers' own metadata cannot. */
bool um_charset_beyond_bmp(const char *charset);

#endif
