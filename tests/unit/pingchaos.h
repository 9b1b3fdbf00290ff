/*
 * pingchaos - a ping fed with events that bytes choose: what random tests and the fuzzer share.
 *
 * Every byte string is a run that keeps the contract of algo.h, and no other: times, replies,
 * refusals, removals and the rest come in any order. Checked after each event, by abort: the totals
 * of each target add up and agree with what was reported, deadlines lie ahead, polls come to an
 * end.
 */
#ifndef SONDE_TESTS_UNIT_PINGCHAOS_H
#define SONDE_TESTS_UNIT_PINGCHAOS_H

#include <stddef.h>
#include <stdint.h>

struct pingchaos_tally {
	uint64_t sent, replies, lost, late, duplicates, errors, summaries, done;
};

/* Adds what happened to *tally, so that a test can see that something did. */
void pingchaos_run(const uint8_t *bytes, size_t length, struct pingchaos_tally *tally);

#endif
