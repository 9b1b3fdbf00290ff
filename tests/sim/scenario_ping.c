/*
 * Ping on a network with all its faults. Each request is judged by the bytes that crossed the
 * border (judge.h), and all of them by the model's counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "algo/ping.h"
#include "base/random.h"
#include "tests/sim/judge.h"
#include "tests/sim/scenario.h"

#define TARGETS_FEW  6
#define TARGETS_MOST 512
#define PATIENCE     (3600 * NSEC_S) /* the longest that any of these runs may take */

struct run {
	const struct scenario *scenario;
	const struct topo *topo;
	struct random random;
	struct ping_config config;
	struct exchange_config exchange;
	struct net_sim *net;
	struct ping *ping;
	struct drive drive;
	struct judge judge;
	uint64_t sent;
};

static uint32_t below(struct run *r, uint32_t bound)
{
	return (uint32_t)random_below(&r->random, bound);
}

/* --- what is asked ---------------------------------------------------------------------------- */

static void draw_config(struct run *r)
{
	static const nsec intervals[] = { 0, NSEC_MS, 10 * NSEC_MS, 200 * NSEC_MS, NSEC_S };
	static const nsec timeouts[] = { 30 * NSEC_MS, 200 * NSEC_MS, NSEC_S, 3 * NSEC_S };
	static const uint32_t sizes[] = { 56, 56, 56, 16, 20, 8, 0, 1000, 1272, 1472, 1473, 4000 };
	static const uint8_t ttls[] = { 64, 64, 64, 255, 1, 2, 3, 5 };
	r->config = (struct ping_config){
		.count = 1 + below(r, 30),
		.interval = intervals[below(r, 5)],
		.timeout = timeouts[below(r, 4)],
		.preload = 1 + below(r, 3),
		.gap = below(r, 2) ? below(r, 5000) * NSEC_US : 0,
		.size = sizes[below(r, 12)],
		.ttl = ttls[below(r, 8)],
		.tos = (uint8_t)below(r, 256),
		.kind = PROBE_ECHO,
		.df = below(r, 2),
		.adaptive = below(r, 4) == 0,
		.waiting = below(r, 2),
		.summary_early = below(r, 2),
	};
	r->config.flood = r->config.interval == 0;
	r->exchange = net_sim_exchange(random_next(&r->random));
	r->exchange.constant_checksum = below(r, 4) == 0;
	if (below(r, 4) == 0)
		r->exchange.flow_label = 0;
}

/*
 * Targets are drawn by lot, each address with its own: so that a topology from which something was
 * cut away keeps the targets that are left.
 */
struct lots {
	struct addr addr[TARGETS_MOST];
	uint64_t lot[TARGETS_MOST];
	uint32_t count, most;
	struct siphash_key key;
};

/* The lowest lots win; favoured ones are lower. */
static void cast_lot(struct lots *l, const struct addr *addr, unsigned favour)
{
	uint64_t lot = siphash(&l->key, addr->bytes, sizeof addr->bytes) >> favour;
	uint32_t at = l->count;
	while (at > 0 && l->lot[at - 1] > lot)
		at--;
	if (at == l->most)
		return;
	uint32_t last = l->count < l->most ? l->count++ : l->count - 1;
	for (; last > at; last--) {
		l->addr[last] = l->addr[last - 1];
		l->lot[last] = l->lot[last - 1];
	}
	l->addr[at] = *addr;
	l->lot[at] = lot;
}

/* Addresses of nodes, of prefixes that they serve, and of nobody. */
static void cast_lots(const struct topo *t, struct lots *l)
{
	for (uint32_t i = 1; i < t->node_count; i++) {
		const struct topo_node *node = &t->nodes[i];
		/* Ends are what people ping. */
		unsigned favour = node->role == TOPO_HOST ? 3 : 1;
		for (uint8_t k = 0; k < node->addr_count; k++)
			cast_lot(l, &node->addrs[k], favour);
		if (node->serves.addr.family != 4 || node->serves.length < 24)
			continue;
		for (uint32_t k = 0; k < UINT32_C(1) << (32 - node->serves.length); k++) {
			struct addr served = addr_v4(addr_to_v4(&node->serves.addr) + k);
			cast_lot(l, &served, 1);
		}
	}
	struct addr nobody = addr_v4(0xcb0071fb);
	cast_lot(l, &nobody, 0);
}

static void add_targets(struct run *r)
{
	uint32_t most = r->scenario->targets ? r->scenario->targets : TARGETS_FEW;
	struct lots lots = { .most = 1 + below(r, most), .key = { random_next(&r->random), 0 } };
	cast_lots(r->topo, &lots);
	for (uint32_t i = 0; i < lots.count; i++) {
		struct report_target target = { .name = "target", .addr = lots.addr[i] };
		if (ping_add(r->ping, &target, net_sim_now(r->net)) < 0)
			(void)judge_wrong(&r->judge, "a target was refused");
	}
	ping_seal(r->ping);
}

/* --- what must hold --------------------------------------------------------------------------- */

