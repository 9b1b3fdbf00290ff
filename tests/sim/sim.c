#include "tests/sim/sim_private.h"

#include <stdlib.h>
#include <string.h>

/* --- the topology as it stands -------------------------------------------------------------------
 */

static bool odd(const struct topo_node *n)
{
	return n->hidden || n->zero_ttl || n->loop || n->nat || n->tos >= 0 || n->mss ||
	       n->unreachable.v4 >= 0 || n->redirect.v4.family || n->redirect.v6.family ||
	       n->parameter_problem || n->fake_target;
}

static void set_node(struct sim *s, uint32_t index, const struct topo_node *spec)
{
	s->nodes[index].spec = spec;
	s->nodes[index].odd = odd(spec);
	s->nodes[index].simple = spec->role == TOPO_ROUTER && !odd(spec);
}

/* What a packet itself may have of the MTU. */
static uint32_t fits(const struct topo_way *spec)
{
	uint32_t mtu = spec->mtu;
	if (mtu == 0 && spec->overhead)
		mtu = 1500;
	if (mtu == 0)
		return UINT32_MAX;
	return mtu > spec->overhead ? mtu - spec->overhead : 0;
}

static void set_way(struct sim_way *way, const struct topo_way *spec)
{
	way->spec = spec;
	way->delay = spec->delay;
	way->mtu = fits(spec);
	way->plain = !spec->down && !(spec->loss > 0) && !(spec->bursts.loss > 0) &&
	             !(spec->duplicate > 0) && !(spec->reorder.chance > 0) && spec->jitter == 0;
}

static void set_link(struct sim *s, uint32_t index, const struct topo_link *spec)
{
	struct sim_link *link = &s->links[index];
	link->from = spec->from;
	link->to = spec->to;
	link->weight = spec->weight;
	set_way(&link->out, &spec->out);
	set_way(&link->back, &spec->back);
}

/* Brings the topology to the state it has at now. */
static void advance(struct sim *s, nsec now)
{
	s->now = nsec_max(s->now, now);
	while (s->changes < s->topo->change_count) {
		const struct topo_change *change = &s->topo->changes[s->changes];
		if (nsec_after(s->start, change->at) > s->now)
			return;
		s->changes++;
		if (!change->is_link) {
			set_node(s, change->index, &change->node);
			continue;
		}
		if (s->links[change->index].weight != change->link.weight)
			sim_route_forget(s);
		set_link(s, change->index, &change->link);
	}
}

/* --- life ------------------------------------------------------------------------------------- */

static bool init(struct sim *s)
{
	const struct topo *t = s->topo;
	s->nodes = calloc(t->node_count, sizeof *s->nodes);
	s->links = calloc(t->link_count + (size_t)1, sizeof *s->links);
	if (!s->nodes || !s->links || !sim_route_init(s))
		return false;
	for (uint32_t i = 0; i < t->node_count; i++) {
		set_node(s, i, &t->nodes[i]);
		/* Some speak as another does: pieces of both must not pass for one datagram's. */
		s->nodes[i].id = (uint32_t)siphash(&s->key, &i, sizeof i);
	}
	for (uint32_t i = 0; i < t->link_count; i++)
		set_link(s, i, &t->links[i]);
	return true;
}

struct sim *sim_new(const struct topo *topo, uint64_t seed, nsec start)
{
	struct sim *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->topo = topo;
	s->now = s->start = start;
	random_init(&s->random, seed);
	s->key.k0 = random_next(&s->random);
	s->key.k1 = random_next(&s->random);
	hash_init(&s->addrs);
	hash_init(&s->peers);
	hash_init(&s->ports);
	arrivals_init(&s->arrivals);
	reassembly_init(&s->reassembly);
	if (topo->node_count == 0 || !init(s)) {
		sim_free(s);
		return NULL;
	}
	return s;
}

void sim_free(struct sim *s)
{
	if (!s)
		return;
	sim_route_forget(s);
	free(s->routes);
	free(s->marks);
	free(s->in_first);
	free(s->in_links);
	hash_release(&s->addrs);
	hash_release(&s->peers);
	hash_release(&s->ports);
	free(s->peer_buckets);
	reassembly_release(&s->reassembly);
	arrivals_release(&s->arrivals);
	free(s->nodes);
	free(s->links);
	free(s);
}

/* --- in and out ------------------------------------------------------------------------------- */

static bool is_ours(const struct sim *s, const struct addr *addr)
{
	const struct topo_node *source = s->nodes[0].spec;
	for (uint8_t i = 0; i < source->addr_count; i++)
		if (addr_equal(&source->addrs[i], addr))
			return true;
	return false;
}

void sim_inject(struct sim *s, nsec now, struct span bytes)
{
	struct sim_walk w; /* large, and filled as it goes */
	advance(s, now);
	s->counts.injected++;
	if (!datagram_parse(bytes, &w.d) || !is_ours(s, &w.d.src)) {
		s->counts.invalid++;
		return;
	}
	w.route = sim_route_to(s, &w.d.dst);
	if (w.route) {
		s->copies = SIM_COPIES;
		sim_walk(s, &w);
	} else {
		s->counts.lost_out++;
	}
}

