/*
 * anonymise - addresses and names in recorded events become others, the same for the same.
 *
 * Addresses become ones for documentation (RFC 5737, RFC 3849), then ones for benchmarks (RFC
 * 2544); link-local ones stay link-local. What says nothing of anybody stays: loopback, multicast,
 * the unspecified address and the limited broadcast. Names become host1, host2 and so on. Within
 * packets, addresses are changed in the headers and options that errors quote; what others wrote
 * freely (node information, interface names, data of UDP) becomes zeros. Sizes stay.
 */
#ifndef SONDE_ALGO_ANONYMISE_H
#define SONDE_ALGO_ANONYMISE_H

#include <stddef.h>
#include <stdint.h>
#include "algo/record.h"
#include "base/addr.h"
#include "base/hash.h"
#include "base/random.h"

#define ANONYMISE_NAME_SIZE 96 /* hostN, or an address with its zone */

struct anonymise {
	struct siphash_key key; /* others choose what is in the tables */
	struct hash addrs, names;
	uint32_t count4, count6, count_names;
	uint8_t payload[RECORD_BYTES_MAX], options[RECORD_BYTES_MAX], extensions[RECORD_BYTES_MAX];
};

void anonymise_init(struct anonymise *a, struct siphash_key key);
void anonymise_release(struct anonymise *a);

struct addr anonymise_addr(struct anonymise *a, const struct addr *addr);
/* A name, or an address as text with or without "%zone". Returns its text argument. */
const char *anonymise_name(struct anonymise *a, const char *name,
                           char text[static ANONYMISE_NAME_SIZE]);
/*
 * Changes an event, but for notes. Its bytes are then in *a, until the next call; the event keeps
 * what it is.
 */
void anonymise_event(struct anonymise *a, struct record_event *event);

#endif
