/*
 * ping_run - one run of `sonde ping`: names become targets while others are pinged already, reports
 * become lines, signals end it, and what came of it is the exit status.
 */
#ifndef SONDE_CLI_PING_RUN_H
#define SONDE_CLI_PING_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include "algo/drive.h"
#include "algo/ping.h"
#include "cli/cli.h"
#include "cli/ping_options.h"
#include "cli/ping_setup.h"
#include "cli/ping_targets.h"
#include "cli/recording.h"
#include "cli/replaying.h"
#include "cli/surroundings.h"
#include "render/json_ping.h"
#include "render/render.h"
#include "render/text_ping.h"

struct ping_run;

/* A target on its way from name to address. */
struct ping_job {
	struct ping_run *run;
	const char *name;
	bool settled; /* the answer came */
};

struct ping_run {
	struct cli *cli;
	const struct ping_options *options;
	const struct ping_targets *targets;
	bool privileged;
	struct ping_setup setup;
	const char *mode; /* of the network: "raw", "dgram" */
	struct ping *ping;
	struct algo *algo;           /* ping, or who records what it is told */
	struct recording *recording; /* may be NULL */
	struct drive drive;
	struct surroundings around;
	struct text_ping_options text;
	struct json_ping_options json;
	struct renderer *renderer;
	struct ping_job *jobs; /* one for each target */
	size_t asked;          /* jobs whose name has been asked for */
	size_t pending;        /* of these, without an answer yet */
	size_t failed;         /* targets that cannot be pinged */
	bool sealed;           /* no more targets come */
	bool interrupted;
	int net_error; /* the last one told */
};

/* Runs to the end; options and targets are judged already. Returns an enum cli_status. */
int ping_run(struct cli *cli, const struct ping_options *options,
             const struct ping_targets *targets, bool privileged);

/*
 * The parts of a run that a replay shares; now is the time that each goes by.
 * ping_run_begin: ping and renderer, from options, setup and surroundings. False without memory,
 * told. ping_run_report: for drive. ping_run_end: after the last report; the exit status.
 */
bool ping_run_begin(struct ping_run *run, nsec now);
void ping_run_report(void *ctx, const struct report *report);
int ping_run_end(struct ping_run *run, nsec now);
/* A target that may be pinged, and one that cannot be, with the reason. */
void ping_run_target(struct ping_run *run, const struct report_target *target, nsec now);
void ping_run_fail(struct ping_run *run, const char *name, const char *text, nsec now);
void ping_run_seal(struct ping_run *run);
void ping_run_release(struct ping_run *run);

/*
 * Asks for as many names as may be under way at a time; each answer adds a target or is told as a
 * failure. Seals the run once no more can come. To be called on each turn of the loop; true where
 * the next turn can do more of it at once.
 */
bool ping_run_resolve(struct ping_run *run);
/* The run is over: names without an answer are told as failures, unless the user ended it. */
void ping_run_abandon(struct ping_run *run, nsec now);

/*
 * Plays a record again, its command line parsed already and to be judged here. Returns an enum
 * cli_status.
 */
int ping_replay(struct cli *cli, struct ping_options *options, struct replaying *record);

#endif
