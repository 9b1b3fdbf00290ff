/*
 * resolve_answer - what c-ares answers, in our words. For io/resolve alone.
 */
#ifndef SONDE_IO_RESOLVE_ANSWER_H
#define SONDE_IO_RESOLVE_ANSWER_H

#include <ares.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/addr.h"
#include "io/order.h"

/* What getaddrinfo says, whatever the language: scripts read it. */
const char *answer_phrase(int status);
/* Whether the answer, though no name or address, will be the same when asked again soon. */
bool answer_is_final(int status);

/* The addresses, each once, ORDER_MAX at most. */
size_t answer_addrs(const struct ares_addrinfo *info, struct addr addrs[static ORDER_MAX]);
/* The name at the end of the chain of aliases, which may be given in any order; may be NULL. */
const char *answer_canonical(const struct ares_addrinfo *info);
/* NULL for none. */
const char *answer_name(const struct hostent *host);

/*
 * Best first, by what the kernel would send from; where there is no socket to ask it with, as they
 * came. ORDER_MAX at most.
 */
void answer_order(struct addr *addrs, size_t count);

#endif
