/*
 * decode - the two halves of exchange_match: answers by their own headers, errors by their quotes.
 *
 * damaged says that the packet's own checksum is wrong. Both return the record, or NULL for what is
 * not ours; they fill what the packet says into *reply, but neither token nor times.
 */
#ifndef SONDE_PROBE_DECODE_H
#define SONDE_PROBE_DECODE_H

#include <stdbool.h>
#include "probe/exchange.h"
#include "wire/icmp.h"

/*
 * An echo reply, timestamp reply, node information reply. *ours is set where the id is ours though
 * no record is.
 */
struct flight_record *decode_answer(struct exchange *x, const struct packet *packet,
                                    const struct icmp *m, struct reply *reply, bool *ours);
struct flight_record *decode_udp(struct exchange *x, const struct packet *packet,
                                 struct reply *reply);
struct flight_record *decode_tcp(struct exchange *x, const struct packet *packet,
                                 struct reply *reply);

/* An ICMP error, or an IPv6 redirect. */
struct flight_record *decode_error(struct exchange *x, const struct packet *packet,
                                   const struct icmp *m, struct reply *reply);
/* The reply kind of an ICMP error. */
uint8_t decode_error_kind(uint8_t family, uint8_t type, uint8_t code);

/* The record an upper-layer header quoted by a router speaks of; flags rewriting in *quoted. */
struct flight_record *quote_match(struct exchange *x, nsec time, struct span quote, uint8_t family,
                                  const struct addr *our_addr, struct quoted *quoted);
/* The same without an IP header: dst is known, everything else is in upper. */
struct flight_record *quote_match_upper(struct exchange *x, nsec time, struct span upper,
                                        uint8_t protocol, const struct addr *dst,
                                        struct quoted *quoted);
/* What nothing is known of: -1 and family 0 everywhere. */
struct quoted quote_unknown(void);

#endif
