#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/privilege.h"
#include "io/resolve.h"
#include "io/sandbox.h"
#include "tests/unit/alloc_fail.h"
#include "tests/unit/child.h"
#include "tests/unit/dns_server.h"

#define NOT_KNOWN  "Name or service not known"
#define NO_ADDRESS "No address associated with hostname"
#define FOR_NOW    "Temporary failure in name resolution"
#define FAILED     "Non-recoverable failure in name resolution"

/* What came of a look-up. */
struct outcome {
	unsigned int calls;
	char error[64];
	char addrs[256]; /* with blanks between them */
	char canonical[256];
	bool named;
	char name[256];
};

struct world {
	struct loop *loop;
	struct dns_server server;
	struct resolver *resolver;
	int resolv, hosts; /* files without a name */
};

static const struct dns_record zone[] = {
	{ "both.test", DNS_A, DNS_ANSWER, "127.0.0.5", 0 },
	{ "both.test", DNS_A, DNS_ANSWER, "127.0.0.6", 0 },
	{ "both.test", DNS_A, DNS_ANSWER, "127.0.0.5", 0 },
	{ "both.test", DNS_AAAA, DNS_ANSWER, "::1", 0 },
	{ "v4.test", DNS_A, DNS_ANSWER, "192.0.2.4", 0 },
	{ "v6.test", DNS_AAAA, DNS_ANSWER, "2001:db8::6", 0 },
	{ "alias.test", DNS_CNAME, DNS_ANSWER, "Alias2.test", 0 },
	{ "alias2.test", DNS_CNAME, DNS_ANSWER, "v4.test", 0 },
	{ "dangling.test", DNS_CNAME, DNS_ANSWER, "nowhere.test", 0 },
	{ "self.test", DNS_CNAME, DNS_ANSWER, "self.test", 0 },
	{ "www.example.test", DNS_A, DNS_ANSWER, "192.0.2.80", 0 },
	{ "xn--bcher-kva.test", DNS_A, DNS_ANSWER, "192.0.2.81", 0 },
	{ "servfail.test", DNS_A, DNS_SERVFAIL, NULL, 0 },
	{ "servfail.test", DNS_AAAA, DNS_SERVFAIL, NULL, 0 },
	{ "refused.test", DNS_A, DNS_REFUSED, NULL, 0 },
	{ "refused.test", DNS_AAAA, DNS_REFUSED, NULL, 0 },
	{ "silent.test", DNS_A, DNS_SILENT, NULL, 0 },
	{ "silent.test", DNS_AAAA, DNS_SILENT, NULL, 0 },
	{ "half.test", DNS_A, DNS_SERVFAIL, NULL, 0 },
	{ "half.test", DNS_AAAA, DNS_ANSWER, "2001:db8::7", 0 },
	{ "garbage.test", DNS_A, DNS_GARBAGE, NULL, 0 },
	{ "garbage.test", DNS_AAAA, DNS_GARBAGE, NULL, 0 },
	{ "long.test", DNS_A, DNS_TRUNCATED, "192.0.2.99", 0 },
	{ "hosts.test", DNS_A, DNS_ANSWER, "192.0.2.255", 0 },
	{ "order.test", DNS_A, DNS_ANSWER, "255.255.255.255", 0 },
	{ "order.test", DNS_A, DNS_ANSWER, "127.0.0.1", 0 },
	{ "many.test", DNS_A, DNS_ANSWER, "127.0.0.1", 100 },
#define PTR(label, behaviour, data)                                                      \
	{                                                                                \
		label ".2.0.192.in-addr.arpa", DNS_PTR, behaviour, data, sizeof data - 1 \
	}
	PTR("1", DNS_ANSWER, "\3one\4test\0"),
	PTR("2", DNS_ANSWER, "\3two\4test\0"),
	PTR("2", DNS_ANSWER, "\6second\4test\0"),
	PTR("3", DNS_SERVFAIL, "\3one\4test\0"),
	PTR("4", DNS_SILENT, "\3one\4test\0"),
	{ "5.2.0.192.in-addr.arpa", DNS_CNAME, DNS_ANSWER, "5.0-31.2.0.192.in-addr.arpa", 0 },
	{ "5.0-31.2.0.192.in-addr.arpa", DNS_PTR, DNS_ANSWER, "\4five\4test\0", 11 },
	PTR("6", DNS_ANSWER, "\5a_b-c\4test\0"),
	/* Names that are none: terminal escapes, NUL, dot and backslash in a label, blanks, UTF-8.
	 */
	PTR("100", DNS_ANSWER, "\4\033[2J\4test\0"),
	PTR("101", DNS_ANSWER, "\3a\0b\4test\0"),
	PTR("102", DNS_ANSWER, "\3a.b\4test\0"),
	PTR("103", DNS_ANSWER, "\3a\\b\4test\0"),
	PTR("104", DNS_ANSWER, "\3a b\4test\0"),
	PTR("105", DNS_ANSWER, "\3a\xc3\xa9\4test\0"),
	PTR("106", DNS_ANSWER, "\3a\nb\4test\0"),
	/* Wire that is wrong: the root, a pointer to itself, one beyond the end, a label cut short.
	 */
	PTR("110", DNS_ANSWER, "\0"),
	PTR("111", DNS_ANSWER, "\xc0\x46"),
	PTR("112", DNS_ANSWER, "\xff\xff"),
	PTR("113", DNS_ANSWER, "\77abc"),
	PTR("114", DNS_ANSWER, ""),
	PTR("115", DNS_GARBAGE, ""),
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DNS_PTR,
	  DNS_ANSWER, "\3six\4test\0", 10 },
};

