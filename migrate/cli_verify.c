#include <errno.h>
#include <string.h>

#include "cli.h"
#include "verify_job.h"

/* The report goes to a file beside stdout where --report says so. */
static int write_report(const struct um_verify_report *report, const char *job, const char *path,
                        struct um_err *err)
{
    FILE *f = fopen(path, "w");
    if (f)
        um_verify_report_print(report, job, UM_OUTPUT_JSON, f);
    bool failed = !f || ferror(f);
    if (f && fclose(f) != 0)
        failed = true;
    return failed ? um_fail(err, UM_E_SYSTEM, "the report cannot be written to '%s': %s", path,
                            strerror(errno))
                  : 0;
}

/* 0: not given. */
static bool is_sample(const struct um_cli *cli)
{
    return cli->sample && cli->sample < 100;
}

static int check(const struct um_cli *cli, const struct um_config *config, struct um_err *err)
{
    if (cli->repair && is_sample(cli))
        return um_fail(
            err, UM_E_USAGE_ARGUMENT,
            "--repair and --sample exclude each other: what a sample leaves out would not "
            "be repaired");
    if (cli->resume && is_sample(cli))
        return um_fail(err, UM_E_USAGE_ARGUMENT,
                       "--resume and --sample exclude each other: what a sample has compared is "
                       "not recorded");
    if (cli->repair && config->verify.lock == UM_VERIFY_LOCK_NEVER)
        return um_fail(err, UM_E_USAGE_ARGUMENT,
                       "--repair and verify.lock: never exclude each other: rows are written while "
                       "both sides stand at one position, which takes the brief lock");
    return 0;
}

int um_cli_verify(const struct um_cli *cli, const struct um_config *config, int *exit_code,
                  struct um_err *err)
{
    struct um_verify_report report = {0};
    if (check(cli, config, err) != 0)
        return -1;
    int result = um_verify_job(config, cli, &report, err);
    if (result == 0) {
        um_verify_report_print(&report, config->job, cli->format, stdout);
        *exit_code = report.equal ? UM_EXIT_OK : UM_EXIT_DIFFERENT;
        if (cli->report)
            result = write_report(&report, config->job, cli->report, err);
    }
    um_verify_report_clear(&report);
    return result;
}
