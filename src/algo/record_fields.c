#include "algo/record_fields.h"

#include <inttypes.h>
#include <string.h>
#include "algo/record.h"
#include "base/addr.h"
#include "base/cursor.h"
#include "probe/net.h"
#include "probe/probe.h"

/* --- the tables
 * ----------------------------------------------------------------------------------- */

static const char *const probe_kinds[] = {
	[PROBE_ECHO] = "echo",
	[PROBE_UDP] = "udp",
	[PROBE_TCP] = "tcp",
	[PROBE_TIMESTAMP] = "timestamp",
	[PROBE_NODE_INFO] = "node-info",
	NULL,
};

static const char *const reply_kinds[] = {
	[REPLY_ECHO] = "echo",
	[REPLY_TIMESTAMP] = "timestamp",
	[REPLY_NODE_INFO] = "node-info",
	[REPLY_TCP_SYNACK] = "syn-ack",
	[REPLY_TCP_RST] = "reset",
	[REPLY_UDP] = "udp",
	[REPLY_UNREACHABLE] = "unreachable",
	[REPLY_TOO_BIG] = "too-big",
	[REPLY_TIME_EXCEEDED] = "time-exceeded",
	[REPLY_PARAMETER] = "parameter",
	[REPLY_REDIRECT] = "redirect",
	[REPLY_QUENCH] = "quench",
	[REPLY_OTHER] = "other",
	NULL,
};

/* In the order of enum reply_flag. */
static const char *const reply_flags[] = {
	"duplicate", "wrong-source", "corrupt", "truncated", "unknown", "user-time", "rough", NULL,
};

#define COUNT(words) (sizeof(words) / sizeof((words)[0]))
_Static_assert(COUNT(probe_kinds) == PROBE_NODE_INFO + 2, "a name for each kind of probe");
_Static_assert(COUNT(reply_kinds) == REPLY_OTHER + 2, "a name for each kind of reply");
_Static_assert(1 << (COUNT(reply_flags) - 2) == REPLY_ROUGH, "a name for each flag");

#define FIELD(type_of, member, word, kind) \
	.name = (word), .type = (kind), .offset = offsetof(type_of, member)

static const struct record_field probe_fields[] = {
	{ FIELD(struct probe, token, "token", RECORD_U64) },
	{ FIELD(struct probe, dst, "dst", RECORD_ADDR) },
	{ FIELD(struct probe, size, "size", RECORD_U32) },
	{ FIELD(struct probe, flow, "flow", RECORD_U16) },
	{ FIELD(struct probe, port, "port", RECORD_U16) },
	{ FIELD(struct probe, kind, "kind", RECORD_ENUM), .words = probe_kinds },
	{ FIELD(struct probe, ttl, "ttl", RECORD_U8) },
	{ FIELD(struct probe, tos, "tos", RECORD_U8) },
	{ FIELD(struct probe, df, "df", RECORD_BOOL) },
};

static const struct record_field sent_fields[] = {
	{ FIELD(struct sent, token, "token", RECORD_U64) },
	{ FIELD(struct sent, time, "time", RECORD_TIME) },
	{ FIELD(struct sent, error, "error", RECORD_I32) },
	{ FIELD(struct sent, mtu, "mtu", RECORD_U32) },
	{ FIELD(struct sent, stamped, "stamped", RECORD_BOOL) },
};