static const char hosts_text[] = "192.0.2.200 hosts.test alias-in-hosts\n"
                                 "2001:db8::200 hosts.test\n"
                                 "127.0.0.1 localhost\n"
                                 "192.0.2.201 cname.test\n";

static int file_of(const char *text, char path[static 32])
{
	int fd = memfd_create("resolve", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

/* servers: the format of more of them, with the port of ours. */
static struct world *new_world(const char *servers)
{
	struct world *w = calloc(1, sizeof *w);
	char address[128], resolv_path[32], hosts_path[32];
	assert_non_null(w);
	assert_int_equal(loop_new(LOOP_AUTO, &w->loop), 0);
	assert_true(dns_server_start(&w->server, w->loop, zone, sizeof zone / sizeof *zone));
	snprintf(address, sizeof address, "%s127.0.0.1:%u", servers, w->server.port);
	w->resolv = file_of("search example.test\n", resolv_path);
	w->hosts = file_of(hosts_text, hosts_path);
	const struct resolver_options options = {
		.servers = address,
		.resolv_path = resolv_path,
		.hosts_path = hosts_path,
		.timeout_ms = 20,
		.tries = 2,
	};
	assert_int_equal(resolver_new(w->loop, &options, &w->resolver), 0);
	return w;
}

static int setup(void **state)
{
	*state = new_world("");
	return 0;
}

static void free_world(struct world *w)
{
	resolver_free(w->resolver);
	dns_server_stop(&w->server);
	loop_free(w->loop);
	close(w->resolv);
	close(w->hosts);
	free(w);
}

static int teardown(void **state)
{
	free_world(*state);
	return 0;
}

static void turn(struct world *w)
{
	nsec deadline = resolver_deadline(w->resolver);
	loop_wait(w->loop, deadline);
	nsec now = clock_now();
	if (now >= deadline)
		resolver_process(w->resolver, now);
}

static void finish(struct world *w)
{
	while (resolver_pending(w->resolver) > 0)
		turn(w);
	assert_int_equal(resolver_deadline(w->resolver), NSEC_NEVER);
}

static void note_forward(void *ctx, const char *error, const struct addr *addrs, size_t count,
                         const char *canonical)
{
	struct outcome *o = ctx;
	o->calls++;
	snprintf(o->error, sizeof o->error, "%s", error ? error : "");
	snprintf(o->canonical, sizeof o->canonical, "%s", canonical ? canonical : "");
	for (size_t i = 0; i < count; i++) {
		char text[ADDR_TEXT_SIZE];
		addr_format(&addrs[i], text);
		strcat(o->addrs, i ? " " : "");
		strcat(o->addrs, text);
	}
	assert_true(!error == (count > 0));
	assert_true(!error == (canonical != NULL));
}

static void note_reverse(void *ctx, const struct addr *addr, const char *name)
{
	struct outcome *o = ctx;
	o->calls++;
	o->named = name != NULL;
	snprintf(o->name, sizeof o->name, "%s", name ? name : "");
	addr_format(addr, o->addrs);
}

static struct outcome forward(struct world *w, const char *name, uint8_t family)
{
	struct outcome o = { 0 };
	resolve_forward(w->resolver, name, family, note_forward, &o);
	finish(w);
	assert_int_equal(o.calls, 1);
	return o;
}

static struct outcome reverse(struct world *w, const char *text)
{
	struct outcome o = { 0 };
	struct addr addr;
	assert_true(addr_parse(text, &addr));
	resolve_reverse(w->resolver, &addr, note_reverse, &o);
	finish(w);
	assert_int_equal(o.calls, 1);
	return o;
}

/* --- name to addresses --- */

static void test_literals_at_once(void **state)
{
	struct world *w = *state;
	struct outcome o = { 0 };
	resolve_forward(w->resolver, "2001:db8::1", 0, note_forward, &o);
	assert_int_equal(o.calls, 1);
	assert_string_equal(o.addrs, "2001:db8::1");
	assert_string_equal(o.canonical, "2001:db8::1");
	assert_string_equal(forward(w, "fe80::1%lo", 6).addrs, "fe80::1%1");
	assert_string_equal(forward(w, "127.1", 4).addrs, "127.0.0.1");
	assert_string_equal(forward(w, "127.1", 4).canonical, "127.1");
	assert_string_equal(forward(w, "192.0.2.1", 6).error,
	                    "Address family for hostname not supported");
	assert_string_equal(forward(w, "", 0).error, NOT_KNOWN);
	assert_int_equal(w->server.queries, 0);
}

static unsigned int open_descriptors(void)
{
	unsigned int count = 0;
	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void test_both_families(void **state)
{
	struct world *w = *state;
	unsigned int before = open_descriptors();
	/* Each once; loopback is loopback, and ::1 has the higher precedence. */
	struct outcome o = forward(w, "both.test", 0);
	assert_string_equal(o.error, "");
	assert_true(!strcmp(o.addrs, "::1 127.0.0.5 127.0.0.6") ||
	            !strcmp(o.addrs, "127.0.0.5 127.0.0.6 ::1")); /* IPv6 may be switched off */
	assert_string_equal(o.canonical, "both.test");
	assert_int_equal(w->server.queries, 2);
	assert_int_equal(open_descriptors(), before);
}

static void count_addrs(void *ctx, const char *error, const struct addr *addrs, size_t count,
                        const char *canonical)
{
	(void)canonical;
	assert_null(error);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(addr_to_v4(&addrs[i]), INADDR_LOOPBACK + i);
	*(size_t *)ctx = count;
}

static void test_no_more_than_that(void **state)
{
	struct world *w = *state;
	size_t count = 0;
	resolve_forward(w->resolver, "many.test", 4, count_addrs, &count);
	finish(w);
	assert_int_equal(count, 64);
}

/* Nothing may be sent to the broadcast address just so: it comes last. */
static void test_usable_first(void **state)
{
	assert_string_equal(forward(*state, "order.test", 4).addrs, "127.0.0.1 255.255.255.255");
}

static void test_one_family(void **state)
{
	struct world *w = *state;
	assert_string_equal(forward(w, "both.test", 4).addrs, "127.0.0.5 127.0.0.6");
	assert_int_equal(w->server.queries, 1);
	assert_int_equal(w->server.last.type, DNS_A);
	assert_string_equal(forward(w, "both.test", 6).addrs, "::1");
	assert_int_equal(w->server.queries, 2);
	assert_int_equal(w->server.last.type, DNS_AAAA);
	assert_string_equal(forward(w, "v4.test", 0).addrs, "192.0.2.4");
	assert_string_equal(forward(w, "v6.test", 0).addrs, "2001:db8::6");
}

static void test_aliases(void **state)
{
	struct world *w = *state;
	struct outcome o = forward(w, "alias.test", 0);
	assert_string_equal(o.addrs, "192.0.2.4");
	assert_string_equal(o.canonical, "v4.test");
	assert_string_equal(forward(w, "dangling.test", 0).error, NO_ADDRESS);
	assert_string_equal(forward(w, "self.test", 4).error, NO_ADDRESS);
}

static void test_phrases(void **state)
{
	struct world *w = *state;
	assert_string_equal(forward(w, "nowhere.test", 0).error, NOT_KNOWN);
	assert_string_equal(forward(w, "v4.test", 6).error, NO_ADDRESS);
	assert_string_equal(forward(w, "servfail.test", 0).error, FOR_NOW);
	assert_string_equal(forward(w, "refused.test", 0).error, FOR_NOW);
	assert_string_equal(forward(w, "garbage.test", 0).error, FAILED);
	assert_string_equal(forward(w, "half.test", 0).addrs, "2001:db8::7");
	assert_string_equal(forward(w, "half.test", 4).error, FOR_NOW);
}

/* Tried twice, with one server that never says anything: an end is reached all the same. */
static void test_silence(void **state)
{
	struct world *w = *state;
	struct outcome silent = { 0 }, swift = { 0 };
	resolve_forward(w->resolver, "silent.test", 4, note_forward, &silent);
	resolve_forward(w->resolver, "v4.test", 4, note_forward, &swift);
	while (!swift.calls)
		turn(w);
	/* Who gets no answer keeps nobody waiting. */
	assert_int_equal(silent.calls, 0);
	assert_string_equal(forward(w, "hosts.test", 4).addrs, "192.0.2.200");
	finish(w);
	assert_string_equal(silent.error, FOR_NOW);
	assert_int_equal(w->server.queries, 3);
}

static void test_search_domain(void **state)
{
	struct world *w = *state;
	struct outcome o = forward(w, "www", 4);
	assert_string_equal(o.addrs, "192.0.2.80");
	assert_string_equal(o.canonical, "www.example.test");
	assert_string_equal(forward(w, "www.", 4).error, NOT_KNOWN);
}

static void test_hosts_first(void **state)
{
	struct world *w = *state;
	struct outcome o = { 0 };
	resolve_forward(w->resolver, "HOSTS.test", 4, note_forward, &o);
	assert_int_equal(o.calls, 1);
	assert_string_equal(o.addrs, "192.0.2.200");
	assert_string_equal(o.canonical, "hosts.test");
	assert_string_equal(forward(w, "alias-in-hosts", 0).canonical, "hosts.test");
	assert_string_equal(forward(w, "localhost", 0).addrs, "127.0.0.1");
	assert_string_equal(forward(w, "localhost", 6).addrs, "::1");
	assert_string_equal(forward(w, "x.localhost", 4).addrs, "127.0.0.1");
	assert_int_equal(w->server.queries, 0);
	/*
	 * Of a family the file has nothing for, the name server may know more. Where it does not,
	 * the name is known all the same.
	 */
	assert_string_equal(forward(w, "cname.test", 6).error,
	                    "Address family for hostname not supported");
	assert_true(w->server.queries > 0);
}

static void test_international_names(void **state)
{
	struct world *w = *state;
	struct outcome o = forward(w,
	                           "b\xc3\xbc"
	                           "cher.test",
	                           4);
	assert_string_equal(o.addrs, "192.0.2.81");
	assert_string_equal(o.canonical, "xn--bcher-kva.test");
	assert_string_equal(w->server.last.name, "xn--bcher-kva.test");
	assert_string_equal(forward(w, "b\xff", 4).error, "Parameter string not correctly encoded");
}

static void test_long_answers_over_tcp(void **state)
{
	struct world *w = *state;
	assert_string_equal(forward(w, "long.test", 4).addrs, "192.0.2.99");
	assert_int_equal(w->server.queries, 2);
	assert_string_equal(forward(w, "long.test", 4).addrs, "192.0.2.99");
}

/* UDP stays open for who says nothing, TCP comes and goes: no answer is lost and asked for again.
 */
static void test_udp_and_tcp_side_by_side(void **state)
{
	struct world *w = *state;
	struct outcome silent = { 0 }, lengthy = { 0 }, swift = { 0 };
	resolve_forward(w->resolver, "silent.test", 4, note_forward, &silent);
	resolve_forward(w->resolver, "long.test", 4, note_forward, &lengthy);
	while (w->server.tcp < 0)
		turn(w);
	resolve_forward(w->resolver, "v4.test", 4, note_forward, &swift);
	finish(w);
	assert_string_equal(silent.error, FOR_NOW);
	assert_string_equal(lengthy.addrs, "192.0.2.99");
	assert_string_equal(swift.addrs, "192.0.2.4");
	assert_int_equal(w->server.queries, 2 + 2 + 1);
}

/* The caller may sleep until c-ares has something to do, and no longer. */
static void test_deadline_is_that_of_the_query(void **state)
{
	struct world *w = *state;
	char servers[32];
	snprintf(servers, sizeof servers, "127.0.0.1:%u", w->server.port);
	const struct resolver_options options = { .servers = servers };
	struct resolver *slow;
	assert_int_equal(resolver_new(w->loop, &options, &slow), 0);
	assert_int_equal(resolver_deadline(slow), NSEC_NEVER);
	struct outcome o = { 0 };
	nsec before = clock_now();
	resolve_forward(slow, "silent.test", 4, note_forward, &o);
	nsec deadline = resolver_deadline(slow);
	assert_true(deadline > before + NSEC_S);
	assert_true(deadline <= clock_now() + 3 * NSEC_S + NSEC_MS);
	resolver_free(slow);
	assert_int_equal(o.calls, 0);
}

static void test_next_server_helps_out(void **state)
{
	(void)state;
	/* Port 1 of loopback refuses at once. */
	struct world *w = new_world("127.0.0.1:1,");
	assert_string_equal(forward(w, "v4.test", 4).addrs, "192.0.2.4");
	assert_string_equal(reverse(w, "192.0.2.1").name, "one.test");
	free_world(w);
}

/* --- address to name --- */

static void test_names_of_addresses(void **state)
{
	struct world *w = *state;
	struct outcome o = reverse(w, "192.0.2.1");
	assert_string_equal(o.name, "one.test");
	assert_string_equal(o.addrs, "192.0.2.1");
	assert_string_equal(reverse(w, "192.0.2.2").name, "two.test");  /* the first of two */
	assert_string_equal(reverse(w, "192.0.2.5").name, "five.test"); /* RFC 2317 */
	assert_string_equal(reverse(w, "192.0.2.6").name, "a_b-c.test");
	assert_string_equal(reverse(w, "2001:db8::1").name, "six.test");
	assert_false(reverse(w, "192.0.2.77").named);
	assert_false(reverse(w, "192.0.2.3").named);
	assert_false(reverse(w, "192.0.2.4").named);
}

static void test_names_in_hosts(void **state)
{
	struct world *w = *state;
	assert_string_equal(reverse(w, "192.0.2.200").name, "hosts.test");
	assert_string_equal(reverse(w, "2001:db8::200").name, "hosts.test");
	assert_string_equal(reverse(w, "127.0.0.1").name, "localhost");
	/* Neither a link-local nor a loopback address is anybody else's business. */
	assert_string_equal(reverse(w, "::1").name, "localhost");
	assert_false(reverse(w, "127.0.0.2").named);
	assert_false(reverse(w, "fe80::1%1").named);
	assert_false(reverse(w, "169.254.1.1").named);
	assert_int_equal(w->server.queries, 0);
}

static void test_one_question_for_many(void **state)
{
	struct world *w = *state;
	struct outcome o = { 0 };
	struct addr addr = addr_v4(0xc0000201);
	for (int i = 0; i < 100; i++)
		resolve_reverse(w->resolver, &addr, note_reverse, &o);
	assert_int_equal(o.calls, 0);
	finish(w);
	assert_int_equal(o.calls, 100);
	assert_int_equal(w->server.queries, 1);
	/* And none for those who come later, whether there is a name or not. */
	resolve_reverse(w->resolver, &addr, note_reverse, &o);
	assert_int_equal(o.calls, 101);
	assert_string_equal(o.name, "one.test");
	reverse(w, "192.0.2.77");
	reverse(w, "192.0.2.77");
	assert_int_equal(w->server.queries, 2);
}

static void test_name_without_waiting(void **state)
{
	struct world *w = *state;
	struct addr addr = addr_v4(0xc0000201), none = addr_v4(0xc000024d);
	struct addr in_hosts = addr_v4(0xc00002c8), nobody = { .family = 0 };
	const char *name = "untouched";
	assert_false(resolver_name(w->resolver, &addr, &name));
	assert_null(name);
	assert_false(resolver_name(w->resolver, &addr, &name));
	assert_false(resolver_name(w->resolver, &none, &name));
	finish(w);
	assert_int_equal(w->server.queries, 2);
	assert_true(resolver_name(w->resolver, &addr, &name));
	assert_string_equal(name, "one.test");
	assert_true(resolver_name(w->resolver, &none, &name));
	assert_null(name);
	assert_true(resolver_name(w->resolver, &in_hosts, &name));
	assert_string_equal(name, "hosts.test");
	assert_true(resolver_name(w->resolver, &nobody, &name));
	assert_null(name);
	assert_int_equal(w->server.queries, 2);
}

/* What is no name of a host is no name; wire that is wrong does no harm. */
static void test_hostile_names(void **state)
{
	struct world *w = *state;
	char text[32];
	for (unsigned int last = 100; last <= 115; last++) {
		snprintf(text, sizeof text, "192.0.2.%u", last);
		struct outcome o = reverse(w, text);
		for (const char *c = o.name; *c; c++)
			assert_true(*c > ' ' && *c <= '~');
	}
	assert_false(reverse(w, "192.0.2.100").named);
	assert_false(reverse(w, "192.0.2.110").named);
	assert_false(reverse(w, "192.0.2.113").named);
}

/* --- many --- */

static void test_bounded_in_parallel(void **state)
{
	struct world *w = *state;
	static struct outcome outcomes[1000], names[1000];
	memset(outcomes, 0, sizeof outcomes);
	memset(names, 0, sizeof names);
	w->server.hold = true;
	for (unsigned int i = 0; i < 1000; i++)
		resolve_forward(w->resolver, i % 2 ? "v4.test" : "nowhere.test.", 0, note_forward,
		                &outcomes[i]);
	for (unsigned int i = 0; i < 1000; i++) {
		struct addr addr = addr_v4(0x0a000000 + i);
		resolve_reverse(w->resolver, &addr, note_reverse, &names[i]);
	}
	assert_int_equal(resolver_pending(w->resolver), 2000);
	loop_wait(w->loop, 0);
	assert_int_equal(w->server.held_count, 256);
	/* Literals and hosts do not queue up behind them. */
	struct outcome o = { 0 };
	resolve_forward(w->resolver, "hosts.test", 4, note_forward, &o);
	assert_int_equal(o.calls, 1);
	dns_server_release(&w->server);
	finish(w);
	for (unsigned int i = 0; i < 1000; i++) {
		assert_int_equal(outcomes[i].calls, 1);
		assert_string_equal(outcomes[i].error, i % 2 ? "" : NOT_KNOWN);
		assert_int_equal(names[i].calls, 1);
		assert_false(names[i].named);
	}
}

struct chain {
	struct world *world;
	unsigned int left;
};

static void ask_again(void *ctx, const char *error, const struct addr *addrs, size_t count,
                      const char *canonical)
{
	struct chain *chain = ctx;
	(void)addrs;
	(void)count;
	(void)canonical;
	assert_string_equal(error, NOT_KNOWN);
	if (chain->left-- > 1)
		resolve_forward(chain->world->resolver, "x.onion", 0, ask_again, chain);
}

/* c-ares answers for .onion itself, at once (RFC 7686): who then asks again must not pile up. */
static void test_asking_from_within(void **state)
{
	struct chain chain = { *state, 200000 };
	resolve_forward(chain.world->resolver, "x.onion", 0, ask_again, &chain);
	finish(chain.world);
	assert_int_equal(chain.left, 0);
	assert_int_equal(chain.world->server.queries, 0);
}

static void never(void *ctx, const struct addr *addr, const char *name)
{
	(void)ctx;
	(void)addr;
	(void)name;
	fail_msg("called after the end");
}

static void never_forward(void *ctx, const char *error, const struct addr *addrs, size_t count,
                          const char *canonical)
{
	(void)error;
	(void)addrs;
	(void)count;
	(void)canonical;
	never(ctx, NULL, NULL);
}

static void test_freed_with_much_to_do(void **state)
{
	(void)state;
	struct world *w = new_world("");
	w->server.hold = true;
	for (unsigned int i = 0; i < 500; i++) {
		struct addr addr = addr_v4(0x0a000000 + i);
		resolve_reverse(w->resolver, &addr, never, NULL);
		resolve_forward(w->resolver, "v4.test", 0, never_forward, NULL);
	}
	turn(w);
	free_world(w);
}

static void test_options(void **state)
{
	struct world *w = *state;
	struct resolver *r = NULL;
	const struct resolver_options bad = { .servers = "not an address" };
	const struct resolver_options unreadable = { .hosts_path = "/proc/self",
		                                     .resolv_path = "/proc/self" };
	assert_true(resolver_new(w->loop, &bad, &r) < 0);
	assert_null(r);
	/* Addresses can be pinged without either file. */
	struct outcome o = { 0 };
	assert_int_equal(resolver_new(w->loop, &unreadable, &r), 0);
	resolve_forward(r, "192.0.2.1", 0, note_forward, &o);
	resolve_forward(r, "localhost", 4, note_forward, &o);
	assert_string_equal(o.addrs, "192.0.2.1127.0.0.1");
	resolver_free(r);
	assert_int_equal(resolver_new(w->loop, NULL, &r), 0);
	assert_int_equal(resolver_pending(r), 0);
	assert_int_equal(resolver_deadline(r), NSEC_NEVER);
	resolver_process(r, clock_now());
	resolver_free(r);
	resolver_free(NULL);
}

/* Whatever is refused: an answer or an error, once. */
static void test_out_of_memory(void **state)
{
	struct world *w = *state;
	char servers[32], hosts_path[32];
	snprintf(servers, sizeof servers, "127.0.0.1:%u", w->server.port);
	snprintf(hosts_path, sizeof hosts_path, "/proc/self/fd/%d", w->hosts);
	const struct resolver_options options = { .servers = servers, .hosts_path = hosts_path };
	struct addr addr = addr_v4(0xc0000201);
	resolver_free(w->resolver);
	for (long n = 0; alloc_fail_at(n); n++) {
		struct outcome o = { 0 }, named = { 0 };
		const char *name;
		w->resolver = NULL;
		if (resolver_new(w->loop, &options, &w->resolver)) {
			assert_null(w->resolver);
			continue;
		}
		resolve_forward(w->resolver, "v4.test", 4, note_forward, &o);
		resolve_reverse(w->resolver, &addr, note_reverse, &named);
		(void)resolver_name(w->resolver, &addr, &name);
		finish(w);
		assert_int_equal(o.calls, 1);
		assert_true(!strcmp(o.addrs, "192.0.2.4") ||
		            !strcmp(o.error, "Memory allocation failure"));
		assert_int_equal(named.calls, 1);
		assert_true(!named.named || !strcmp(named.name, "one.test"));
		if (!alloc_fail.refused)
			assert_true(!o.error[0] && named.named);
		resolver_free(w->resolver);
		w->resolver = NULL;
	}
	alloc_fail_never();
}

/* --- in the sandbox --- */

static void resolve_in_the_sandbox(struct world *w)
{
	static const char *const names[] = { "alias.test", "both.test",  "long.test",
		                             "fe80::1%lo", "hosts.test", "localhost" };
	CHECK(privilege_drop() == 0 && sandbox_enter() == 0);
	for (unsigned int i = 0; i < sizeof names / sizeof *names; i++) {
		struct outcome o = { 0 };
		resolve_forward(w->resolver, names[i], 0, note_forward, &o);
		while (resolver_pending(w->resolver) > 0)
			turn(w);
		CHECK(o.calls == 1 && !o.error[0]);
	}
	struct outcome o = { 0 };
	struct addr addr = addr_v4(0xc0000201);
	resolve_reverse(w->resolver, &addr, note_reverse, &o);
	while (resolver_pending(w->resolver) > 0)
		turn(w);
	CHECK(!strcmp(o.name, "one.test"));
}

/* The server stays outside: it listens and accepts, which no client has to. */
static void in_the_sandbox(void)
{
	struct world *w = new_world("127.0.0.1:1,");
	int status = -1;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		dns_server_stop(&w->server);
		resolve_in_the_sandbox(w);
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		loop_wait(w->loop, clock_now() + NSEC_MS);
	CHECK(status == 0);
	free_world(w);
}

static void test_in_the_sandbox(void **state)
{
	(void)state;
	assert_int_equal(in_child(in_the_sandbox), 0);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(test_literals_at_once),
		WITH_WORLD(test_both_families),
		WITH_WORLD(test_no_more_than_that),
		WITH_WORLD(test_usable_first),
		WITH_WORLD(test_one_family),
		WITH_WORLD(test_aliases),
		WITH_WORLD(test_phrases),
		WITH_WORLD(test_silence),
		WITH_WORLD(test_search_domain),
		WITH_WORLD(test_hosts_first),
		WITH_WORLD(test_international_names),
		WITH_WORLD(test_long_answers_over_tcp),
		WITH_WORLD(test_udp_and_tcp_side_by_side),
		WITH_WORLD(test_deadline_is_that_of_the_query),
		cmocka_unit_test(test_next_server_helps_out),
		WITH_WORLD(test_names_of_addresses),
		WITH_WORLD(test_names_in_hosts),
		WITH_WORLD(test_one_question_for_many),
		WITH_WORLD(test_name_without_waiting),
		WITH_WORLD(test_hostile_names),
		WITH_WORLD(test_bounded_in_parallel),
		WITH_WORLD(test_asking_from_within),
		cmocka_unit_test(test_freed_with_much_to_do),
		WITH_WORLD(test_options),
		WITH_WORLD(test_out_of_memory),
		cmocka_unit_test(test_in_the_sandbox),
	};
	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL) != 0;
}
