/*
 * resolve - names to addresses and back, by c-ares: asynchronous, many at once, never in the way of
 * a probe.
 *
 * IDN names are made ASCII (IDNA 2008, libidn2). Literals and scoped literals ("fe80::1%eth0") are
 * answered at once, from within resolve_forward.
 */
#ifndef SONDE_IO_RESOLVE_H
#define SONDE_IO_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/time.h"
#include "io/loop.h"

struct resolver;

/* error is NULL on success, else one plain phrase ("Name or service not known"). */
typedef void (*resolve_forward_cb)(void *ctx, const char *error, const struct addr *addrs,
				   size_t count, const char *canonical);
/* name is NULL where there is none. Bytes as the network said them: escape before use. */
typedef void (*resolve_reverse_cb)(void *ctx, const struct addr *addr, const char *name);

/* Reads the system's configuration (resolv.conf, hosts): before the sandbox. 0 or -errno. */
int resolver_new(struct loop *loop, struct resolver **out);
void resolver_free(struct resolver *r); /* pending callbacks are not called */

/* family 4, 6, or 0 for both, in the order of RFC 6724. Callbacks come from loop_wait or at once. */
void resolve_forward(struct resolver *r, const char *name, uint8_t family, resolve_forward_cb callback,
		     void *ctx);
void resolve_reverse(struct resolver *r, const struct addr *addr, resolve_reverse_cb callback,
		     void *ctx);

/* When resolver_process must be called next, NSEC_NEVER where nothing is pending. */
nsec resolver_deadline(const struct resolver *r);
void resolver_process(struct resolver *r, nsec now);
size_t resolver_pending(const struct resolver *r);

#endif