static const struct record_field reply_fields[] = {
	{ FIELD(struct reply, token, "token", RECORD_U64) },
	{ FIELD(struct reply, sent, "sent", RECORD_TIME) },
	{ FIELD(struct reply, time, "time", RECORD_TIME) },
	{ FIELD(struct reply, from, "from", RECORD_ADDR) },
	{ FIELD(struct reply, to, "to", RECORD_ADDR) },
	{ FIELD(struct reply, flags, "flags", RECORD_FLAGS), .words = reply_flags },
	{ FIELD(struct reply, kind, "kind", RECORD_ENUM), .words = reply_kinds },
	{ FIELD(struct reply, icmp_type, "type", RECORD_U8) },
	{ FIELD(struct reply, icmp_code, "code", RECORD_U8) },
	{ FIELD(struct reply, ttl, "ttl", RECORD_I16), .plain = -1 },
	{ FIELD(struct reply, tos, "tos", RECORD_I16), .plain = -1 },
	{ FIELD(struct reply, bytes, "bytes", RECORD_U32) },
	{ FIELD(struct reply, mtu, "mtu", RECORD_U32) },
	{ FIELD(struct reply, pointer, "pointer", RECORD_U32) },
	{ FIELD(struct reply, gateway, "gateway", RECORD_ADDR) },
	{ FIELD(struct reply, fragment_size, "fragment", RECORD_U32) },
	{ FIELD(struct reply, quoted.ttl, "quoted-ttl", RECORD_I16), .plain = -1 },
	{ FIELD(struct reply, quoted.tos, "quoted-tos", RECORD_I16), .plain = -1 },
	{ FIELD(struct reply, quoted.length, "quoted-length", RECORD_I32), .plain = -1 },
	{ FIELD(struct reply, quoted.id, "quoted-id", RECORD_I32), .plain = -1 },
	{ FIELD(struct reply, quoted.checksum, "quoted-checksum", RECORD_I32), .plain = -1 },
	{ FIELD(struct reply, quoted.df, "quoted-df", RECORD_I8), .plain = -1 },
	{ FIELD(struct reply, quoted.mf, "quoted-mf", RECORD_I8), .plain = -1 },
	{ FIELD(struct reply, quoted.src, "quoted-src", RECORD_ADDR) },
	{ FIELD(struct reply, quoted.dst, "quoted-dst", RECORD_ADDR) },
	{ FIELD(struct reply, quoted.sport, "quoted-sport", RECORD_U16) },
	{ FIELD(struct reply, quoted.dport, "quoted-dport", RECORD_U16) },
	{ FIELD(struct reply, quoted.mss, "quoted-mss", RECORD_U16) },
	{ FIELD(struct reply, quoted.rewritten, "rewritten", RECORD_BOOL) },
	{ FIELD(struct reply, payload, "payload", RECORD_BYTES) },
	{ FIELD(struct reply, options, "options", RECORD_BYTES) },
	{ FIELD(struct reply, extensions, "extensions", RECORD_BYTES) },
	{ FIELD(struct reply, wrong_at, "wrong-at", RECORD_I32), .plain = -1 },
	{ FIELD(struct reply, wrong_want, "wrong-want", RECORD_U8) },
	{ FIELD(struct reply, wrong_got, "wrong-got", RECORD_U8) },
};

#define TABLE(fields)                                          \
	{                                                      \
		(fields), sizeof(fields) / sizeof((fields)[0]) \
	}
const struct record_table record_probe = TABLE(probe_fields);
const struct record_table record_sent = TABLE(sent_fields);
const struct record_table record_reply = TABLE(reply_fields);

/* --- numbers
 * ---------------------------------------------------------------------------------------- */

static const struct range {
	size_t size; /* bytes in the struct; 0: no number */
	bool negative;
	int64_t min;
	uint64_t max;
} ranges[] = {
	[RECORD_U8] = { 1, false, 0, UINT8_MAX },
	[RECORD_U16] = { 2, false, 0, UINT16_MAX },
	[RECORD_U32] = { 4, false, 0, UINT32_MAX },
	[RECORD_U64] = { 8, false, 0, UINT64_MAX },
	[RECORD_I8] = { 1, true, INT8_MIN, INT8_MAX },
	[RECORD_I16] = { 2, true, INT16_MIN, INT16_MAX },
	[RECORD_I32] = { 4, true, INT32_MIN, INT32_MAX },
	[RECORD_TIME] = { 8, true, -RECORD_TIME_MAX, RECORD_TIME_MAX },
	[RECORD_BOOL] = { sizeof(bool), false, 0, 1 },
	[RECORD_ADDR] = { 0 },
	[RECORD_BYTES] = { 0 },
	[RECORD_ENUM] = { 1, false, 0, UINT8_MAX },
	[RECORD_FLAGS] = { 4, false, 0, UINT32_MAX },
};

