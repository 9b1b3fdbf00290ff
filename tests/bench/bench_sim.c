/*
 * How fast the driver, the exchange and the simulated internet are together: a million echo probes
 * of 84 bytes over ten hops and back, the algorithm being as simple as one can be. Prints
 * probes per second, and nanoseconds for each.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tests/sim/net_sim.h"

#define PROBES 1000000
#define WINDOW 4096

/* Sends whenever there is room in the window, and counts what comes back. */
struct blast {
	struct algo algo;
	struct addr dst;
	uint64_t sent, received;
};

static void blast_poll(struct algo *algo, nsec now, struct action *action)
{
	struct blast *b = (struct blast *)algo;
	(void)now;
	if (b->received == PROBES) {
		action->kind = ACTION_DONE;
	} else if (b->sent < PROBES && b->sent - b->received < WINDOW) {
		action->kind = ACTION_SEND;
		action->probe = (struct probe){
			.token = b->sent++, .dst = b->dst, .size = 84, .ttl = 64, .kind = PROBE_ECHO
		};
	} else {
		action->kind = ACTION_IDLE;
	}
}

static void blast_on_sent(struct algo *algo, const struct sent *sent)
{
	(void)algo;
	if (sent->error) {
		(void)fprintf(stderr, "bench_sim: %s\n", strerror(sent->error));
		exit(1);
	}
}

static void blast_on_reply(struct algo *algo, const struct reply *reply)
{
	((struct blast *)algo)->received += reply->kind == REPLY_ECHO && reply->flags == 0;
}

static void blast_on_drops(struct algo *algo, uint64_t drops, nsec now)
{
	(void)algo;
	(void)drops;
	(void)now;
}

static nsec blast_deadline(const struct algo *algo)
{
	(void)algo;
	return NSEC_NEVER;
}

static const struct algo_ops blast_ops = { .name = "blast",
	                                   .poll = blast_poll,
	                                   .on_sent = blast_on_sent,
	                                   .on_reply = blast_on_reply,
	                                   .on_drops = blast_on_drops,
	                                   .deadline = blast_deadline };

static void no_report(void *ctx, const struct report *report)
{
	(void)ctx;
	(void)report;
}

static nsec now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_S + t.tv_nsec;
}

static size_t write_path(char *text, size_t size)
{
	size_t length = (size_t)snprintf(text, size, "source me 198.18.0.1\n");
	for (int i = 1; i < 10; i++)
		length += (size_t)snprintf(text + length, size - length,
		                           "router r%d 198.18.1.%d\nlink %s%.0d r%d delay 1ms\n", i,
		                           i, i > 1 ? "r" : "me", i - 1, i);
	length += (size_t)snprintf(text + length, size - length,
	                           "host target 198.18.9.9\nlink r9 target delay 1ms\n");
	return length;
}

int main(void)
{
	char text[2048];
	struct topo topo;
	struct topo_error error;
	static struct drive drive;
	struct blast blast = { .algo.ops = &blast_ops, .dst = addr_v4(0xc6120909) };
	if (!topo_parse(&topo, text, write_path(text, sizeof text), &error))
		return 1;
	struct exchange_config exchange = net_sim_exchange(1);
	exchange.flight_limit = 4 * WINDOW;
	struct net_sim *n = net_sim_new(&topo, 1, &exchange);
	if (!n)
		return 1;
	drive_init(&drive, &blast.algo, net_sim_net(n), net_sim_clock, n, no_report, NULL);
	nsec start = now();
	bool done = net_sim_run(n, &drive, NSEC_NEVER);
	double each = (double)(now() - start) / PROBES;
	printf("sim: %.0f probes per second over 10 hops, %.0f ns each\n", 1e9 / each, each);
	net_sim_net(n)->ops->free(net_sim_net(n));
	topo_release(&topo);
	return !done;
}
