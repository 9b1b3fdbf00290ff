#include "tests/sim/generate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/random.h"
#include "tests/sim/topo_word.h"

#define WIDTH_MAX 5
#define SPAN      (10 * NSEC_S) /* changes come within */

struct draw {
	struct topo *topo;
	const struct generate_config *config;
	struct random random;
	uint32_t named;     /* nodes so far: for names and addresses */
	uint32_t addresses; /* that belong to no node, so far */
	uint32_t prefixes;
};

static uint32_t below(struct draw *d, uint32_t bound)
{
	return (uint32_t)random_below(&d->random, bound);
}

static uint32_t between(struct draw *d, uint32_t least, uint32_t most)
{
	return least + below(d, most - least + 1);
}

static bool chance(struct draw *d, double share)
{
	return random_unit(&d->random) < share;
}

/* --- values ----------------------------------------------------------------------------------- */

/* As the format has them: whole parts of 1e-9. Mostly small ones. */
static double draw_chance(struct draw *d)
{
	static const uint32_t most[] = { 10, 100, 1000 };
	return (double)between(d, 1, most[below(d, 3)]) * 1000000 / 1e9;
}

/* Up to 50 ms, mostly in few digits. */
static nsec draw_time(struct draw *d)
{
	switch (below(d, 3)) {
	case 0: return between(d, 1, 50) * NSEC_MS;
	case 1: return between(d, 1, 999) * NSEC_US;
	default: return between(d, 1, 50000000);
	}
}

/* Neither so that nothing ever gets through, nor so that nothing is seen of them. */
static uint32_t draw_number(struct draw *d, const struct topo_word *word)
{
	static const struct {
		const char *name;
		uint32_t least, most;
	} usual[] = { { "mtu", 1280, 1500 }, { "ttl", 32, 255 },   { "back-hops", 1, 5 },
		      { "weight", 0, 4 },    { "quote", 28, 600 }, { "receive-queue", 1, 20 },
		      { "mss", 500, 1500 } };
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (strcmp(usual[i].name, word->name) == 0)
			return between(d, usual[i].least, usual[i].most);
	return between(d, word->least, word->most);
}

static struct topo_bucket draw_bucket(struct draw *d)
{
	return (struct topo_bucket){ .per_second = between(d, 1, 20), .burst = between(d, 1, 10) };
}

/* Of this network, but of nobody in it. */
static struct topo_addrs draw_addrs(struct draw *d)
{
	uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8, 0xff };
	uint32_t n = d->addresses++;
	bytes[14] = (uint8_t)(n >> 8);
	bytes[15] = (uint8_t)n;
	struct topo_addrs addrs = { .v4 = addr_v4(0xc613f000 + (n & 0xfff)), .v6 = addr_v6(bytes) };
	if (chance(d, 0.3))
		addrs.v6 = (struct addr){ .family = 0 };
	return addrs;
}

static struct prefix draw_prefix(struct draw *d)
{
	uint32_t n = d->prefixes++;
	return (struct prefix){ .addr = addr_v4(0xc6138000 + n * 64), .length = 26 };
}

static struct topo_ports draw_ports(struct draw *d)
{
	struct topo_ports ports = { .count = (uint8_t)between(d, 1, TOPO_LIST_MAX) };
	for (uint8_t i = 0; i < ports.count; i++)
		ports.list[i] = (uint16_t)between(d, 1, 65535);
	return ports;
}

static struct topo_labels draw_labels(struct draw *d)
{
	struct topo_labels labels = { .count = (uint8_t)between(d, 1, 4) };
	for (uint8_t i = 0; i < labels.count; i++)
		labels.list[i] = (struct topo_label){ .label = below(d, 1 << 20),
			                              .tc = (uint8_t)below(d, 8),
			                              .ttl = (uint8_t)below(d, 256) };
	return labels;
}

static struct topo_big draw_big(struct draw *d)
{
	struct topo_big big = { .kind = below(d, TOPO_BIG_WRONG + 1) };
	if (big.kind == TOPO_BIG_WRONG)
		big.mtu = between(d, 68, 2000);
	return big;
}

static uint8_t count_choices(const struct topo_word *word)
{
	uint8_t count = 0;
	while (word->choices[count])
		count++;
	return count;
}

