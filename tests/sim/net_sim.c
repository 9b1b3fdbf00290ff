#include "tests/sim/net_sim.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/reassembly.h"
#include "wire/icmp.h"
#include "wire/ip4.h"

#define DATAGRAM_MAX (40 + 65535)
#define BATCH        DRIVE_BATCH

/* A datagram put together of fragments: it must live as long as the others of its batch. */
struct whole {
	uint8_t *bytes;
	size_t capacity;
};

struct net_sim {
	struct net net;
	struct sim *sim;
	const struct topo *topo;
	struct exchange exchange;
	struct reassembly reassembly;
	struct random random; /* our own side's; the model has another */
	struct net_sim_tap tap;
	bool watched;
	uint64_t trace;
	nsec now;
	nsec late;      /* the next look is so much later than what it is for; -1: not drawn yet */
	uint64_t drops; /* not told yet */
	struct net_sim_local local;
	struct whole wholes[BATCH];
	size_t whole_count;
	uint8_t out[DATAGRAM_MAX];
};

static void trace(struct net_sim *n, nsec time, const void *bytes, size_t length)
{
	static const struct siphash_key key = { 0, 0 }; /* nobody is to be kept from guessing it */
	if (!n->watched)
		return;
	uint64_t words[3] = { n->trace, (uint64_t)time, siphash(&key, bytes, length) };
	n->trace = siphash(&key, words, sizeof words);
}

/* --- sending ---------------------------------------------------------------------------------- */

static const struct addr *source_addr(const struct net_sim *n, uint8_t family)
{
	static const struct addr none = { .family = 0 };
	const struct topo_node *source = &n->topo->nodes[0];
	for (uint8_t i = 0; i < source->addr_count; i++)
		if (source->addrs[i].family == family)
			return &source->addrs[i];
	return &none;
}

/* 0 or an errno, with *mtu where that explains it. */
static int send_one(struct net_sim *n, const struct probe *probe, uint32_t *mtu)
{
	const struct topo_send_error *refusal = &n->topo->local.send_error;
	const struct addr *src = source_addr(n, probe->dst.family);
	struct writer w = writer_of(n->out, sizeof n->out);
	size_t header;
	uint32_t serial;
	if (refusal->chance > 0 && random_unit(&n->random) < refusal->chance)
		return refusal->error;
	if (src->family == 0)
		return ENETUNREACH;
	/* As sockets with path MTU discovery and raw ones do it: what does not fit is not sent. */
	uint32_t most = sim_source_mtu(n->sim, n->now, &probe->dst);
	if (probe->df && probe->size > most) {
		*mtu = most;
		return EMSGSIZE;
	}
	int error = exchange_prepare(&n->exchange, probe, src, n->now, &w, &header, &serial);
	if (error)
		return -error;
	struct span datagram = { n->out, writer_length(&w) };
	trace(n, n->now, datagram.data, datagram.length);
	if (n->tap.sent)
		n->tap.sent(n->tap.ctx, n->now, datagram);
	sim_inject(n->sim, n->now, datagram);
	return 0;
}

static void net_sim_send(struct net *net, const struct probe *probes, size_t count,
                         struct sent *results)
{
	struct net_sim *n = (struct net_sim *)net;
	for (size_t i = 0; i < count; i++) {
		uint32_t mtu = 0;
		int error = send_one(n, &probes[i], &mtu);
		results[i] = (struct sent){ .token = probes[i].token,
			                    .time = n->now,
			                    .error = error,
			                    .mtu = mtu,
			                    .stamped = !n->topo->local.late_stamps };
		n->local.refused += error != 0;
	}
}

/* --- receiving -------------------------------------------------------------------------------- */

/* Where the datagram is put together of fragments; NULL where there is no memory. */
static bool keep_whole(struct net_sim *n, const struct datagram *d, struct span *bytes)
{
	struct whole *whole = &n->wholes[n->whole_count];
	size_t length = datagram_length(d);
	if (whole->capacity < length) {
		uint8_t *moved = realloc(whole->bytes, length);
		if (!moved)
			return false;
		whole->bytes = moved;
		whole->capacity = length;
	}
	struct writer w = writer_of(whole->bytes, length);
	datagram_build(&w, d);
	n->whole_count++;
	*bytes = (struct span){ whole->bytes, length };
	return !w.failed;
}

/* False where it is a fragment of what is not whole yet, or nothing at all. */
static bool take_packet(struct net_sim *n, nsec time, struct span bytes, struct packet *packet)
{
	struct datagram d;
	uint32_t largest = 0;
	if (packet_parse(bytes, time, packet))
		return true;
	if (!datagram_parse(bytes, &d) || !d.fragment ||
	    !reassembly_add(&n->reassembly, &d, &time, &largest) || !keep_whole(n, &d, &bytes) ||
	    !packet_parse(bytes, time, packet))
		return false;
	packet->fragment_size = largest;
	return true;
}

/* ICMPv6 sockets are handed nothing whose checksum is wrong; others judge for themselves. */
static bool kernel_drops(const struct packet *packet)
{
	return packet->protocol == IP_PROTOCOL_ICMP6 &&
	       !icmp6_checksum_ok(packet->payload, &packet->src, &packet->dst);
}

