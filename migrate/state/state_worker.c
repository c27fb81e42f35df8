#include "state/state.h"

#include <inttypes.h>

#include "state/sql.h"

/* What workers write inside their own transactions. */

static void add_chunk(struct um_buf *sql, const struct um_config *config, uint64_t epoch,
                      const struct um_state_chunk *chunk)
{
    struct um_buf bound = {0};
    um_buf_str(sql, "INSERT INTO ");
    um_state_name(sql, config, "job_chunk");
    um_buf_str(sql, " (job, id, table_id, snapshot_id, lo, hi, row_count, byte_count, checksum, "
                    "done_at) SELECT job,");
    um_buf_fmt(sql, "%" PRIu64 ",%u,%u,", chunk->id, chunk->table_id, chunk->snapshot_id);
    um_bound_print(&chunk->lo, &bound);
    um_sql_text(sql, bound.data);
    um_buf_char(sql, ',');
    um_buf_clear(&bound);
    um_bound_print(&chunk->hi, &bound);
    um_sql_text(sql, bound.data);
    um_buf_free(&bound);
    um_buf_fmt(sql, ",%" PRIu64 ",%" PRIu64, chunk->rows, chunk->bytes);
    if (chunk->has_checksum)
        um_buf_fmt(sql, ",'%016" PRIx64 "%016" PRIx64 "'", chunk->checksum_high,
                   chunk->checksum_low);
    else
        um_buf_str(sql, ",NULL");
    um_buf_str(sql, ",UTC_TIMESTAMP(6) FROM ");
    um_state_name(sql, config, "job");
    um_sql_job(sql, config);
    /* The shared lock makes a successor's take-over wait for this commit. */
    um_buf_fmt(sql, " AND epoch=%" PRIu64 " LOCK IN SHARE MODE", epoch);
}

static void add_table_states(struct um_buf *sql, const struct um_config *config, uint64_t epoch,
                             const uint32_t *ids, size_t count, enum um_table_state state)
{
    um_buf_str(sql, "UPDATE ");
    um_state_name(sql, config, "job_table");
    um_buf_str(sql, " t JOIN ");
    um_state_name(sql, config, "job");
    um_buf_fmt(sql,
               " j ON j.job=t.job AND j.epoch=%" PRIu64 " SET t.state='%s' WHERE t.job=", epoch,
               um_table_state_name(state));
    um_sql_text(sql, config->job);
    um_buf_str(sql, " AND t.id IN (");
    for (size_t i = 0; i < count; i++)
        um_buf_fmt(sql, i ? ",%u" : "%u", ids[i]);
    um_buf_char(sql, ')');
}

int um_state_put_copied(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                        const struct um_state_chunk *chunk, const struct um_state_copied *table,
                        struct um_err *err)
{
    struct um_buf sql = {0};
    struct um_answer answers[3];
    size_t count = 0, answered = 0;
    if (chunk) {
        add_chunk(&sql, config, epoch, chunk);
        count++;
    }
    if (table) {
        um_buf_str(&sql, count ? "; " : "");
        um_sql_set_model(&sql, config, table->table_id, table->model);
        um_buf_str(&sql, "; ");
        add_table_states(&sql, config, epoch, &table->table_id, 1, UM_TABLE_COPIED);
        count += 2;
    }
    int result = um_multi_send(c, sql.data, sql.len, err);
    um_buf_free(&sql);
    if (result != 0 || um_multi_read(c, answers, count, &answered, err) != 0)
        return -1;
    /* Whoever has another epoch by now writes neither. */
    bool ours =
        (!chunk || answers[0].affected == 1) && (!table || answers[count - 1].affected == 1);
    return ours ? 0 : um_state_fenced(config, err);
}

int um_state_set_tables(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                        const uint32_t *ids, size_t count, enum um_table_state state,
                        struct um_err *err)
{
    struct um_buf sql = {0};
    add_table_states(&sql, config, epoch, ids, count, state);
    if (um_sql_run(c, &sql, err) != 0)
        return -1;
    return um_affected(c) == count ? 0 : um_state_fenced(config, err);
}

int um_state_put_progress(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                          const struct um_state_progress *p, struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "UPDATE ");
    um_state_name(&sql, config, "job_progress");
    um_buf_str(&sql, " SET ");
    um_sql_position(&sql, &p->at);
    um_buf_fmt(&sql,
               ",log_born=%" PRId64 ",transactions=%" PRIu64 ",changes=%" PRIu64
               ",committed_us=%" PRId64 ",applied_at=UTC_TIMESTAMP(6),seen_at=UTC_TIMESTAMP(6)",
               p->log_born, p->transactions, p->changes, p->commit_us);
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND worker=0 AND epoch=%" PRIu64, epoch);
    if (um_sql_run(c, &sql, err) != 0)
        return -1;
    return um_affected(c) == 1 ? 0 : um_state_fenced(config, err);
}

int um_state_put_alive(struct um_conn *c, const struct um_config *config, uint64_t epoch,
                       struct um_err *err)
{
    struct um_buf sql = {0};
    um_buf_str(&sql, "UPDATE ");
    um_state_name(&sql, config, "job_progress");
    um_buf_str(&sql, " SET seen_at=UTC_TIMESTAMP(6)");
    um_sql_job(&sql, config);
    um_buf_fmt(&sql, " AND worker=0 AND epoch=%" PRIu64, epoch);
    if (um_sql_run(c, &sql, err) != 0)
        return -1;
    return um_affected(c) == 1 ? 0 : um_state_fenced(config, err);
}
