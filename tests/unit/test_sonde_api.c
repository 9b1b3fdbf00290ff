#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include "lib/context.h"
#include "sonde/sonde.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/fakenet.h"

#define MS(n) ((n)*NSEC_MS)

static const nsec start = 1000 * NSEC_S;

/* A context on a fakenet, and all it called back. */
struct host {
	struct fakenet net;
	struct sonde *sonde;
	struct fate fate;
	struct sonde_event events[256];
	size_t count;
	struct probe last;
	int process_within;  /* what sonde_process says in a callback */
	int remove_on_reply; /* target to remove in the callback of another's reply; -1 */
};

static struct fate host_script(void *ctx, const struct probe *probe, uint64_t number)
{
	struct host *h = ctx;
	(void)number;
	h->last = *probe;
	return h->fate;
}

static void on_event(void *context_user, const struct sonde_event *event)
{
	struct host *h = context_user;
	assert_int_equal(event->size, sizeof *event);
	assert_true(h->count < 256);
	h->events[h->count++] = *event;
	h->process_within = sonde_process(h->sonde);
	if (event->kind == SONDE_REPLY && h->remove_on_reply >= 0) {
		assert_int_equal(sonde_remove(h->sonde, h->remove_on_reply), 0);
		h->remove_on_reply = -1;
	}
}

static void open_host(struct host *h, const struct sonde_config *config)
{
	struct context_plan plan;
	memset(h, 0, sizeof *h);
	h->fate = (struct fate){ .copies = 1, .delay = MS(10), .kind = REPLY_ECHO };
	h->remove_on_reply = -1;
	fakenet_init(&h->net, host_script, h);
	h->net.now = start;
	assert_int_equal(context_plan(config, &plan), 0);
	assert_int_equal(context_new(&plan, &h->net.net, fakenet_clock, &h->net, &h->sonde), 0);
	h->sonde->callback = on_event;
	h->sonde->user = h;
}

/* As a program would, in virtual time. Returns what the last sonde_process said. */
static int run_host(struct host *h, nsec end)
{
	for (;;) {
		int running = sonde_process(h->sonde);
		nsec next = sonde_deadline(h->sonde);
		next = nsec_min(next, fakenet_next(&h->net));
		if (next > start + end) {
			h->net.now = nsec_max(h->net.now, start + end);
			return running;
		}
		h->net.now = nsec_max(h->net.now, next);
	}
}

/* The n-th event of a kind; there must be one. */
static const struct sonde_event *nth(const struct host *h, enum sonde_event_kind kind, size_t n)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->events[i].kind == kind && n-- == 0)
			return &h->events[i];
	fail();
	return &h->events[0];
}

/* --- configuration --------------------------------------------------------------------------- */

static void a_config_has_defaults(void **state)
{
	(void)state;
	struct context_plan plan, same;
	struct sonde_config config;
	memset(&config, 0xa5, sizeof config);
	sonde_config_init(&config, sizeof config);
	assert_int_equal(config.size, sizeof config);
	assert_int_equal(config.data_size, 56);
	assert_int_equal(config.interval_ns, NSEC_S);
	assert_int_equal(config.ttl, 64);
	assert_int_equal(config.tos, 0);
	assert_int_equal(config.count, 0);
	assert_int_equal(config.flags, 0);
	assert_null(config.interface);
	assert_int_equal(context_plan(&config, &plan), 0);
	assert_int_equal(context_plan(NULL, &same), 0);
	assert_int_equal(plan.ping.interval, NSEC_S);
	assert_int_equal(same.ping.interval, NSEC_S);
	assert_int_equal(plan.ping.size, 56);
	assert_int_equal(same.ping.size, 56);
	assert_int_equal(plan.ping.kind, PROBE_ECHO);
	assert_int_equal(plan.transport.mode, TRANSPORT_AUTO);
	assert_true(plan.transport.ipv4 && plan.transport.ipv6);
	assert_false(plan.transport.own_header || plan.transport.mark_set || plan.ping.df);
	assert_int_equal(plan.transport.ttl, 64);
	assert_true(plan.transport.exchange.flight_keep > 10 * NSEC_S);
}

