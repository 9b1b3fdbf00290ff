/*
 * Token buckets for what a node says of itself: full at the start, one token is a whole period of
 * credit, as in Linux's inet_peer_xrlim_allow.
 */
#include <math.h>
#include <stdlib.h>
#include "tests/sim/sim_private.h"

bool sim_limit(struct sim_bucket *bucket, const struct topo_bucket *spec, nsec time)
{
	if (!(spec->per_second > 0))
		return true;
	nsec period = nsec_max(1, (nsec)llround(1e9 / spec->per_second));
	nsec most = period > NSEC_NEVER / 2 / spec->burst ? NSEC_NEVER / 2 : period * spec->burst;
	if (!bucket->begun)
		*bucket = (struct sim_bucket){ .credit = most, .last = time, .begun = true };
	/* Walks are worked out when they begin: one may reach the router before the last that
	 * asked. */
	nsec elapsed = nsec_max(0, time - bucket->last);
	bucket->last = nsec_max(bucket->last, time);
	bucket->credit = nsec_min(most, nsec_after(bucket->credit, elapsed));
	if (bucket->credit < period)
		return false;
	bucket->credit -= period;
	return true;
}

/* The bucket of node for peer; NULL where there is no room: then nothing is limited. */
static struct sim_bucket *peer_bucket(struct sim *s, uint32_t node, const struct addr *peer)
{
	uint64_t key = addr_hash(peer) ^ (node + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t index;
	if (hash_get(&s->peers, key, &index))
		return &s->peer_buckets[index];
	if (s->peer_count == SIM_PEERS_MAX)
		return NULL;
	if (s->peer_count == s->peer_capacity) {
		uint32_t capacity = s->peer_capacity ? s->peer_capacity * 2 : 16;
		void *moved = realloc(s->peer_buckets, capacity * sizeof *s->peer_buckets);
		if (!moved)
			return NULL;
		s->peer_buckets = moved;
		s->peer_capacity = capacity;
	}
	if (hash_set(&s->peers, key, s->peer_count) != 0)
		return NULL;
	s->peer_buckets[s->peer_count] = (struct sim_bucket){ .begun = false };
	return &s->peer_buckets[s->peer_count++];
}

bool sim_limit_error(struct sim *s, uint32_t node, const struct addr *peer, nsec time)
{
	const struct topo_node *spec = s->nodes[node].spec;
	/* The bucket of all is asked first, and pays even where the peer's is empty, as in Linux.
	 */
	if (!sim_limit(&s->nodes[node].errors, &spec->error_limit, time))
		return false;
	if (!(spec->error_limit_peer.per_second > 0))
		return true;
	struct sim_bucket *bucket = peer_bucket(s, node, peer);
	return !bucket || sim_limit(bucket, &spec->error_limit_peer, time);
}
