#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "tests/sim/simlab.h"
#include "wire/checksum.h"

void simlab_open_seed(struct simlab *lab, const char *topology, uint64_t seed)
{
	struct topo_error error;
	if (!topo_parse(&lab->topo, topology, strlen(topology), &error))
		fail_msg("%u:%u: %s\n%s", (unsigned)error.line, (unsigned)error.column, error.text,
		         topology);
	lab->now = NSEC_S;
	lab->sim = sim_new(&lab->topo, seed, lab->now);
	assert_non_null(lab->sim);
}

void simlab_open(struct simlab *lab, const char *topology)
{
	simlab_open_seed(lab, topology, 1);
}

void simlab_close(struct simlab *lab)
{
	sim_free(lab->sim);
	topo_release(&lab->topo);
}

static struct addr addr_of(const char *text)
{
	struct addr addr;
	assert_true(addr_parse(text, &addr));
	return addr;
}

static struct addr source_of(const struct simlab *lab, const struct simlab_probe *probe,
                             uint8_t family)
{
	const struct topo_node *source = &lab->topo.nodes[0];
	if (probe->src)
		return addr_of(probe->src);
	for (uint8_t i = 0; i < source->addr_count; i++)
		if (source->addrs[i].family == family)
			return source->addrs[i];
	fail_msg("the source has no address of family %d", family);
	return source->addrs[0];
}

/* --- building --------------------------------------------------------------------------------- */

static void write_data(struct writer *w, const struct simlab_probe *probe)
{
	if (probe->body.data) {
		writer_bytes(w, probe->body.data, probe->body.length);
		return;
	}
	for (size_t i = 0; i < probe->data; i++)
		writer_u8(w, (uint8_t)i);
}

static void write_upper(struct writer *w, const struct simlab_probe *probe, uint8_t protocol,
                        const struct addr *src, const struct addr *dst)
{
	uint8_t echo = dst->family == 4 ? ICMP4_ECHO : ICMP6_ECHO;
	switch (protocol) {
	case IP_PROTOCOL_UDP:
		udp_build(w, &(struct udp){ .sport = probe->sport, .dport = probe->dport });
		write_data(w, probe);
		writer_patch_u16(w, 4, (uint16_t)writer_length(w));
		udp_seal(w, 0, src, dst);
		break;
	case IP_PROTOCOL_TCP:
		tcp_build(w, &(struct tcp){ .sport = probe->sport,
		                            .dport = probe->dport,
		                            .seq = probe->seq,
		                            .ack = probe->ack,
		                            .flags = probe->flags ? probe->flags : TCP_SYN,
		                            .mss = probe->mss });
		write_data(w, probe);
		tcp_seal(w, 0, src, dst);
		break;
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMP6:
		icmp_build_header(w, probe->type ? probe->type : echo, probe->code,
		                  (uint32_t)probe->id << 16 | probe->sequence);
		write_data(w, probe);
		if (protocol == IP_PROTOCOL_ICMP)
			icmp4_seal(w, 0);
		else
			icmp6_seal(w, 0, src, dst);
		break;
	default: write_data(w, probe);
	}
}

size_t simlab_build(const struct simlab *lab, const struct simlab_probe *probe, uint8_t *bytes,
                    size_t capacity)
{
	static uint8_t room[65536];
	struct addr dst = addr_of(probe->dst);
	struct addr src = source_of(lab, probe, dst.family);
	uint8_t icmp = dst.family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6;
	uint8_t protocol = probe->protocol ? probe->protocol : icmp;
	struct writer upper = writer_of(room, sizeof room);
	struct writer w = writer_of(bytes, capacity);
	write_upper(&upper, probe, protocol, &src, &dst);
	uint16_t length = (uint16_t)writer_length(&upper);
	if (dst.family == 4)
		ip4_build(&w, &(struct ip4){ .tos = probe->tos,
		                             .total_length = (uint16_t)(20 + probe->options.length +
		                                                        length),
		                             .id = 0x1234,
		                             .df = probe->df,
		                             .ttl = probe->ttl ? probe->ttl : 64,
		                             .protocol = protocol,
		                             .src = src,
		                             .dst = dst,
		                             .options = probe->options });
	else
		ip6_build(&w, &(struct ip6){ .tos = probe->tos,
		                             .flow_label = probe->flow_label,
		                             .payload_length = length,
		                             .next_header = protocol,
		                             .hop_limit = probe->ttl ? probe->ttl : 64,
		                             .src = src,
		                             .dst = dst });
	if (probe->bad_checksum)
		room[length - 1] ^= 1;
	writer_bytes(&w, room, length);
	assert_false(upper.failed || w.failed);
	return writer_length(&w);
}

