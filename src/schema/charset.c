#include "schema/charset.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *charset, *collation;
} defaults[] = {
    {"armscii8", "armscii8_general_ci"}, {"ascii", "ascii_general_ci"},
    {"big5", "big5_chinese_ci"},         {"binary", "binary"},
    {"cp1250", "cp1250_general_ci"},     {"cp1251", "cp1251_general_ci"},
    {"cp1256", "cp1256_general_ci"},     {"cp1257", "cp1257_general_ci"},
    {"cp850", "cp850_general_ci"},       {"cp852", "cp852_general_ci"},
    {"cp866", "cp866_general_ci"},       {"cp932", "cp932_japanese_ci"},
    {"dec8", "dec8_swedish_ci"},         {"eucjpms", "eucjpms_japanese_ci"},
    {"euckr", "euckr_korean_ci"},        {"gb18030", "gb18030_chinese_ci"},
    {"gb2312", "gb2312_chinese_ci"},     {"gbk", "gbk_chinese_ci"},
    {"geostd8", "geostd8_general_ci"},   {"greek", "greek_general_ci"},
    {"hebrew", "hebrew_general_ci"},     {"hp8", "hp8_english_ci"},
    {"keybcs2", "keybcs2_general_ci"},   {"koi8r", "koi8r_general_ci"},
    {"koi8u", "koi8u_general_ci"},       {"latin1", "latin1_swedish_ci"},
    {"latin2", "latin2_general_ci"},     {"latin5", "latin5_turkish_ci"},
    {"latin7", "latin7_general_ci"},     {"macce", "macce_general_ci"},
    {"macroman", "macroman_general_ci"}, {"sjis", "sjis_japanese_ci"},
    {"swe7", "swe7_swedish_ci"},         {"tis620", "tis620_thai_ci"},
    {"ucs2", "ucs2_general_ci"},         {"ujis", "ujis_japanese_ci"},
    {"utf16", "utf16_general_ci"},       {"utf16le", "utf16le_general_ci"},
    {"utf32", "utf32_general_ci"},       {"utf8", "utf8_general_ci"},
    {"utf8mb3", "utf8mb3_general_ci"},   {"utf8mb4", "utf8mb4_general_ci"},
};

bool um_target_has(const struct um_ddl_target *to, unsigned mysql_since, unsigned mariadb_since)
{
    unsigned since = to->target_flavour == UM_MARIADB ? mariadb_since : mysql_since;
    return since && to->target_version >= since;
}

bool um_target_crosses(const struct um_ddl_target *to)
{
    return to->source_flavour != to->target_flavour;
}

/*
 * Servers that print a charset without its collation are those where it is the old default:
 * MySQL 8.0 prints the collation of every utf8mb4 column, MariaDB since 10.6 of every column.
 */
const char *um_charset_default(const char *charset, const struct um_ddl_target *to)
{
    if (to->source_flavour == UM_MYSQL && to->source_version >= 80001 &&
        strcasecmp(charset, "utf8mb4") == 0)
        return "utf8mb4_0900_ai_ci";
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        if (strcasecmp(charset, defaults[i].charset) == 0)
            return defaults[i].collation;
    }
    return NULL;
}

/* Where the three-byte charset has a name of its own and its collations are called by it. */
static bool says_utf8mb3(const struct um_ddl_target *to)
{
    return um_target_has(to, 80030, 100601);
}

/* "utf8" with what follows, under the name that cannot be taken for utf8mb4 on the target. */
static bool three_byte_name(const char *name, const struct um_ddl_target *to, struct um_buf *out)
{
    const char *rest;
    if (strncasecmp(name, "utf8mb3", 7) == 0 && (name[7] == '_' || !name[7]))
        rest = name + 7;
    else if (strncasecmp(name, "utf8", 4) == 0 && (name[4] == '_' || !name[4]))
        rest = name + 4;
    else
        return false;
    um_buf_str(out, says_utf8mb3(to) ? "utf8mb3" : "utf8");
    um_buf_str(out, rest);
    return true;
}

/* Names are written without quotes. */
static bool is_plain(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return name[strspn(name, plain)] == '\0';
}

bool um_charset_name(const char *charset, const struct um_ddl_target *to, struct um_buf *out)
{
    if (!is_plain(charset))
        return false;
    if (strcasecmp(charset, "gb18030") == 0 && !um_target_has(to, 50704, 0))
        return false;
    if (!three_byte_name(charset, to, out))
        um_buf_str(out, charset);
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);
    return len >= tail && strcasecmp(text + len - tail, end) == 0;
}

/*
 * MariaDB has names of MySQL 8.0's collations, by which it means those of Unicode 14. All
 * characters, and pairs of letters, were put in order by MySQL 9.7 and MariaDB 11.8: with these few
 * languages, and with none, letters are the same and in the same order, but for what the warning
 * says.
 */
static enum um_collation_fit fit_mariadbs_0900(const char *collation)
{
    static const char *const same_letters[] = {"", "eo_", "es_", "es_trad_"};
    if (ends_with(collation, "_0900_bin"))
        return UM_COLLATION_SAME;
    for (size_t i = 0; i < sizeof same_letters / sizeof *same_letters; i++) {
        size_t len = strlen(same_letters[i]);
        if (strncasecmp(collation, "utf8mb4_", 8) == 0 &&
            strncasecmp(collation + 8, same_letters[i], len) == 0 &&
            strncasecmp(collation + 8 + len, "0900_", 5) == 0)
            return UM_COLLATION_NEAR;
    }
    return UM_COLLATION_OTHER;
}

