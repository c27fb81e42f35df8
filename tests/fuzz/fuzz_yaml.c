/* The YAML reader: any bytes give a configuration or an error with its place, never a crash. */
/* links: um_config um_base */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_config c;
    struct um_err err = {0};
    int rc = um_config_read_yaml(&c, "fuzz", (const char *)data, size, &err);
    if (rc == 0) {
        /* What was accepted holds to the ranges, and can be asked. */
        if (c.copy.threads < 1 || c.copy.threads > 64 || c.source.port < 1 ||
            c.source.port > 65535 || c.copy.chunk_time_us <= 0 || !c.state.schema)
            abort();
        um_config_wants(&c, "shop", "orders");
        um_config_identity(&c);
    } else if (err.id < 1100 || err.id > 1199 || strncmp(err.text, "fuzz", 4) != 0) {
        abort();
    }
    um_config_free(&c);
    return 0;
}
