#ifndef UM_CONFIG_REVERSED_H
#define UM_CONFIG_REVERSED_H

#include "config/config.h"

/* The same job the other way round: source and target have exchanged their places. It borrows all
   of `c`, lives no longer, and is not to be freed. */
struct um_config um_config_reversed(const struct um_config *c);

#endif
