/*
 * How long a probe takes from its description to bytes, and from the bytes of its answer to a
 * reply: nanoseconds for each, over a million echo requests of 84 bytes to a thousand targets, in
 * batches as a transport has them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "probe/exchange.h"
#include "probe/packet.h"
#include "wire/checksum.h"

enum { ROUNDS = 1000000, BATCH = 50, SIZE = 84 };

struct bench {
	struct exchange x;
	uint8_t bytes[BATCH][SIZE];
	struct packet packets[BATCH];
	nsec prepare, parse, match;
};

static nsec now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_S + t.tv_nsec;
}

/* Turns an echo request of 20 bytes of IP header into its reply in place, as a target would. */
static void answer(uint8_t *datagram)
{
	for (int i = 0; i < 4; i++) {
		uint8_t src = datagram[12 + i];
		datagram[12 + i] = datagram[16 + i];
		datagram[16 + i] = src;
	}
	uint16_t field = (uint16_t)(datagram[22] << 8 | datagram[23]);
	field = checksum_update(field, 0x0800, 0x0000);
	datagram[20] = 0;
	datagram[22] = (uint8_t)(field >> 8);
	datagram[23] = (uint8_t)field;
}

static bool prepare(struct bench *b, uint32_t from)
{
	static const uint32_t first = 0xc6120000; /* 198.18.0.0 */
	struct addr src = addr_v4(0xc6336401);
	for (uint32_t i = 0; i < BATCH; i++) {
		struct probe probe = { .token = from + i,
			               .dst = addr_v4(first + (from + i) % 1000),
			               .size = SIZE,
			               .ttl = 64,
			               .kind = PROBE_ECHO };
		struct writer w = writer_of(b->bytes[i], SIZE);
		size_t header;
		uint32_t serial;
		if (exchange_prepare(&b->x, &probe, &src, from * NSEC_US, &w, &header, &serial))
			return false;
	}
	return true;
}

static bool parse(struct bench *b, uint32_t from)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		struct span datagram = { b->bytes[i], SIZE };
		if (!packet_parse(datagram, from * NSEC_US + NSEC_MS, &b->packets[i]))
			return false;
	}
	return true;
}

static bool match(struct bench *b, uint32_t from)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		struct reply reply;
		if (!exchange_match(&b->x, &b->packets[i], &reply) || reply.flags ||
		    reply.token != from + i)
			return false;
	}
	return true;
}

static bool run(struct bench *b)
{
	for (uint32_t from = 0; from < ROUNDS; from += BATCH) {
		nsec start = now();
		if (!prepare(b, from))
			return false;
		b->prepare += now() - start;
		for (uint32_t i = 0; i < BATCH; i++)
			answer(b->bytes[i]);
		start = now();
		if (!parse(b, from))
			return false;
		nsec parsed = now();
		b->parse += parsed - start;
		if (!match(b, from))
			return false;
		b->match += now() - parsed;
	}
	return true;
}

int main(void)
{
	static struct bench b;
	struct exchange_config config = { .key = { 1, 2 },
		                          .id_base = 4711,
		                          .flight_limit = 1 << 16,
		                          .flight_keep = 10 * NSEC_S };
	if (exchange_init(&b.x, &config) != 0 || !run(&b)) {
		(void)fputs("bench_exchange: a probe went astray\n", stderr);
		return 1;
	}
	(void)printf("prepare %.0f ns, parse %.0f ns, match %.0f ns\n", (double)b.prepare / ROUNDS,
	             (double)b.parse / ROUNDS, (double)b.match / ROUNDS);
	exchange_release(&b.x);
	return 0;
}
