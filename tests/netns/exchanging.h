/*
 * exchanging - a transport under test: probes in, events out, waited for in real time.
 *
 * Each function ends the running cmocka test as failed where the system refuses its work.
 */
#ifndef SONDE_TESTS_EXCHANGING_H
#define SONDE_TESTS_EXCHANGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "io/transport.h"
#include "probe/net.h"
#include "probe/probe.h"

#define EVENTS_MAX 4096

/* What came, in order; payloads are views and are gone with the next receive. */
struct events {
	struct net_event list[EVENTS_MAX];
	size_t count;
};

/* Lets ping sockets be opened here (NULL) or in a namespace. */
void exchanging_permit(const char *name);

/* Raw sockets for both families, a small flight table, ids and keys at random. */
struct transport_config exchanging_config(enum transport_mode mode);
/* Opens, or fails the test. */
struct net *exchanging_open(const struct transport_config *config, struct transport_info *info);

struct addr exchanging_addr(const char *text);
/* An echo request of 56 data bytes, TTL 64; the token is the sequence. */
struct probe exchanging_probe(const char *dst, uint64_t token);
/* Sends one probe and returns its errno. */
int exchanging_send(struct net *net, const struct probe *probe);

/* Takes what comes until count events of the kind are there, or for at most ms. How many of the
 * kind there are. */
size_t exchanging_wait(struct net *net, struct events *events, enum net_event_kind kind,
                       size_t count, int ms);
/* The first event of the kind for the token, NULL where there is none. */
const struct net_event *exchanging_find(const struct events *events, enum net_event_kind kind,
                                        uint64_t token);
/* Sends one, waits for its reply (2 s) and returns it: a view into *events. Fails without one. */
const struct reply *exchanging_ask(struct net *net, struct events *events,
                                   const struct probe *probe);
/* Whether, after a call or two of receive, no descriptor wants attention any more. */
bool exchanging_is_quiet(struct net *net, struct events *events);

#endif
