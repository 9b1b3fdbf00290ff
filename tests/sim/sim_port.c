/* What an end does with UDP and TCP: open, closed or silent for each port. */
#include <string.h>
#include "tests/sim/sim_private.h"
#include "wire/ip4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define DNS_PORT   53
#define DNS_ANSWER 1232 /* bytes of an answer that never needs to be cut (RFC 9715, 3) */
#define MSS4       1460
#define MSS6       1440

static bool listed(const struct topo_ports *ports, uint16_t port)
{
	for (uint8_t i = 0; i < ports->count; i++)
		if (ports->list[i] == port)
			return true;
	return false;
}

/* --- UDP -------------------------------------------------------------------------------------- */

static void answer_udp(struct sim *s, const struct sim_walk *w, uint32_t node, const struct udp *u,
                       struct span data)
{
	struct sim_answer answer;
	if (!sim_answer(s, w, node, &w->d.dst, IP_PROTOCOL_UDP, UDP_HEADER + data.length, &answer))
		return;
	udp_build(&answer.w, &(struct udp){ .sport = u->dport,
	                                    .dport = u->sport,
	                                    .length = (uint16_t)(UDP_HEADER + data.length) });
	writer_bytes(&answer.w, data.data, data.length);
	sim_reply(s, w, node, &answer, 0);
}

void sim_host_udp(struct sim *s, const struct sim_walk *w, uint32_t node)
{
	const struct topo_node *spec = s->nodes[node].spec;
	struct cursor c = cursor_over(w->d.upper);
	struct udp u;
	if (!udp_parse(&c, &u) || u.length < UDP_HEADER || u.length > w->d.upper.length) {
		s->counts.invalid++;
		return;
	}
	struct span data = cursor_span(&c, u.length - (size_t)UDP_HEADER);
	if (spec->resolver && u.dport == DNS_PORT) {
		uint8_t bytes[DNS_ANSWER];
		struct writer text = writer_of(bytes, sizeof bytes);
		if (sim_dns_answer(s->topo, data, &text))
			answer_udp(s, w, node, &u, (struct span){ bytes, writer_length(&text) });
		else
			s->counts.silent++;
	} else if (listed(&spec->udp_open, u.dport)) {
		answer_udp(s, w, node, &u, data);
	} else if (spec->udp_silent) {
		s->counts.silent++;
	} else {
		sim_error_unreachable(s, w, node, ICMP4_CODE_PORT, ICMP6_CODE_PORT);
	}
}

/* --- TCP -------------------------------------------------------------------------------------- */

/* RFC 9293, 3.10.7.1 and 3.10.7.4: the next byte it expects. */
static uint32_t next_of(const struct tcp *t, size_t data)
{
	return t->seq + (uint32_t)data + ((t->flags & TCP_SYN) ? 1 : 0) +
	       ((t->flags & TCP_FIN) ? 1 : 0);
}

static void answer_tcp(struct sim *s, const struct sim_walk *w, uint32_t node,
                       const struct tcp *answered, struct tcp *t)
{
	struct sim_answer answer;
	if (!sim_answer(s, w, node, &w->d.dst, IP_PROTOCOL_TCP, TCP_HEADER_MIN + 4, &answer))
		return;
	t->sport = answered->dport;
	t->dport = answered->sport;
	tcp_build(&answer.w, t);
	sim_reply(s, w, node, &answer, 0);
}

static void accept_syn(struct sim *s, const struct sim_walk *w, uint32_t node, const struct tcp *t,
                       size_t data)
{
	uint16_t mss = s->nodes[node].spec->mss;
	uint16_t usual = w->d.family == 4 ? MSS4 : MSS6;
	/* Data in a SYN waits for the handshake: it is not acknowledged. */
	struct tcp answer = { .seq = (uint32_t)random_next(&s->random),
		              .ack = next_of(t, data) - (uint32_t)data,
		              .flags = TCP_SYN | TCP_ACK,
		              .window = 65535,
		              .mss = mss ? mss : usual };
	answer_tcp(s, w, node, t, &answer);
}

static void reset(struct sim *s, const struct sim_walk *w, uint32_t node, const struct tcp *t,
                  size_t data)
{
	struct tcp answer = { .flags = TCP_RST | TCP_ACK, .ack = next_of(t, data) };
	if (t->flags & TCP_ACK)
		answer = (struct tcp){ .flags = TCP_RST, .seq = t->ack };
	answer_tcp(s, w, node, t, &answer);
}

void sim_host_tcp(struct sim *s, const struct sim_walk *w, uint32_t node)
{
	const struct topo_node *spec = s->nodes[node].spec;
	struct cursor c = cursor_over(w->d.upper);
	struct tcp t;
	if (!tcp_parse(&c, &t)) {
		s->counts.invalid++;
		return;
	}
	bool open = listed(&spec->tcp_open, t.dport);
	bool silent = spec->tcp_silent && !open && !listed(&spec->tcp_closed, t.dport);
	/* The third packet of a handshake needs no answer, and a reset never has one. */
	bool third = open && !(t.flags & (TCP_SYN | TCP_FIN)) && cursor_left(&c) == 0;
	if (silent || third || (t.flags & TCP_RST)) {
		s->counts.silent++;
		return;
	}
	if (open && (t.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		accept_syn(s, w, node, &t, cursor_left(&c));
	else
		reset(s, w, node, &t, cursor_left(&c));
}
