/*
 * resolve - names to addresses and back, by c-ares: asynchronous, many at once, never in the way of
 * a probe.
 *
 * IDN names are made ASCII (IDNA 2008, libidn2). Literals, scoped ones ("fe80::1%eth0") included,
 * and what /etc/hosts knows are answered at once, from within resolve_forward. At most 256 queries
 * are under way at a time; the rest waits its turn. Everything from the system's files is read in
 * resolver_new, so that a sandbox may follow.
 */
#ifndef SONDE_IO_RESOLVE_H
#define SONDE_IO_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/time.h"
#include "io/loop.h"

struct resolver;

/* All 0 and NULL: the system's. */
struct resolver_options {
	const char *servers;     /* "192.0.2.1,[2001:db8::1]:5353" */
	const char *resolv_path; /* instead of /etc/resolv.conf */
	const char *hosts_path;  /* instead of /etc/hosts */
	int timeout_ms;          /* of the first try; each later one has twice the time: 3000 */
	int tries;               /* of each server: 2 */
};

/*
 * error is NULL on success, else one plain phrase ("Name or service not known"); addrs and
 * canonical live until the callback returns. canonical is the name that carries the addresses, or
 * what was asked for; NULL on error.
 */
typedef void (*resolve_forward_cb)(void *ctx, const char *error, const struct addr *addrs,
                                   size_t count, const char *canonical);
/* name is NULL where there is none. Bytes as the network said them: escape before use. */
typedef void (*resolve_reverse_cb)(void *ctx, const struct addr *addr, const char *name);

/* options may be NULL. Reads the system's configuration: before the sandbox. 0 or -errno. */
int resolver_new(struct loop *loop, const struct resolver_options *options, struct resolver **out);
/* Before its loop. Pending callbacks are not called. Not from within a callback. */
void resolver_free(struct resolver *r);

/* family 4, 6, or 0 for both, in the order of RFC 6724. Callbacks
 * come from loop_wait or at once. */
void resolve_forward(struct resolver *r, const char *name, uint8_t family,
                     resolve_forward_cb callback, void *ctx);
/* Equal addresses are asked for once, and their names kept for a while. */
void resolve_reverse(struct resolver *r, const struct addr *addr, resolve_reverse_cb callback,
                     void *ctx);
/*
 * For renderers, which cannot wait: true where the answer is known (*name, NULL for none, lives
 * until the next call of the resolver or the loop); false: it is being asked for now.
 */
bool resolver_name(struct resolver *r, const struct addr *addr, const char **name);

/* When resolver_process must be called next, NSEC_NEVER where nothing is pending. */
nsec resolver_deadline(const struct resolver *r);
void resolver_process(struct resolver *r, nsec now);
/* Look-ups whose answers are still to come. */
size_t resolver_pending(const struct resolver *r);

#endif
