#include "cli/ping_run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "io/clock.h"

#define FLUSH_AT 32768   /* bytes of output */
#define GAP_MAX  NSEC_MS /* between the first probes of two targets */

/* --- the loop
 * ------------------------------------------------------------------------------------- */

static nsec clock_of_drive(void *ctx)
{
	(void)ctx;
	return clock_now();
}

static void flush(struct ping_run *run)
{
	output_flush(&run->cli->out);
	output_flush(&run->cli->err);
	if (run->recording)
		recording_flush(run->recording);
}

void ping_run_report(void *ctx, const struct report *report)
{
	struct ping_run *run = ctx;
	run->renderer->ops->report(run->renderer, report);
	/* What goes to both outputs stays in order. */
	if (run->cli->err.buffer.length || run->cli->out.buffer.length >= FLUSH_AT)
		flush(run);
}

static void on_packets(void *ctx, uint32_t events)
{
	/* Being awake is enough: the next step of the driver takes them. */
	(void)ctx;
	(void)events;
}

static void show_status(struct ping_run *run)
{
	struct record_event note = record_note("status");
	recording_note(run->recording, &note);
	ping_status(run->ping);
}

static void on_signal(void *ctx, uint32_t events)
{
	struct ping_run *run = ctx;
	(void)events;
	for (;;) {
		switch (loop_next_signal(run->setup.signals)) {
		case 0: return;
		case SIGQUIT: show_status(run); break;
		default: run->interrupted = true; run->algo->ops->stop(run->algo, clock_now());
		}
	}
}

static int watch(struct ping_run *run)
{
	int fds[64];
	struct net *net = run->setup.net;
	size_t count = net->ops->fds(net, fds, sizeof(fds) / sizeof(fds[0]));
	int error = loop_watch(run->setup.loop, run->setup.signals, LOOP_READ, on_signal, run);
	for (size_t i = 0; i < count && !error; i++)
		error = loop_watch(run->setup.loop, fds[i], LOOP_READ, on_packets, run);
	return error;
}

static void tell_net_error(struct ping_run *run)
{
	int error = run->drive.net_error;
	if (error && error != run->net_error)
		cli_error(run->cli, "network: %s", strerror(error));
	run->net_error = error;
}

/* Until the run is over or nobody can read of it any more. 0 or -errno. */
static int loop(struct ping_run *run)
{
	struct ping_setup *s = &run->setup;
	int error = watch(run);
	while (error >= 0) {
		bool more = ping_run_resolve(run);
		surroundings_refresh(&run->around);
		nsec next = drive_step(&run->drive);
		tell_net_error(run);
		flush(run);
		if (run->drive.done || run->cli->out.error)
			return 0;
		next = more ? 0 : nsec_min(next, resolver_deadline(s->resolver));
		error = loop_wait(s->loop, next);
		resolver_process(s->resolver, clock_now());
	}
	return error;
}

/* --- before and after
 * ----------------------------------------------------------------------------- */

static struct ping_config config_of(const struct ping_run *run)
{
	const struct ping_options *o = run->options;
	uint8_t ip_options[40];
	return (struct ping_config){
		.count = o->count,
		.interval = o->interval,
		.timeout = o->timeout < 0    ? 0
		           : o->timeout == 0 ? NSEC_NEVER
		                             : o->timeout,
		.deadline = o->deadline,
		.preload = (uint32_t)o->preload,
		.gap = nsec_min(o->interval / (nsec)run->targets->count, GAP_MAX),
		.size = (uint32_t)o->size,
		.options = ping_options_ip(o, ip_options),
		.ttl = (uint8_t)o->ttl,
		.tos = (uint8_t)o->tos,
		.kind = o->node_info.given ? PROBE_NODE_INFO : PROBE_ECHO,
		.flood = o->flood && !o->json,
		.adaptive = o->adaptive,
		.interval_min = run->privileged ? 0 : PING_INTERVAL_MIN,
		.waiting = o->waiting,
		.histogram = o->stats || o->json,
		.quiet = o->quiet,
	};
}

static struct text_ping_options text_options(const struct ping_run *run)
{
	const struct ping_options *o = run->options;
	const struct exchange_config *x = &run->setup.transport.exchange;
	bool id_known = run->setup.info.mode == TRANSPORT_RAW || x->id_fixed;
	return (struct text_ping_options){
		.numeric = o->numeric,
		.quiet = o->quiet,
		.flood = o->flood,
		.adaptive = o->adaptive,
		.audible = o->audible,
		.timestamps = o->timestamps,
		.precise = o->precise,
		.verbose = o->verbose,
		.stats = o->stats,
		.from = o->interface || o->source4.family || o->source6.family || o->bind_source,
		.interval = o->interval,
		.targets = (uint32_t)run->targets->count,
		.flow_label = x->flow_label,
		.ident = id_known ? x->id_base : -1,
		.pattern = o->pattern_length ? o->pattern_text : NULL,
		.device = o->interface,
	};
}

