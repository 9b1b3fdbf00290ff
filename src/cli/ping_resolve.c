/*
 * ping_resolve - from names to targets.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/ping_run.h"
#include "io/clock.h"
#include "render/escape.h"

#define AT_ONCE       256 /* names under way */
#define TURN          64  /* asked for before the probes have their turn */
#define REASON_SIZE   128
#define MANY_INTERVAL NSEC_S /* least one to many at once, without privilege */

static void note_failure(struct recording *r, const char *name, const char *text, nsec now)
{
	char room[2][RECORDING_TEXT];
	if (!r)
		return;
	struct record_event note = record_note("failed");
	recording_add_number(&note, now, room[0]);
	recording_add_name(r, &note, name, room[1]);
	record_add(&note, text);
	recording_note(r, &note);
}

void ping_run_fail(struct ping_run *run, const char *name, const char *text, nsec now)
{
	note_failure(run->recording, name, text, now);
	run->failed++;
	if (!run->options->json) {
		struct buffer shown;
		buffer_init(&shown, 1024);
		escape_text(&shown, name, strlen(name), run->around.world.utf8);
		cli_error(run->cli, "%s: %s", shown.data ? shown.data : "?", text);
		buffer_release(&shown);
		return;
	}
	struct report_target target = { .name = name };
	struct report report = {
		.kind = REPORT_PING_UNRESOLVED,
		.time = now,
		.target = &target,
		.rtt = -1,
		.text = text,
	};
	run->renderer->ops->report(run->renderer, &report);
}

/* Why the address must not be pinged as asked; NULL where it may. */
static const char *objection(const struct ping_run *run, const struct addr *addr,
                             enum ping_route route, char room[static REASON_SIZE])
{
	const struct ping_options *o = run->options;
	uint64_t most = ping_options_size_max(o, addr->family);
	bool many = route == PING_ROUTE_BROADCAST || addr_is_multicast(addr);
	if (route == PING_ROUTE_BROADCAST && !o->broadcast)
		return "a broadcast address needs -b";
	if (many && !run->privileged && o->interval < MANY_INTERVAL)
		return "broadcast and multicast need an interval of 1 s without privilege";
	if (o->size > most) {
		snprintf(room, REASON_SIZE, "size is too large: %" PRIu64 " (at most %" PRIu64 ")",
		         o->size, most);
		return room;
	}
	if (addr->family == 6 && addr_is_link_local(addr) && addr->scope == 0)
		return "a link-local address needs its interface, as in fe80::1%eth0";
	return NULL;
}

/* -I eth0 says which link is meant where an address does not. */
static struct addr on_link(const struct ping_run *run, struct addr addr)
{
	if (addr.family == 6 && !addr.scope &&
	    (addr_is_link_local(&addr) || addr_is_multicast(&addr)))
		addr.scope = run->setup.interface;
	return addr;
}

/* The first address with a route; without any, the first: a route may come. */
static enum ping_route choose(struct ping_run *run, const struct addr *addrs, size_t count,
                              struct report_target *target)
{
	for (size_t i = 0; i < count; i++) {
		target->addr = on_link(run, addrs[i]);
		enum ping_route route =
		        ping_setup_route(&run->setup, &target->addr, &target->source);
		if (route != PING_ROUTE_NONE)
			return route;
	}
	target->addr = on_link(run, addrs[0]);
	return PING_ROUTE_NONE;
}

static bool is_literal(const char *name)
{
	struct addr addr;
	return strchr(name, ':') || addr_parse(name, &addr);
}

static void note_target(struct recording *r, const struct report_target *target, nsec now)
{
	char room[5][RECORDING_TEXT];
	if (!r)
		return;
	struct record_event note = record_note("target");
	recording_add_number(&note, now, room[0]);
	recording_add_name(r, &note, target->name, room[1]);
	recording_add_name(r, &note, target->canonical, room[2]);
	recording_add_addr(r, &note, &target->addr, room[3]);
	recording_add_addr(r, &note, &target->source, room[4]);
	recording_note(r, &note);
}

void ping_run_target(struct ping_run *run, const struct report_target *target, nsec now)
{
	const struct ping_options *o = run->options;
	note_target(run->recording, target, now);
	run->around.names |= !o->numeric && (o->names || !is_literal(target->name));
	int index = ping_add(run->ping, target, now);
	if (index < 0)
		ping_run_fail(run, target->name, strerror(-index), now);
}

void ping_run_seal(struct ping_run *run)
{
	struct record_event note = record_note("sealed");
	recording_note(run->recording, &note);
	run->sealed = true;
	ping_seal(run->ping);
}

/* Of an international name the canonical form is xn--...: not what its reader would know it by. */
static bool reads_better_as_typed(const struct ping_run *run, const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name > '~')
			return run->around.world.utf8;
	return false;
}

static void add_target(struct ping_run *run, const char *name, const struct addr *addrs,
                       size_t count, const char *canonical)
{
	struct report_target target = { .name = name, .canonical = canonical };
	if (reads_better_as_typed(run, name))
		target.canonical = NULL;
	enum ping_route route = choose(run, addrs, count, &target);
	char room[REASON_SIZE];
	const char *text = objection(run, &target.addr, route, room);
	if (text) {
		ping_run_fail(run, name, text, clock_now());
		return;
	}
	if (route == PING_ROUTE_BROADCAST && !run->options->json)
		cli_error(run->cli, "WARNING: pinging broadcast address");
	ping_run_target(run, &target, clock_now());
}

/* Who did not ask for a family by name is told what did. */
static void fail_resolving(struct ping_run *run, const char *name, const char *error)
{
	const struct ping_options *o = run->options;
	char text[REASON_SIZE];
	snprintf(text, sizeof(text), "%s (%s wants IPv%d)", error, o->family_by, o->ipv4 ? 4 : 6);
	ping_run_fail(run, name, o->family_by ? text : error, clock_now());
}

static void on_resolved(void *ctx, const char *error, const struct addr *addrs, size_t count,
                        const char *canonical)
{
	struct ping_job *job = ctx;
	struct ping_run *run = job->run;
	run->pending--;
	job->settled = true;
	if (run->interrupted)
		return;
	if (error || count == 0)
		fail_resolving(run, job->name, error ? error : "has no address");
	else
		add_target(run, job->name, addrs, count, canonical);
}

bool ping_run_resolve(struct ping_run *run)
{
	const struct ping_targets *targets = run->targets;
	uint8_t family = run->options->ipv4 ? 4 : run->options->ipv6 ? 6 : 0;
	size_t turn = run->asked + TURN;
	while (run->asked < targets->count && run->asked < turn && run->pending < AT_ONCE &&
	       !run->interrupted) {
		struct ping_job *job = &run->jobs[run->asked];
		*job = (struct ping_job){ .run = run, .name = targets->names[run->asked] };
		run->asked++;
		run->pending++;
		resolve_forward(run->setup.resolver, job->name, family, on_resolved, job);
	}
	bool all = run->asked == targets->count && run->pending == 0;
	if ((all || run->interrupted) && !run->sealed)
		ping_run_seal(run);
	return run->asked < targets->count && run->pending < AT_ONCE && !run->interrupted;
}

void ping_run_abandon(struct ping_run *run, nsec now)
{
	if (run->interrupted || run->cli->out.error)
		return;
	for (size_t i = 0; i < run->targets->count; i++)
		if (!run->jobs[i].settled)
			ping_run_fail(run, run->targets->names[i],
			              "the run ended before its name was resolved", now);
}
