/* The way back of an answer: along the walk's links, in the other direction. */
#include <string.h>
#include "tests/sim/sim_private.h"
#include "wire/ip6.h"

static void go_back(struct sim *s, const struct sim_walk *w, uint32_t hops, uint32_t node,
                    struct sim_answer *answer, nsec time);

static uint8_t *upper_of(struct parcel *parcel)
{
	return parcel->bytes + DATAGRAM_HEADER_MAX;
}

static void lose(struct sim *s, struct sim_answer *answer)
{
	s->counts.lost_back++;
	arrivals_give_back(&s->arrivals, answer->parcel);
}

/* Its header goes in front of the upper layer, with the TTL that is left. */
static void deliver(struct sim *s, struct sim_answer *answer, nsec time)
{
	struct parcel *parcel = answer->parcel;
	size_t header = datagram_header(&answer->d);
	if (header > DATAGRAM_HEADER_MAX) {
		lose(s, answer);
		return;
	}
	parcel->start = (uint32_t)(DATAGRAM_HEADER_MAX - header);
	parcel->length = (uint32_t)datagram_length(&answer->d);
	struct writer w = writer_of(parcel->bytes + parcel->start, header);
	datagram_build_header(&w, &answer->d);
	if (w.failed)
		lose(s, answer);
	else if (arrivals_put(&s->arrivals, parcel, nsec_max(time, s->now)))
		s->counts.arriving++;
	else
		s->counts.lost_back++;
}

/* The same bytes of upper in a parcel of its own; false where there is none. */
static bool own_parcel(struct sim *s, struct sim_answer *answer)
{
	const struct span upper = answer->d.upper;
	answer->parcel = arrivals_parcel(&s->arrivals, DATAGRAM_HEADER_MAX + upper.length);
	if (!answer->parcel) {
		s->counts.lost_back++;
		return false;
	}
	memcpy(upper_of(answer->parcel), upper.data, upper.length);
	answer->d.upper.data = upper_of(answer->parcel);
	return true;
}

/* What is between header and upper layer moves into the answer. */
static void own_middle(struct sim_answer *answer)
{
	struct span *middle = &answer->d.middle;
	if (middle->length > sizeof answer->options)
		middle->length = 0;
	if (middle->length && middle->data != answer->options)
		memmove(answer->options, middle->data, middle->length);
	middle->data = answer->options;
}

/* Cut for a link; each piece goes on from there by itself. */
static void pieces_back(struct sim *s, const struct sim_walk *w, uint32_t hops, uint32_t node,
                        struct sim_answer *answer, nsec time, uint32_t mtu)
{
	uint8_t room[DATAGRAM_ROOM];
	struct datagram rest = answer->d;
	while (rest.upper.length) {
		struct sim_answer piece = { .error = answer->error };
		if (!datagram_split(&rest, mtu, &piece.d, room)) {
			s->counts.too_big++;
			break;
		}
		own_middle(&piece);
		if (own_parcel(s, &piece))
			go_back(s, w, hops, node, &piece, time);
	}
	arrivals_give_back(&s->arrivals, answer->parcel);
}

/* What the node that answers learns of the way back from the router that could not forward. */
static void learn_mtu(struct sim *s, uint32_t node, const struct topo_node *router, uint32_t mtu)
{
	if (router->silent || router->big.kind == TOPO_BIG_SILENT ||
	    router->big.kind == TOPO_BIG_ZERO)
		return;
	if (router->big.kind == TOPO_BIG_WRONG)
		mtu = router->big.mtu;
	/* Less than any link has is not believed (RFC 8201, 4). */
	mtu = mtu < IP6_MTU_MIN ? IP6_MTU_MIN : mtu;
	struct sim_node *learner = &s->nodes[node];
	if (learner->source_mtu == 0 || mtu < learner->source_mtu)
		learner->source_mtu = mtu;
}

/* Over the last of so many links it does not fit. */
static void too_big_back(struct sim *s, const struct sim_walk *w, uint32_t hops, uint32_t node,
                         struct sim_answer *answer, nsec time)
{
	const struct sim_link *link = &s->links[w->path[hops - 1].link];
	bool own_link = hops == w->hops && !answer->d.fragment;
	if (answer->d.family == 4 || own_link) {
		pieces_back(s, w, hops, node, answer, time, link->back.mtu);
		return;
	}
	s->counts.too_big++;
	learn_mtu(s, node, s->nodes[link->to].spec, link->back.mtu);
	arrivals_give_back(&s->arrivals, answer->parcel);
}

static void record_back(struct sim *s, uint32_t node, struct sim_answer *answer, nsec time)
{
	const struct topo_node *spec = s->nodes[node].spec;
	for (uint8_t i = 0; i < spec->addr_count; i++) {
		if (spec->addrs[i].family != 4)
			continue;
		sim_rewrite_record(&answer->d, answer->options, &spec->addrs[i], time);
		return;
	}
}

/* Through the router that has so many links of the walk before it; false where it ends there. */
static bool pass_back(struct sim *s, const struct sim_walk *w, uint32_t hops,
                      struct sim_answer *answer, nsec time)
{
	uint32_t node = s->links[w->path[hops].link].from;
	const struct sim_node *router = &s->nodes[node];
	if (answer->d.middle.length && answer->d.family == 4)
		record_back(s, node, answer, time);
	if (router->odd)
		sim_rewrite_back(s, w, hops, answer);
	if (router->odd && router->spec->hidden)
		return true;
	if (answer->d.ttl <= 1)
		return false;
	answer->d.ttl--;
	return true;
}