static void a_config_is_handed_on(void **state)
{
	(void)state;
	struct sonde_config config;
	struct context_plan plan;
	sonde_config_init(&config, sizeof config);
	config.flags = SONDE_DGRAM | SONDE_IPV6 | SONDE_DONT_FRAGMENT | SONDE_ADAPTIVE;
	config.data_size = 0;
	config.count = 7;
	config.interval_ns = 1;
	config.gap_ns = 2;
	config.timeout_ns = SONDE_NEVER;
	config.source4 = "198.51.100.1";
	config.source6 = "2001:db8::1";
	config.interface = "lo";
	config.mark = 9;
	config.ttl = 3;
	config.tos = 0x2e;
	assert_int_equal(context_plan(&config, &plan), 0);
	assert_int_equal(plan.transport.mode, TRANSPORT_DGRAM);
	assert_true(plan.transport.ipv6);
	assert_false(plan.transport.ipv4);
	assert_int_equal(plan.transport.pmtu, TRANSPORT_PMTU_DO);
	assert_true(plan.ping.df && plan.ping.adaptive && plan.ping.summary_early);
	assert_int_equal(plan.ping.size, 0);
	assert_int_equal(plan.ping.count, 7);
	assert_int_equal(plan.ping.interval, 1);
	assert_int_equal(plan.ping.gap, 2);
	assert_true(plan.ping.timeout == NSEC_NEVER);
	assert_true(plan.transport.exchange.flight_keep == NSEC_NEVER);
	assert_int_equal(plan.transport.source4.family, 4);
	assert_int_equal(plan.transport.source6.family, 6);
	assert_string_equal(plan.transport.interface, "lo");
	assert_true(plan.transport.mark_set);
	assert_int_equal(plan.transport.mark, 9);
	assert_int_equal(plan.ping.ttl, 3);
	assert_int_equal(plan.transport.ttl, 3);
	assert_int_equal(plan.ping.tos, 0x2e);
	assert_int_equal(plan.transport.tos, 0x2e);
	config.flags = SONDE_RAW | SONDE_IPV4;
	assert_int_equal(context_plan(&config, &plan), 0);
	assert_int_equal(plan.transport.mode, TRANSPORT_RAW);
	assert_true(plan.transport.ipv4 && !plan.transport.ipv6);
	config.flags = SONDE_IPV4 | SONDE_IPV6; /* both asked for: none may be missing */
	assert_int_equal(context_plan(&config, &plan), 0);
	assert_true(plan.transport.ipv4 && plan.transport.ipv6);
}

static void a_value_out_of_range_is_refused(void **state)
{
	(void)state;
	struct sonde_config good;
	struct context_plan plan;
	struct sonde *sonde = NULL;
	sonde_config_init(&good, sizeof good);
#define REFUSED(member, value)                                                      \
	do {                                                                        \
		struct sonde_config bad = good;                                     \
		bad.member = value;                                                 \
		assert_int_equal(context_plan(&bad, &plan), -EINVAL);               \
		assert_int_equal(sonde_new(&bad, on_event, NULL, &sonde), -EINVAL); \
	} while (0)
	REFUSED(size, 0);
	REFUSED(size, sizeof(size_t) - 1);
	REFUSED(flags, SONDE_RAW | SONDE_DGRAM);
	REFUSED(flags, 1u << 31);
	REFUSED(data_size, 65508);
	REFUSED(interval_ns, -1);
	REFUSED(gap_ns, -1);
	REFUSED(timeout_ns, -1);
	REFUSED(ttl, 0);
	REFUSED(interface, "sixteen-letters-");
	REFUSED(source4, "2001:db8::1");
	REFUSED(source4, "host.test");
	REFUSED(source6, "198.51.100.1");
#undef REFUSED
	assert_int_equal(sonde_new(&good, NULL, NULL, &sonde), -EINVAL);
	assert_int_equal(sonde_new(&good, on_event, NULL, NULL), -EINVAL);
	assert_null(sonde);
	good.data_size = 65507;
	assert_int_equal(context_plan(&good, &plan), 0);
}

