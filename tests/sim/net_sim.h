/*
 * net_sim - the simulated internet as a network for the driver, in virtual time.
 *
 * It uses the same exchange as the real transports, so an algorithm's probes are the very bytes
 * that would go on the wire, and what comes back is decoded by the same code. What a kernel does on
 * our own side is done here as the topology's local line says: sends that are refused, datagrams
 * cut and put together, stamps that are missing, replies that nobody read in time.
 */
#ifndef SONDE_SIM_NET_SIM_H
#define SONDE_SIM_NET_SIM_H

#include "algo/algo.h"
#include "algo/drive.h"
#include "probe/exchange.h"
#include "probe/net.h"
#include "tests/sim/sim.h"

#define NET_SIM_START NSEC_S /* where the clock starts */

struct net_sim;

/* The topology must outlive it. NULL where there is no memory. */
struct net_sim *net_sim_new(const struct topo *topo, uint64_t seed,
                            const struct exchange_config *exchange);
/* Its free, as all of its kind, is net->ops->free. */
struct net *net_sim_net(struct net_sim *n);
struct sim *net_sim_model(struct net_sim *n);
nsec net_sim_now(const struct net_sim *n);

/* An exchange for a test: key and ids of the seed. */
struct exchange_config net_sim_exchange(uint64_t seed);

/*
 * Runs the algorithm to its end, or until the virtual time until: the clock jumps from event to
 * event. Returns true where the algorithm is done. Asserts drive's contract on the way.
 */
bool net_sim_run(struct net_sim *n, struct drive *drive, nsec until);
/* The clock for drive_init; ctx is the net_sim. */
nsec net_sim_clock(void *ctx);

/*
 * From net_sim_watch on, all bytes that cross the border are hashed in their order and with their
 * times: two runs that went the same way have the same trace.
 */
void net_sim_watch(struct net_sim *n);
uint64_t net_sim_trace(const struct net_sim *n);
/*
 * Told of each datagram that leaves, and of each that is handed to the exchange (whole, as a socket
 * would hand it over; time is when it arrived, or was read where there are no stamps).
 */
struct net_sim_tap {
	void *ctx;
	void (*sent)(void *ctx, nsec time, struct span datagram);
	void (*received)(void *ctx, const struct packet *packet);
};
void net_sim_tap(struct net_sim *n, const struct net_sim_tap *tap);

/* The probes that were refused, and the replies thrown away, on our own side. */
struct net_sim_local {
	uint64_t refused, dropped;
};
struct net_sim_local net_sim_local(const struct net_sim *n);

#endif