void simlab_send(struct simlab *lab, const struct simlab_probe *probe)
{
	static uint8_t bytes[65536 + 40];
	size_t length = simlab_build(lab, probe, bytes, sizeof bytes);
	sim_inject(lab->sim, lab->now, (struct span){ bytes, length });
}

/* --- taking ----------------------------------------------------------------------------------- */

bool simlab_take_raw(struct simlab *lab, nsec *arrived, struct span *bytes)
{
	nsec next = sim_next(lab->sim);
	if (next == NSEC_NEVER)
		return false;
	assert_false(sim_take(lab->sim, next - 1, arrived, bytes));
	assert_true(sim_take(lab->sim, next, arrived, bytes));
	assert_true(*arrived == next);
	return true;
}

static void read_quote(struct simlab_answer *answer)
{
	uint8_t family = answer->packet.src.family;
	icmp_split(&answer->icmp, &answer->quote, &answer->extension);
	struct cursor c = cursor_over(answer->quote);
	if (family == 4)
		assert_true(ip4_parse(&c, &answer->quoted4));
	else
		assert_true(ip6_parse(&c, &answer->quoted6));
	answer->quoted_upper = cursor_rest(&c);
}

static bool checksum_good(const struct packet *p)
{
	if (p->protocol == IP_PROTOCOL_ICMP)
		return icmp4_checksum_ok(p->payload);
	checksum_sum sum =
	        checksum_pseudo(&p->src, &p->dst, p->protocol, (uint32_t)p->payload.length);
	return checksum_finish(checksum_add(sum, p->payload.data, p->payload.length)) == 0;
}

bool simlab_take(struct simlab *lab, struct simlab_answer *answer)
{
	struct span bytes;
	nsec arrived;
	if (!simlab_take_raw(lab, &arrived, &bytes))
		return false;
	*answer = (struct simlab_answer){ .rtt = arrived - lab->now };
	assert_true(packet_parse(bytes, arrived, &answer->packet));
	assert_true(checksum_good(&answer->packet));
	struct cursor c = cursor_over(answer->packet.payload);
	uint8_t family = answer->packet.src.family;
	switch (answer->packet.protocol) {
	case IP_PROTOCOL_UDP:
		assert_true(udp_parse(&c, &answer->udp));
		assert_int_equal(answer->udp.length, answer->packet.payload.length);
		break;
	case IP_PROTOCOL_TCP: assert_true(tcp_parse(&c, &answer->tcp)); break;
	default:
		assert_true(icmp_parse(&c, family, &answer->icmp));
		if (icmp_is_error(family, answer->icmp.type) &&
		    !(family == 6 && answer->icmp.type == ICMP6_REDIRECT))
			read_quote(answer);
	}
	answer->data = cursor_rest(&c);
	return true;
}

void simlab_ask(struct simlab *lab, const struct simlab_probe *probe, struct simlab_answer *answer)
{
	simlab_send(lab, probe);
	assert_true(simlab_take(lab, answer));
	assert_true(sim_next(lab->sim) == NSEC_NEVER);
}

void simlab_ask_in_vain(struct simlab *lab, const struct simlab_probe *probe)
{
	simlab_send(lab, probe);
	assert_true(sim_next(lab->sim) == NSEC_NEVER);
}

void simlab_check_addr(const struct addr *addr, const char *text)
{
	char written[ADDR_TEXT_SIZE];
	assert_string_equal(addr_format(addr, written), text);
}