/* A program built against the first version: its config ended with count. */
struct old_config {
	size_t size;
	uint32_t flags;
	uint32_t data_size;
	uint64_t count;
};

static void an_older_config_still_works(void **state)
{
	(void)state;
	struct {
		struct old_config config;
		unsigned char guard[64];
	} old;
	memset(&old, 0xa5, sizeof old);
	/* As an older program hands it over. */
	struct sonde_config *config = (struct sonde_config *)(void *)&old;
	sonde_config_init(config, sizeof old.config);
	for (size_t i = 0; i < sizeof old.guard; i++)
		assert_int_equal(old.guard[i], 0xa5);
	assert_int_equal(old.config.size, sizeof old.config);
	assert_int_equal(old.config.data_size, 56);
	old.config.count = 3;
	struct context_plan plan;
	assert_int_equal(context_plan(config, &plan), 0);
	assert_int_equal(plan.ping.count, 3);
	assert_int_equal(plan.ping.interval, NSEC_S);
	assert_int_equal(plan.ping.ttl, 64);
	/* Too small to hold even its size: left alone. */
	memset(&old, 0xa5, sizeof old);
	sonde_config_init(config, sizeof(size_t) - 1);
	assert_int_equal(((unsigned char *)&old)[0], 0xa5);
}

static void a_newer_config_works_unless_it_asks_for_news(void **state)
{
	(void)state;
	struct {
		struct sonde_config config;
		uint64_t news;
	} newer;
	struct context_plan plan;
	memset(&newer, 0xa5, sizeof newer);
	sonde_config_init(&newer.config, sizeof newer);
	assert_int_equal(newer.news, 0);
	newer.config.count = 3;
	assert_int_equal(context_plan(&newer.config, &plan), 0);
	assert_int_equal(plan.ping.count, 3);
	newer.news = 1;
	assert_int_equal(context_plan(&newer.config, &plan), -E2BIG);
}

/* --- targets --------------------------------------------------------------------------------- */

static void addresses_are_literals(void **state)
{
	(void)state;
	struct addr addr;
	assert_int_equal(context_address("198.51.100.7", &addr), 0);
	assert_int_equal(addr_to_v4(&addr), 0xc6336407);
	assert_int_equal(context_address("2001:db8::7", &addr), 0);
	assert_int_equal(addr.family, 6);
	assert_int_equal(context_address("fe80::1%1", &addr), 0);
	assert_int_equal(addr.scope, 1);
	assert_int_equal(context_address("fe80::1%no-such-if", &addr), -ENODEV);
	static const char *const bad[] = {
		"",         "host.test",   "127.1", "1.2.3.4%lo",    "%lo",
		"fe80::1%", "fe80::zz%lo", " ::1",  "198.51.100.7 ", NULL
	};
	for (size_t i = 0; bad[i]; i++)
		assert_int_not_equal(context_address(bad[i], &addr), 0);
	assert_int_equal(context_address(NULL, &addr), -EINVAL);
	char long_text[200];
	memset(long_text, ':', sizeof long_text);
	long_text[198] = '%';
	long_text[199] = '\0';
	assert_int_equal(context_address(long_text, &addr), -EINVAL);
}