/* Negative ones as the two's complement of 64 bits. */
static uint64_t load(const struct record_field *f, const void *from)
{
	const struct range *range = &ranges[f->type];
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} v = { .u64 = 0 };
	memcpy(&v, (const char *)from + f->offset, range->size);
	switch (range->size) {
	case 1: return range->negative ? (uint64_t)(int8_t)v.u8 : v.u8;
	case 2: return range->negative ? (uint64_t)(int16_t)v.u16 : v.u16;
	case 4: return range->negative ? (uint64_t)(int32_t)v.u32 : v.u32;
	default: return v.u64;
	}
}

static void store(const struct record_field *f, void *into, uint64_t value)
{
	char *at = (char *)into + f->offset;
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;
	switch (ranges[f->type].size) {
	case 1: memcpy(at, &u8, sizeof u8); break;
	case 2: memcpy(at, &u16, sizeof u16); break;
	case 4: memcpy(at, &u32, sizeof u32); break;
	case 8: memcpy(at, &value, sizeof value); break;
	default: memset(at, 0, f->type == RECORD_ADDR ? sizeof(struct addr) : sizeof(struct span));
	}
}

bool record_integer(const char *text, int64_t min, uint64_t max, uint64_t *value)
{
	bool negative = *text == '-';
	uint64_t magnitude = 0;
	const char *digit = text + negative;
	if (!*digit)
		return false;
	for (; *digit; digit++) {
		if (*digit < '0' || *digit > '9' ||
		    __builtin_mul_overflow(magnitude, (uint64_t)10, &magnitude) ||
		    __builtin_add_overflow(magnitude, (uint64_t)(*digit - '0'), &magnitude))
			return false;
	}
	if (negative && (min >= 0 || magnitude > (uint64_t) - (min + 1) + 1))
		return false;
	if (!negative && (magnitude > max || (min > 0 && magnitude < (uint64_t)min)))
		return false;
	*value = negative ? -magnitude : magnitude;
	return true;
}

/* --- writing
 * ---------------------------------------------------------------------------------------- */

static void print_hex(const struct span *bytes, struct buffer *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < bytes->length; i++) {
		buffer_char(out, digits[bytes->data[i] >> 4]);
		buffer_char(out, digits[bytes->data[i] & 15]);
	}
}

static void print_flags(const struct record_field *f, uint32_t flags, struct buffer *out)
{
	const char *between = "";
	for (uint32_t bit = 0; f->words[bit]; bit++) {
		if (!(flags >> bit & 1))
			continue;
		buffer_text(out, between);
		buffer_text(out, f->words[bit]);
		between = ",";
	}
}

static bool is_plain(const struct record_field *f, const void *from)
{
	struct addr addr;
	struct span bytes;
	switch (f->type) {
	case RECORD_ADDR:
		memcpy(&addr, (const char *)from + f->offset, sizeof addr);
		return addr.family == 0;
	case RECORD_BYTES:
		memcpy(&bytes, (const char *)from + f->offset, sizeof bytes);
		return bytes.length == 0;
	default: return load(f, from) == (uint64_t)f->plain;
	}
}