static bool any_speaks_from_elsewhere(const struct topo *t)
{
	for (uint32_t i = 0; i < t->node_count; i++)
		if (t->nodes[i].reply_from.v4.family || t->nodes[i].reply_from.v6.family)
			return true;
	for (uint32_t i = 0; i < t->change_count; i++)
		if (!t->changes[i].is_link && (t->changes[i].node.reply_from.v4.family ||
		                               t->changes[i].node.reply_from.v6.family))
			return true;
	return false;
}

/* What the model never did cannot have been seen. */
static void check_counts(struct run *r)
{
	const struct sim_counts *counts = sim_counts(net_sim_model(r->net));
	struct net_sim_local local = net_sim_local(r->net);
	struct judge *j = &r->judge;
	const uint64_t *said = j->said;
	uint64_t failed = counts->lost_out + counts->lost_back + counts->limited + counts->silent +
	                  counts->too_big + counts->corrupted + local.dropped;
	if (counts->invalid)
		(void)judge_wrong(j, "%" PRIu64 " datagrams were no good", counts->invalid);
	if (counts->injected != j->count || r->sent != j->count)
		(void)judge_wrong(j, "%" PRIu64 " probes were counted, %u left", r->sent,
		                  (unsigned)j->count);
	if (said[REPORT_PING_SEND_ERROR] != local.refused)
		(void)judge_wrong(j, "%" PRIu64 " sends were refused, %" PRIu64 " reported",
		                  local.refused, said[REPORT_PING_SEND_ERROR]);
	if (j->drops > local.dropped)
		(void)judge_wrong(j, "more drops were reported than there were");
	if (said[REPORT_PING_DUPLICATE] && counts->duplicated + counts->forged == 0 &&
	    said[REPORT_PING_ERROR] == 0)
		(void)judge_wrong(j, "duplicates were reported, there were none");
	if (said[REPORT_PING_CORRUPT] && counts->corrupted + counts->forged == 0)
		(void)judge_wrong(j, "damage was reported, there was none");
	if (said[REPORT_PING_FOREIGN] && counts->forged == 0 && !any_speaks_from_elsewhere(r->topo))
		(void)judge_wrong(j, "a foreign answer was reported, there was none");
	/* Who answers from elsewhere has not answered. */
	if (failed == 0 && judge_vanished(j) && !any_speaks_from_elsewhere(r->topo) &&
	    sim_next(net_sim_model(r->net)) == NSEC_NEVER)
		(void)judge_wrong(j, "an answer vanished that nothing has taken away");
}

static void check_totals(struct run *r)
{
	uint64_t received = 0, lost = 0, errors = 0;
	for (uint32_t i = 0; i < ping_targets(r->ping); i++) {
		const struct report_ping_totals *t = ping_totals(r->ping, i, net_sim_now(r->net));
		(void)judge_totals(&r->judge, t);
		r->sent += t->sent;
		received += t->received;
		lost += t->lost;
		errors += t->errors;
	}
	const uint64_t *said = r->judge.said;
	if (received != said[REPORT_PING_REPLY] || lost != said[REPORT_PING_LOST] ||
	    errors != said[REPORT_PING_ERROR])
		(void)judge_wrong(&r->judge, "what was reported is not what was counted");
	if (said[REPORT_PING_SUMMARY] != ping_targets(r->ping))
		(void)judge_wrong(&r->judge, "not each target has one summary");
}

static void on_report(void *ctx, const struct report *report)
{
	struct run *r = ctx;
	judge_report(&r->judge, report);
}

static void play(struct run *r)
{
	struct net_sim_tap tap = judge_tap(&r->judge);
	net_sim_watch(r->net);
	net_sim_tap(r->net, &tap);
	add_targets(r);
	drive_init(&r->drive, ping_algo(r->ping), net_sim_net(r->net), net_sim_clock, r->net,
	           on_report, r);
	if (!net_sim_run(r->net, &r->drive, NET_SIM_START + PATIENCE))
		(void)judge_wrong(&r->judge, "ping does not come to an end");
	check_totals(r);
	check_counts(r);
	(void)judge_final(&r->judge);
}

void scenario_ping(const struct scenario *scenario, const struct topo *topo, uint64_t seed,
                   struct scenario_result *result)
{
	struct run *r = calloc(1, sizeof *r);
	*result = (struct scenario_result){ .trace = 0 };
	if (!r || topo->node_count < 2) {
		free(r);
		return;
	}
	r->scenario = scenario;
	r->topo = topo;
	random_init(&r->random, seed);
	draw_config(r);
	judge_init(&r->judge, r->config.timeout);
	r->net = net_sim_new(topo, seed, &r->exchange);
	r->ping = ping_new(&r->config, NET_SIM_START);
	if (r->net && r->ping)
		play(r);
	else
		(void)judge_wrong(&r->judge, "no memory for a run");
	(void)snprintf(result->wrong, sizeof result->wrong, "%s", r->judge.wrong);
	result->trace = r->net ? net_sim_trace(r->net) : 0;
	result->probes = r->judge.count;
	if (r->ping)
		ping_algo(r->ping)->ops->free(ping_algo(r->ping));
	if (r->net)
		net_sim_net(r->net)->ops->free(net_sim_net(r->net));
	judge_release(&r->judge);
	free(r);
}
