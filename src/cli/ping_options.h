/*
 * ping_options - what `sonde ping` was asked for, from the command line alone.
 *
 * Nothing here knows the machine: whether an interface exists or a socket may be opened is
 * ping_setup's to find out. Options mean what they mean to iputils' ping; where they differ,
 * sonde-ping(1) says so.
 */
#ifndef SONDE_CLI_PING_OPTIONS_H
#define SONDE_CLI_PING_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/buffer.h"
#include "base/time.h"
#include "cli/options.h"
#include "probe/exchange.h"

#define PING_INTERVAL_MIN (2 * NSEC_MS) /* of a user without privilege */
#define PING_NOT_GIVEN    UINT64_MAX    /* of numbers that have no default */
#define PING_SIZE4_MAX    65507         /* data bytes: 65535 less the IPv4 and ICMP headers */
#define PING_SIZE6_MAX    65527         /* the IPv6 header does not count in its payload length */
#define PING_HOPS_MAX     9             /* of a source route */
#define PING_STAMPS_MAX   4             /* addresses of -T tsprespec */

/* A node information query (RFC 4620) as asked for by -N. */
struct ping_node_info {
	bool given;
	uint16_t qtype, flags;
	uint8_t code; /* what the subject is: 0 an IPv6 address, 1 a name, 2 an IPv4 address */
	uint8_t subject[60]; /* on the wire; empty: the address that is probed */
	uint8_t subject_length;
};

struct ping_options {
	bool ipv4, ipv6;
	const char *family_by; /* the option that chose it, where -4 and -6 are not given */
	bool help, version;

	uint64_t count; /* 0: no end */
	nsec interval;  /* -1: not given */
	nsec deadline;  /* 0: none */
	nsec timeout;   /* -1: not given, 0: for ever */
	uint64_t preload;
	bool flood, adaptive;
	const char *targets; /* file, "-" for standard input */

	uint64_t size, ttl, tos, id, mark, flow_label, send_buffer;
	uint8_t pattern[EXCHANGE_PATTERN_MAX];
	uint8_t pattern_length;
	char pattern_text[2 * EXCHANGE_PATTERN_MAX + 1]; /* its digits, two for each byte */
	int pmtu; /* index into ping_pmtu_names, -1: not given */
	bool broadcast, dont_route, no_loop, bind_source, connect, debug, user_time;
	struct addr source4, source6; /* -I, an address */
	const char *interface;        /* -I, a name */
	bool record_route;
	int timestamp;                       /* -T: enum ip4_timestamp_flag, -1: not given */
	struct addr stamps[PING_STAMPS_MAX]; /* of these addresses only */
	uint8_t stamp_count;
	struct addr hops[PING_HOPS_MAX]; /* --route */
	uint8_t hop_count;
	struct ping_node_info node_info;
	bool node_info_help;

	bool quiet, verbose, numeric, names, audible, timestamps, waiting, precise, stats, json;
	bool no_sandbox;
};

/* In the order of enum transport_pmtu behind its default. */
extern const char *const ping_pmtu_names[];

void ping_options_init(struct ping_options *options);

/*
 * Judges what no option can judge alone, and settles what follows from several: the family that an
 * option needs, the interval that -f implies. False with a complaint as in options_parse.
 */
bool ping_options_check(struct ping_options *options, bool privileged, struct buffer *complaint);

/* The most data bytes a probe of the family can carry beside its IP options. */
uint64_t ping_options_size_max(const struct ping_options *options, uint8_t family);

/*
 * The IPv4 options of each probe: record route, timestamps or source route. Returns their length,
 * padding included; 0 where there are none.
 */
uint8_t ping_options_ip(const struct ping_options *options, uint8_t bytes[static 40]);

/* The text of `-N help`. */
void ping_node_info_help(struct buffer *out);

#endif
