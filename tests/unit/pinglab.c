#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/unit/pinglab.h"

struct fate fate_good(void)
{
	return (struct fate){ .copies = 1, .delay = 10 * NSEC_MS, .kind = REPLY_ECHO };
}

struct fate script_good(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)ctx;
	(void)probe;
	(void)number;
	return fate_good();
}

struct ping_config pinglab_config(void)
{
	return (struct ping_config){
		.interval = NSEC_S, .preload = 1, .size = 56, .ttl = 64, .kind = PROBE_ECHO
	};
}

static void log_report(void *ctx, const struct report *report)
{
	struct pinglab *lab = ctx;
	if (lab->count == lab->capacity) {
		lab->capacity = lab->capacity ? lab->capacity * 2 : 64;
		lab->log = realloc(lab->log, lab->capacity * sizeof *lab->log);
		assert_non_null(lab->log);
	}
	struct said *said = &lab->log[lab->count++];
	*said = (struct said){ .kind = report->kind,
		               .target = report->target ? (int)report->target->index : -1,
		               .time = report->time,
		               .seq = report->seq,
		               .rtt = report->rtt,
		               .error = report->error,
		               .drops = report->drops,
		               .reply = report->reply != NULL };
	assert_true(report->reply || report->rtt == -1);
	if (report->totals) {
		said->totals = *report->totals;
		said->samples = report->totals->rtt->count;
		said->totals.rtt = NULL;
		said->totals.histogram = NULL;
	}
	if (lab->on_report)
		lab->on_report(lab, report);
}

int pinglab_add(struct pinglab *lab, uint32_t number)
{
	char name[32];
	(void)snprintf(name, sizeof name, "t%u.test", (unsigned)number);
	struct report_target target = { .name = name, .addr = addr_v4(0xc6120000 + number) };
	return ping_add(lab->ping, &target, lab->net.now);
}

void pinglab_open(struct pinglab *lab, const struct ping_config *config, fakenet_script script,
                  void *ctx, uint32_t targets)
{
	*lab = (struct pinglab){ 0 };
	fakenet_init(&lab->net, script, ctx);
	lab->net.now = 1000 * NSEC_S;
	lab->ping = ping_new(config, lab->net.now);
	assert_non_null(lab->ping);
	for (uint32_t i = 0; i < targets; i++)
		assert_int_equal(pinglab_add(lab, i), (int)i);
	if (targets)
		ping_seal(lab->ping);
	drive_init(&lab->drive, ping_algo(lab->ping), &lab->net.net, fakenet_clock, &lab->net,
	           log_report, lab);
}

void pinglab_close(struct pinglab *lab)
{
	struct algo *algo = ping_algo(lab->ping);
	algo->ops->free(algo);
	fakenet_release(&lab->net);
	free(lab->log);
}

bool pinglab_run(struct pinglab *lab, nsec end)
{
	bool done = fakenet_run(&lab->net, &lab->drive, 1000 * NSEC_S + end);
	for (uint32_t i = 0; i < ping_targets(lab->ping); i++)
		(void)pinglab_totals(lab, i);
	return done;
}

const struct report_ping_totals *pinglab_totals(struct pinglab *lab, uint32_t target)
{
	const struct report_ping_totals *t = ping_totals(lab->ping, target, lab->net.now);
	if (t)
		assert_true(t->sent == t->received + t->lost + t->in_flight + t->errors);
	return t;
}

size_t pinglab_said(const struct pinglab *lab, enum report_kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < lab->count; i++)
		n += lab->log[i].kind == kind;
	return n;
}

const struct said *pinglab_find(const struct pinglab *lab, enum report_kind kind, size_t n)
{
	for (size_t i = 0; i < lab->count; i++)
		if (lab->log[i].kind == kind && n-- == 0)
			return &lab->log[i];
	return NULL;
}
