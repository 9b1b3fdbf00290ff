#include "tests/unit/exlab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "wire/ip4.h"
#include "wire/ip6.h"

struct exchange_config exlab_config(void)
{
	return (struct exchange_config){
		.key = { UINT64_C(0x1122334455667788), UINT64_C(0x99aabbccddeeff00) },
		.id_base = 0x1200,
		.sport_base = 40000,
		.flight_limit = 64,
		.flight_keep = 10 * NSEC_S,
	};
}

static struct addr addr_of(const char *text)
{
	struct addr a;
	assert_true(addr_parse(text, &a));
	return a;
}

struct addr exlab_target(uint8_t family)
{
	return addr_of(family == 4 ? "203.0.113.7" : "2001:db8:7::7");
}

struct addr exlab_router(uint8_t family)
{
	return addr_of(family == 4 ? "198.18.0.9" : "2001:db8:9::9");
}

struct addr exlab_other(uint8_t family)
{
	return addr_of(family == 4 ? "203.0.113.99" : "2001:db8:99::99");
}

struct addr exlab_here(const struct exlab *lab, uint8_t family)
{
	return family == 4 ? lab->src4 : lab->src6;
}

void exlab_open(struct exlab *lab, const struct exchange_config *config)
{
	memset(lab, 0, sizeof *lab);
	assert_int_equal(exchange_init(&lab->x, config), 0);
	lab->now = 1000 * NSEC_S;
	lab->src4 = addr_of("198.51.100.2");
	lab->src6 = addr_of("2001:db8::2");
}

void exlab_close(struct exlab *lab)
{
	exchange_release(&lab->x);
}

struct probe exlab_probe(uint8_t kind, uint8_t family, uint64_t token, uint32_t size)
{
	return (struct probe){ .token = token,
		               .dst = exlab_target(family),
		               .size = size,
		               .port = kind == PROBE_UDP || kind == PROBE_TCP ? 33434 : 0,
		               .kind = kind,
		               .ttl = 5,
		               .df = true };
}

int exlab_send(struct exlab *lab, const struct probe *probe)
{
	struct writer w = writer_of(lab->sent.bytes, sizeof lab->sent.bytes);
	struct addr src = exlab_here(lab, probe->dst.family);
	int error =
	        exchange_prepare(&lab->x, probe, &src, lab->now, &w, &lab->header, &lab->serial);
	lab->sent.length = writer_length(&w);
	return error;
}

uint8_t *exlab_upper(struct exlab *lab)
{
	return lab->sent.bytes + lab->header;
}

size_t exlab_upper_length(const struct exlab *lab)
{
	return lab->sent.length - lab->header;
}

uint16_t exlab_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] * 256 + at[1]);
}

uint32_t exlab_u32(const uint8_t *at)
{
	return (uint32_t)exlab_u16(at) * 65536 + exlab_u16(at + 2);
}

void exlab_put16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v / 256);
	at[1] = (uint8_t)(v % 256);
}

uint16_t exlab_sum(const uint8_t *bytes, size_t length, uint32_t start)
{
	uint32_t sum = start;
	for (size_t i = 0; i < length; i++) {
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

uint16_t exlab_upper_sum(const struct datagram *d, size_t header, uint8_t protocol)
{
	const uint8_t *upper = d->bytes + header;
	size_t length = d->length - header;
	if (protocol == 1)
		return exlab_sum(upper, length, 0);
	bool v4 = d->bytes[0] >> 4 == 4;
	uint16_t addresses = v4 ? exlab_sum(d->bytes + 12, 8, 0) : exlab_sum(d->bytes + 8, 32, 0);
	uint32_t start = (uint32_t)(uint16_t)~addresses + protocol + (uint32_t)length;
	return exlab_sum(upper, length, (start & 0xffff) + (start >> 16));
}

void exlab_wrap(struct exlab *lab, const struct addr *src, uint8_t protocol, const void *upper,
                size_t length)
{
	struct writer w = writer_of(lab->in.bytes, sizeof lab->in.bytes);
	struct addr here = exlab_here(lab, src->family);
	if (src->family == 4)
		ip4_build(&w, &(struct ip4){ .total_length = (uint16_t)(20 + length),
		                             .ttl = 57,
		                             .tos = 0x20,
		                             .protocol = protocol,
		                             .src = *src,
		                             .dst = here });
	else
		ip6_build(&w, &(struct ip6){ .payload_length = (uint16_t)length,
		                             .next_header = protocol,
		                             .hop_limit = 57,
		                             .tos = 0x20,
		                             .src = *src,
		                             .dst = here });
	writer_bytes(&w, upper, length);
	assert_false(w.failed);
	lab->in.length = writer_length(&w);
}

void exlab_mend(struct exlab *lab)
{
	bool v4 = lab->in.bytes[0] >> 4 == 4;
	size_t header = v4 ? (lab->in.bytes[0] & 15) * 4U : 40;
	uint8_t protocol = lab->in.bytes[v4 ? 9 : 6];
	size_t field = header + (protocol == 6 ? 16 : protocol == 17 ? 6 : 2);
	exlab_put16(lab->in.bytes + field, 0);
	exlab_put16(lab->in.bytes + field, exlab_upper_sum(&lab->in, header, protocol));
}

void exlab_answer(struct exlab *lab)
{
	uint8_t family = lab->sent.bytes[0] >> 4;
	struct addr target = exlab_target(family);
	exlab_wrap(lab, &target, family == 4 ? 1 : 58, exlab_upper(lab), exlab_upper_length(lab));
	uint8_t *type = lab->in.bytes + (family == 4 ? 20 : 40);
	/* 8 is answered by 0, 13 by 14, 128 by 129, 139 by 140. */
	*type = *type == 8 ? 0 : (uint8_t)(*type + 1);
	exlab_mend(lab);
}

void exlab_error_about(struct exlab *lab, uint8_t family, uint8_t type, uint8_t code, uint32_t rest,
                       const void *quote, size_t length)
{
	static uint8_t message[EXLAB_ROOM];
	struct addr router = exlab_router(family);
	message[0] = type;
	message[1] = code;
	exlab_put16(message + 4, (uint16_t)(rest >> 16));
	exlab_put16(message + 6, (uint16_t)rest);
	memcpy(message + 8, quote, length);
	exlab_wrap(lab, &router, family == 4 ? 1 : 58, message, 8 + length);
	exlab_mend(lab);
}

void exlab_error(struct exlab *lab, uint8_t type, uint8_t code, uint32_t rest, size_t quote)
{
	assert_true(quote <= lab->sent.length);
	exlab_error_about(lab, lab->sent.bytes[0] >> 4, type, code, rest, lab->sent.bytes, quote);
}

bool exlab_receive(struct exlab *lab)
{
	struct packet packet;
	struct span datagram = { lab->in.bytes, lab->in.length };
	assert_true(packet_parse(datagram, lab->now, &packet));
	return exchange_match(&lab->x, &packet, &lab->reply);
}
