#include "io/resolve.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "io/clock.h"
#include "io/hostname.h"
#include "io/hosts.h"
#include "io/names.h"
#include "io/resolve_answer.h"
#include "io/resolve_channel.h"

#define QUERIES_MAX      256 /* under way at a time: their answers fit the socket's buffer */
#define NAMES_KEPT       4096
#define NAMES_PENDING    65536
#define NAME_GOOD_FOR    (3600 * NSEC_S)
#define NAME_RETRY_AFTER (60 * NSEC_S) /* nobody answered */

/* What waits for its turn, and is then under way. */
struct question {
	struct question *next;
	struct resolver *resolver;
	void (*ask)(struct question *question);
	unsigned int queries;
};

struct forward {
	struct question question;
	resolve_forward_cb callback;
	void *ctx;
	uint8_t family;
	char name[HOSTNAME_MAX + 1];
};

struct reverse {
	struct question question;
	struct names_entry *entry;
};

struct resolver {
	struct resolve_channel channel;
	struct hosts hosts;
	struct names names;
	struct question *first; /* in the queue */
	struct question **last;
	unsigned int queries; /* under way */
	size_t forwards;      /* not answered yet */
	bool starting;
	bool closing;
};

/* --- questions ------------------------------------------------------------------------ */

static void enqueue(struct resolver *r, struct question *question)
{
	question->next = NULL;
	*r->last = question;
	r->last = &question->next;
}

/*
 * Starts what fits. c-ares may answer from within, and whoever gets the answer may ask again: that
 * goes through the queue to the loop already running here, not deeper.
 */
static void start_questions(void *ctx)
{
	struct resolver *r = ctx;
	if (r->starting || r->closing)
		return;
	r->starting = true;
	while (r->first && r->queries + r->first->queries <= QUERIES_MAX) {
		struct question *question = r->first;
		r->first = question->next;
		if (!r->first)
			r->last = &r->first;
		r->queries += question->queries;
		question->ask(question);
	}
	r->starting = false;
}

/* --- name to addresses ---------------------------------------------------------------- */

static void tell_addrs(struct addr *addrs, size_t count, const char *canonical,
                       resolve_forward_cb callback, void *ctx)
{
	answer_order(addrs, count);
	callback(ctx, NULL, addrs, count, canonical);
}

/* Whoever has the name in the hosts file, for the other family, does not ask why a server is silent. */
static const char *failure(const struct forward *forward, int status)
{
	struct addr addrs[ORDER_MAX];
	const char *canonical;
	const struct hosts *hosts = &forward->question.resolver->hosts;
	if (forward->family &&
	    hosts_addrs(hosts, forward->name, 0, addrs, ORDER_MAX, &canonical) > 0)
		return "Address family for hostname not supported";
	return answer_phrase(status);
}

static void finish_forward(const struct forward *forward, int status,
                           const struct ares_addrinfo *info)
{
	struct addr addrs[ORDER_MAX];
	size_t count = status == ARES_SUCCESS ? answer_addrs(info, addrs) : 0;
	if (status == ARES_SUCCESS && count == 0)
		status = ARES_ENODATA;
	if (status != ARES_SUCCESS) {
		forward->callback(forward->ctx, failure(forward, status), NULL, 0, NULL);
		return;
	}
	const char *canonical = answer_canonical(info);
	tell_addrs(addrs, count, canonical ? canonical : forward->name, forward->callback,
	           forward->ctx);
}

static void forward_answered(void *ctx, int status, int timeouts, struct ares_addrinfo *info)
{
	(void)timeouts;
	struct forward *forward = ctx;
	struct resolver *r = forward->question.resolver;
	r->queries -= forward->question.queries;
	r->forwards--;
	if (!r->closing)
		finish_forward(forward, status, info);
	ares_freeaddrinfo(info);
	free(forward);
}

static void ask_forward(struct question *question)
{
	struct forward *forward = (struct forward *)question;
	const struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_CANONNAME | ARES_AI_NOSORT,
		.ai_family = forward->family == 4   ? AF_INET
		             : forward->family == 6 ? AF_INET6
		                                    : AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM,
	};
	ares_getaddrinfo(question->resolver->channel.ares, forward->name, NULL, &hints,
	                 forward_answered, forward);
}

/* What is known without asking anybody. */
static bool answer_at_once(struct resolver *r, const char *name, uint8_t family,
                           resolve_forward_cb callback, void *ctx)
{
	struct addr addrs[ORDER_MAX];
	const char *canonical = name;
	size_t count = hosts_addrs(&r->hosts, name, family, addrs, ORDER_MAX, &canonical);
	if (count == 0)
		return false;
	tell_addrs(addrs, count, canonical, callback, ctx);
	return true;
}

static void ask_later(struct resolver *r, const char *name, uint8_t family,
                      resolve_forward_cb callback, void *ctx)
{
	struct forward *forward = malloc(sizeof *forward);
	if (!forward) {
		callback(ctx, answer_phrase(ARES_ENOMEM), NULL, 0, NULL);
		return;
	}
	*forward = (struct forward){
		.question = { .resolver = r, .ask = ask_forward, .queries = family ? 1 : 2 },
		.callback = callback,
		.ctx = ctx,
		.family = family,
	};
	memcpy(forward->name, name, strlen(name) + 1);
	r->forwards++;
	enqueue(r, (struct question *)forward);
	start_questions(r);
}