/* One for each type; false where the type is not known: then it is not drawn. */
static bool draw_value(struct draw *d, const struct topo_word *word, void *field)
{
	static const int32_t errors[] = { ENOBUFS, EAGAIN, EPERM, ENETUNREACH, EMSGSIZE };
	const struct topo_type *type = word->type;
	if (type == &topo_type_flag) {
		*(bool *)field = true;
	} else if (type == &topo_type_time) {
		*(nsec *)field = draw_time(d);
	} else if (type == &topo_type_chance) {
		*(double *)field = draw_chance(d);
	} else if (type == &topo_type_number) {
		topo_number_set(word, field, draw_number(d, word));
	} else if (type == &topo_type_bucket) {
		*(struct topo_bucket *)field = draw_bucket(d);
	} else if (type == &topo_type_choice) {
		*(uint8_t *)field = (uint8_t)below(d, count_choices(word));
	} else if (type == &topo_type_set) {
		*(uint8_t *)field = (uint8_t)between(d, 1, (1u << count_choices(word)) - 1);
	} else if (type == &topo_type_ports) {
		*(struct topo_ports *)field = draw_ports(d);
	} else if (type == &topo_type_labels) {
		*(struct topo_labels *)field = draw_labels(d);
	} else if (type == &topo_type_addrs) {
		*(struct topo_addrs *)field = draw_addrs(d);
	} else if (type == &topo_type_prefix) {
		*(struct prefix *)field = draw_prefix(d);
	} else if (type == &topo_type_big) {
		*(struct topo_big *)field = draw_big(d);
	} else if (type == &topo_type_codes) {
		*(struct topo_codes *)field =
		        (struct topo_codes){ (int16_t)below(d, 16), (int16_t)below(d, 7) };
	} else if (type == &topo_type_bursts) {
		*(struct topo_bursts *)field =
		        (struct topo_bursts){ draw_chance(d), draw_chance(d), draw_chance(d) };
	} else if (type == &topo_type_reorder) {
		*(struct topo_reorder *)field =
		        (struct topo_reorder){ draw_chance(d), draw_time(d) };
	} else if (type == &topo_type_send_error) {
		*(struct topo_send_error *)field =
		        (struct topo_send_error){ draw_chance(d), errors[below(d, 5)] };
	} else {
		return false;
	}
	return true;
}

/* --- words ------------------------------------------------------------------------------------ */

static bool may_draw(const struct draw *d, const struct topo_word *word)
{
	if (!d->config->words)
		return true;
	for (const char *const *name = d->config->words; *name; name++)
		if (strcmp(*name, word->name) == 0)
			return true;
	return false;
}

/* On an owner that holds such words. */
static void draw_words(struct draw *d, unsigned places, void *owner)
{
	for (size_t i = 0; i < topo_word_count; i++) {
		const struct topo_word *word = &topo_words[i];
		if (!(word->places & places) || !may_draw(d, word) || !chance(d, d->config->chance))
			continue;
		(void)draw_value(d, word, topo_field(word, owner));
	}
}

static void draw_link_words(struct draw *d, struct topo_link *link)
{
	draw_words(d, TOPO_AT_LINK, link);
	draw_words(d, TOPO_AT_WAY, &link->out);
	/* Both ways are alike, or the way back has something of its own. */
	nsec delay = link->back.delay;
	if (chance(d, 0.5))
		link->back = link->out;
	else
		draw_words(d, TOPO_AT_WAY, &link->back);
	if (link->back.delay == 0)
		link->back.delay = delay;
}

/* --- the graph -------------------------------------------------------------------------------- */

static void add_addr(struct topo_node *node, uint32_t n, bool v4)
{
	uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	bytes[13] = 1;
	bytes[14] = (uint8_t)(n >> 8);
	bytes[15] = (uint8_t)n;
	node->addrs[node->addr_count++] = v4 ? addr_v4(0xc6120000 + n) : addr_v6(bytes);
}

/* Its index; -1 where there is no memory. */
static int64_t add_node(struct draw *d, enum topo_role role)
{
	static const char letters[] = {
		[TOPO_SOURCE] = 's', [TOPO_ROUTER] = 'r', [TOPO_HOST] = 'h'
	};
	struct topo_node node = topo_node_plain;
	uint32_t n = ++d->named;
	node.role = (uint8_t)role;
	(void)snprintf(node.name, sizeof node.name, "%c%u", letters[role], (unsigned)n);
	uint32_t pairs = role == TOPO_ROUTER && chance(d, 0.2) ? 3 : 1;
	for (uint32_t i = 0; i < pairs; i++) {
		add_addr(&node, n * 8 + i, true);
		add_addr(&node, n * 8 + i, false);
	}
	if (role != TOPO_SOURCE)
		draw_words(d, role == TOPO_HOST ? TOPO_AT_HOST : TOPO_AT_ROUTER, &node);
	return topo_add_node(d->topo, &node);
}

static bool add_link(struct draw *d, uint32_t from, uint32_t to)
{
	struct topo_link link = topo_link_plain;
	if (topo_find_link(d->topo, from, to) >= 0)
		return true;
	link.from = from;
	link.to = to;
	link.out.delay = link.back.delay = between(d, 1, 20) * NSEC_MS;
	draw_link_words(d, &link);
	return topo_add_link(d->topo, &link) >= 0;
}

struct level {
	uint32_t nodes[WIDTH_MAX];
	uint32_t width;
};

