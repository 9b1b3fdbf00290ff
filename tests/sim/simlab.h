/*
 * simlab - a model, probes of every kind by hand, and what comes back taken apart: what the tests
 * of the model share.
 *
 * Probes are written and answers read with the codecs of src/wire, the judge of the model's bytes.
 * Any mistake in a topology, and any answer that is no good datagram, fails the test at once.
 */
#ifndef SONDE_SIM_SIMLAB_H
#define SONDE_SIM_SIMLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "probe/packet.h"
#include "tests/sim/sim.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

struct simlab {
	struct topo topo;
	struct sim *sim;
	nsec now; /* starts at one second */
};

struct simlab_probe {
	const char *dst;
	const char *src;  /* NULL: the source's */
	uint8_t protocol; /* 0: ICMP of the family */
	uint8_t ttl;      /* 0: 64 */
	uint8_t tos;
	bool df;
	bool bad_checksum;
	size_t data;  /* bytes behind the upper layer's header: 0, 1, 2 ... */
	uint8_t type; /* ICMP; 0: echo request */
	uint8_t code;
	uint16_t id, sequence;
	uint16_t sport, dport;
	uint8_t flags; /* TCP; 0: SYN */
	uint16_t mss;
	uint32_t seq, ack;
	uint32_t flow_label;
	struct span body; /* in place of data */
	struct span options;
};

/* What came, taken apart; its spans live until the next take. */
struct simlab_answer {
	nsec rtt; /* since the lab's now */
	struct packet packet;
	struct icmp icmp;
	struct span quote, extension; /* errors */
	struct ip4 quoted4;
	struct ip6 quoted6;
	struct span quoted_upper;
	struct udp udp;
	struct tcp tcp;
	struct span data; /* behind the header of UDP or TCP */
};

void simlab_open(struct simlab *lab, const char *topology);
void simlab_open_seed(struct simlab *lab, const char *topology, uint64_t seed);
void simlab_close(struct simlab *lab);

size_t simlab_build(const struct simlab *lab, const struct simlab_probe *probe, uint8_t *bytes,
                    size_t capacity);
void simlab_send(struct simlab *lab, const struct simlab_probe *probe);
/* The next datagram on its way, whenever it comes; false where there is none. */
bool simlab_take_raw(struct simlab *lab, nsec *arrived, struct span *bytes);
bool simlab_take(struct simlab *lab, struct simlab_answer *answer);
/* One probe and its one answer; fails where there is none, or a second. */
void simlab_ask(struct simlab *lab, const struct simlab_probe *probe, struct simlab_answer *answer);
/* A probe that nothing may come back for. */
void simlab_ask_in_vain(struct simlab *lab, const struct simlab_probe *probe);

void simlab_check_addr(const struct addr *addr, const char *text);

#endif