static struct renderer *new_renderer(struct ping_run *run)
{
	struct buffer *out = &run->cli->out.buffer;
	struct buffer *err = &run->cli->err.buffer;
	run->text = text_options(run);
	run->json = (struct json_ping_options){
		.mode = run->mode,
		.interval = run->options->interval,
	};
	if (run->options->json)
		return json_ping_new(&run->json, &run->around.world, out, err);
	return text_ping_new(&run->text, &run->around.world, out, err);
}

/* One target's share of the exit status. */
static int judge(const struct ping_options *o, const struct report_ping_totals *t)
{
	if (t->sent == 0 && t->send_errors > 0)
		return CLI_FAILURE;
	if (t->received == 0 || (o->deadline && t->received < o->count))
		return CLI_NO_REPLY;
	return CLI_OK;
}

static int status_of(struct ping_run *run, nsec now)
{
	size_t unresolved = run->pending + run->targets->count - run->asked;
	int status = run->failed || unresolved ? CLI_FAILURE : CLI_OK;
	for (uint32_t i = 0; i < ping_targets(run->ping); i++) {
		const struct report_ping_totals *t = ping_totals(run->ping, i, now);
		int one = t ? judge(run->options, t) : CLI_OK;
		status = one > status ? one : status;
	}
	return status;
}

bool ping_run_begin(struct ping_run *run, nsec now)
{
	struct ping_config config = config_of(run);
	run->ping = ping_new(&config, now);
	run->renderer = new_renderer(run);
	if (run->ping && run->renderer) {
		run->algo = ping_algo(run->ping);
		return true;
	}
	cli_error(run->cli, "%s", strerror(ENOMEM));
	return false;
}

int ping_run_end(struct ping_run *run, nsec now)
{
	run->renderer->ops->finish(run->renderer);
	flush(run);
	return status_of(run, now);
}

/* From here on everything is written down: what there is to know before the first event. */
static void begin_recording(struct ping_run *run, nsec now)
{
	char text[5][RECORDING_TEXT];
	struct recording *r = run->recording;
	if (!r)
		return;
	run->algo = recording_algo(r, run->algo);
	run->around.recording = r;
	r->file.interrupt = run->setup.signals;
	recording_world(r, &run->around.world);
	struct record_event note = record_note("ping");
	recording_add_number(&note, now, text[0]);
	recording_add_number(&note, run->privileged, text[1]);
	record_add(&note, run->mode);
	recording_add_number(&note, run->text.ident, text[2]);
	recording_add_number(&note, (int64_t)run->targets->count, text[3]);
	recording_note(r, &note);
}

static int run_opened(struct ping_run *run)
{
	struct cli *cli = run->cli;
	nsec now = clock_now();
	run->around.resolver = run->setup.resolver;
	run->mode = run->setup.net->ops->name;
	run->jobs = calloc(run->targets->count, sizeof(*run->jobs));
	if (!run->jobs) {
		cli_error(cli, "%s", strerror(ENOMEM));
		return CLI_FAILURE;
	}
	if (!ping_run_begin(run, now))
		return CLI_FAILURE;
	begin_recording(run, now);
	drive_init(&run->drive, run->algo, run->setup.net, clock_of_drive, NULL, ping_run_report,
	           run);
	cli->out.interrupt = cli->err.interrupt = run->setup.signals;
	int error = loop(run);
	if (error < 0)
		cli_error(cli, "event loop: %s", strerror(-error));
	ping_run_abandon(run, clock_now());
	int status = ping_run_end(run, clock_now());
	cli->out.interrupt = cli->err.interrupt = -1;
	if (run->recording)
		run->recording->file.interrupt = -1;
	return error < 0 ? CLI_FAILURE : status;
}

static void tell_setup(struct ping_run *run)
{
	struct buffer text;
	if (run->setup.info.mark_refused)
		cli_error(run->cli, "WARNING: no mark is set: that needs cap_net_admin or, since "
		                    "Linux 5.17, cap_net_raw");
	if (!run->options->verbose)
		return;
	buffer_init(&text, 1024);
	ping_setup_explain(&run->setup, &text);
	cli_error(run->cli, "%s", text.data ? text.data : strerror(ENOMEM));
	buffer_release(&text);
}

void ping_run_release(struct ping_run *run)
{
	if (run->renderer)
		run->renderer->ops->free(run->renderer);
	if (run->ping)
		ping_algo(run->ping)->ops->free(ping_algo(run->ping));
	free(run->jobs);
	ping_setup_close(&run->setup);
}

int ping_run(struct cli *cli, const struct ping_options *options,
             const struct ping_targets *targets, bool privileged)
{
	struct ping_run run = {
		.cli = cli,
		.options = options,
		.targets = targets,
		.privileged = privileged,
		.recording = cli->recording,
	};
	struct buffer complaint;
	int status = CLI_FAILURE;
	buffer_init(&complaint, 8192);
	surroundings_init(&run.around);
	if (ping_setup_open(&run.setup, options, targets->count, &complaint)) {
		tell_setup(&run);
		status = run_opened(&run);
	} else {
		cli_error(cli, "%s", complaint.data ? complaint.data : strerror(ENOMEM));
	}
	ping_run_release(&run);
	buffer_release(&complaint);
	return status;
}