/* Every node of one level has a way to the other, and every node of the other one from here. */
static bool join(struct draw *d, const struct level *upper, const struct level *lower)
{
	bool good = true;
	for (uint32_t i = 0; i < upper->width && good; i++)
		good = add_link(d, upper->nodes[i], lower->nodes[below(d, lower->width)]);
	for (uint32_t i = 0; i < lower->width && good; i++)
		good = add_link(d, upper->nodes[below(d, upper->width)], lower->nodes[i]);
	for (uint32_t more = below(d, upper->width * lower->width); more > 0 && good; more--)
		good = add_link(d, upper->nodes[below(d, upper->width)],
		                lower->nodes[below(d, lower->width)]);
	return good;
}

static bool add_level(struct draw *d, struct level *level)
{
	uint32_t width = chance(d, 0.6) ? 1 : between(d, 2, WIDTH_MAX);
	level->width = 0;
	while (level->width < width) {
		int64_t node = add_node(d, TOPO_ROUTER);
		if (node < 0)
			return false;
		level->nodes[level->width++] = (uint32_t)node;
	}
	return true;
}

static bool add_host(struct draw *d, const struct level *level)
{
	int64_t host = add_node(d, TOPO_HOST);
	bool good = host >= 0;
	for (uint32_t i = 0; i < level->width && good; i++)
		good = add_link(d, level->nodes[i], (uint32_t)host);
	return good;
}

static bool draw_graph(struct draw *d)
{
	struct level levels[2], source = { .nodes = { 0 }, .width = 1 };
	uint32_t hops = between(d, 1, 12);
	if (add_node(d, TOPO_SOURCE) < 0)
		return false;
	const struct level *above = &source;
	for (uint32_t hop = 0; hop < hops && d->named < d->config->size; hop++) {
		struct level *here = &levels[hop % 2];
		if (!add_level(d, here) || !join(d, above, here))
			return false;
		/* Some of a level is a hop further than the rest of it. */
		if (here->width > 1 && chance(d, 0.3)) {
			int64_t longer = add_node(d, TOPO_ROUTER);
			if (longer < 0 || !add_link(d, here->nodes[0], (uint32_t)longer))
				return false;
			here->nodes[0] = (uint32_t)longer;
		}
		if (chance(d, 0.15) && !add_host(d, here))
			return false;
		above = here;
	}
	for (uint32_t hosts = between(d, 1, 3); hosts > 0; hosts--)
		if (!add_host(d, above))
			return false;
	return true;
}

/* --- changes ---------------------------------------------------------------------------------- */

/* Words are said, taken back, or stay as they are. */
static void change_node(struct draw *d, struct topo_change *change)
{
	const struct topo *t = d->topo;
	change->index = between(d, 1, t->node_count - 1);
	change->node = *topo_node_after(t, change->index, t->change_count);
	if (chance(d, 0.5)) {
		struct topo_node plain = topo_node_plain;
		plain.role = change->node.role;
		plain.addr_count = change->node.addr_count;
		memcpy(plain.name, change->node.name, sizeof plain.name);
		memcpy(plain.addrs, change->node.addrs, sizeof plain.addrs);
		plain.serves = change->node.serves;
		change->node = plain;
	}
	struct prefix serves = change->node.serves;
	draw_words(d, change->node.role == TOPO_HOST ? TOPO_AT_HOST : TOPO_AT_ROUTER,
	           &change->node);
	change->node.serves = serves; /* addresses stay with their nodes */
}

static void change_link(struct draw *d, struct topo_change *change)
{
	const struct topo *t = d->topo;
	change->is_link = true;
	change->index = below(d, t->link_count);
	change->link = *topo_link_after(t, change->index, t->change_count);
	if (chance(d, 0.5)) {
		nsec delay = change->link.out.delay;
		change->link.out = change->link.back = topo_link_plain.out;
		change->link.out.delay = change->link.back.delay = delay;
	}
	draw_link_words(d, &change->link);
}

static bool draw_changes(struct draw *d)
{
	nsec at = 0;
	for (uint32_t left = d->config->changes ? below(d, d->config->changes + 1) : 0; left > 0;
	     left--) {
		struct topo_change change = { .at = 0 };
		at += (nsec)random_below(&d->random, (uint64_t)(SPAN - at) / left + 1);
		change.at = at;
		if (chance(d, 0.5))
			change_link(d, &change);
		else
			change_node(d, &change);
		if (topo_add_change(d->topo, &change) < 0)
			return false;
	}
	return true;
}

bool generate(struct topo *t, uint64_t seed, const struct generate_config *config)
{
	struct draw d = { .topo = t, .config = config };
	topo_init(t);
	random_init(&d.random, seed);
	if (!draw_graph(&d) || !draw_changes(&d)) {
		topo_release(t);
		return false;
	}
	draw_words(&d, TOPO_AT_LOCAL, &t->local);
	return true;
}
