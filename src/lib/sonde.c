#include "sonde/sonde.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "io/clock.h"
#include "io/socket.h"
#include "lib/context.h"

#define FDS_MAX 64 /* more than any transport opens */

const char *sonde_version(void)
{
	return SONDE_VERSION;
}

/* --- open and close ------------------------------------------------------------------------- */

static nsec real_clock(void *ctx)
{
	(void)ctx;
	return clock_now();
}

/* Reports of ping become events here, and nowhere else is the program called. */
static void on_report(void *ctx, const struct report *report)
{
	struct sonde *s = ctx;
	struct sonde_event event;
	if (!context_event(s, report, &event))
		return;
	if (event.kind == SONDE_FINISHED) {
		s->targets[event.target].finished = true;
		s->running--;
	}
	s->callback(s->user, &event);
}

int context_new(const struct context_plan *plan, struct net *net, drive_clock now_by, void *now_ctx,
                struct sonde **out)
{
	struct sonde *s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	nsec now = now_by(now_ctx);
	s->ping = ping_new(&plan->ping, now);
	if (!s->ping) {
		free(s);
		return -ENOMEM;
	}
	s->net = net;
	s->ipv4 = plan->transport.ipv4;
	s->ipv6 = plan->transport.ipv6;
	s->raw = plan->transport.mode == TRANSPORT_RAW;
	s->next = NSEC_NEVER;
	drive_init(&s->drive, ping_algo(s->ping), net, now_by, now_ctx, on_report, s);
	*out = s;
	return 0;
}

/* The plan becomes what this host had of it. */
static int open_net(struct transport_config *plan, struct net **net)
{
	struct transport_info info;
	int error = transport_open(plan, net, &info);
	plan->mode = info.mode;
	plan->ipv4 = info.ipv4;
	plan->ipv6 = info.ipv6;
	return error;
}

int sonde_new(const struct sonde_config *config, sonde_callback callback, void *context_user,
              struct sonde **out)
{
	struct context_plan plan;
	struct net *net;
	if (!callback || !out)
		return -EINVAL;
	int error = context_plan(config, &plan);
	if (!error)
		error = transport_random(&plan.transport.exchange.key,
		                         &plan.transport.exchange.id_base);
	if (!error)
		error = open_net(&plan.transport, &net);
	if (error)
		return error;
	error = context_new(&plan, net, real_clock, NULL, out);
	if (error) {
		net->ops->free(net);
		return error;
	}
	(*out)->callback = callback;
	(*out)->user = context_user;
	return 0;
}

void sonde_free(struct sonde *s)
{
	if (!s)
		return;
	struct algo *algo = ping_algo(s->ping);
	algo->ops->free(algo);
	s->net->ops->free(s->net);
	free(s->targets);
	free(s);
}

int sonde_is_raw(const struct sonde *s)
{
	return s->raw;
}

/* --- targets ---------------------------------------------------------------------------------- */

/* Room for what ping_add may return next. */
static int reserve(struct sonde *s)
{
	uint32_t count = ping_targets(s->ping);
	if (count < s->capacity)
		return 0;
	uint32_t capacity = s->capacity ? s->capacity * 2 : 8;
	struct context_target *targets = realloc(s->targets, capacity * sizeof *targets);
	if (!targets)
		return -ENOMEM;
	memset(targets + s->capacity, 0, (capacity - s->capacity) * sizeof *targets);
	s->targets = targets;
	s->capacity = capacity;
	return 0;
}

static int add(struct sonde *s, const struct addr *addr, void *user)
{
	if (!(addr->family == 4 ? s->ipv4 : s->ipv6))
		return -EAFNOSUPPORT;
	int error = reserve(s);
	if (error)
		return error;
	struct report_target target = { .addr = *addr };
	int index = ping_add(s->ping, &target, s->drive.clock(s->drive.clock_ctx));
	if (index < 0)
		return index;
	s->targets[index] = (struct context_target){ .user = user, .there = true };
	s->running++;
	return index;
}

int sonde_add(struct sonde *s, const char *address, void *user)
{
	struct addr addr;
	int error = context_address(address, &addr);
	return error ? error : add(s, &addr, user);
}

