/*
 * How long a probe takes from its description to bytes, and from the bytes of its answer to a
 * reply: prints nanoseconds for each of the two, and for both with parsing between.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "probe/exchange.h"
#include "probe/packet.h"
#include "wire/checksum.h"

#define ROUNDS 1000000

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

int main(void)
{
	struct exchange_config config = { .key = { 1, 2 },
		                          .id_base = 4711,
		                          .flight_limit = 1 << 16,
		                          .flight_keep = 10 * NSEC_S };
	struct exchange x;
	if (exchange_init(&x, &config) != 0)
		return 1;
	struct addr src = addr_v4(0xc6336401);
	nsec start = now();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct probe probe = { .token = i,
			               .dst = addr_v4(0xc6120000 + i % 1000),
			               .size = 84,
			               .ttl = 64,
			               .kind = PROBE_ECHO };
		uint8_t bytes[84];
		struct writer w = writer_of(bytes, sizeof bytes);
		size_t header;
		uint32_t serial;
		struct packet packet;
		struct reply reply;
		nsec t = (nsec)i * NSEC_US;
		if (exchange_prepare(&x, &probe, &src, t, &w, &header, &serial) != 0)
			return 1;
		answer(bytes);
		struct span datagram = { bytes, sizeof bytes };
		if (!packet_parse(datagram, t + NSEC_MS, &packet))
			return 1;
		if (!exchange_match(&x, &packet, &reply) || reply.token != i || reply.flags)
			return 1;
	}
	double each = (double)(now() - start) / ROUNDS;
	printf("prepare, parse and match of 84 bytes: %.1f ns\n", each);
	exchange_release(&x);
	return 0;
}
