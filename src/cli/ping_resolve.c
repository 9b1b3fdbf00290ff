/*
 * ping_resolve - from names to targets.
 */
#include <string.h>
#include "cli/ping_run.h"
#include "io/clock.h"
#include "render/escape.h"

#define AT_ONCE       256    /* names under way */
#define TURN          64     /* asked for before the probes have their turn */
#define MANY_INTERVAL NSEC_S /* least one to many at once, without privilege */

static void fail(struct ping_run *run, const char *name, const char *text)
{
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
		.time = clock_now(),
		.target = &target,
		.rtt = -1,
		.text = text,
	};
	run->renderer->ops->report(run->renderer, &report);
}

/* Why the address must not be pinged as asked; NULL where it may. */
static const char *objection(const struct ping_run *run, const struct addr *addr,
                             enum ping_route route)
{
	const struct ping_options *o = run->options;
	bool many = route == PING_ROUTE_BROADCAST || addr_is_multicast(addr);
	if (route == PING_ROUTE_BROADCAST && !o->broadcast)
		return "is a broadcast address (-b allows it)";
	if (many && !run->privileged && o->interval < MANY_INTERVAL)
		return "broadcast and multicast need an interval of 1 s without privilege";
	if (o->size > ping_options_size_max(o, addr->family))
		return "size is too large for IPv4";
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

static void add_target(struct ping_run *run, const char *name, const struct addr *addrs,
                       size_t count, const char *canonical)
{
	const struct ping_options *o = run->options;
	struct report_target target = { .name = name, .canonical = canonical };
	enum ping_route route = choose(run, addrs, count, &target);
	const char *text = objection(run, &target.addr, route);
	if (text) {
		fail(run, name, text);
		return;
	}
	if (route == PING_ROUTE_BROADCAST && !o->json)
		cli_error(run->cli, "WARNING: pinging broadcast address");
	run->around.names |= !o->numeric && (o->names || !is_literal(name));
	int index = ping_add(run->ping, &target, clock_now());
	if (index < 0)
		fail(run, name, strerror(-index));
}

static void on_resolved(void *ctx, const char *error, const struct addr *addrs, size_t count,
                        const char *canonical)
{
	struct ping_job *job = ctx;
	struct ping_run *run = job->run;
	run->pending--;
	if (run->interrupted)
		return;
	if (error || count == 0)
		fail(run, job->name, error ? error : "has no address");
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
	if ((all || run->interrupted) && !run->sealed) {
		run->sealed = true;
		ping_seal(run->ping);
	}
	return run->asked < targets->count && run->pending < AT_ONCE && !run->interrupted;
}
