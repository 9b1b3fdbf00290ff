/*
 * fuzz_topo - text from strangers as a topology: a mistake has a place in the text and a sentence;
 * what parses prints to what parses to the same, and can be brought to life.
 */
#include <string.h>
#include "tests/sim/crossing.h"
#include "tests/fuzz/fuzz.h"
#include "tests/sim/topo_word.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#define NODES_ASKED 12 /* of a topology that may have many */

/* --- mistakes --------------------------------------------------------------------------------- */

static void check_mistake(const struct topo *t, const struct topo_error *error, const char *text,
                          size_t length)
{
	const char *line = text;
	HOLDS(t->node_count == 0 && !t->nodes && !t->links && !t->changes);
	HOLDS(error->line >= 1 && error->column >= 1);
	for (uint32_t i = 1; i < error->line; i++) {
		line = memchr(line, '\n', length - (size_t)(line - text));
		HOLDS(line);
		line++;
	}
	size_t left = length - (size_t)(line - text);
	const char *end = left ? memchr(line, '\n', left) : NULL;
	HOLDS(error->column <= (end ? (size_t)(end - line) : left) + 1);
	size_t said = strlen(error->text);
	HOLDS(said > 0);
	for (size_t i = 0; i < said; i++)
		HOLDS(error->text[i] >= ' ' && error->text[i] <= '~');
}

/* --- printed and read again ------------------------------------------------------------------- */

static void same_words(unsigned places, const void *a, const void *b)
{
	for (size_t i = 0; i < topo_word_count; i++)
		if (topo_words[i].places & places)
			HOLDS(topo_word_same(&topo_words[i], a, b));
}

static void same_node(const struct topo_node *a, const struct topo_node *b)
{
	HOLDS(strcmp(a->name, b->name) == 0 && a->role == b->role);
	HOLDS(a->addr_count == b->addr_count);
	for (uint8_t i = 0; i < a->addr_count; i++)
		HOLDS(addr_equal(&a->addrs[i], &b->addrs[i]));
	same_words(TOPO_AT_NODE, a, b);
}

static void same_link(const struct topo_link *a, const struct topo_link *b)
{
	HOLDS(a->from == b->from && a->to == b->to);
	same_words(TOPO_AT_LINK, a, b);
	same_words(TOPO_AT_WAY, &a->out, &b->out);
	same_words(TOPO_AT_WAY, &a->back, &b->back);
}

static void same_topo(const struct topo *a, const struct topo *b)
{
	HOLDS(a->node_count == b->node_count && a->link_count == b->link_count);
	HOLDS(a->change_count == b->change_count);
	for (uint32_t i = 0; i < a->node_count; i++)
		same_node(&a->nodes[i], &b->nodes[i]);
	for (uint32_t i = 0; i < a->link_count; i++)
		same_link(&a->links[i], &b->links[i]);
	for (uint32_t i = 0; i < a->change_count; i++) {
		const struct topo_change *first = &a->changes[i], *second = &b->changes[i];
		HOLDS(first->at == second->at && first->is_link == second->is_link);
		HOLDS(first->index == second->index);
		if (first->is_link)
			same_link(&first->link, &second->link);
		else
			same_node(&first->node, &second->node);
	}
	same_words(TOPO_AT_LOCAL, &a->local, &b->local);
}

static void print_again(const struct topo *t)
{
	struct buffer first, second;
	struct topo back;
	struct topo_error error;
	buffer_init(&first, TOPO_TEXT_MAX);
	buffer_init(&second, TOPO_TEXT_MAX);
	topo_print(t, &first);
	HOLDS(!first.failed);
	HOLDS(topo_parse(&back, first.data, first.length, &error));
	same_topo(t, &back);
	topo_print(&back, &second);
	HOLDS(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
	topo_release(&back);
	buffer_release(&first);
	buffer_release(&second);
}

/* --- brought to life -------------------------------------------------------------------------- */

/* An echo request as plain as can be; 0 where the source has no address of that family. */
static size_t build_echo(const struct topo *t, const struct addr *dst, uint8_t ttl,
                         uint8_t bytes[static 64])
{
	const struct topo_node *source = &t->nodes[0];
	struct writer w = writer_of(bytes, 64);
	uint8_t at = 0;
	while (at < source->addr_count && source->addrs[at].family != dst->family)
		at++;
	if (at == source->addr_count)
		return 0;
	bool v4 = dst->family == 4;
	struct ip4 ip4 = { .total_length = IP4_HEADER_MIN + ICMP_HEADER,
		           .ttl = ttl,
		           .protocol = IP_PROTOCOL_ICMP,
		           .src = source->addrs[at],
		           .dst = *dst };
	struct ip6 ip6 = { .payload_length = ICMP_HEADER,
		           .next_header = IP_PROTOCOL_ICMP6,
		           .hop_limit = ttl,
		           .src = source->addrs[at],
		           .dst = *dst };
	if (v4)
		ip4_build(&w, &ip4);
	else
		ip6_build(&w, &ip6);
	size_t header = writer_length(&w);
	icmp_build_header(&w, v4 ? ICMP4_ECHO : ICMP6_ECHO, 0, ttl);
	if (v4)
		icmp4_seal(&w, header);
	else
		icmp6_seal(&w, header, &ip6.src, &ip6.dst);
	HOLDS(!w.failed);
	return writer_length(&w);
}

static void bring_to_life(const struct topo *t)
{
	struct crossing c;
	uint8_t bytes[64];
	crossing_begin(&c, t, 1);
	for (uint32_t i = 0; i < t->node_count && i < NODES_ASKED; i++) {
		for (uint8_t k = 0; k < t->nodes[i].addr_count; k++) {
			c.now = nsec_after(c.now, 700 * NSEC_MS);
			for (uint8_t ttl = 1; ttl < 8; ttl++) {
				size_t length = build_echo(t, &t->nodes[i].addrs[k], ttl, bytes);
				if (length)
					crossing_inject(&c, (struct span){ bytes, length });
			}
		}
	}
	crossing_take(&c, NSEC_NEVER - 1);
	crossing_end(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = (char *)sample_copy(data, size);
	struct topo t;
	struct topo_error error;
	if (topo_parse(&t, text, size, &error)) {
		print_again(&t);
		bring_to_life(&t);
		topo_release(&t);
	} else {
		check_mistake(&t, &error, text, size);
	}
	free(text);
	return 0;
}
