#include "tests/sim/topo.h"

#include <stdlib.h>
#include <string.h>

const struct topo_node topo_node_plain = {
	.role = TOPO_ROUTER,
	.initial_ttl = 64,
	.tos = -1,
	.unreachable = { .v4 = -1, .v6 = -1 },
};
const struct topo_link topo_link_plain = { .weight = 1 };
const struct topo_local topo_local_plain = { .late_stamps = 0 };

void topo_init(struct topo *t)
{
	*t = (struct topo){ .local = topo_local_plain };
}

void topo_release(struct topo *t)
{
	free(t->nodes);
	free(t->links);
	free(t->changes);
	topo_init(t);
}

/* A place behind the last of count elements; NULL where there is no memory or no room. */
static void *append(void **array, uint32_t *count, uint32_t *capacity, size_t size, uint32_t most)
{
	if (*count == most)
		return NULL;
	if (*count == *capacity) {
		uint32_t larger = *capacity ? *capacity * 2 : 16;
		void *moved = realloc(*array, larger * size);
		if (!moved)
			return NULL;
		*array = moved;
		*capacity = larger;
	}
	return (char *)*array + (*count)++ * size;
}

int64_t topo_add_node(struct topo *t, const struct topo_node *node)
{
	void *array = t->nodes;
	struct topo_node *place =
	        append(&array, &t->node_count, &t->node_capacity, sizeof *place, TOPO_NODES_MAX);
	t->nodes = array;
	if (!place)
		return -1;
	*place = *node;
	return t->node_count - 1;
}

int64_t topo_add_link(struct topo *t, const struct topo_link *link)
{
	void *array = t->links;
	struct topo_link *place =
	        append(&array, &t->link_count, &t->link_capacity, sizeof *place, TOPO_LINKS_MAX);
	t->links = array;
	if (!place)
		return -1;
	*place = *link;
	return t->link_count - 1;
}

int64_t topo_add_change(struct topo *t, const struct topo_change *change)
{
	void *array = t->changes;
	struct topo_change *place = append(&array, &t->change_count, &t->change_capacity,
	                                   sizeof *place, TOPO_CHANGES_MAX);
	t->changes = array;
	if (!place)
		return -1;
	*place = *change;
	return t->change_count - 1;
}

bool topo_copy(struct topo *to, const struct topo *from)
{
	bool good = true;
	topo_init(to);
	to->local = from->local;
	for (uint32_t i = 0; i < from->node_count && good; i++)
		good = topo_add_node(to, &from->nodes[i]) >= 0;
	for (uint32_t i = 0; i < from->link_count && good; i++)
		good = topo_add_link(to, &from->links[i]) >= 0;
	for (uint32_t i = 0; i < from->change_count && good; i++)
		good = topo_add_change(to, &from->changes[i]) >= 0;
	if (!good)
		topo_release(to);
	return good;
}

int64_t topo_find(const struct topo *t, const char *name)
{
	for (uint32_t i = 0; i < t->node_count; i++)
		if (strcmp(t->nodes[i].name, name) == 0)
			return i;
	return -1;
}

int64_t topo_find_link(const struct topo *t, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < t->link_count; i++)
		if (t->links[i].from == from && t->links[i].to == to)
			return i;
	return -1;
}

const struct topo_node *topo_node_after(const struct topo *t, uint32_t node, uint32_t changes)
{
	while (changes-- > 0)
		if (!t->changes[changes].is_link && t->changes[changes].index == node)
			return &t->changes[changes].node;
	return &t->nodes[node];
}

const struct topo_link *topo_link_after(const struct topo *t, uint32_t link, uint32_t changes)
{
	while (changes-- > 0)
		if (t->changes[changes].is_link && t->changes[changes].index == link)
			return &t->changes[changes].link;
	return &t->links[link];
}

/* Kahn (1962): a node comes once all that lead to it have come. Links are chained by their start.
 */
int64_t topo_sort(const struct topo *t, uint32_t *order)
{
	uint32_t *waits = calloc((size_t)t->node_count * 2 + t->link_count + 1, sizeof *waits);
	uint32_t count = 0;
	if (!waits)
		return -1;
	uint32_t *first = waits + t->node_count; /* link behind it, plus one */
	uint32_t *next = first + t->node_count;
	for (uint32_t i = 0; i < t->link_count; i++) {
		waits[t->links[i].to]++;
		next[i] = first[t->links[i].from];
		first[t->links[i].from] = i + 1;
	}
	for (uint32_t i = 0; i < t->node_count; i++)
		if (waits[i] == 0)
			order[count++] = i;
	for (uint32_t done = 0; done < count; done++)
		for (uint32_t link = first[order[done]]; link; link = next[link - 1])
			if (--waits[t->links[link - 1].to] == 0)
				order[count++] = t->links[link - 1].to;
	free(waits);
	return count;
}