static void a_target_is_pinged_and_finishes(void **state)
{
	(void)state;
	struct host h;
	struct sonde_config config;
	sonde_config_init(&config, sizeof config);
	config.count = 2;
	open_host(&h, &config);
	int mine;
	assert_int_equal(sonde_process(h.sonde), 0);
	assert_true(sonde_deadline(h.sonde) == SONDE_NEVER);
	assert_int_equal(sonde_timeout(h.sonde), -1);
	assert_int_equal(sonde_add(h.sonde, "198.51.100.7", &mine), 0);
	assert_int_equal(sonde_deadline(h.sonde), start); /* at once */
	assert_int_equal(sonde_timeout(h.sonde), 0);
	assert_int_equal(run_host(&h, MS(1005)), 1);
	assert_int_equal(run_host(&h, MS(1010)), 0);
	assert_int_equal(h.count, 3);
	for (size_t i = 0; i < 2; i++) {
		const struct sonde_event *e = &h.events[i];
		assert_int_equal(e->kind, SONDE_REPLY);
		assert_int_equal(e->target, 0);
		assert_ptr_equal(e->user, &mine);
		assert_int_equal(e->seq, i + 1);
		assert_int_equal(e->rtt_ns, MS(10));
		assert_int_equal(e->time_ns, start + (nsec)i * NSEC_S + MS(10));
		assert_int_equal(e->ttl, 64);
		assert_int_equal(e->bytes, 64);
		struct sockaddr_in from;
		memcpy(&from, &e->from, sizeof from);
		assert_int_equal(from.sin_family, AF_INET);
		assert_int_equal(ntohl(from.sin_addr.s_addr), 0xc6336407);
	}
	assert_int_equal(h.process_within, -EBUSY);
	const struct sonde_event *end = &h.events[2];
	assert_int_equal(end->kind, SONDE_FINISHED);
	assert_ptr_equal(end->user, &mine);
	assert_int_equal(end->rtt_ns, -1);
	assert_int_equal(end->ttl, -1);
	assert_int_equal(end->icmp_type, -1);
	assert_int_equal(end->from.ss_family, AF_UNSPEC);
	struct sonde_totals totals;
	assert_int_equal(sonde_totals(h.sonde, 0, &totals, sizeof totals), 0);
	assert_int_equal(totals.received, 2);
	assert_int_equal(sonde_remove(h.sonde, 0), 0);
	assert_int_equal(sonde_process(h.sonde), 0);
	assert_int_equal(sonde_remove(h.sonde, 0), -ENOENT);
	assert_int_equal(sonde_totals(h.sonde, 0, &totals, sizeof totals), -ENOENT);
	sonde_free(h.sonde);
}

static void sockaddrs_are_as_good_as_text(void **state)
{
	(void)state;
	struct host h;
	open_host(&h, NULL);
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(7) };
	v4.sin_addr.s_addr = htonl(0xc6336407);
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_scope_id = 3 };
	assert_int_equal(inet_pton(AF_INET6, "fe80::7", &v6.sin6_addr), 1);
	const struct sockaddr *any = (const struct sockaddr *)&v4;
	assert_int_equal(sonde_add_sockaddr(h.sonde, any, sizeof v4 - 1, NULL), -EINVAL);
	assert_int_equal(sonde_add_sockaddr(h.sonde, any, sizeof v4, NULL), 0);
	(void)sonde_process(h.sonde);
	assert_int_equal(addr_to_v4(&h.last.dst), 0xc6336407);
	any = (const struct sockaddr *)&v6;
	assert_int_equal(sonde_add_sockaddr(h.sonde, any, sizeof v6 - 1, NULL), -EINVAL);
	assert_int_equal(sonde_add_sockaddr(h.sonde, any, sizeof v6, NULL), 1);
	(void)sonde_process(h.sonde);
	char text[ADDR_TEXT_SIZE];
	assert_string_equal(addr_format(&h.last.dst, text), "fe80::7%3");
	v4.sin_family = AF_UNIX;
	any = (const struct sockaddr *)&v4;
	assert_int_equal(sonde_add_sockaddr(h.sonde, any, sizeof v4, NULL), -EINVAL);
	assert_int_equal(sonde_add_sockaddr(h.sonde, any, 0, NULL), -EINVAL);
	assert_int_equal(sonde_add_sockaddr(h.sonde, NULL, sizeof v4, NULL), -EINVAL);
	sonde_free(h.sonde);
}

