/*
 * netns - namespaces and links for tests in C, made by the shell functions of netns.sh.
 *
 * A program that uses this runs under tests/netns/enter ("make netns" does it) and leaves nothing
 * behind. Each function ends the running cmocka test as failed where it cannot do its work.
 */
#ifndef SONDE_TESTS_NETNS_H
#define SONDE_TESTS_NETNS_H

/*
 * Runs bash commands with netns.sh at hand, stopping at the first that fails:
 *	netns_run("ns_chain client router target");
 *	netns_run("ns router ip link set next mtu 1400");
 */
void netns_run(const char *script);

/* Moves the calling process into the namespace of that name. Sockets stay where they were opened.
 */
void netns_switch(const char *name);
/* Moves it back to where the program began. */
void netns_home(void);

#endif
