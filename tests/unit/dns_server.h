/*
 * dns_server - a name server in the loop of the test, on 127.0.0.1 over UDP and TCP, which answers
 * as its zone says: well, badly, late or not at all.
 *
 * A name that is in the zone for another type only has no data for this one (RFC 2308, 2.2), one
 * that is not in it at all does not exist.
 */
#ifndef SONDE_TESTS_UNIT_DNS_SERVER_H
#define SONDE_TESTS_UNIT_DNS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_AAAA = 28,
};

enum dns_behaviour {
	DNS_ANSWER,
	DNS_SILENT,
	DNS_SERVFAIL = 0x100 + 2, /* the low bits are the RCODE, RFC 1035, 4.1.1 */
	DNS_NXDOMAIN = 0x100 + 3,
	DNS_REFUSED = 0x100 + 5,
	DNS_TRUNCATED = 0x200, /* over UDP; whole over TCP */
	DNS_GARBAGE,           /* a header that promises an answer, and then bytes of no meaning */
};

struct dns_record {
	const char *name; /* "www.example.test", no dot at the end */
	enum dns_type type;
	enum dns_behaviour behaviour;
	const char *data; /* A and AAAA as text, CNAME a name, PTR wire bytes */
	size_t size;      /* of PTR data; A: so many addresses, counting up from data; 0 for one */
};

#define DNS_NAME_SIZE 256

struct dns_query {
	char name[DNS_NAME_SIZE];
	uint16_t type;
};

struct dns_server {
	struct loop *loop;
	const struct dns_record *zone;
	size_t zone_count;
	int udp, listener, tcp; /* one connection at a time; -1 for none */
	uint16_t port;
	unsigned int queries; /* so many came, over UDP or TCP */
	struct dns_query last;
	bool hold; /* keep what comes until dns_server_release */
	struct dns_held *held;
	size_t held_count;
};

/* False where no socket could be had. */
bool dns_server_start(struct dns_server *server, struct loop *loop, const struct dns_record *zone,
                      size_t count);
void dns_server_release(struct dns_server *server);
void dns_server_stop(struct dns_server *server);

#endif