static void a_family_without_a_socket_is_refused(void **state)
{
	(void)state;
	struct host h;
	struct sonde_config config;
	sonde_config_init(&config, sizeof config);
	config.flags = SONDE_IPV4;
	open_host(&h, &config);
	assert_int_equal(sonde_add(h.sonde, "2001:db8::1", NULL), -EAFNOSUPPORT);
	assert_int_equal(sonde_add(h.sonde, "198.51.100.1", NULL), 0);
	assert_int_equal(sonde_add(h.sonde, "host.test", NULL), -EINVAL);
	sonde_free(h.sonde);
	config.flags = SONDE_IPV6;
	open_host(&h, &config);
	assert_int_equal(sonde_add(h.sonde, "198.51.100.1", NULL), -EAFNOSUPPORT);
	sonde_free(h.sonde);
}

static void many_targets_keep_their_users(void **state)
{
	(void)state;
	static char users[100];
	struct host h;
	struct sonde_config config;
	sonde_config_init(&config, sizeof config);
	config.count = 1;
	open_host(&h, &config);
	for (int i = 0; i < 100; i++) {
		char text[ADDR_TEXT_SIZE];
		struct addr addr = addr_v4(0xc6120000 + (uint32_t)i);
		assert_int_equal(sonde_add(h.sonde, addr_format(&addr, text), &users[i]), i);
	}
	assert_int_equal(sonde_process(h.sonde), 100);
	assert_int_equal(sonde_remove(h.sonde, 50), 0);
	assert_int_equal(sonde_remove(h.sonde, 100), -ENOENT);
	assert_int_equal(sonde_remove(h.sonde, -1), -ENOENT);
	assert_int_equal(sonde_process(h.sonde), 99);
	h.remove_on_reply = 60;
	assert_int_equal(run_host(&h, MS(100)), 0);
	size_t replies = 0;
	for (size_t i = 0; i < h.count; i++) {
		assert_ptr_equal(h.events[i].user, &users[h.events[i].target]);
		assert_int_not_equal(h.events[i].target, 50);
		assert_int_not_equal(h.events[i].target, 60);
		replies += h.events[i].kind == SONDE_REPLY;
	}
	assert_int_equal(replies, 98);
	sonde_free(h.sonde);
}

/* --- events ---------------------------------------------------------------------------------- */

