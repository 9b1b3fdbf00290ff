#include "probe/payload.h"

#include <string.h>
#include "probe/identity.h"
#include "wire/checksum.h"

#define HEAD EXCHANGE_COOKIE_SIZE

void payload_init(struct exchange *x)
{
	const struct exchange_config *config = &x->config;
	size_t length = config->pattern_length;
	x->fill_length = (uint16_t)(length ? EXCHANGE_FILL / length * length : EXCHANGE_FILL);
	for (size_t i = 0; i < x->fill_length; i++)
		x->fill[i] = length ? config->pattern[i % length] : (uint8_t)i;
	x->rest_length = 0;
	x->rest_sum = 0;
}

int payload_word_at(const struct exchange *x, uint8_t kind, size_t length)
{
	bool udp = kind == PROBE_UDP;
	if (!udp && (kind != PROBE_ECHO || !x->config.constant_checksum))
		return -1;
	if (length >= HEAD)
		return 12;
	if (length >= 10 && !udp)
		return 8;
	return length >= 2 ? 0 : -1;
}

bool payload_has_cookie(const struct exchange *x, const struct flight_record *record)
{
	size_t length = identity_data_length(x, record);
	return length >= HEAD || (length >= 8 && payload_word_at(x, PROBE_ECHO, length) != 0);
}

/* The first HEAD bytes of the data; where there is less of it, the rest means nothing. */
static void build_head(const struct exchange *x, const struct flight_record *r, uint32_t serial,
                       size_t length, uint8_t head[static HEAD])
{
	struct writer w = writer_of(head, HEAD);
	writer_bytes(&w, x->fill, HEAD);
	w.at = w.start;
	int word_at = payload_word_at(x, r->kind, length);
	if (length >= HEAD) {
		writer_u64(&w, r->cookie);
		writer_u32(&w, serial);
		writer_u16(&w, r->word);
		writer_u16(&w, 0);
	} else if (r->kind == PROBE_UDP) {
		writer_u16(&w, r->word);
		writer_u16(&w, r->number);
	} else if (r->kind == PROBE_ECHO) {
		if (length >= 8 && word_at != 0)
			writer_u64(&w, r->cookie);
		if (word_at >= 0)
			writer_u16(&w, r->word);
	}
}

void payload_build(const struct exchange *x, const struct flight_record *record, uint32_t serial,
                   size_t length, struct writer *w)
{
	uint8_t head[HEAD];
	build_head(x, record, serial, length, head);
	writer_bytes(w, head, length < HEAD ? length : HEAD);
	for (size_t at = HEAD; at < length && !w->failed;) {
		size_t phase = at % x->fill_length;
		size_t run = x->fill_length - phase;
		if (run > length - at)
			run = length - at;
		writer_bytes(w, x->fill + phase, run);
		at += run;
	}
}

uint64_t payload_rest_sum(struct exchange *x, size_t length)
{
	if (length <= HEAD)
		return 0;
	if (length == x->rest_length)
		return x->rest_sum;
	checksum_sum sum = 0;
	/* One byte at a time into words, for the runs of the pattern may be odd. */
	for (size_t at = HEAD; at < length; at += 2) {
		uint8_t word[2] = { x->fill[at % x->fill_length],
			            x->fill[(at + 1) % x->fill_length] };
		sum = checksum_add(sum, word, length - at < 2 ? 1 : 2);
	}
	x->rest_length = length;
	x->rest_sum = sum;
	return sum;
}

static struct payload_damage compare(const uint8_t *data, const uint8_t *want, size_t from,
                                     size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (data[i] != want[i])
			return (struct payload_damage){ .at = (int32_t)(from + i),
				                        .want = want[i],
				                        .got = data[i] };
	return (struct payload_damage){ .at = -1 };
}

static struct span shorter(struct span data, size_t length)
{
	return (struct span){ .data = data.data,
		              .length = data.length < length ? data.length : length };
}

bool payload_head_agrees(const struct exchange *x, const struct flight_record *record,
                         struct span data)
{
	uint8_t head[HEAD];
	size_t length = identity_data_length(x, record);
	build_head(x, record, record->serial, length, head);
	struct span seen = shorter(shorter(data, length), HEAD);
	return identity_same_bytes(seen.data, head, seen.length);
}

struct payload_damage payload_check(const struct exchange *x, const struct flight_record *record,
                                    struct span data)
{
	size_t length = identity_data_length(x, record);
	struct span seen = shorter(data, length);
	if (!payload_head_agrees(x, record, seen)) {
		uint8_t head[HEAD];
		build_head(x, record, record->serial, length, head);
		return compare(seen.data, head, 0, shorter(seen, HEAD).length);
	}
	for (size_t at = HEAD; at < seen.length;) {
		size_t phase = at % x->fill_length;
		size_t run = x->fill_length - phase;
		if (run > seen.length - at)
			run = seen.length - at;
		if (memcmp(seen.data + at, x->fill + phase, run) != 0)
			return compare(seen.data + at, x->fill + phase, at, run);
		at += run;
	}
	return (struct payload_damage){ .at = -1 };
}
