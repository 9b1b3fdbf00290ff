/* Topology to text: what differs from the plain state, and in changes what differs from before. */
#include "tests/sim/topo_word.h"

/* The word as it makes a field of before into that of after; prefix is "" or "back-". */
static void print_word(struct buffer *out, const struct topo_word *word, const char *prefix,
                       const void *before, const void *after)
{
	bool plain = topo_word_same(word, after, topo_word_plain(word));
	if (topo_word_same(word, before, after))
		return;
	if (!plain || topo_word_sayable(word)) {
		buffer_printf(out, "  %s%s", prefix, word->name);
		word->type->print(out, word, topo_field_const(word, after));
	} else if (word->undo) {
		buffer_printf(out, "  %s%s", prefix, word->undo);
	} else {
		buffer_printf(out, "  no-%s%s", prefix, word->name);
	}
}

static void print_words(struct buffer *out, unsigned places, const void *before, const void *after)
{
	for (size_t i = 0; i < topo_word_count; i++)
		if (topo_words[i].places & places)
			print_word(out, &topo_words[i], "", before, after);
}

/* A word without "back-" sets both ways: the way back is then compared with the way out. */
static void print_link_words(struct buffer *out, const struct topo_link *before,
                             const struct topo_link *after)
{
	for (size_t i = 0; i < topo_word_count; i++) {
		const struct topo_word *word = &topo_words[i];
		if (word->places & TOPO_AT_LINK)
			print_word(out, word, "", before, after);
		if (!(word->places & TOPO_AT_WAY))
			continue;
		const struct topo_way *back = &before->back;
		if (!topo_word_same(word, &before->out, &after->out)) {
			print_word(out, word, "", &before->out, &after->out);
			back = &after->out;
		}
		print_word(out, word, "back-", back, &after->back);
	}
}

static unsigned place_of(const struct topo_node *node)
{
	static const uint8_t places[] = {
		[TOPO_SOURCE] = 0, [TOPO_ROUTER] = TOPO_AT_ROUTER, [TOPO_HOST] = TOPO_AT_HOST
	};
	return places[node->role];
}

static void print_node(struct buffer *out, const struct topo_node *node)
{
	static const char *const roles[] = {
		[TOPO_SOURCE] = "source", [TOPO_ROUTER] = "router", [TOPO_HOST] = "host"
	};
	char text[ADDR_TEXT_SIZE];
	buffer_printf(out, "%-7s %s", roles[node->role], node->name);
	for (uint8_t i = 0; i < node->addr_count; i++)
		buffer_printf(out, "  %s", addr_format(&node->addrs[i], text));
	print_words(out, place_of(node), &topo_node_plain, node);
	buffer_char(out, '\n');
}

static void print_ends(const struct topo *t, struct buffer *out, const struct topo_link *link)
{
	buffer_printf(out, "link %s %s", t->nodes[link->from].name, t->nodes[link->to].name);
}

static void print_change(const struct topo *t, struct buffer *out, uint32_t index)
{
	const struct topo_change *change = &t->changes[index];
	buffer_text(out, "at");
	topo_type_time.print(out, NULL, &change->at);
	if (change->is_link) {
		buffer_text(out, " ");
		print_ends(t, out, &change->link);
		print_link_words(out, topo_link_after(t, change->index, index), &change->link);
	} else {
		buffer_printf(out, " node %s", change->node.name);
		print_words(out, place_of(&change->node), topo_node_after(t, change->index, index),
		            &change->node);
	}
	buffer_char(out, '\n');
}

void topo_print(const struct topo *t, struct buffer *out)
{
	for (uint32_t i = 0; i < t->node_count; i++)
		print_node(out, &t->nodes[i]);
	for (uint32_t i = 0; i < t->link_count; i++) {
		print_ends(t, out, &t->links[i]);
		print_link_words(out, &topo_link_plain, &t->links[i]);
		buffer_char(out, '\n');
	}
	for (uint32_t i = 0; i < t->change_count; i++)
		print_change(t, out, i);
	size_t before = out->length;
	buffer_text(out, "local");
	size_t bare = out->length;
	print_words(out, TOPO_AT_LOCAL, &topo_local_plain, &t->local);
	if (out->length == bare && !out->failed) {
		out->length = before;
		out->data[before] = '\0';
	} else {
		buffer_char(out, '\n');
	}
}
