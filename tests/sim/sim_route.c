/*
 * Which node has an address, and which links lead there.
 *
 * A route is made when its target is first asked for: the part of the topology from which the
 * target can be reached, found backwards from it. So a hub with 65,000 hosts behind it costs each
 * route two steps and not 65,000 links.
 */
#include <stdlib.h>
#include <string.h>
#include "tests/sim/sim_private.h"
#include "wire/ip4.h"

#define NOBODY UINT32_MAX

/* --- addresses -----------------------------------------------------------------------------------
 */

static struct addr masked(const struct addr *addr, unsigned length)
{
	struct addr a = *addr;
	for (unsigned i = 0; i < addr_size(&a); i++) {
		unsigned bits = length > 8 * i ? length - 8 * i : 0;
		a.bytes[i] = (uint8_t)(a.bytes[i] & (bits >= 8 ? 0xffu : 0xff00u >> bits));
	}
	a.scope = 0;
	return a;
}

static uint64_t prefix_key(const struct addr *addr, unsigned length)
{
	return addr_hash(addr) + (uint64_t)(length + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static bool enter_addrs(struct sim *s, uint32_t node)
{
	const struct topo_node *spec = &s->topo->nodes[node];
	for (uint8_t i = 0; i < spec->addr_count; i++)
		if (hash_set(&s->addrs, addr_hash(&spec->addrs[i]), node) != 0)
			return false;
	const struct prefix *p = &spec->serves;
	if (p->addr.family == 0)
		return true;
	s->lengths[p->addr.family == 6][p->length / 64] |= UINT64_C(1) << p->length % 64;
	return hash_set(&s->addrs, prefix_key(&p->addr, p->length), node) == 0;
}

/* The node that has the address, or serves the longest prefix it is in. */
static uint32_t find_addr(const struct sim *s, const struct addr *addr)
{
	uint32_t node;
	if (hash_get(&s->addrs, addr_hash(addr), &node))
		return node;
	const uint64_t *lengths = s->lengths[addr->family == 6];
	for (int word = 2; word >= 0; word--) {
		for (uint64_t left = lengths[word]; left;) {
			unsigned bit = 63 - (unsigned)__builtin_clzll(left);
			unsigned length = (unsigned)word * 64 + bit;
			struct addr prefix = masked(addr, length);
			if (hash_get(&s->addrs, prefix_key(&prefix, length), &node))
				return node;
			left &= ~(UINT64_C(1) << bit);
		}
	}
	return NOBODY;
}

/* --- making ----------------------------------------------------------------------------------- */

bool sim_route_init(struct sim *s)
{
	const struct topo *t = s->topo;
	s->routes = calloc(t->node_count, sizeof(struct sim_route *));
	s->marks = calloc(t->node_count, sizeof *s->marks);
	s->in_first = calloc(t->node_count + (size_t)1, sizeof *s->in_first);
	s->in_links = calloc(t->link_count + (size_t)1, sizeof *s->in_links);
	if (!s->routes || !s->marks || !s->in_first || !s->in_links)
		return false;
	for (uint32_t i = 0; i < t->link_count; i++)
		s->links[i].ordinal = s->in_first[t->links[i].to + 1]++;
	for (uint32_t i = 0; i < t->node_count; i++)
		s->in_first[i + 1] += s->in_first[i];
	for (uint32_t i = 0; i < t->link_count; i++)
		s->in_links[s->in_first[t->links[i].to] + s->links[i].ordinal] = i;
	for (uint32_t i = 0; i < t->node_count; i++)
		if (!enter_addrs(s, i))
			return false;
	return true;
}

static void route_free(struct sim_route *route)
{
	if (!route)
		return;
	free(route->steps);
	free(route->branches);
	free(route);
}

void sim_route_forget(struct sim *s)
{
	for (uint32_t i = 0; s->routes && i < s->topo->node_count; i++) {
		route_free(s->routes[i]);
		s->routes[i] = NULL;
	}
	route_free(s->nowhere);
	s->nowhere = NULL;
	s->last = NULL;
}

static bool add_step(struct sim *s, struct sim_route *route, uint32_t node)
{
	if ((route->step_count & (route->step_count - 1)) == 0) {
		size_t capacity = route->step_count ? route->step_count * (size_t)2 : 1;
		void *moved = realloc(route->steps, capacity * sizeof *route->steps);
		if (!moved)
			return false;
		route->steps = moved;
	}
	route->steps[route->step_count++] = (struct sim_step){ .node = node };
	s->marks[node] = route->step_count;
	return true;
}

/*
 * All nodes from which links lead to the target, backwards and breadth first: those that lead there
 * over links of some weight, up to *leads, and behind them those that do so only over links of
 * weight 0. The source has the first step whether it leads or not, and the target the second.
 */
static bool gather(struct sim *s, struct sim_route *route, uint32_t *leads, bool *source_leads)
{
	bool good = add_step(s, route, 0) && add_step(s, route, route->target);
	*source_leads = false;
	for (int weightless = 0; weightless < 2 && good; weightless++) {
		for (uint32_t i = 1; i < route->step_count && good; i++) {
			uint32_t node = route->steps[i].node;
			for (uint32_t k = s->in_first[node]; k < s->in_first[node + 1] && good;
			     k++) {
				const struct sim_link *link = &s->links[s->in_links[k]];
				if (link->weight == 0 && !weightless)
					continue;
				if (link->from == 0 && !weightless)
					*source_leads = true;
				if (!s->marks[link->from])
					good = add_step(s, route, link->from);
			}
		}
		if (!weightless)
			*leads = route->step_count;
	}
	return good;
}

/* Calls for each link from one step to another that packets may take. */
struct branching {
	struct sim *s;
	struct sim_route *route;
	uint32_t leads;
	bool source_leads;
};

static void each_branch(const struct branching *b,
                        void (*each)(struct sim_route *, uint32_t step, struct sim_branch *))
{
	const struct sim *s = b->s;
	for (uint32_t i = 1; i < b->route->step_count; i++) {
		uint32_t node = b->route->steps[i].node;
		for (uint32_t k = s->in_first[node]; k < s->in_first[node + 1]; k++) {
			const struct sim_link *link = &s->links[s->in_links[k]];
			uint32_t step = s->marks[link->from] - 1;
			bool leads = step == 0 ? b->source_leads : step < b->leads;
			/* Who knows a way takes it; others go as far as they can. */
			if (link->weight == 0 || (leads && i >= b->leads))
				continue;
			each(b->route, step,
			     &(struct sim_branch){ s->in_links[k], i, link->weight });
		}
	}
}

static void count_branch(struct sim_route *route, uint32_t step, struct sim_branch *branch)
{
	(void)branch;
	route->steps[step].count++;
	route->branch_count++;
}

static void enter_branch(struct sim_route *route, uint32_t step, struct sim_branch *branch)
{
	struct sim_step *at = &route->steps[step];
	if (at->count)
		branch->weight += route->branches[at->first + at->count - 1].weight;
	route->branches[at->first + at->count++] = *branch;
}

static bool make_branches(const struct branching *b)
{
	struct sim_route *route = b->route;
	each_branch(b, count_branch);
	route->branches = calloc(route->branch_count + (size_t)1, sizeof *route->branches);
	if (!route->branches)
		return false;
	for (uint32_t i = 0, first = 0; i < route->step_count; i++) {
		route->steps[i].first = first;
		first += route->steps[i].count;
		route->steps[i].count = 0;
	}
	each_branch(b, enter_branch);
	return true;
}

static struct sim_route *make_route(struct sim *s, uint32_t target)
{
	struct sim_route *route = calloc(1, sizeof *route);
	if (!route)
		return NULL;
	struct branching b = { .s = s, .route = route };
	route->target = target;
	/* The source's own address: there is no way out. */
	bool good =
	        target == 0 ? add_step(s, route, 0) : gather(s, route, &b.leads, &b.source_leads);
	good = good && make_branches(&b);
	for (uint32_t i = 0; i < route->step_count; i++)
		s->marks[route->steps[i].node] = 0;
	if (good)
		return route;
	route_free(route);
	return NULL;
}

/* An address that nobody has: the first routers get it, and know no way. */
static struct sim_route *make_nowhere(struct sim *s)
{
	struct sim_route *route = calloc(1, sizeof *route);
	bool good = route && add_step(s, route, 0);
	for (uint32_t i = 0; i < s->topo->link_count && good; i++)
		if (s->links[i].from == 0 && s->links[i].weight)
			good = add_step(s, route, s->links[i].to);
	for (uint32_t i = 0; route && i < route->step_count; i++)
		s->marks[route->steps[i].node] = 0;
	if (good)
		route->branches = calloc(route->step_count, sizeof *route->branches);
	if (!good || !route->branches) {
		route_free(route);
		return NULL;
	}
	route->target = NOBODY;
	uint32_t step = 1;
	for (uint32_t i = 0; i < s->topo->link_count; i++)
		if (s->links[i].from == 0 && s->links[i].weight)
			enter_branch(route, 0,
			             &(struct sim_branch){ i, step++, s->links[i].weight });
	return route;
}

const struct sim_route *sim_route_to(struct sim *s, const struct addr *dst)
{
	if (s->last && addr_equal(&s->last_dst, dst))
		return s->last;
	uint32_t node = find_addr(s, dst);
	struct sim_route **route = node == NOBODY ? &s->nowhere : &s->routes[node];
	if (!*route)
		*route = node == NOBODY ? make_nowhere(s) : make_route(s, node);
	s->last_dst = *dst;
	s->last = *route;
	return *route;
}

/* --- balancing -------------------------------------------------------------------------------- */

/* What a balancer of this kind looks at (enum topo_balance). */
static uint64_t flow_hash(const struct sim *s, const struct datagram *d, uint8_t balance)
{
	uint8_t bytes[64];
	struct writer w = writer_of(bytes, sizeof bytes);
	addr_write(&w, &d->src);
	addr_write(&w, &d->dst);
	if (balance == TOPO_BALANCE_DESTINATION)
		return siphash(&s->key, bytes, writer_length(&w));
	writer_u8(&w, d->protocol);
	struct cursor c = cursor_over(d->upper);
	bool icmp = d->protocol == IP_PROTOCOL_ICMP || d->protocol == IP_PROTOCOL_ICMP6;
	if (d->family == 6 && d->flow_label) {
		writer_u32(&w, d->flow_label);
	} else if (!d->fragment) {
		/* Later fragments have no ports: for them to go with the first, nobody looks. */
		writer_u32(&w, cursor_u32(&c));
		if (icmp && balance == TOPO_BALANCE_FLOW_ID)
			writer_u16(&w, cursor_u16(&c));
	}
	return siphash(&s->key, bytes, writer_length(&w));
}

/* Another for each balancer, or all would send the same flows the same way (murmur3's finalizer).
 */
static uint32_t mix(uint64_t flow, uint32_t node)
{
	uint64_t h = flow ^ (node + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(h >> 32);
}

const struct sim_branch *sim_route_choose(struct sim *s, struct sim_walk *w, struct random *random)
{
	const struct sim_step *step = &w->route->steps[w->step];
	const struct sim_branch *branches = &w->route->branches[step->first];
	if (step->count < 2)
		return step->count ? branches : NULL;
	uint8_t balance = s->nodes[step->node].spec->balance;
	uint32_t total = branches[step->count - 1].weight, pick;
	if (balance == TOPO_BALANCE_PACKET) {
		pick = (uint32_t)random_below(random, total);
	} else {
		if (w->flow_known != balance + 1) {
			w->flow = flow_hash(s, &w->d, balance);
			w->flow_known = (uint8_t)(balance + 1);
		}
		pick = (uint32_t)((uint64_t)mix(w->flow, step->node) * total >> 32);
	}
	while (branches->weight <= pick)
		branches++;
	return branches;
}
