/*
 * order - which of a host's addresses to try first: destination address selection of RFC 6724,
 * section 6, with its default policy table.
 *
 * Pure: the caller says which source address the kernel would take. Rules 3, 4 and 7 (deprecated
 * and home addresses, native transport) ask for what a program cannot see, and rule 9 is applied to
 * IPv6 only: for IPv4 it would undo what a name server balances.
 */
#ifndef SONDE_IO_ORDER_H
#define SONDE_IO_ORDER_H

#include <stddef.h>
#include "base/addr.h"

#define ORDER_MAX 64 /* addresses of a host that are looked at */

/*
 * Sorts count addresses, ORDER_MAX at most, best first, equally good ones as they were. sources[i]
 * is what this host would send to addrs[i] from, family 0 where there is no way there.
 */
void order_addrs(struct addr *addrs, const struct addr *sources, size_t count);

#endif