void resolve_forward(struct resolver *r, const char *name, uint8_t family,
                     resolve_forward_cb callback, void *ctx)
{
	struct hostname host;
	enum hostname_kind kind = hostname_parse(name, family, &host);
	if (kind == HOSTNAME_LITERAL)
		callback(ctx, NULL, &host.addr, 1, name);
	else if (kind == HOSTNAME_BAD)
		callback(ctx, host.error, NULL, 0, NULL);
	else if (!answer_at_once(r, host.ascii, family, callback, ctx))
		ask_later(r, host.ascii, family, callback, ctx);
}

/* --- address to name ------------------------------------------------------------------ */

/* A failure to get any answer does not take a name back that was known. */
static void finish_reverse(struct resolver *r, struct names_entry *entry, int status,
                           const struct hostent *host)
{
	nsec now = clock_now();
	char *old = entry->name ? strdup(entry->name) : NULL;
	if (status == ARES_SUCCESS)
		names_settle(&r->names, entry, answer_name(host), now + NAME_GOOD_FOR);
	else if (answer_is_final(status))
		names_settle(&r->names, entry, NULL, now + NAME_GOOD_FOR);
	else
		names_settle(&r->names, entry, old, now + NAME_RETRY_AFTER);
	free(old);
}

static void reverse_answered(void *ctx, int status, int timeouts, struct hostent *host)
{
	(void)timeouts;
	struct reverse *reverse = ctx;
	struct resolver *r = reverse->question.resolver;
	struct names_entry *entry = reverse->entry;
	r->queries -= reverse->question.queries;
	free(reverse);
	if (!r->closing)
		finish_reverse(r, entry, status, host);
}

static void ask_reverse(struct question *question)
{
	struct reverse *reverse = (struct reverse *)question;
	const struct addr *addr = &reverse->entry->addr;
	ares_gethostbyaddr(question->resolver->channel.ares, addr->bytes, (int)addr_size(addr),
	                   addr->family == 4 ? AF_INET : AF_INET6, reverse_answered, reverse);
}

/* The entry of the address, known or pending or both; NULL where it cannot be asked for. */
static struct names_entry *entry_of(struct resolver *r, const struct addr *addr)
{
	/* What is this host's or this link's business only, no name server can know. */
	if (addr_size(addr) == 0 || addr_is_link_local(addr) || addr_is_loopback(addr))
		return NULL;
	struct names_entry *entry = names_find(&r->names, addr);
	if (entry && (entry->pending || clock_now() < entry->expires))
		return entry;
	struct reverse *reverse = malloc(sizeof *reverse);
	struct names_entry *pending = reverse ? names_ask(&r->names, addr) : NULL;
	if (!pending) {
		free(reverse);
		return entry;
	}
	*reverse = (struct reverse){
		.question = { .resolver = r, .ask = ask_reverse, .queries = 1 },
		.entry = pending,
	};
	enqueue(r, (struct question *)reverse);
	start_questions(r);
	return names_find(&r->names, addr);
}

void resolve_reverse(struct resolver *r, const struct addr *addr, resolve_reverse_cb callback,
                     void *ctx)
{
	const char *name = hosts_name(&r->hosts, addr);
	struct names_entry *entry = name ? NULL : entry_of(r, addr);
	if (entry && entry->pending && !names_wait(entry, callback, ctx))
		return;
	callback(ctx, addr, entry && entry->known ? entry->name : name);
}

bool resolver_name(struct resolver *r, const struct addr *addr, const char **name)
{
	*name = hosts_name(&r->hosts, addr);
	const struct names_entry *entry = *name ? NULL : entry_of(r, addr);
	if (entry && entry->known)
		*name = entry->name;
	return !entry || entry->known;
}

/* --- the resolver itself -------------------------------------------------------------- */

int resolver_new(struct loop *loop, const struct resolver_options *options, struct resolver **out)
{
	static const struct resolver_options system = { 0 };
	struct siphash_key key;
	if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key)
		return -errno;
	struct resolver *r = calloc(1, sizeof *r);
	if (!r)
		return -ENOMEM;
	r->last = &r->first;
	if (!options)
		options = &system;
	/* Who may not read the file, or has none, goes without it. */
	int error = hosts_load(&r->hosts, options->hosts_path ? options->hosts_path : "/etc/hosts");
	if (error != -ENOMEM)
		error = channel_open(&r->channel, loop, options, start_questions, r);
	if (error) {
		hosts_release(&r->hosts);
		free(r);
		return error;
	}
	names_init(&r->names, key, NAMES_KEPT, NAMES_PENDING);
	*out = r;
	return 0;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	r->closing = true;
	channel_close(&r->channel);
	while (r->first) {
		struct question *question = r->first;
		r->first = question->next;
		free(question);
	}
	names_release(&r->names);
	hosts_release(&r->hosts);
	free(r);
}

nsec resolver_deadline(const struct resolver *r)
{
	return r->queries > 0 ? channel_deadline(&r->channel) : NSEC_NEVER;
}

void resolver_process(struct resolver *r, nsec now)
{
	(void)now;
	if (r->queries > 0)
		channel_timeouts(&r->channel);
	start_questions(r);
}

size_t resolver_pending(const struct resolver *r)
{
	return r->forwards + r->names.pending;
}
