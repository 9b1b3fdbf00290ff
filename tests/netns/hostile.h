/*
 * hostile - what routers, targets and strangers can send back for a probe, as two tables: answers,
 * and ICMP errors. Each row sends its evil for one probe and says what must be told of it.
 */
#ifndef SONDE_TESTS_HOSTILE_H
#define SONDE_TESTS_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tests/netns/attacker.h"

enum way { RAW4, RAW6, DGRAM4, DGRAM6, WAYS };

struct play {
	struct attacker *a;
	const struct seen *seen;
	struct draft *d; /* the honest answer, to begin with */
};

struct row {
	const char *name;
	void (*play)(const struct play *p, size_t n); /* sends the evil */
	size_t n;
	/*
	 * For each way, in order: types of the objects about this probe, "notice" for an error that
	 * settles nothing; "unknown" for a foreign one of no known sequence; "?" behind what may
	 * be.
	 * "*" is whatever it may be. NULL: not played.
	 */
	const char *told[WAYS];
	bool alone; /* no honest answer follows */
};

#define ALL(t)             \
	{                  \
		t, t, t, t \
	}
#define V4(t)                    \
	{                        \
		t, NULL, t, NULL \
	}
#define V6(t)                    \
	{                        \
		NULL, t, NULL, t \
	}

extern const struct row hostile_answers[];
extern const size_t hostile_answer_count;
extern const struct row hostile_errors[];
extern const size_t hostile_error_count;

/* Sends the draft as it stands. */
void hostile_send(const struct play *p);
/* Puts IPv4 options, or IPv6 extension headers, given in hex, into the draft. */
void hostile_put_options(const struct play *p, const char *hex);

/* Lists of IPv4 options in hex, malformed in every way. */
extern const char *const hostile_options4[];
extern const size_t hostile_options4_count;

/* Keeps the honest answer to an echo request, for the replays of later runs. */
void hostile_record(const struct draft *answer);

#endif
