/*
 * pinglab - a ping on a fakenet, with a log of all it reported: what the tests of ping share.
 *
 * Each step checks what must hold at every moment: the totals of each target add up, and time never
 * runs backwards.
 */
#ifndef SONDE_TESTS_UNIT_PINGLAB_H
#define SONDE_TESTS_UNIT_PINGLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "algo/drive.h"
#include "algo/ping.h"
#include "tests/unit/fakenet.h"

struct said {
	enum report_kind kind;
	int target; /* -1 for none */
	nsec time;
	uint64_t seq;
	nsec rtt;
	int error;
	uint64_t drops;
	bool reply;                       /* there was one */
	struct report_ping_totals totals; /* STATUS, SUMMARY: a copy, its pointers gone */
	uint64_t samples;                 /* of the RTT, with totals */
};

struct pinglab {
	struct fakenet net;
	struct ping *ping;
	struct drive drive;
	struct said *log;
	size_t count, capacity;
	void (*on_report)(struct pinglab *lab, const struct report *report);
};

/* Ten milliseconds there and back, no loss: a script, and what others start from. */
struct fate fate_good(void);
struct fate script_good(void *ctx, const struct probe *probe, uint64_t number);

/* An echo of 56 bytes each second, for ever. */
struct ping_config pinglab_config(void);

/* A ping with so many targets, 198.18.0.0 and on, sealed. */
void pinglab_open(struct pinglab *lab, const struct ping_config *config, fakenet_script script,
                  void *ctx, uint32_t targets);
void pinglab_close(struct pinglab *lab);
int pinglab_add(struct pinglab *lab, uint32_t number);

/* Runs to the end of the ping or the end of time; true where the ping is done. */
bool pinglab_run(struct pinglab *lab, nsec end);

/* Totals of a target now, after checking that they add up. */
const struct report_ping_totals *pinglab_totals(struct pinglab *lab, uint32_t target);

/* How often it was said, and the n-th time (from 0) of it; NULL where it was not. */
size_t pinglab_said(const struct pinglab *lab, enum report_kind kind);
const struct said *pinglab_find(const struct pinglab *lab, enum report_kind kind, size_t n);

#endif