static bool next_reply(struct net_sim *n, struct net_event *event)
{
	bool late = n->topo->local.late_stamps > 0;
	struct packet packet;
	struct span bytes;
	nsec arrived;
	while (sim_take(n->sim, n->now, &arrived, &bytes)) {
		trace(n, arrived, bytes.data, bytes.length);
		if (!take_packet(n, late ? n->now : arrived, bytes, &packet) ||
		    kernel_drops(&packet))
			continue;
		packet.user_time = late;
		if (n->tap.received)
			n->tap.received(n->tap.ctx, &packet);
		if (!exchange_match(&n->exchange, &packet, &event->reply))
			continue;
		sim_keep(n->sim);
		event->kind = NET_REPLY;
		return true;
	}
	return false;
}

/* What found no room while nobody looked: all that has come but what the queue holds. */
static void overflow(struct net_sim *n)
{
	uint32_t room = n->topo->local.receive_queue;
	if (room == 0)
		return;
	uint64_t lost = sim_overflow(n->sim, n->now, room);
	n->drops += lost;
	n->local.dropped += lost;
}

static size_t net_sim_receive(struct net *net, struct net_event *events, size_t capacity)
{
	struct net_sim *n = (struct net_sim *)net;
	size_t count = 0;
	sim_drop(n->sim);
	n->whole_count = 0;
	n->late = -1;
	overflow(n);
	if (n->drops && count < capacity) {
		events[count++] = (struct net_event){ .kind = NET_DROPS, .drops = n->drops };
		n->drops = 0;
	}
	capacity = capacity < BATCH ? capacity : BATCH;
	while (count < capacity && next_reply(n, &events[count]))
		count++;
	return count;
}

static size_t net_sim_fds(const struct net *net, int *fds, size_t capacity)
{
	(void)net;
	(void)fds;
	(void)capacity;
	return 0;
}

static void net_sim_free(struct net *net)
{
	struct net_sim *n = (struct net_sim *)net;
	for (size_t i = 0; i < BATCH; i++)
		free(n->wholes[i].bytes);
	reassembly_release(&n->reassembly);
	exchange_release(&n->exchange);
	sim_free(n->sim);
	free(n);
}

/* --- life ------------------------------------------------------------------------------------- */

static const struct net_ops net_sim_ops = {
	.name = "simulated",
	.send = net_sim_send,
	.receive = net_sim_receive,
	.fds = net_sim_fds,
	.free = net_sim_free,
};

struct net_sim *net_sim_new(const struct topo *topo, uint64_t seed,
                            const struct exchange_config *exchange)
{
	struct net_sim *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->net.ops = &net_sim_ops;
	n->topo = topo;
	n->now = NET_SIM_START;
	n->late = -1;
	random_init(&n->random, ~seed);
	reassembly_init(&n->reassembly);
	n->sim = sim_new(topo, seed, n->now);
	if (!n->sim || exchange_init(&n->exchange, exchange) != 0) {
		sim_free(n->sim);
		free(n);
		return NULL;
	}
	return n;
}

struct net *net_sim_net(struct net_sim *n)
{
	return &n->net;
}

struct sim *net_sim_model(struct net_sim *n)
{
	return n->sim;
}

nsec net_sim_now(const struct net_sim *n)
{
	return n->now;
}

nsec net_sim_clock(void *ctx)
{
	return ((const struct net_sim *)ctx)->now;
}

void net_sim_tap(struct net_sim *n, const struct net_sim_tap *tap)
{
	n->tap = *tap;
}

void net_sim_watch(struct net_sim *n)
{
	n->watched = true;
}

uint64_t net_sim_trace(const struct net_sim *n)
{
	return n->trace;
}

struct net_sim_local net_sim_local(const struct net_sim *n)
{
	return n->local;
}

struct exchange_config net_sim_exchange(uint64_t seed)
{
	struct random random;
	random_init(&random, seed ^ UINT64_C(0x65786368616e6765));
	return (struct exchange_config){
		.key = { random_next(&random), random_next(&random) },
		.id_base = (uint16_t)random_next(&random),
		.sport_base = (uint16_t)(32768 + random_below(&random, 28000)),
		.flow_label = 1 + (uint32_t)random_below(&random, 0xf0000),
		.flight_limit = 1 << 20,
		.flight_keep = 60 * NSEC_S,
	};
}

/* When somebody looks for the next reply: late, where there are no kernel stamps. */
static nsec next_look(struct net_sim *n)
{
	nsec late_most = n->topo->local.late_stamps;
	nsec next = sim_next(n->sim);
	if (next == NSEC_NEVER || late_most == 0)
		return next;
	if (n->late < 0)
		n->late = (nsec)random_below(&n->random, (uint64_t)late_most + 1);
	return nsec_after(next, n->late);
}

bool net_sim_run(struct net_sim *n, struct drive *drive, nsec until)
{
	uint64_t standing = 0; /* steps without the clock moving */
	while (!drive->done) {
		nsec deadline = drive_step(drive);
		if (drive->done)
			break;
		/* It may give way with work left, but not for ever. */
		assert(deadline >= n->now);
		standing = deadline > n->now && next_look(n) > n->now ? 0 : standing + 1;
		assert(standing < 1000000);
		nsec next = nsec_min(deadline, next_look(n));
		if (next > until) {
			n->now = nsec_max(n->now, until);
			return false;
		}
		n->now = nsec_max(n->now, next);
	}
	return true;
}
