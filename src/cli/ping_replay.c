/*
 * ping_replay - a recorded run of `sonde ping` once more: no socket, no clock, no waiting.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "algo/replay.h"
#include "cli/ping_run.h"

struct ping_replaying {
	struct ping_run run;
	struct ping_options *options;
	struct ping_targets targets; /* how many there were: their names come with the notes */
	struct replaying *record;
	struct replay *replay;
	struct buffer complaint;
};

/* --- notes
 * ------------------------------------------------------------------------------------------ */

/* "ping START PRIVILEGED MODE IDENT TARGETS": the run begins. */
static const char *begin(struct ping_replaying *p, const struct record_event *note)
{
	struct ping_run *run = &p->run;
	struct exchange_config *x = &run->setup.transport.exchange;
	int64_t start, privileged, ident, targets;
	if (run->ping)
		return "a second beginning";
	if (!record_number(note, 0, 0, RECORD_TIME_MAX, &start) ||
	    !record_number(note, 1, 0, 1, &privileged) || !note->values[2] ||
	    !record_number(note, 3, -1, UINT16_MAX, &ident) ||
	    !record_number(note, 4, 1, PING_TARGETS_MAX, &targets))
		return "no beginning";
	if (!ping_options_check(p->options, privileged, &p->complaint))
		return NULL;
	run->privileged = privileged;
	run->mode = note->values[2];
	run->setup.info.mode = TRANSPORT_DGRAM;
	x->id_fixed = ident >= 0;
	x->id_base = (uint16_t)ident;
	if (p->options->flow_label != PING_NOT_GIVEN)
		x->flow_label = (uint32_t)p->options->flow_label;
	p->targets.count = (size_t)targets;
	if (!ping_run_begin(run, start))
		return strerror(ENOMEM);
	replay_init(p->replay, run->algo, start, ping_run_report, run);
	return NULL;
}

/* "target TIME NAME CANONICAL ADDRESS SOURCE" */
static const char *add_target(struct ping_run *run, const struct record_event *note)
{
	struct report_target target = { .name = note->values[1], .canonical = note->values[2] };
	int64_t now;
	if (!record_number(note, 0, 0, RECORD_TIME_MAX, &now) || !target.name ||
	    !record_address(note, 3, &target.addr) || !target.addr.family ||
	    !record_address(note, 4, &target.source))
		return "no target";
	ping_run_target(run, &target, now);
	return NULL;
}

/* "failed TIME NAME REASON" */
static const char *add_failure(struct ping_run *run, const struct record_event *note)
{
	int64_t now;
	if (!record_number(note, 0, 0, RECORD_TIME_MAX, &now) || !note->values[1] ||
	    !note->values[2])
		return "no failure";
	ping_run_fail(run, note->values[1], note->values[2], now);
	return NULL;
}

static bool is_note(const struct record_event *event, const char *word)
{
	return strcmp(event->word, word) == 0;
}

/* What is wrong with it; NULL for nothing. */
static const char *take_note(struct ping_replaying *p, const struct record_event *note)
{
	struct ping_run *run = &p->run;
	const char *fault;
	if (replaying_world(p->record, note, &run->around.world, &fault) || fault)
		return fault;
	if (is_note(note, "ping"))
		return begin(p, note);
	if (!run->ping)
		return "before the beginning";
	if (is_note(note, "sealed")) {
		ping_run_seal(run);
		return NULL;
	}
	if (is_note(note, "status")) {
		ping_status(run->ping);
		return NULL;
	}
	bool failure = is_note(note, "failed");
	if (!failure && !is_note(note, "target"))
		return "a word that nobody knows";
	if (run->asked++ == p->targets.count)
		return "more targets than there were";
	return failure ? add_failure(run, note) : add_target(run, note);
}

/* --- the run
 * -------------------------------------------------------------------------------------------- */

static const char *take_event(struct ping_replaying *p, const struct record_event *event)
{
	const char *fault;
	if (event->kind == RECORD_NOTE)
		return take_note(p, event);
	if (!p->run.ping)
		return "before the beginning";
	return replay_event(p->replay, event, &fault) ? NULL : fault;
}

static void take_all(struct ping_replaying *p)
{
	struct record_event event;
	while (p->complaint.length == 0 && replaying_next(p->record, &event, &p->complaint)) {
		const char *fault = take_event(p, &event);
		if (fault)
			replaying_complain(p->record, fault, &p->complaint);
	}
}

/* What would make the output another one than that of the run; its exit status where nothing would.
 */
static int conclude(struct ping_replaying *p)
{
	struct cli *cli = p->run.cli;
	int status = CLI_FAILURE;
	if (p->run.ping)
		status = ping_run_end(&p->run, p->replay->now);
	else if (p->complaint.length == 0)
		replaying_complain(p->record, "the record ends before the beginning",
		                   &p->complaint);
	if (p->complaint.length) {
		cli_error(cli, "%s", p->complaint.data);
		return CLI_FAILURE;
	}
	if (p->replay->strayed)
		cli_error(cli, "%s: %" PRIu64 " times this version does not do what was recorded",
		          p->record->path, p->replay->strayed);
	if (!p->replay->done)
		cli_error(cli, "%s: the record ends before the run", p->record->path);
	return p->replay->strayed || !p->replay->done ? CLI_FAILURE : status;
}

int ping_replay(struct cli *cli, struct ping_options *options, struct replaying *record)
{
	struct ping_replaying p = {
		.run = { .cli = cli, .options = options, .setup.signals = -1 },
		.options = options,
		.record = record,
		.replay = calloc(1, sizeof(struct replay)),
	};
	if (!p.replay) {
		cli_error(cli, "%s", strerror(ENOMEM));
		return CLI_FAILURE;
	}
	p.run.targets = &p.targets;
	buffer_init(&p.complaint, 8192);
	surroundings_init(&p.run.around);
	replaying_attach(record, &p.run.around.world);
	take_all(&p);
	int status = conclude(&p);
	ping_run_release(&p.run);
	free(p.replay);
	buffer_release(&p.complaint);
	return status;
}
