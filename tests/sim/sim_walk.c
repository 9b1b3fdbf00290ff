/*
 * The way out, link by link, worked out at once.
 *
 * On a clean path a hop costs a few additions. What is out of the ordinary - links that lose, nodes
 * that do more than decrement - leaves the short way where it happens, and comes back to it.
 */
#include <string.h>
#include "tests/sim/sim_private.h"
#include "wire/ip4.h"

static void walk_on(struct sim *s, struct sim_walk *w);

/* --- links ------------------------------------------------------------------------------------ */

bool sim_chance(struct sim *s, double chance)
{
	return chance > 0 && random_unit(&s->random) < chance;
}

/* Gilbert's two states; asked once for each packet. */
static bool lost_in_burst(struct sim *s, struct sim_way *way)
{
	const struct topo_bursts *bursts = &way->spec->bursts;
	if (!(bursts->loss > 0))
		return false;
	if (sim_chance(s, way->bad ? bursts->leave : bursts->enter))
		way->bad = !way->bad;
	return way->bad && sim_chance(s, bursts->loss);
}

bool sim_cross(struct sim *s, struct sim_way *way, nsec *time, unsigned *copies)
{
	const struct topo_way *spec = way->spec;
	*copies = 1;
	if (spec->down || sim_chance(s, spec->loss) || lost_in_burst(s, way))
		return false;
	*time += spec->delay;
	if (spec->jitter)
		*time += (nsec)random_below(&s->random, (uint64_t)spec->jitter + 1);
	if (sim_chance(s, spec->reorder.chance))
		*time += spec->reorder.delay;
	if (s->copies && sim_chance(s, spec->duplicate)) {
		s->copies--;
		s->counts.duplicated++;
		*copies = 2;
	}
	return true;
}

static void walk_end(struct sim *s, struct sim_walk *w)
{
	if (w->own)
		arrivals_give_back(&s->arrivals, w->own);
	w->own = NULL;
}

/* Arrives a second time: goes on as its own. */
static void walk_twin(struct sim *s, const struct sim_walk *w)
{
	struct sim_walk twin = *w;
	/* Both would write into the same bytes, and give them back. */
	if (w->own) {
		twin.own = arrivals_parcel(&s->arrivals, w->d.upper.length);
		if (!twin.own) {
			s->counts.lost_out++;
			return;
		}
		memcpy(twin.own->bytes, w->d.upper.data, w->d.upper.length);
		twin.d.upper.data = twin.own->bytes;
	}
	if (w->d.middle.data == w->options)
		twin.d.middle.data = twin.options;
	walk_on(s, &twin);
}

/* Out of its node and over the last link of the path; false where it is lost. */
static bool cross_out(struct sim *s, struct sim_walk *w)
{
	struct sim_link *link = &s->links[w->path[w->hops - 1].link];
	struct sim_way *way = &link->out;
	/* What came in was routed and measured as it was: it is changed when it leaves. */
	if (s->nodes[link->from].odd && !sim_rewrite_out(s, w, link->from)) {
		s->counts.lost_out++;
		return false;
	}
	if (way->plain) {
		w->time += way->delay;
		return true;
	}
	unsigned copies;
	if (!sim_cross(s, way, &w->time, &copies)) {
		s->counts.lost_out++;
		return false;
	}
	if (copies > 1)
		walk_twin(s, w);
	return true;
}

/* --- sizes ------------------------------------------------------------------------------------ */

/* Cuts it for the link the walk is about to take, which then has pieces to carry. */
static void walk_pieces(struct sim *s, const struct sim_walk *w, size_t mtu)
{
	uint8_t room[DATAGRAM_ROOM];
	struct datagram rest = w->d;
	do {
		struct sim_walk piece = *w;
		if (!datagram_split(&rest, mtu, &piece.d, room)) {
			s->counts.too_big++;
			return;
		}
		piece.own = NULL;
		if (cross_out(s, &piece))
			walk_on(s, &piece);
		else
			walk_end(s, &piece);
	} while (rest.upper.length);
}

/* The link that path ends with is too small for it: the node before it says so, or not. */
static void too_big(struct sim *s, struct sim_walk *w, uint32_t mtu)
{
	uint32_t node = s->links[w->path[w->hops - 1].link].from;
	const struct topo_node *spec = s->nodes[node].spec;
	bool clears = w->d.family == 4 && spec->big.kind == TOPO_BIG_CLEAR;
	bool source = spec->role == TOPO_SOURCE;
	if (clears || (w->d.family == 4 && !w->d.df) || (source && w->d.family == 6)) {
		if (clears)
			w->d.df = false;
		if (source && w->d.family == 6)
			w->d.id = s->nodes[node].id++;
		walk_pieces(s, w, mtu);
		return;
	}
	s->counts.too_big++;
	w->hops--;
	w->step = w->path[w->hops].step;
	if (!source)
		sim_error_big(s, w, node, mtu);
}

/* --- nodes ------------------------------------------------------------------------------------ */

static enum sim_verdict pass_oddly(const struct topo_node *spec, struct datagram *d)
{
	if (spec->fake_target)
		return SIM_FAKE;
	if (spec->unreachable.v4 >= 0)
		return SIM_UNREACHABLE;
	if (spec->parameter_problem)
		return SIM_PARAMETER;
	if (!spec->hidden) {
		if (d->ttl == 0 || (d->ttl == 1 && !spec->zero_ttl))
			return SIM_EXCEEDED;
		d->ttl--;
	}
	return spec->loop ? SIM_BACK : SIM_ON;
}

enum sim_verdict sim_pass(const struct sim_node *node, struct datagram *d)
{
	if (node->odd)
		return pass_oddly(node->spec, d);
	if (d->ttl <= 1)
		return SIM_EXCEEDED;
	d->ttl--;
	return SIM_ON;
}

