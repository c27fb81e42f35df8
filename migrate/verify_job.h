#ifndef MIGRATE_VERIFY_JOB_H
#define MIGRATE_VERIFY_JOB_H

#include "checksum/verify.h"
#include "config/config.h"

/*
 * Verifies a job's tables, exactly and while writes go on: the source's snapshots are taken at P,
 * the applier is brought to P and not a transaction further, the target's snapshots are taken.
 * A migration that runs is asked to hold there for that moment; when none runs, what is missing up
 * to P is applied here. Without a job both sides are compared as they are.
 */
int um_verify_job(const struct um_config *config, const struct um_cli *cli,
                  struct um_verify_report *report, struct um_err *err);

#endif
