#include "mysql/literal.h"

#include <math.h>

/*
 * FLOAT(M,D) and DOUBLE(M,D). Whatever comes to such a column as an expression is rounded to D
 * decimals. What comes from another column can be copied by its bits (ALTER TABLE … MODIFY; INSERT
 * … SELECT and UPDATE … SET a=b, on MariaDB between columns of one scale), so a row can hold what
 * no literal writes: that is refused.
 */

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10,
                                1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
                                1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30};

bool um_column_rounds(const struct um_column *c)
{
    return c->fixed_scale && (c->type == UM_T_FLOAT || c->type == UM_T_DOUBLE) &&
           c->scale < sizeof powers / sizeof *powers;
}

/* What the server makes of it: Field_real::truncate (MySQL), truncate_double (MariaDB). */
static double rounded(const struct um_column *c, double value)
{
    double power = powers[c->scale], whole = floor(value);
    double result = whole + rint((value - whole) * power) / power;
    return c->type == UM_T_FLOAT ? (double)(float)result : result;
}

int um_column_takes(const struct um_column *to, double value, struct um_err *err)
{
    double stored = um_column_rounds(to) ? rounded(to, value) : value;
    if (stored == value && signbit(stored) == signbit(value)) /* 0 and -0 are two */
        return 0;
    return um_fail(err, UM_E_TARGET_VALUE,
                   "column %s (%s): the value %.17g cannot be written, any server rounds it to "
                   "%.17g",
                   to->name, to->column_type, value, stored);
}

/*
 * FLOOR and ROUND do as the server does with a literal, but for the way back to FLOAT, which not
 * every version can say: half of a float's last place is at most 2^-24 of it, so whatever moves
 * further than that is another value. One that moves less is left to the copy.
 */
void um_column_rounded_where(struct um_buf *b, const struct um_column *c)
{
    struct um_buf exact = {0};
    um_column_select(&exact, c);
    const char *x = exact.data;
    um_buf_fmt(
        b, "(ABS(FLOOR(%s)+ROUND(%s-FLOOR(%s),%u)-%s)>ABS(%s)*%s OR %s=0 AND LEFT(%s,1)='-')", x, x,
        x, c->scale, x, x, c->type == UM_T_FLOAT ? "5.9604644775390625e-8" : "0", x, x);
    um_buf_free(&exact);
}