int sonde_add_sockaddr(struct sonde *s, const struct sockaddr *address, socklen_t length,
                       void *user)
{
	union socket_address copy = { .any.sa_family = AF_UNSPEC };
	size_t needed = 0;
	if (address && length >= (socklen_t)sizeof *address)
		needed = address->sa_family == AF_INET    ? sizeof copy.v4
		         : address->sa_family == AF_INET6 ? sizeof copy.v6
		                                          : 0;
	if (needed == 0 || length < needed)
		return -EINVAL;
	memcpy(&copy, address, needed);
	struct addr addr = socket_addr(&copy);
	return add(s, &addr, user);
}

static bool is_there(const struct sonde *s, int target)
{
	return target >= 0 && (uint32_t)target < s->capacity && s->targets[target].there;
}

int sonde_remove(struct sonde *s, int target)
{
	if (!is_there(s, target))
		return -ENOENT;
	(void)ping_remove(s->ping, (uint32_t)target);
	s->running -= !s->targets[target].finished;
	s->targets[target] = (struct context_target){ 0 };
	return 0;
}

int sonde_totals(struct sonde *s, int target, struct sonde_totals *totals, size_t size)
{
	if (!is_there(s, target))
		return -ENOENT;
	if (size < sizeof totals->size)
		return -EINVAL;
	const struct report_ping_totals *t =
	        ping_totals(s->ping, (uint32_t)target, s->drive.clock(s->drive.clock_ctx));
	bool heard = t->rtt->count > 0;
	struct sonde_totals known = {
		.size = size,
		.sent = t->sent,
		.received = t->received,
		.lost = t->lost,
		.in_flight = t->in_flight,
		.errors = t->errors,
		.duplicates = t->duplicates,
		.late = t->late,
		.corrupt = t->corrupt,
		.truncated = t->truncated,
		.foreign = t->foreign,
		.send_errors = t->send_errors,
		.local_drops = t->local_drops,
		.min_ns = heard ? t->rtt->min : -1,
		.avg_ns = heard ? stats_average(t->rtt) : -1,
		.max_ns = heard ? t->rtt->max : -1,
		.stddev_ns = heard ? (int64_t)stats_stddev(t->rtt) : -1,
		.jitter_ns = t->rtt->count > 1 ? (int64_t)t->rtt->jitter_rfc3550 : -1,
	};
	memset(totals, 0, size);
	memcpy(totals, &known, size < sizeof known ? size : sizeof known);
	return 0;
}

/* --- the loop --------------------------------------------------------------------------------- */

int sonde_fds(const struct sonde *s, int *fds, int capacity)
{
	int all[FDS_MAX];
	int count = (int)s->net->ops->fds(s->net, all, FDS_MAX);
	for (int i = 0; i < count && i < capacity; i++)
		fds[i] = all[i];
	return count;
}

int64_t sonde_deadline(const struct sonde *s)
{
	/* A target added or removed since the last step has its word too. */
	const struct algo *algo = s->drive.algo;
	return nsec_min(s->next, algo->ops->deadline(algo));
}

int sonde_timeout(const struct sonde *s)
{
	nsec deadline = sonde_deadline(s);
	if (deadline == NSEC_NEVER)
		return -1;
	nsec left = deadline - s->drive.clock(s->drive.clock_ctx);
	if (left <= 0)
		return 0;
	nsec ms = (left - 1) / NSEC_MS + 1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

static void tell_socket_error(struct sonde *s)
{
	struct sonde_event event = { .size = sizeof event,
		                     .kind = SONDE_SOCKET_ERROR,
		                     .target = -1,
		                     .time_ns = s->drive.now,
		                     .rtt_ns = -1,
		                     .ttl = -1,
		                     .icmp_type = -1,
		                     .icmp_code = -1,
		                     .error = s->drive.net_error };
	s->drive.net_error = 0;
	s->callback(s->user, &event);
}

int sonde_process(struct sonde *s)
{
	if (s->busy)
		return -EBUSY;
	s->busy = true;
	s->next = drive_step(&s->drive);
	if (s->drive.net_error)
		tell_socket_error(s);
	s->busy = false;
	return s->running;
}