static void record(struct sim *s, struct sim_walk *w, uint32_t node)
{
	const struct topo_node *spec = s->nodes[node].spec;
	for (uint8_t i = 0; i < spec->addr_count; i++) {
		if (spec->addrs[i].family != 4)
			continue;
		sim_rewrite_record(&w->d, w->options, &spec->addrs[i], w->time);
		return;
	}
}

/* Carries out the verdict; true where the walk goes on, SIM_BACK for the caller to see to. */
static bool judge(struct sim *s, struct sim_walk *w, uint32_t node, enum sim_verdict verdict)
{
	const struct topo_node *spec = s->nodes[node].spec;
	switch (verdict) {
	case SIM_ON:
	case SIM_BACK:
		if (w->d.family == 4 && w->d.middle.length)
			record(s, w, node);
		if (s->nodes[node].odd && (spec->redirect.v4.family || spec->redirect.v6.family))
			sim_error_redirect(s, w, node);
		return true;
	case SIM_EXCEEDED: sim_error_exceeded(s, w, node); return false;
	case SIM_UNREACHABLE:
		sim_error_unreachable(s, w, node, (uint8_t)spec->unreachable.v4,
		                      (uint8_t)spec->unreachable.v6);
		return false;
	case SIM_PARAMETER: sim_error_parameter(s, w, node); return false;
	case SIM_FAKE: sim_host(s, w, node); return false;
	case SIM_STOP: return false;
	}
	return false;
}

/* Over the last link of the path in the wrong direction, to the node before. */
static bool cross_back(struct sim *s, struct sim_walk *w)
{
	unsigned copies;
	w->hops--;
	w->step = w->path[w->hops].step;
	/* The source forwards nothing, and who walks this far has lost its way. */
	if (w->hops == 0 || w->taken++ >= SIM_STEPS_MAX ||
	    !sim_cross(s, &s->links[w->path[w->hops].link].back, &w->time, &copies)) {
		s->counts.lost_out++;
		return false;
	}
	return true;
}

/* What the router does where the walk stands; true where the walk goes on from the node it is at.
 */
static bool at_router(struct sim *s, struct sim_walk *w)
{
	for (;;) {
		uint32_t node = sim_walk_node(w);
		w->arrived = w->d.ttl;
		enum sim_verdict verdict = sim_pass(&s->nodes[node], &w->d);
		if (!judge(s, w, node, verdict))
			return false;
		if (verdict != SIM_BACK)
			return true;
		if (!cross_back(s, w))
			return false;
	}
}

/* Onto the next link; false where there is none. */
static bool leave(struct sim *s, struct sim_walk *w)
{
	const struct sim_branch *branch = sim_route_choose(s, w, &s->random);
	if (!branch) {
		/* Linux says so too where it knows no route. */
		if (s->nodes[sim_walk_node(w)].spec->role == TOPO_ROUTER)
			sim_error_unreachable(s, w, sim_walk_node(w), 0, 0);
		else
			s->counts.lost_out++;
		return false;
	}
	if (w->hops == SIM_PATH_MAX || w->taken++ >= SIM_STEPS_MAX) {
		s->counts.lost_out++;
		return false;
	}
	w->path[w->hops].link = branch->link;
	w->path[w->hops++].step = w->step;
	w->step = branch->step;
	return true;
}

/*
 * As far as there is nothing to choose, to lose, to cut or to change: from one router that has let
 * it pass to another. All this is also done by leave, cross_out and at_router, one hop at a time.
 */
static void run(struct sim *s, struct sim_walk *w)
{
	const struct sim_step *steps = w->route->steps;
	size_t length = datagram_length(&w->d);
	if (!s->nodes[sim_walk_node(w)].simple || w->d.middle.length)
		return;
	while (w->hops < SIM_PATH_MAX && w->d.ttl > 1) {
		const struct sim_step *step = &steps[w->step];
		const struct sim_branch *branch = &w->route->branches[step->first];
		if (step->count != 1)
			return;
		const struct sim_way *way = &s->links[branch->link].out;
		uint32_t node = steps[branch->step].node;
		if (!way->plain || way->mtu < length || !s->nodes[node].simple ||
		    node == w->route->target)
			return;
		w->path[w->hops].link = branch->link;
		w->path[w->hops++].step = w->step;
		w->step = branch->step;
		w->time += way->delay;
		w->arrived = w->d.ttl--;
	}
}

/* Has crossed a link; on to where it ends. */
static void walk_on(struct sim *s, struct sim_walk *w)
{
	for (;;) {
		uint32_t node = sim_walk_node(w);
		if (node == w->route->target) {
			w->arrived = w->d.ttl;
			sim_host(s, w, node);
			break;
		}
		if (s->nodes[node].spec->role == TOPO_HOST) {
			s->counts.silent++; /* not for it, and it does not forward */
			break;
		}
		if (!at_router(s, w))
			break;
		run(s, w);
		if (!leave(s, w))
			break;
		uint32_t mtu = s->links[w->path[w->hops - 1].link].out.mtu;
		if (mtu < datagram_length(&w->d)) {
			too_big(s, w, mtu);
			break;
		}
		if (!cross_out(s, w))
			break;
	}
	walk_end(s, w);
}

void sim_walk(struct sim *s, struct sim_walk *w)
{
	w->time = s->now;
	w->step = w->hops = w->taken = 0;
	w->flow_known = 0;
	w->nat_count = 0;
	w->arrived = w->d.ttl;
	w->own = NULL;
	if (!leave(s, w))
		return;
	uint32_t mtu = s->links[w->path[0].link].out.mtu;
	if (mtu < datagram_length(&w->d))
		too_big(s, w, mtu);
	else if (cross_out(s, w))
		walk_on(s, w);
}