nsec sim_next(const struct sim *s)
{
	return arrivals_next(&s->arrivals);
}

bool sim_take(struct sim *s, nsec now, nsec *arrived, struct span *datagram)
{
	if (s->taken)
		arrivals_give_back(&s->arrivals, s->taken);
	s->taken = NULL;
	if (arrivals_next(&s->arrivals) > now)
		return false;
	s->taken = arrivals_take(&s->arrivals);
	if (!s->taken)
		return false;
	*arrived = s->taken->time;
	*datagram = (struct span){ s->taken->bytes + s->taken->start, s->taken->length };
	s->counts.delivered++;
	return true;
}

void sim_keep(struct sim *s)
{
	if (!s->taken)
		return;
	s->taken->next = s->kept;
	s->kept = s->taken;
	s->taken = NULL;
}

void sim_drop(struct sim *s)
{
	while (s->kept) {
		struct parcel *next = s->kept->next;
		arrivals_give_back(&s->arrivals, s->kept);
		s->kept = next;
	}
}

uint64_t sim_overflow(struct sim *s, nsec now, uint32_t room)
{
	struct parcel *stay = NULL;
	uint64_t lost = 0;
	struct parcel **end = &stay;
	while (arrivals_next(&s->arrivals) <= now) {
		struct parcel *parcel = arrivals_take(&s->arrivals);
		if (!parcel)
			break;
		if (room == 0) {
			arrivals_give_back(&s->arrivals, parcel);
			lost++;
			continue;
		}
		room--;
		*end = parcel;
		end = &parcel->next;
	}
	*end = NULL;
	while (stay) {
		struct parcel *next = stay->next;
		lost += !arrivals_put(&s->arrivals, stay, stay->time);
		stay = next;
	}
	return lost;
}

uint32_t sim_source_mtu(struct sim *s, nsec now, const struct addr *dst)
{
	uint32_t least = UINT32_MAX;
	advance(s, now);
	const struct sim_route *route = sim_route_to(s, dst);
	if (!route)
		return least;
	const struct sim_step *source = &route->steps[0];
	for (uint32_t i = 0; i < source->count; i++) {
		uint32_t mtu = s->links[route->branches[source->first + i].link].out.mtu;
		least = mtu < least ? mtu : least;
	}
	return least;
}

const struct sim_counts *sim_counts(const struct sim *s)
{
	return &s->counts;
}

/* --- truth ------------------------------------------------------------------------------------ */

static void note(struct sim_truth *truth, uint32_t node)
{
	if (truth->hops < SIM_TRUTH_MAX)
		truth->nodes[truth->hops] = node;
	truth->hops++;
}

static void cross_truly(const struct sim *s, struct sim_truth *truth, uint32_t link)
{
	truth->out += s->links[link].out.delay;
	truth->back += s->links[link].back.delay;
}

/* Where a router sends it; false where it ends there. The path is kept for those that send back. */
static bool pass_truly(struct sim *s, struct sim_walk *w, struct sim_truth *truth)
{
	enum sim_verdict verdict = sim_pass(&s->nodes[sim_walk_node(w)], &w->d);
	while (verdict == SIM_BACK && w->hops > 1 && w->taken++ < SIM_STEPS_MAX) {
		w->hops--;
		truth->out += s->links[w->path[w->hops].link].back.delay;
		truth->back -= s->links[w->path[w->hops].link].back.delay;
		w->step = w->path[w->hops].step;
		note(truth, sim_walk_node(w));
		verdict = sim_pass(&s->nodes[sim_walk_node(w)], &w->d);
	}
	return verdict == SIM_ON;
}

void sim_truth(struct sim *s, nsec now, struct span bytes, struct sim_truth *truth)
{
	struct sim_walk w;
	struct random random = s->random;
	memset(&w, 0, sizeof w);
	*truth = (struct sim_truth){ .hops = 0 };
	advance(s, now);
	if (!datagram_parse(bytes, &w.d) || !is_ours(s, &w.d.src))
		return;
	w.route = sim_route_to(s, &w.d.dst);
	while (w.route && w.hops < SIM_PATH_MAX && w.taken++ < SIM_STEPS_MAX) {
		const struct sim_branch *branch = sim_route_choose(s, &w, &random);
		if (!branch)
			return;
		w.path[w.hops].link = branch->link;
		w.path[w.hops++].step = w.step;
		w.step = branch->step;
		cross_truly(s, truth, branch->link);
		note(truth, sim_walk_node(&w));
		truth->reached = sim_walk_node(&w) == w.route->target;
		if (truth->reached || s->nodes[sim_walk_node(&w)].spec->role == TOPO_HOST ||
		    !pass_truly(s, &w, truth))
			return;
	}
}
