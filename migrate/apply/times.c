#include "apply/times.h"

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

void um_times_print(const struct um_times *t, int64_t whole_us, unsigned workers,
                    struct um_buf *out)
{
    int64_t read = atomic_load(&t->read_us), decode = atomic_load(&t->decode_us);
    int64_t schedule = atomic_load(&t->schedule_us), prepare = atomic_load(&t->prepare_us);
    int64_t server = atomic_load(&t->server_us), turn = atomic_load(&t->turn_us);
    um_buf_fmt(out,
               "of %.2f s the reader waited %.2f for the source, decoded %.2f, waited %.2f for the "
               "applier; the scheduler was busy for %.2f; %u workers (%.2f s together) prepared "
               "%.2f, waited %.2f for the target, %.2f for their turn, %.2f for work",
               seconds(whole_us), seconds(read), seconds(decode), seconds(whole_us - read - decode),
               seconds(schedule), workers, seconds(whole_us * workers), seconds(prepare),
               seconds(server), seconds(turn),
               seconds(whole_us * workers - prepare - server - turn));
}
