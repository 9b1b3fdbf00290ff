/*
 * context - what a struct sonde holds, for the parts of the library and its tests.
 *
 * Above it is include/sonde/sonde.h, below it the same floors as under the program: ping driven on
 * a net. A test gives it a net and a clock of its own.
 */
#ifndef SONDE_LIB_CONTEXT_H
#define SONDE_LIB_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>
#include "algo/drive.h"
#include "algo/ping.h"
#include "base/addr.h"
#include "base/time.h"
#include "io/transport.h"
#include "probe/net.h"
#include "sonde/sonde.h"

struct context_target {
	void *user;
	bool there, finished;
};

struct sonde {
	struct drive drive;
	struct ping *ping;
	struct net *net;
	bool raw, ipv4, ipv6;
	bool busy; /* within sonde_process */
	nsec next; /* what drive wants */
	int running;
	struct context_target *targets; /* by the index of ping */
	uint32_t capacity;
	sonde_callback callback;
	void *user;
};

/* What a config says, taken apart and found in range. */
struct context_plan {
	struct ping_config ping;
	struct transport_config transport;
};

/* 0, -EINVAL, -E2BIG, -ENODEV. Leaves the secrets of the exchange to the caller. */
int context_plan(const struct sonde_config *config, struct context_plan *plan);

/* "2001:db8::1", "fe80::1%eth0". 0, -EINVAL, -ENODEV. */
int context_address(const char *text, struct addr *addr);

/* A context on an open net, which it owns from then on if it succeeds. 0 or -ENOMEM. */
int context_new(const struct context_plan *plan, struct net *net, drive_clock now_by, void *now_ctx,
                struct sonde **out);

/* A report of ping as the event it is to the program; false for what it need not know. */
bool context_event(const struct sonde *s, const struct report *report, struct sonde_event *event);

#endif