static void print_value(const struct record_field *f, const void *from, struct buffer *out)
{
	char text[ADDR_TEXT_SIZE];
	struct addr addr;
	struct span bytes;
	switch (f->type) {
	case RECORD_ADDR:
		memcpy(&addr, (const char *)from + f->offset, sizeof addr);
		buffer_text(out, addr_format(&addr, text));
		break;
	case RECORD_BYTES:
		memcpy(&bytes, (const char *)from + f->offset, sizeof bytes);
		print_hex(&bytes, out);
		break;
	case RECORD_FLAGS: print_flags(f, (uint32_t)load(f, from), out); break;
	case RECORD_ENUM: buffer_text(out, f->words[load(f, from)]); break;
	case RECORD_U64: buffer_printf(out, "%" PRIu64, load(f, from)); break;
	default: buffer_printf(out, "%" PRId64, (int64_t)load(f, from)); break;
	}
}

void record_fields_print(const struct record_table *table, const void *from, struct buffer *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct record_field *f = &table->fields[i];
		if (is_plain(f, from))
			continue;
		buffer_char(out, ' ');
		buffer_text(out, f->name);
		buffer_char(out, '=');
		print_value(f, from, out);
	}
}

/* --- reading
 * ---------------------------------------------------------------------------------------- */

void record_fields_plain(const struct record_table *table, void *into)
{
	for (size_t i = 0; i < table->count; i++)
		store(&table->fields[i], into, (uint64_t)table->fields[i].plain);
}

int record_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes take the place of their digits. */
static bool parse_hex(char *text, struct span *bytes)
{
	size_t length = strlen(text);
	if (length % 2 != 0 || length / 2 > RECORD_BYTES_MAX)
		return false;
	uint8_t *to = (uint8_t *)text;
	for (size_t i = 0; i < length; i += 2) {
		int high = record_hex_digit(text[i]);
		int low = record_hex_digit(text[i + 1]);
		if (high < 0 || low < 0)
			return false;
		to[i / 2] = (uint8_t)(high << 4 | low);
	}
	*bytes = (struct span){ .data = to, .length = length / 2 };
	return true;
}

/* The index of the word; -1 where it is none. */
static int find_word(const char *const *words, const char *word, size_t length)
{
	for (int i = 0; words[i]; i++)
		if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
			return i;
	return -1;
}

static bool parse_enum(const struct record_field *f, const char *text, uint64_t *value)
{
	int index = find_word(f->words, text, strlen(text));
	*value = index < 0 ? 0 : (uint64_t)index;
	return index >= 0;
}

static bool parse_flags(const struct record_field *f, const char *text, uint64_t *flags)
{
	*flags = 0;
	for (;;) {
		size_t length = strcspn(text, ",");
		int bit = find_word(f->words, text, length);
		if (bit < 0)
			return false;
		*flags |= UINT64_C(1) << bit;
		if (!text[length])
			return true;
		text += length + 1;
	}
}

static bool parse_value(const struct record_field *f, char *text, void *into)
{
	char *at = (char *)into + f->offset;
	struct addr addr;
	struct span bytes;
	uint64_t value;
	switch (f->type) {
	case RECORD_ADDR:
		if (!addr_parse(text, &addr))
			return false;
		memcpy(at, &addr, sizeof addr);
		return true;
	case RECORD_BYTES:
		if (!parse_hex(text, &bytes))
			return false;
		memcpy(at, &bytes, sizeof bytes);
		return true;
	case RECORD_FLAGS:
		if (!parse_flags(f, text, &value))
			return false;
		break;
	case RECORD_ENUM:
		if (!parse_enum(f, text, &value))
			return false;
		break;
	default:
		if (!record_integer(text, ranges[f->type].min, ranges[f->type].max, &value))
			return false;
		break;
	}
	store(f, into, value);
	return true;
}

bool record_field_parse(const struct record_table *table, char *word, void *into)
{
	char *equals = strchr(word, '=');
	if (!equals)
		return false;
	for (size_t i = 0; i < table->count; i++) {
		const struct record_field *f = &table->fields[i];
		if (strlen(f->name) == (size_t)(equals - word) &&
		    memcmp(f->name, word, (size_t)(equals - word)) == 0)
			return parse_value(f, equals + 1, into);
	}
	return false;
}
