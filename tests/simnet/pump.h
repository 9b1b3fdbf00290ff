/*
 * pump - moves datagrams between the line and the model in real time.
 *
 * A wake-up takes some time, and more where the processor has gone to sleep: so it wakes a little
 * before a datagram is due, and looks at the clock until it is. Where many cross it would never
 * sleep then; and the kernel, which lets this process go before others, stops one that never sleeps
 * for 50 ms at once, for their sake. So there it looks only so often, and takes what has come.
 */
#ifndef SONDE_SIMNET_PUMP_H
#define SONDE_SIMNET_PUMP_H

#include <stdint.h>
#include "base/stats.h"
#include "base/time.h"
#include "tests/sim/sim.h"
#include "tests/simnet/line.h"
#include "tests/simnet/pcap.h"

#define PUMP_SPIN (50 * NSEC_US)

struct pump {
	struct sim *sim;
	struct line *line;
	struct pcap *pcap;
	nsec wall_offset; /* wall clock minus monotonic, for the capture */
	uint64_t out, in; /* datagrams that crossed */
	uint64_t refused; /* that the kernel did not take in */
	bool dense;       /* many cross, ... */
	uint64_t crossed; /* ... by out and in when the window began */
	nsec window;
	nsec rested;       /* when it slept last */
	struct stats late; /* how much later than the model says they went in */
	struct histogram late_histogram;
	uint8_t room[LINE_DATAGRAM];
};

void pump_init(struct pump *p, struct sim *sim, struct line *line, struct pcap *pcap);
void pump_release(struct pump *p);

/*
 * Moves what is there, and waits for what is due within PUMP_SPIN. Returns when it wants to be
 * called again, on the clock of clock_now(): when the line is readable or at that time. A time that
 * has passed says that there is more to do.
 */
nsec pump_run(struct pump *p);

#endif
