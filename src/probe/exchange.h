/*
 * exchange - probe to datagram, datagram to reply: one identity scheme for every transport.
 *
 * It owns the flight table and the secret. exchange_prepare writes the bytes of a probe and
 * enters it; exchange_match says whether a datagram that came answers one of ours, or speaks about
 * one, and which. Transports (io/raw, io/errqueue, the simulator) only move bytes.
 *
 * Identity never rests on a process id. Echo: random id, sequence, and in the payload a SipHash of
 * secret, destination, id and sequence with the serial of the record; below 16 bytes of data what
 * fits of it, and then id, sequence and source decide. Errors: the quoted datagram must match
 * destination, protocol, ports or id, and the field that carries the probe number.
 */
#ifndef SONDE_PROBE_EXCHANGE_H
#define SONDE_PROBE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/cursor.h"
#include "base/random.h"
#include "base/time.h"
#include "probe/flight.h"
#include "probe/net.h"
#include "probe/packet.h"
#include "probe/probe.h"

#define EXCHANGE_PATTERN_MAX 16
#define EXCHANGE_COOKIE_SIZE 16 /* bytes at the head of the data that are not pattern */
#define EXCHANGE_FILL        256

struct exchange_config {
	struct siphash_key key; /* from the kernel's random source, or a seed in tests */
	uint16_t id_base;       /* echo id of flow 0; flow n has id_base + n, wrapping */
	bool id_fixed;          /* every flow has id_base (-e, or a ping socket's port) */
	bool broadcast;         /* IPv4 destinations may be broadcasts: any host may answer (-b) */
	uint16_t sport_base;    /* source port of flow 0 of UDP and TCP */
	bool constant_checksum; /* keep the ICMP and UDP checksum the same over a flow (traceroute)
	                         */
	uint8_t pattern[EXCHANGE_PATTERN_MAX]; /* fills the data; counting bytes where length is 0
	                                        */
	uint8_t pattern_length;
	uint8_t options[40]; /* IPv4 options of each probe */
	uint8_t options_length;
	uint32_t flow_label; /* IPv6; flow n has flow_label + n in its 20 bits, 0: kept 0 for all */
	uint8_t node_info[64];    /* PROBE_NODE_INFO: qtype, flags and data behind the nonce */
	uint8_t node_info_length; /* 0: qtype and flags 0; without data the subject is the target */
	uint8_t node_info_code;   /* what the data is: 0 IPv6 address, 1 name or none, 2 IPv4 */
	uint32_t flight_limit;    /* most probes remembered */
	nsec flight_keep;         /* how long */
};

struct exchange {
	struct exchange_config config;
	struct flight flight;
	uint32_t flows; /* 1 + the highest flow seen: how many ids and ports are ours */
	uint8_t fill[EXCHANGE_FILL]; /* the pattern, repeated: data byte i is fill[i % fill_length]
	                              */
	uint16_t fill_length;
	/* Sum of the pattern behind the head of the last payload: sizes seldom change. */
	size_t rest_length;
	uint64_t rest_sum;
};

int exchange_init(struct exchange *x, const struct exchange_config *config);
void exchange_release(struct exchange *x);

/*
 * Writes the whole IP datagram of the probe, source address src, with all checksums, and enters it
 * as sent at now. Returns the length of its IP header through *header, the record's serial through
 * *serial. 0, -EMSGSIZE (size below the headers or beyond the writer or the protocol),
 * -EAFNOSUPPORT (kind and family do not go together), -ENOMEM.
 */
int exchange_prepare(struct exchange *x, const struct probe *probe, const struct addr *src,
                     nsec now, struct writer *w, size_t *header, uint32_t *serial);
/* The send was refused: the record goes away. */
void exchange_refused(struct exchange *x, uint32_t serial);
/* A better time of sending; false where the record is gone. Fills the token. */
bool exchange_stamped(struct exchange *x, uint32_t serial, nsec time, uint64_t *token);

/* All that is known of its time of sending: not before this. Its replies are REPLY_ROUGH. */
void exchange_sent_after(struct exchange *x, uint32_t serial, nsec time);

/*
 * Whether the packet is an answer to, or an error about, one of our probes, or claims to be one
 * (REPLY_UNKNOWN). False for what is somebody else's. Marks the record as answered.
 */
bool exchange_match(struct exchange *x, const struct packet *packet, struct reply *reply);

/*
 * For transports that tell an error without its quoted headers (error queues): type, code, offender
 * and dst are known, upper is what was quoted behind the IP header; errors of UDP sockets quote
 * only the data, upper_is_data. Fills kind, token, sent, flags and payload of *reply.
 */
struct exchange_error {
	struct addr from, dst;
	nsec time;
	uint8_t icmp_type, icmp_code;
	uint8_t protocol; /* of the probe: enum ip_protocol */
	uint16_t id;      /* local port or echo id of the socket that got it */
	bool upper_is_data;
	bool user_time;
	struct span upper;
	struct span extensions;
	uint32_t mtu;
	int16_t ttl; /* of the error itself; -1 unknown */
	int16_t tos;
};
bool exchange_match_error(struct exchange *x, const struct exchange_error *error,
                          struct reply *reply);

#endif
