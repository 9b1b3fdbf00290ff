/*
 * net_sim - the simulated internet as a network for the driver, in virtual time.
 *
 * It uses the same exchange as the real transports, so an algorithm's probes are the very bytes
 * that would go on the wire, and what comes back is decoded by the same code.
 */
#ifndef SONDE_SIM_NET_SIM_H
#define SONDE_SIM_NET_SIM_H

#include "algo/algo.h"
#include "algo/drive.h"
#include "probe/exchange.h"
#include "probe/net.h"
#include "tests/sim/sim.h"

struct net_sim;

/* The clock starts at one second. NULL where there is no memory. */
struct net_sim *net_sim_new(const struct topo *topo, uint64_t seed,
                            const struct exchange_config *exchange);
struct net *net_sim_net(struct net_sim *n);
struct sim *net_sim_model(struct net_sim *n);
nsec net_sim_now(const struct net_sim *n);

/*
 * Runs the algorithm to its end, or until the virtual time until: the clock jumps from event to
 * event. Returns true where the algorithm is done. Asserts drive's contract on the way.
 */
bool net_sim_run(struct net_sim *n, struct drive *drive, nsec until);
/* The clock for drive_init; ctx is the net_sim. */
nsec net_sim_clock(void *ctx);

#endif
