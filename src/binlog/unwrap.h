#ifndef UM_BINLOG_UNWRAP_H
#define UM_BINLOG_UNWRAP_H

#include "binlog/event.h"

/*
 * What a server packed to save space, as the events that it stands for:
 *
 *   TRANSACTION_PAYLOAD (MySQL 8.0.20, binlog_transaction_compression): the events of one
 *     transaction, BEGIN to XID, in one zstd stream. It can be many GiB; one event at a time is in
 *     memory.
 *   MariaDB's compressed events 165 to 171 (log_bin_compress): one event each; the statement, or
 *     the rows, are a zlib stream.
 *
 * Sources: MySQL libs/mysql/binlog/event/codecs/binary.cpp and compression/payload_event_*;
 * MariaDB sql/log_event.cc, query_event_uncompress, row_log_event_uncompress.
 *
 * One thread. Malformed bytes: UM_E_EVENT_MALFORMED with the offset in the outer event.
 */
struct um_unwrapper;
struct um_unwrapper *um_unwrapper_new(void);
void um_unwrapper_delete(struct um_unwrapper *u);

/* What comes out is valid until the handler returns. A result other than 0 ends the unwrapping
   and becomes its result. */
typedef int um_event_handler(void *context, const struct um_event *ev, struct um_err *err);

/* Any event: what is not packed goes to the handler as it is. */
int um_unwrap(struct um_unwrapper *u, const struct um_binlog_format *f, const struct um_event *ev,
              um_event_handler *handler, void *context, struct um_err *err);

#endif
