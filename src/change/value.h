#ifndef UM_CHANGE_VALUE_H
#define UM_CHANGE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One value of a row image. Bytes are borrowed: they point into the event they were decoded from
 * and live exactly as long as it does.
 */
enum um_value_kind {
    UM_V_ABSENT, /* the row image does not carry this column */
    UM_V_NULL,
    UM_V_INT,       /* i; sign-extended from the wire. Unsigned columns: see um_value_as_unsigned */
    UM_V_FLOAT,     /* f */
    UM_V_DOUBLE,    /* d */
    UM_V_DECIMAL,   /* bytes: packed as on the wire, with precision and scale */
    UM_V_BIT,       /* u */
    UM_V_YEAR,      /* u: 0 or 1901–2155 */
    UM_V_DATE,      /* t: year, month, day; zero parts allowed */
    UM_V_TIME,      /* t: negative, hour (to 838), minute, second, usec */
    UM_V_DATETIME,  /* t: all parts */
    UM_V_TIMESTAMP, /* s, usec: seconds since the epoch, UTC; s = 0 and usec = 0 is the zero date */
    UM_V_BYTES,     /* text in the column's charset, or binary; CHAR and BINARY unpadded */
    UM_V_ENUM,      /* u: index; 0 is the error value '' */
    UM_V_SET,       /* u: bitmap */
    UM_V_JSON,      /* bytes: MySQL's binary JSON; length 0 is SQL NULL-like empty → JSON null */
    UM_V_GEOMETRY,  /* bytes: SRID and WKB */
    /* bytes: of a MariaDB COMPRESSED column, as on the wire; see binlog/compressed_column.h */
    UM_V_COMPRESSED,
};

struct um_temporal {
    uint16_t year, hour;
    uint8_t month, day, minute, second;
    uint32_t usec;
    bool negative;
};

struct um_value {
    uint8_t kind; /* enum um_value_kind */
    uint8_t
        decimals; /* fractional digits of temporals; scale of DECIMAL; bytes of INT on the wire */
    uint8_t precision; /* DECIMAL */
    uint8_t spare;
    uint32_t len; /* of bytes */
    union {
        int64_t i;
        uint64_t u;
        double d;
        float f;
        const uint8_t *bytes;
        struct um_temporal t;
        struct {
            int64_t s;
            uint32_t usec;
        } ts;
    };
};

/* Written alike, bit for bit. False for some that a server would print alike: a COMPRESSED text has
   many streams. */
bool um_value_same(const struct um_value *a, const struct um_value *b);

/* A UM_V_INT as the unsigned number of its wire width. */
static inline uint64_t um_value_as_unsigned(const struct um_value *v)
{
    return v->decimals >= 8 ? (uint64_t)v->i
                            : (uint64_t)v->i & (((uint64_t)1 << (8 * v->decimals)) - 1);
}

#endif