/* MariaDB leaves some languages out. */
static bool mariadb_has_0900(const char *collation, unsigned version)
{
    static const char *const languages[] = {"bg", "bs", "gl", "ja",      "mn_cyrl",
                                            "nb", "nn", "ru", "sr_latn", "zh"};
    if (version < 110405 || (version >= 110500 && version < 110702))
        return false;
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        size_t len = strlen(languages[i]);
        if (strncasecmp(collation, "utf8mb4_", 8) == 0 &&
            strncasecmp(collation + 8, languages[i], len) == 0 &&
            strncasecmp(collation + 8 + len, "_0900_", 6) == 0)
            return false;
    }
    return true;
}

static enum um_collation_fit fit_0900(const char *collation, const struct um_ddl_target *to)
{
    unsigned since = ends_with(collation, "_0900_bin") ? 80017 : 80001;
    if (!um_target_has(to, since, 0) &&
        !(to->target_flavour == UM_MARIADB && mariadb_has_0900(collation, to->target_version)))
        return UM_COLLATION_ABSENT;
    return um_target_crosses(to) ? fit_mariadbs_0900(collation) : UM_COLLATION_SAME;
}

/* Collations that only MariaDB has, and since when; the rest of MariaDB's are MySQL's too. */
static enum um_collation_fit fit_mariadb(const char *collation, const struct um_ddl_target *to)
{
    unsigned since = 0;
    if (strcasestr(collation, "uca1400_"))
        since = 101001;
    else if (ends_with(collation, "_general1400_as_ci"))
        since = 110500;
    else if (strcasestr(collation, "_nopad_"))
        since = 100202;
    else if (ends_with(collation, "_myanmar_ci") || ends_with(collation, "_thai_520_w2"))
        since = 100103;
    if (!since || um_target_has(to, 0, since))
        return UM_COLLATION_SAME;
    return UM_COLLATION_ABSENT;
}

static bool is_unicode(const char *collation)
{
    return strncasecmp(collation, "utf", 3) == 0 || strncasecmp(collation, "ucs2_", 5) == 0;
}

/*
 * The flavours mean different rules by "…_croatian_ci" of Unicode charsets; MariaDB keeps MySQL's
 * under the name "…_croatian_mysql561_ci".
 */
static enum um_collation_fit croatian(const char *collation, const struct um_ddl_target *to,
                                      struct um_buf *out)
{
    static const char mysqls[] = "_croatian_mysql561_ci", plain[] = "_croatian_ci";
    bool is_mysqls = ends_with(collation, mysqls);
    size_t stem = strlen(collation) - strlen(is_mysqls ? mysqls : plain);
    if (um_target_crosses(to) && !is_mysqls && to->source_flavour == UM_MARIADB)
        return UM_COLLATION_OTHER;
    struct um_buf name = {0};
    um_buf_add(&name, collation, stem);
    if (um_target_crosses(to))
        um_buf_str(&name, to->target_flavour == UM_MARIADB ? mysqls : plain);
    else
        um_buf_str(&name, collation + stem);
    if (!three_byte_name(name.data, to, out))
        um_buf_str(out, name.data);
    um_buf_free(&name);
    return UM_COLLATION_SAME;
}

enum um_collation_fit um_collation_name(const char *collation, const struct um_ddl_target *to,
                                        struct um_buf *out)
{
    enum um_collation_fit fit = UM_COLLATION_SAME;
    if (!is_plain(collation))
        return UM_COLLATION_ABSENT;
    if (is_unicode(collation) &&
        (ends_with(collation, "_croatian_ci") || ends_with(collation, "_croatian_mysql561_ci")))
        return croatian(collation, to, out);
    if (strcasestr(collation, "_0900_"))
        fit = fit_0900(collation, to);
    else if (strncasecmp(collation, "gb18030_", 8) == 0)
        fit = um_target_has(to, 50704, 0) ? UM_COLLATION_SAME : UM_COLLATION_ABSENT;
    else if (strcasecmp(collation, "utf8mb3_tolower_ci") == 0 ||
             strcasecmp(collation, "utf8_tolower_ci") == 0)
        fit = um_target_has(to, 50500, 0) ? UM_COLLATION_SAME : UM_COLLATION_ABSENT;
    else
        fit = fit_mariadb(collation, to);
    if (um_collation_is_held(fit) && !three_byte_name(collation, to, out))
        um_buf_str(out, collation);
    return fit;
}

bool um_collation_is_held(enum um_collation_fit fit)
{
    return fit == UM_COLLATION_SAME || fit == UM_COLLATION_NEAR;
}

bool um_ddl_collation(const char *collation, const struct um_ddl_target *to, struct um_buf *name)
{
    return um_collation_is_held(um_collation_name(collation, to, name));
}

bool um_charset_beyond_bmp(const char *charset)
{
    return strcasecmp(charset, "utf8mb4") == 0 || strcasecmp(charset, "utf16") == 0 ||
           strcasecmp(charset, "utf16le") == 0 || strcasecmp(charset, "utf32") == 0 ||
           strcasecmp(charset, "gb18030") == 0;
}