static void each_kind_of_event_is_told(void **state)
{
	(void)state;
	static const struct {
		enum sonde_event_kind kind;
		struct fate fate;
	} cases[] = {
		{ SONDE_REPLY, { .copies = 1, .delay = 1, .kind = REPLY_ECHO } },
		{ SONDE_LATE, { .copies = 1, .delay = MS(600), .kind = REPLY_ECHO } },
		{ SONDE_DUPLICATE, { .copies = 2, .delay = 1, .kind = REPLY_ECHO } },
		{ SONDE_CORRUPT, { .copies = 1, .delay = 1, .flags = REPLY_CORRUPT } },
		{ SONDE_TRUNCATED, { .copies = 1, .delay = 1, .flags = REPLY_TRUNCATED } },
		{ SONDE_FOREIGN, { .copies = 1, .delay = 1, .flags = REPLY_WRONG_SOURCE } },
		{ SONDE_LOST, { .copies = 0 } },
		{ SONDE_ICMP_ERROR, { .copies = 1, .delay = 1, .kind = REPLY_TOO_BIG } },
		{ SONDE_ICMP_NOTICE, { .copies = 1, .delay = 1, .kind = REPLY_REDIRECT } },
		{ SONDE_SEND_ERROR, { .error = ENETUNREACH } },
		{ SONDE_SEND_ERROR, { .error = EMSGSIZE, .mtu = 1400 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct host h;
		struct sonde_config config;
		sonde_config_init(&config, sizeof config);
		config.timeout_ns = MS(500);
		open_host(&h, &config);
		h.fate = cases[i].fate;
		assert_int_equal(sonde_add(h.sonde, "198.51.100.7", &h), 0);
		assert_int_equal(run_host(&h, MS(999)), 1);
		const struct sonde_event *e = nth(&h, cases[i].kind, 0);
		assert_int_equal(e->target, 0);
		assert_ptr_equal(e->user, &h);
		assert_int_equal(e->seq, 1);
		assert_int_equal(e->error, cases[i].fate.error);
		assert_int_equal(e->mtu, cases[i].fate.mtu);
		bool heard = cases[i].fate.copies > 0;
		assert_int_equal(e->from.ss_family, heard ? AF_INET : AF_UNSPEC);
		assert_int_equal(e->ttl, heard ? 64 : -1);
		assert_int_equal(e->icmp_type, heard ? 0 : -1);
		sonde_free(h.sonde);
	}
}

static void what_an_icmp_error_says_is_handed_on(void **state)
{
	(void)state;
	struct host h;
	open_host(&h, NULL);
	h.fate.copies = 0;
	assert_int_equal(sonde_add(h.sonde, "2001:db8::7", NULL), 0);
	(void)sonde_process(h.sonde);
	struct net_event event = { .kind = NET_REPLY };
	event.reply = (struct reply){ .token = h.last.token,
		                      .sent = start,
		                      .time = start + 7,
		                      .kind = REPLY_TOO_BIG,
		                      .icmp_type = 2,
		                      .icmp_code = 1,
		                      .mtu = 1280,
		                      .ttl = -1 };
	assert_true(addr_parse("fe80::9%4", &event.reply.from));
	fakenet_put(&h.net, start + 7, &event);
	(void)run_host(&h, 7);
	const struct sonde_event *e = nth(&h, SONDE_ICMP_ERROR, 0);
	assert_int_equal(e->icmp_type, 2);
	assert_int_equal(e->icmp_code, 1);
	assert_int_equal(e->mtu, 1280);
	assert_int_equal(e->rtt_ns, 7);
	assert_int_equal(e->ttl, -1);
	struct sockaddr_in6 from;
	memcpy(&from, &e->from, sizeof from);
	assert_int_equal(from.sin6_family, AF_INET6);
	assert_int_equal(from.sin6_scope_id, 4);
	assert_int_equal(from.sin6_addr.s6_addr[15], 9);
	sonde_free(h.sonde);
}

static void what_belongs_to_no_target_has_none(void **state)
{
	(void)state;
	struct host h;
	open_host(&h, NULL);
	assert_int_equal(sonde_add(h.sonde, "198.51.100.7", &h), 0);
	assert_int_equal(sonde_add(h.sonde, "198.51.100.8", &h), 1);
	struct net_event drops = { .kind = NET_DROPS, .drops = 12 };
	struct net_event error = { .kind = NET_ERROR, .error = ENETDOWN };
	struct net_event foreign = { .kind = NET_REPLY };
	foreign.reply = (struct reply){ .from = addr_v4(0xcb007101), .flags = REPLY_UNKNOWN };
	foreign.reply.time = start;
	fakenet_put(&h.net, start, &drops);
	fakenet_put(&h.net, start, &error);
	fakenet_put(&h.net, start, &foreign);
	(void)sonde_process(h.sonde);
	static const enum sonde_event_kind kinds[] = { SONDE_LOCAL_DROPS, SONDE_FOREIGN,
		                                       SONDE_SOCKET_ERROR };
	for (size_t i = 0; i < 3; i++) {
		const struct sonde_event *e = nth(&h, kinds[i], 0);
		assert_int_equal(e->target, -1);
		assert_null(e->user);
		assert_int_equal(e->rtt_ns, -1);
	}
	assert_int_equal(nth(&h, SONDE_LOCAL_DROPS, 0)->drops, 12);
	assert_int_equal(nth(&h, SONDE_SOCKET_ERROR, 0)->error, ENETDOWN);
	assert_int_equal(nth(&h, SONDE_SOCKET_ERROR, 0)->ttl, -1);
	h.count = 0;
	(void)sonde_process(h.sonde);
	assert_int_equal(h.count, 0); /* once */
	sonde_free(h.sonde);
}

/* --- figures and waiting --------------------------------------------------------------------- */

static void totals_fit_the_programs_struct(void **state)
{
	(void)state;
	struct host h;
	open_host(&h, NULL);
	assert_int_equal(sonde_add(h.sonde, "198.51.100.7", NULL), 0);
	struct {
		struct sonde_totals totals;
		uint64_t news;
	} t;
	memset(&t, 0xa5, sizeof t);
	(void)sonde_process(h.sonde);
	assert_int_equal(sonde_totals(h.sonde, 0, &t.totals, sizeof t.totals), 0);
	assert_int_equal(t.totals.size, sizeof t.totals);
	assert_int_equal(t.totals.sent, 1);
	assert_int_equal(t.totals.in_flight, 1);
	assert_int_equal(t.totals.min_ns, -1);
	assert_int_equal(t.totals.avg_ns, -1);
	assert_int_equal(t.totals.max_ns, -1);
	assert_int_equal(t.totals.stddev_ns, -1);
	assert_int_equal(t.totals.jitter_ns, -1);
	assert_int_equal(t.news, UINT64_C(0xa5a5a5a5a5a5a5a5));
	(void)run_host(&h, MS(500));
	h.fate.delay = MS(30);
	(void)run_host(&h, MS(1500));
	assert_int_equal(sonde_totals(h.sonde, 0, &t.totals, sizeof t), 0);
	assert_int_equal(t.totals.received, 2);
	assert_int_equal(t.totals.min_ns, MS(10));
	assert_int_equal(t.totals.avg_ns, MS(20));
	assert_int_equal(t.totals.max_ns, MS(30));
	assert_int_equal(t.totals.stddev_ns, MS(10));
	assert_int_equal(t.totals.jitter_ns, MS(20) / 16);
	assert_int_equal(t.news, 0);
	memset(&t, 0xa5, sizeof t);
	size_t old = offsetof(struct sonde_totals, received);
	assert_int_equal(sonde_totals(h.sonde, 0, &t.totals, old), 0);
	assert_int_equal(t.totals.size, old);
	assert_int_equal(t.totals.sent, 2);
	assert_int_equal(t.totals.received, UINT64_C(0xa5a5a5a5a5a5a5a5));
	assert_int_equal(sonde_totals(h.sonde, 0, &t.totals, 0), -EINVAL);
	sonde_free(h.sonde);
}

static void a_timeout_is_the_deadline_rounded_up(void **state)
{
	(void)state;
	struct host h;
	struct sonde_config config;
	sonde_config_init(&config, sizeof config);
	config.timeout_ns = SONDE_NEVER;
	open_host(&h, &config);
	h.fate.copies = 0;
	assert_int_equal(sonde_add(h.sonde, "198.51.100.7", NULL), 0);
	(void)sonde_process(h.sonde);
	assert_int_equal(sonde_deadline(h.sonde), start + NSEC_S);
	assert_int_equal(sonde_timeout(h.sonde), 1000);
	h.net.now = start + NSEC_S - MS(1);
	assert_int_equal(sonde_timeout(h.sonde), 1);
	h.net.now++;
	assert_int_equal(sonde_timeout(h.sonde), 1);
	h.net.now = start + NSEC_S - 1;
	assert_int_equal(sonde_timeout(h.sonde), 1);
	h.net.now = start + NSEC_S;
	assert_int_equal(sonde_timeout(h.sonde), 0);
	h.net.now = start + NSEC_S - MS(1) - 1;
	assert_int_equal(sonde_timeout(h.sonde), 2);
	sonde_free(h.sonde);
	config.interval_ns = INT64_MAX / 2;
	open_host(&h, &config);
	assert_int_equal(sonde_add(h.sonde, "198.51.100.7", NULL), 0);
	(void)sonde_process(h.sonde);
	assert_int_equal(sonde_timeout(h.sonde), INT_MAX);
	sonde_free(h.sonde);
}

static size_t three_fds(const struct net *net, int *fds, size_t capacity)
{
	(void)net;
	for (size_t i = 0; i < 3 && i < capacity; i++)
		fds[i] = 40 + (int)i;
	return 3;
}

static void descriptors_are_counted_even_where_they_do_not_fit(void **state)
{
	(void)state;
	struct host h;
	open_host(&h, NULL);
	struct net_ops ops = *h.net.net.ops;
	ops.fds = three_fds;
	h.net.net.ops = &ops;
	int fds[4] = { -1, -1, -1, -1 };
	assert_int_equal(sonde_fds(h.sonde, NULL, 0), 3);
	assert_int_equal(sonde_fds(h.sonde, fds, 2), 3);
	assert_int_equal(fds[1], 41);
	assert_int_equal(fds[2], -1);
	assert_int_equal(sonde_fds(h.sonde, fds, 4), 3);
	assert_int_equal(fds[2], 42);
	assert_int_equal(fds[3], -1);
	sonde_free(h.sonde);
}

static void any_allocation_may_fail(void **state)
{
	(void)state;
	static struct host h;
	struct context_plan plan;
	for (long n = 0; alloc_fail_at(n); n++) {
		memset(&h, 0, sizeof h);
		fakenet_init(&h.net, host_script, &h);
		assert_int_equal(context_plan(NULL, &plan), 0);
		int error = context_new(&plan, &h.net.net, fakenet_clock, &h.net, &h.sonde);
		assert_true(error == 0 || error == -ENOMEM);
		if (error)
			continue;
		int added = 0;
		for (int i = 0; i < 20; i++) {
			int target = sonde_add(h.sonde, "198.51.100.7", NULL);
			assert_true(target == -ENOMEM || target == added);
			added += target >= 0;
		}
		assert_true(added >= 19);
		alloc_fail_never();
		sonde_free(h.sonde);
	}
	sonde_free(NULL);
}

static void the_version_is_a_number(void **state)
{
	(void)state;
	int dots = 0;
	for (const char *c = sonde_version(); *c; c++) {
		assert_true(*c == '.' || (*c >= '0' && *c <= '9'));
		dots += *c == '.';
	}
	assert_int_equal(dots, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_config_has_defaults),
		cmocka_unit_test(a_config_is_handed_on),
		cmocka_unit_test(a_value_out_of_range_is_refused),
		cmocka_unit_test(an_older_config_still_works),
		cmocka_unit_test(a_newer_config_works_unless_it_asks_for_news),
		cmocka_unit_test(addresses_are_literals),
		cmocka_unit_test(a_target_is_pinged_and_finishes),
		cmocka_unit_test(sockaddrs_are_as_good_as_text),
		cmocka_unit_test(a_family_without_a_socket_is_refused),
		cmocka_unit_test(many_targets_keep_their_users),
		cmocka_unit_test(each_kind_of_event_is_told),
		cmocka_unit_test(what_an_icmp_error_says_is_handed_on),
		cmocka_unit_test(what_belongs_to_no_target_has_none),
		cmocka_unit_test(totals_fit_the_programs_struct),
		cmocka_unit_test(a_timeout_is_the_deadline_rounded_up),
		cmocka_unit_test(descriptors_are_counted_even_where_they_do_not_fit),
		cmocka_unit_test(any_allocation_may_fail),
		cmocka_unit_test(the_version_is_a_number),
	};
	return cmocka_run_group_tests_name("sonde_api", tests, NULL, NULL) != 0;
}