/* As far as nothing can happen to it; returns how many links are left, *time when it is there. */
static uint32_t run_back(const struct sim *s, const struct sim_walk *w, uint32_t hops,
                         struct sim_answer *answer, nsec *time)
{
	size_t length = datagram_length(&answer->d);
	if (answer->d.middle.length && answer->d.family == 4)
		return hops;
	for (; hops > 1 && answer->d.ttl > 1; hops--) {
		const struct sim_link *link = &s->links[w->path[hops - 1].link];
		if (!link->back.plain || link->back.mtu < length || !s->nodes[link->from].simple)
			break;
		*time += link->back.delay;
		answer->d.ttl--;
	}
	return hops;
}

/* From the node that has so many links of the walk before it, which answers. */
static void go_back(struct sim *s, const struct sim_walk *w, uint32_t hops, uint32_t node,
                    struct sim_answer *answer, nsec time)
{
	for (; hops > 0; hops--) {
		hops = run_back(s, w, hops, answer, &time);
		struct sim_way *way = &s->links[w->path[hops - 1].link].back;
		unsigned copies = 1;
		if (way->mtu < datagram_length(&answer->d)) {
			too_big_back(s, w, hops, node, answer, time);
			return;
		}
		if (way->plain) {
			time += way->delay;
		} else if (!sim_cross(s, way, &time, &copies)) {
			lose(s, answer);
			return;
		}
		bool passed = hops == 1 || pass_back(s, w, hops - 1, answer, time);
		if (copies > 1 && passed) {
			struct sim_answer twin = *answer;
			own_middle(&twin);
			if (own_parcel(s, &twin))
				go_back(s, w, hops - 1, node, &twin, time);
		}
		if (!passed) {
			s->counts.lost_back += copies - 1;
			lose(s, answer);
			return;
		}
	}
	deliver(s, answer, time);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Routers speak from the address of the link the packet came by. */
static const struct addr *choose_addr(const struct sim *s, const struct sim_walk *w, uint32_t node,
                                      uint8_t family)
{
	const struct topo_node *spec = s->nodes[node].spec;
	const struct addr *of_family[TOPO_ADDRS_MAX];
	uint32_t count = 0;
	for (uint8_t i = 0; i < spec->addr_count; i++)
		if (spec->addrs[i].family == family)
			of_family[count++] = &spec->addrs[i];
	if (count == 0)
		return NULL;
	uint32_t ordinal = w->hops ? s->links[w->path[w->hops - 1].link].ordinal : 0;
	return of_family[ordinal % count];
}

bool sim_answer(struct sim *s, const struct sim_walk *w, uint32_t node, const struct addr *from,
                uint8_t protocol, size_t size, struct sim_answer *answer)
{
	const struct topo_node *spec = s->nodes[node].spec;
	uint8_t family = w->d.family;
	const struct addr *fixed = family == 4 ? &spec->reply_from.v4 : &spec->reply_from.v6;
	if (fixed->family)
		from = fixed;
	else if (!from)
		from = choose_addr(s, w, node, family);
	if (spec->silent || !from) {
		s->counts.silent++;
		return false;
	}
	answer->parcel = arrivals_parcel(&s->arrivals, DATAGRAM_HEADER_MAX + size);
	if (!answer->parcel) {
		s->counts.lost_back++;
		return false;
	}
	answer->d = (struct datagram){ .src = *from,
		                       .dst = w->d.src,
		                       .family = family,
		                       .protocol = protocol,
		                       .ttl = spec->initial_ttl,
		                       .df = family == 6,
		                       .id = s->nodes[node].id++ };
	answer->w = writer_of(upper_of(answer->parcel), size);
	answer->error = false;
	return true;
}

void sim_reply_as_is(struct sim *s, const struct sim_walk *w, uint32_t node,
                     struct sim_answer *answer, nsec delay)
{
	const struct sim_node *from = &s->nodes[node];
	answer->d.upper = (struct span){ answer->w.start, writer_length(&answer->w) };
	if (answer->w.failed || answer->d.ttl <= from->spec->back_hops) {
		lose(s, answer);
		return;
	}
	answer->d.ttl = (uint8_t)(answer->d.ttl - from->spec->back_hops);
	/* A NAT that complains of what a loop sent back to it knows whose that is. */
	if (w->nat_count && w->nats[w->nat_count - 1].hops == w->hops)
		sim_rewrite_back(s, w, w->hops, answer);
	nsec time = w->time + from->spec->back_delay + delay;
	uint32_t mtu = answer->d.family == 6 ? from->source_mtu : 0;
	if (mtu && mtu < datagram_length(&answer->d))
		pieces_back(s, w, w->hops, node, answer, time, mtu);
	else
		go_back(s, w, w->hops, node, answer, time);
}

void sim_reply(struct sim *s, const struct sim_walk *w, uint32_t node, struct sim_answer *answer,
               nsec delay)
{
	datagram_seal(&answer->w, 0, &answer->d);
	sim_reply_as_is(s, w, node, answer, delay);
}
