/*
 * A name server for the topology itself (RFC 1035, 4): A and AAAA for "edge" and "edge.test", PTR
 * for the addresses. Questions about what it does not know get NXDOMAIN.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/sim_private.h"

enum {
	TYPE_A = 1,
	TYPE_PTR = 12,
	TYPE_AAAA = 28,
	TYPE_ANY = 255,
	CLASS_IN = 1,
	NO_SUCH_NAME = 3,
	TTL = 60,
	QUESTION_AT = 12, /* the header's size: where the only name is, to be pointed at */
};

#define NAME_MAX_TEXT 255

struct question {
	char name[NAME_MAX_TEXT + 1]; /* small letters, labels joined by dots */
	uint16_t type, class_of;
	struct span whole;
};

/* Labels to text. False for what is cut, compressed, or holds bytes that no name here has. */
static bool read_name(struct cursor *c, char text[static NAME_MAX_TEXT + 1])
{
	size_t length = 0;
	for (uint8_t label = cursor_u8(c); label; label = cursor_u8(c)) {
		const uint8_t *bytes = cursor_bytes(c, label);
		if (!bytes || label > 63 || length + label + 1 > NAME_MAX_TEXT)
			return false;
		if (length)
			text[length++] = '.';
		for (uint8_t i = 0; i < label; i++) {
			if (!isalnum(bytes[i]) && bytes[i] != '-' && bytes[i] != '_')
				return false;
			text[length++] = (char)tolower(bytes[i]);
		}
	}
	text[length] = '\0';
	return !c->failed;
}

static bool read_question(struct span query, uint16_t *id, uint16_t *flags, struct question *q)
{
	struct cursor c = cursor_over(query);
	*id = cursor_u16(&c);
	*flags = cursor_u16(&c);
	uint16_t count = cursor_u16(&c);
	cursor_skip(&c, 6);
	struct span rest = { c.at, cursor_left(&c) };
	bool named = read_name(&c, q->name);
	q->type = cursor_u16(&c);
	q->class_of = cursor_u16(&c);
	q->whole = (struct span){ rest.data, rest.length - cursor_left(&c) };
	/* A query, standard, about one thing; what follows it (EDNS) asks for nothing here. */
	return named && !c.failed && count == 1 && (*flags & 0xf800) == 0;
}

/* --- what it knows ---------------------------------------------------------------------------- */

static const struct topo_node *by_name(const struct topo *topo, char *name)
{
	size_t length = strlen(name);
	if (length > 5 && strcmp(name + length - 5, ".test") == 0)
		name[length - 5] = '\0';
	int64_t node = topo_find(topo, name);
	return node < 0 ? NULL : &topo->nodes[node];
}

static const struct topo_node *by_addr(const struct topo *topo, const struct addr *addr)
{
	for (uint32_t i = 0; i < topo->node_count; i++)
		for (uint8_t k = 0; k < topo->nodes[i].addr_count; k++)
			if (addr_equal(&topo->nodes[i].addrs[k], addr))
				return &topo->nodes[i];
	return NULL;
}

/* "9.9.18.198.in-addr.arpa": bytes from the last to the first. */
static bool reverse4(const char *name, struct addr *addr)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < 4; i++) {
		char *end;
		if (!isdigit((unsigned char)*name))
			return false;
		unsigned long byte = strtoul(name, &end, 10);
		if (byte > 255 || *end != '.')
			return false;
		value |= (uint32_t)byte << 8 * i;
		name = end + 1;
	}
	*addr = addr_v4(value);
	return strcmp(name, "in-addr.arpa") == 0;
}

/* The same with half bytes (RFC 3596, 2.5). */
static bool reverse6(const char *name, struct addr *addr)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[16] = { 0 };
	for (unsigned i = 0; i < 32; i++, name += 2) {
		const char *digit = *name ? strchr(digits, *name) : NULL;
		if (!digit || name[1] != '.')
			return false;
		bytes[15 - i / 2] |= (uint8_t)((unsigned)(digit - digits) << (i % 2 ? 4 : 0));
	}
	*addr = addr_v6(bytes);
	return strcmp(name, "ip6.arpa") == 0;
}

/* --- answering -------------------------------------------------------------------------------- */

static void begin_record(struct writer *w, uint16_t type, size_t length)
{
	writer_u16(w, 0xc000 | QUESTION_AT);
	writer_u16(w, type);
	writer_u16(w, CLASS_IN);
	writer_u32(w, TTL);
	writer_u16(w, (uint16_t)length);
}

static uint16_t write_addrs(struct writer *w, const struct topo_node *node, uint16_t type)
{
	uint16_t count = 0;
	for (uint8_t i = 0; i < node->addr_count; i++) {
		const struct addr *addr = &node->addrs[i];
		uint16_t its = addr->family == 4 ? TYPE_A : TYPE_AAAA;
		if (type != its && type != TYPE_ANY)
			continue;
		begin_record(w, its, addr_size(addr));
		addr_write(w, addr);
		count++;
	}
	return count;
}

static uint16_t write_name(struct writer *w, const struct topo_node *node)
{
	size_t length = strlen(node->name);
	begin_record(w, TYPE_PTR, 1 + length + 1 + 4 + 1);
	writer_u8(w, (uint8_t)length);
	writer_bytes(w, node->name, length);
	writer_u8(w, 4);
	writer_bytes(w, "test", 5);
	return 1;
}

bool sim_dns_answer(const struct topo *topo, struct span query, struct writer *w)
{
	struct question q;
	struct addr addr;
	uint16_t id, flags, count = 0;
	if (!read_question(query, &id, &flags, &q))
		return false;
	bool reverse = reverse4(q.name, &addr) || reverse6(q.name, &addr);
	const struct topo_node *node = reverse ? by_addr(topo, &addr) : by_name(topo, q.name);
	writer_u16(w, id);
	/* An answer, with authority, recursion as desired and available. */
	writer_u16(w, (uint16_t)(0x8480 | (flags & 0x0100) | (node ? 0 : NO_SUCH_NAME)));
	writer_u16(w, 1);
	writer_u16(w, 0);
	writer_u32(w, 0);
	writer_bytes(w, q.whole.data, q.whole.length);
	if (node && q.class_of == CLASS_IN && !reverse)
		count = write_addrs(w, node, q.type);
	else if (node && q.class_of == CLASS_IN && (q.type == TYPE_PTR || q.type == TYPE_ANY))
		count = write_name(w, node);
	writer_patch_u16(w, 6, count);
	return !w->failed;
}
