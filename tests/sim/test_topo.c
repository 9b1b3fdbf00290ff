#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/topo.h"
#include "tests/sim/topo_word.h"
#include "tests/unit/alloc_fail.h"

#define FILE_MAX 65536

static size_t read_file(const char *path, char text[static FILE_MAX])
{
	FILE *file = fopen(path, "rbe");
	assert_non_null(file);
	size_t length = fread(text, 1, FILE_MAX - 1, file);
	assert_int_equal(fclose(file), 0);
	text[length] = '\0';
	return length;
}

static void parse(struct topo *t, const char *text)
{
	struct topo_error error;
	if (!topo_parse(t, text, strlen(text), &error))
		fail_msg("%u:%u: %s\n%s", (unsigned)error.line, (unsigned)error.column, error.text,
		         text);
}

static char *print(const struct topo *t)
{
	struct buffer out;
	buffer_init(&out, TOPO_TEXT_MAX);
	topo_print(t, &out);
	assert_false(out.failed);
	return out.data; /* the caller frees it */
}

/* --- README and the table of words ------------------------------------------------------------ */

static void test_readme_has_the_words(void **state)
{
	static char readme[FILE_MAX];
	char row[600];
	size_t rows = 0;
	(void)state;
	(void)read_file("tests/topo/README.md", readme);
	for (size_t i = 0; i < topo_word_count; i++) {
		const struct topo_word *word = &topo_words[i];
		(void)snprintf(row, sizeof row, "\n| `%s%s%s` | %s |\n", word->name,
		               *word->form ? " " : "", word->form, word->help);
		if (!strstr(readme, row))
			fail_msg("README has no row%s", row);
	}
	for (const char *at = strstr(readme, "\n| `"); at; at = strstr(at + 1, "\n| `"))
		rows++;
	assert_int_equal(rows, topo_word_count);
}

static void test_words_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < topo_word_count; i++) {
		assert_int_not_equal(strncmp(topo_words[i].name, "no-", 3), 0);
		for (size_t k = 0; k < i; k++)
			if (topo_words[i].places & topo_words[k].places)
				assert_string_not_equal(topo_words[i].name, topo_words[k].name);
		/* A router "may" has no use for a link's back-delay, and a link none for a node's.
		 */
		if (topo_words[i].places & (TOPO_AT_WAY | TOPO_AT_LINK))
			assert_int_not_equal(strncmp(topo_words[i].name, "back-", 5), 0);
	}
}

static void test_readme_example(void **state)
{
	static char readme[FILE_MAX];
	struct topo t;
	(void)state;
	(void)read_file("tests/topo/README.md", readme);
	char *begin = strstr(readme, "```\n");
	assert_non_null(begin);
	char *end = strstr(begin + 4, "```\n");
	assert_non_null(end);
	*end = '\0';
	parse(&t, begin + 4);
	assert_int_equal(t.node_count, 6);
	assert_int_equal(t.link_count, 6);
	assert_int_equal(t.change_count, 2);
	topo_release(&t);
}

/* --- each word -------------------------------------------------------------------------------- */

#define FRAME                                    \
	"source me 198.18.0.1 2001:db8::1\n"     \
	"router r 198.18.1.1 2001:db8:1::1 %s\n" \
	"host h 198.18.9.9 %s\n"                 \
	"link me r %s\n"                         \
	"link r h\n"                             \
	"%s\n"

static struct topo framed(const char *router, const char *host, const char *link, const char *more)
{
	struct topo t;
	char text[1000];
	(void)snprintf(text, sizeof text, FRAME, router, host, link, more);
	parse(&t, text);
	return t;
}

static struct topo_node router_of(const char *words)
{
	struct topo t = framed(words, "", "", "");
	struct topo_node node = t.nodes[1];
	topo_release(&t);
	return node;
}

static struct topo_node host_of(const char *words)
{
	struct topo t = framed("", words, "", "");
	struct topo_node node = t.nodes[2];
	topo_release(&t);
	return node;
}

static struct topo_link link_of(const char *words)
{
	struct topo t = framed("", "", words, "");
	struct topo_link link = t.links[0];
	topo_release(&t);
	return link;
}

static struct topo_local local_of(const char *words)
{
	struct topo t = framed("", "", "", words);
	struct topo_local local = t.local;
	topo_release(&t);
	return local;
}

static void check_addr(const struct addr *addr, const char *text)
{
	char written[ADDR_TEXT_SIZE];
	assert_string_equal(addr_format(addr, written), text);
}

static void check_double(double value, double wanted)
{
	assert_true(value > wanted - 1e-12 && value < wanted + 1e-12);
}

static void check_bucket(const struct topo_bucket *bucket, double per_second, uint32_t burst)
{
	check_double(bucket->per_second, per_second);
	assert_int_equal(bucket->burst, burst);
}

static void test_words_of_any_node(void **state)
{
	(void)state;
	struct topo_node n = router_of("");
	assert_false(n.silent);
	assert_int_equal(n.initial_ttl, 64);
	assert_int_equal(n.reply_from.v4.family, 0);
	assert_true(router_of("silent").silent);
	assert_int_equal(router_of("ttl 255").initial_ttl, 255);
	n = router_of("from 198.18.7.7,2001:db8::7");
	check_addr(&n.reply_from.v4, "198.18.7.7");
	check_addr(&n.reply_from.v6, "2001:db8::7");
	n = router_of(
	        "limit 1000/s burst 50 limit-peer 0.5/s burst 6 limit-echo 2.000001/s burst 1");
	check_bucket(&n.error_limit, 1000, 50);
	check_bucket(&n.error_limit_peer, 0.5, 6);
	check_bucket(&n.echo_limit, 2.000001, 1);
	assert_int_equal(router_of("quote 28").quote, 28);
	n = router_of("mpls 1048575/7/255,16");
	assert_int_equal(n.mpls.count, 2);
	assert_int_equal(n.mpls.list[0].label, 1048575);
	assert_int_equal(n.mpls.list[0].tc, 7);
	assert_int_equal(n.mpls.list[0].ttl, 255);
	assert_int_equal(n.mpls.list[1].label, 16);
	assert_int_equal(n.mpls.list[1].tc, 0);
	assert_int_equal(n.mpls.list[1].ttl, 1);
	assert_true(router_of("interface").interface_info);
	assert_int_equal(router_of("extension compliant").extension, TOPO_EXTENSION_COMPLIANT);
	assert_int_equal(router_of("extension unpadded").extension, TOPO_EXTENSION_UNPADDED);
	assert_int_equal(router_of("garble tos,dst").garble, TOPO_GARBLE_TOS | TOPO_GARBLE_DST);
	assert_int_equal(router_of("garble id").garble, TOPO_GARBLE_ID);
	n = router_of("back-hops 3 back-delay 7us");
	assert_int_equal(n.back_hops, 3);
	assert_int_equal(n.back_delay, 7 * NSEC_US);
	assert_int_equal(router_of("mss 1300").mss, 1300);
}

static void test_words_of_routers(void **state)
{
	(void)state;
	struct topo_node n = router_of("");
	assert_int_equal(n.tos, -1);
	assert_int_equal(n.unreachable.v4, -1);
	assert_int_equal(n.unreachable.v6, -1);
	assert_true(router_of("hidden").hidden);
	assert_true(router_of("zero-ttl").zero_ttl);
	assert_int_equal(router_of("balance flow-id").balance, TOPO_BALANCE_FLOW_ID);
	assert_int_equal(router_of("balance packet").balance, TOPO_BALANCE_PACKET);
	assert_int_equal(router_of("balance destination").balance, TOPO_BALANCE_DESTINATION);
	assert_int_equal(router_of("ptb honest").big.kind, TOPO_BIG_HONEST);
	assert_int_equal(router_of("ptb zero").big.kind, TOPO_BIG_ZERO);
	assert_int_equal(router_of("ptb silent").big.kind, TOPO_BIG_SILENT);
	assert_int_equal(router_of("ptb clear").big.kind, TOPO_BIG_CLEAR);
	n = router_of("ptb 1450");
	assert_int_equal(n.big.kind, TOPO_BIG_WRONG);
	assert_int_equal(n.big.mtu, 1450);
	check_bucket(
	        &(struct topo_bucket){ router_of("limit-ptb 3/s burst 2").big_limit.per_second, 2 },
	        3, 2);
	assert_int_equal(router_of("tos 0").tos, 0);
	assert_int_equal(router_of("tos 255").tos, 255);
	assert_true(router_of("nat").nat);
	n = router_of("unreachable 13");
	assert_int_equal(n.unreachable.v4, 13);
	assert_int_equal(n.unreachable.v6, 13);
	n = router_of("unreachable 13/1");
	assert_int_equal(n.unreachable.v6, 1);
	check_addr(&(struct addr){ 0 }, "-");
	n = router_of("redirect 2001:db8::9");
	check_addr(&n.redirect.v6, "2001:db8::9");
	assert_int_equal(n.redirect.v4.family, 0);
	assert_true(router_of("parameter-problem").parameter_problem);
	assert_true(router_of("fake").fake_target);
	assert_true(router_of("loop").loop);
}

static void test_words_of_hosts(void **state)
{
	(void)state;
	struct topo_node n = host_of("serves 203.0.113.0/24");
	check_addr(&n.serves.addr, "203.0.113.0");
	assert_int_equal(n.serves.length, 24);
	assert_true(host_of("echo-silent").echo_silent);
	assert_true(host_of("udp-silent").udp_silent);
	n = host_of("udp 7 tcp 80,443,65535 tcp-closed 1 tcp-silent");
	assert_int_equal(n.udp_open.count, 1);
	assert_int_equal(n.udp_open.list[0], 7);
	assert_int_equal(n.tcp_open.count, 3);
	assert_int_equal(n.tcp_open.list[2], 65535);
	assert_int_equal(n.tcp_closed.list[0], 1);
	assert_true(n.tcp_silent);
	assert_true(host_of("drop-fragments").drop_fragments);
	check_double(host_of("corrupt 0.0000001%").corrupt, 1e-9);
	check_double(host_of("forge 100%").forge, 1);
	assert_true(host_of("timestamp").timestamp);
	assert_true(host_of("mask").address_mask);
	assert_true(host_of("extended-echo").extended_echo);
	assert_true(host_of("dns").resolver);
}

static void test_words_of_links(void **state)
{
	(void)state;
	struct topo_link l =
	        link_of("delay 1.5ms jitter 2s loss 3% duplicate 4% mtu 1400 tunnel 24");
	assert_int_equal(l.out.delay, 1500000);
	assert_int_equal(l.out.jitter, 2 * NSEC_S);
	check_double(l.out.loss, 0.03);
	check_double(l.out.duplicate, 0.04);
	assert_int_equal(l.out.mtu, 1400);
	assert_int_equal(l.out.overhead, 24);
	assert_int_equal(l.weight, 1);
	assert_int_equal(l.back.delay, 1500000);
	assert_int_equal(l.back.mtu, 1400);
	l = link_of("bursts 50% enter 1% leave 10% reorder 2% 20ms weight 0 down");
	check_double(l.out.bursts.loss, 0.5);
	check_double(l.out.bursts.enter, 0.01);
	check_double(l.out.bursts.leave, 0.1);
	check_double(l.out.reorder.chance, 0.02);
	assert_int_equal(l.out.reorder.delay, 20 * NSEC_MS);
	assert_int_equal(l.weight, 0);
	assert_true(l.out.down && l.back.down);
	l = link_of("down back-up");
	assert_true(l.out.down && !l.back.down);
}

static void test_back_words_hold_wherever_they_stand(void **state)
{
	static const char *const orders[] = { "delay 5ms back-delay 7ms",
		                              "back-delay 7ms delay 5ms" };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct topo_link l = link_of(orders[i]);
		assert_int_equal(l.out.delay, 5 * NSEC_MS);
		assert_int_equal(l.back.delay, 7 * NSEC_MS);
	}
	struct topo_link l = link_of("back-mtu 1300");
	assert_int_equal(l.out.mtu, 0);
	assert_int_equal(l.back.mtu, 1300);
	l = link_of("no-back-loss loss 5%");
	check_double(l.out.loss, 0.05);
	check_double(l.back.loss, 0);
}

static void test_words_of_local(void **state)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = { { "ENOBUFS", ENOBUFS },
		       { "EAGAIN", EAGAIN },
		       { "EPERM", EPERM },
		       { "ENETUNREACH", ENETUNREACH },
		       { "EMSGSIZE", EMSGSIZE } };
	char text[80];
	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		(void)snprintf(text, sizeof text, "local send-error 5%% %s", errors[i].name);
		struct topo_local local = local_of(text);
		check_double(local.send_error.chance, 0.05);
		assert_int_equal(local.send_error.error, errors[i].error);
	}
	struct topo_local local = local_of("local late-stamps 3ms receive-queue 16");
	assert_int_equal(local.late_stamps, 3 * NSEC_MS);
	assert_int_equal(local.receive_queue, 16);
}

/* --- changes ---------------------------------------------------------------------------------- */

static void test_changes_build_on_each_other(void **state)
{
	(void)state;
	struct topo t = framed("silent", "", "delay 1ms loss 2%",
	                       "at 1s link me r down\n"
	                       "at 2s node r no-silent ttl 255\n"
	                       "at 2s link me r up back-delay 9ms no-loss\n"
	                       "at 3s node r hidden");
	assert_int_equal(t.change_count, 4);
	assert_int_equal(t.changes[0].at, NSEC_S);
	assert_true(t.changes[0].is_link && t.changes[0].link.out.down);
	assert_int_equal(t.changes[0].link.out.delay, NSEC_MS);
	assert_false(t.changes[1].node.silent);
	assert_false(t.changes[2].link.out.down || t.changes[2].link.back.down);
	check_double(t.changes[2].link.out.loss, 0);
	assert_int_equal(t.changes[2].link.back.delay, 9 * NSEC_MS);
	assert_int_equal(t.changes[2].link.out.delay, NSEC_MS);
	assert_true(t.changes[3].node.hidden);
	assert_int_equal(t.changes[3].node.initial_ttl, 255);
	assert_true(t.nodes[1].silent);
	assert_ptr_equal(topo_node_after(&t, 1, 1), &t.nodes[1]);
	assert_ptr_equal(topo_node_after(&t, 1, 2), &t.changes[1].node);
	assert_ptr_equal(topo_link_after(&t, 0, 4), &t.changes[2].link);
	assert_ptr_equal(topo_link_after(&t, 1, 4), &t.links[1]);
	topo_release(&t);
}

/* --- mistakes --------------------------------------------------------------------------------- */

static void test_mistakes_have_a_place(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *says;
	} mistakes[] = {
		{ "", 1, 1, "no source" },
		{ "# nothing\n\n", 3, 1, "no source" },
		{ "router r 198.18.1.1", 1, 1, "source comes first" },
		{ "source me 198.18.0.1\nsource you 198.18.0.2", 2, 1, "there is one" },
		{ "source me", 1, 10, "needs an address" },
		{ "source me 198.18.0.1 silent", 1, 22, "silent is no word of a source" },
		{ "source me 198.18.0.1\nblah", 2, 1, "starts with" },
		{ "source me 198.18.0.1\n  router  r 198.18.1", 2, 13, "198.18.1 is no address" },
		{ "source me 198.18.0.1\nrouter r 224.0.0.1", 2, 10, "no address of a node" },
		{ "source me 198.18.0.1\nrouter r 0.0.0.0", 2, 10, "no address of a node" },
		{ "source me 198.18.0.1\nrouter r 127.1.2.3", 2, 10, "no address of a node" },
		{ "source me 198.18.0.1\nrouter r ::1", 2, 10, "no address of a node" },
		{ "source me 198.18.0.1\nrouter r 255.255.255.255", 2, 10, "no address of a node" },
		{ "source me 198.18.0.1\nrouter r fe80::1%2", 2, 10, "is no address" },
		{ "source me 198.18.0.1\nrouter r 198.18.0.1", 2, 10, "of another node" },
		{ "source me 198.18.0.1\nrouter me 198.18.0.2", 2, 8, "node me already" },
		{ "source me 198.18.0.1\nrouter R 198.18.0.2", 2, 8, "R is no name" },
		{ "source me 198.18.0.1\nrouter -r 198.18.0.2", 2, 8, "is no name" },
		{ "source me 198.18.0.1\nrouter abcdefghijklmnopqrstuvwxyz012345", 2, 8,
		  "is no name" },
		{ "source me 198.18.0.1\nrouter", 2, 7, "a name is missing" },
		{ "source me 198.18.0.1\nrouter r slient", 2, 10, "slient is no word of a router" },
		{ "source me 198.18.0.1\nrouter r udp 5", 2, 10, "udp is no word of a router" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 loop", 2, 19, "no word of a host" },
		{ "source me 198.18.0.1\nhost h", 2, 7, "h needs an address" },
		{ "source me 198.18.0.1\nrouter r ttl 0", 2, 14, "0 is no number from 1 to 255" },
		{ "source me 198.18.0.1\nrouter r ttl 256", 2, 14, "from 1 to 255" },
		{ "source me 198.18.0.1\nrouter r ttl 1x", 2, 14, "1x is no number" },
		{ "source me 198.18.0.1\nrouter r ttl -1", 2, 14, "-1 is no number" },
		{ "source me 198.18.0.1\nrouter r ttl 99999999999999999999", 2, 14, "no number" },
		{ "source me 198.18.0.1\nrouter r ttl", 2, 13, "a number is missing" },
		{ "source me 198.18.0.1\nrouter r limit 5 burst 1", 2, 16, "5 is no rate" },
		{ "source me 198.18.0.1\nrouter r limit 0/s burst 1", 2, 16, "0/s is no rate" },
		{ "source me 198.18.0.1\nrouter r limit 5/s", 2, 19, "burst is missing" },
		{ "source me 198.18.0.1\nrouter r limit 5/s brust 5", 2, 20, "burst is expected" },
		{ "source me 198.18.0.1\nrouter r limit 5/s burst 0", 2, 26, "0 is no number" },
		{ "source me 198.18.0.1\nrouter r mpls 1048576", 2, 15, "is no label" },
		{ "source me 198.18.0.1\nrouter r mpls 1/8", 2, 15, "is no label" },
		{ "source me 198.18.0.1\nrouter r mpls 1/7/256", 2, 15, "is no label" },
		{ "source me 198.18.0.1\nrouter r mpls 1,2,3,4,5,6,7,8,9", 2, 15,
		  "no more than 8" },
		{ "source me 198.18.0.1\nrouter r garble tos,color", 2, 17,
		  "garble can be tos, ttl" },
		{ "source me 198.18.0.1\nrouter r balance fair", 2, 18,
		  "balance can be flow, flow-id" },
		{ "source me 198.18.0.1\nrouter r ptb 65536", 2, 14, "ptb can be honest" },
		{ "source me 198.18.0.1\nrouter r unreachable 256", 2, 22, "no code" },
		{ "source me 198.18.0.1\nrouter r unreachable 1/", 2, 22, "no code" },
		{ "source me 198.18.0.1\nrouter r from 1.2.3", 2, 15, "1.2.3 is no address" },
		{ "source me 198.18.0.1\nrouter r from 198.18.0.2,198.18.0.3", 2, 15,
		  "second address" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 serves 198.18.0.1/8", 2, 26,
		  "no prefix" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 serves 203.0.113.0/24\n"
		  "host i 198.18.0.3 serves 203.0.113.0/24",
		  3, 26, "h serves this prefix" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2\nat 1s node h serves 203.0.113.0/24", 3,
		  14, "serves does not change" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2\nat 1s node h no-serves", 3, 14,
		  "serves does not change" },
		{ "source me 198.18.0.1\nrouter r ttl 5 silent ttl 5", 2, 23, "ttl is said twice" },
		{ "source me 198.18.0.1\nrouter r silent no-silent", 2, 17,
		  "silent is said twice" },
		{ "source me 198.18.0.1\nrouter r\nlink me r delay 1ms back-delay 2ms delay 1ms", 3,
		  36, "delay is said twice" },
		{ "source me 198.18.0.1\nrouter r\nlink me r back-delay 2ms no-back-delay", 3, 26,
		  "delay is said twice" },
		{ "source me 198.18.0.1\nrouter r\nlink me r\nat 1s link me r up down", 4, 20,
		  "down is said twice" },
		{ "source me 198.18.0.1\nlocal late-stamps 1ms late-stamps 1ms", 2, 23,
		  "late-stamps is said twice" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 tcp 0", 2, 23, "0 is no port" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 tcp 65536", 2, 23, "65536 is no port" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 tcp 1,2,3,4,5,6,7,8,9", 2, 23,
		  "no more than" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 corrupt 101%", 2, 27, "no chance" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 corrupt 5", 2, 27, "no chance" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 corrupt 0.00000001%", 2, 27,
		  "no chance" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2 corrupt .%", 2, 27, "no chance" },
		{ "source me 198.18.0.1\nrouter r back-delay 5", 2, 21, "no time" },
		{ "source me 198.18.0.1\nrouter r back-delay 5m", 2, 21, "no time" },
		{ "source me 198.18.0.1\nrouter r back-delay 0.5ns", 2, 21, "no time" },
		{ "source me 198.18.0.1\nrouter r back-delay 1..5s", 2, 21, "no time" },
		{ "source me 198.18.0.1\nrouter r back-delay 99999999s", 2, 21, "no time" },
		{ "source me 198.18.0.1\nlink me r", 2, 9, "no node r above" },
		{ "source me 198.18.0.1\nlink me me", 2, 9, "leads outwards" },
		{ "source me 198.18.0.1\nrouter r\nlink r me", 3, 8, "leads outwards" },
		{ "source me 198.18.0.1\nrouter r\nlink me r\nlink me r", 4, 9, "already" },
		{ "source me 198.18.0.1\nhost h 198.18.0.2\nrouter r\nlink h r", 4, 6,
		  "behind a host" },
		{ "source me 198.18.0.1\nrouter r\nlink me r dealy 5ms", 3, 11,
		  "no word of a link" },
		{ "source me 198.18.0.1\nrouter r\nlink me r back-weight 5", 3, 11,
		  "no word of a link" },
		{ "source me 198.18.0.1\nrouter r\nlink me r mtu 67", 3, 15, "67 is no number" },
		{ "source me 198.18.0.1\nrouter a\nrouter b\nlink a b\nlink b a", 4, 1,
		  "ring of links" },
		{ "source me 198.18.0.1\nat 5s link me r down", 2, 15, "no node r" },
		{ "source me 198.18.0.1\nrouter r\nat 5s link me r down", 3, 15,
		  "no link between" },
		{ "source me 198.18.0.1\nat 5s node me silent", 2, 12, "source has no words" },
		{ "source me 198.18.0.1\nat 5s host me silent", 2, 7, "a link or a node changes" },
		{ "source me 198.18.0.1\nat 5s", 2, 6, "link or node is missing" },
		{ "source me 198.18.0.1\nrouter r\nat 5s node r silent\nat 4s node r ttl 5", 4, 4,
		  "order" },
		{ "source me 198.18.0.1\nat 5s node me\nlocal", 2, 12, "source has no words" },
		{ "source me 198.18.0.1\nlocal\nlocal", 3, 1, "a local line already" },
		{ "source me 198.18.0.1\nlocal send-error 5% EIO", 2, 21,
		  "EIO is none of ENOBUFS" },
		{ "source me 198.18.0.1\nlocal silent", 2, 7, "no word of a local line" },
		{ "source me 198.18.0.1 198.18.0.2 198.18.0.3 198.18.0.4 198.18.0.5 198.18.0.6 "
		  "198.18.0.7 198.18.0.8 198.18.0.9",
		  1, 99, "no more than 8 addresses" },
		{ "source m\x01", 1, 8, "byte 0x01" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct topo t;
		struct topo_error error;
		assert_false(topo_parse(&t, mistakes[i].text, strlen(mistakes[i].text), &error));
		assert_int_equal(t.node_count, 0);
		assert_null(t.nodes);
		if (error.line != mistakes[i].line || error.column != mistakes[i].column ||
		    !strstr(error.text, mistakes[i].says))
			fail_msg("%s\n%u:%u: %s\nwanted %u:%u: %s", mistakes[i].text,
			         (unsigned)error.line, (unsigned)error.column, error.text,
			         mistakes[i].line, mistakes[i].column, mistakes[i].says);
	}
}

static void test_long_word(void **state)
{
	char text[400] = "source ";
	struct topo t;
	struct topo_error error;
	(void)state;
	memset(text + 7, 'a', 300);
	text[307] = '\0';
	assert_false(topo_parse(&t, text, strlen(text), &error));
	assert_non_null(strstr(error.text, "longer than any"));
}

/* --- printing --------------------------------------------------------------------------------- */

static void check_round_trip(const char *text)
{
	struct topo first, second;
	parse(&first, text);
	char *once = print(&first);
	parse(&second, once);
	char *twice = print(&second);
	assert_string_equal(once, twice);
	assert_int_equal(first.node_count, second.node_count);
	assert_int_equal(first.link_count, second.link_count);
	assert_int_equal(first.change_count, second.change_count);
	free(once);
	free(twice);
	topo_release(&first);
	topo_release(&second);
}

static void test_files_come_back(void **state)
{
	static char text[FILE_MAX];
	char path[512];
	int files = 0;
	(void)state;
	DIR *directory = opendir("tests/topo");
	assert_non_null(directory);
	for (struct dirent *e = readdir(directory); e; e = readdir(directory)) {
		if (!strstr(e->d_name, ".topo"))
			continue;
		(void)snprintf(path, sizeof path, "tests/topo/%s", e->d_name);
		(void)read_file(path, text);
		check_round_trip(text);
		files++;
	}
	assert_int_equal(closedir(directory), 0);
	assert_true(files >= 12);
}

/* What was said is printed: each word alone, on its own kind of owner. */
static void test_each_word_is_printed_as_it_was_said(void **state)
{
	static const char *const lines[] = {
		"router  r  198.18.1.1  2001:db8:1::1  silent  ttl 255  from "
		"198.18.7.7,2001:db8::7  "
		"limit 1000/s burst 50  limit-peer 0.5/s burst 6  limit-echo 2.000001/s burst 1  "
		"quote 28  mpls 1/7/9,16/0/1  interface  extension unpadded  garble tos,dst  "
		"back-hops 3  back-delay 7us  mss 1300  hidden  zero-ttl  balance packet  ptb 1450 "
		" "
		"limit-ptb 3/s burst 2  tos 0  nat  unreachable 13/1  redirect 2001:db8::9  "
		"parameter-problem  fake  loop\n",
		"host    h  198.18.9.9  serves 203.0.113.0/24  echo-silent  udp-silent  udp 7  "
		"tcp 80,443  tcp-silent  tcp-closed 1  drop-fragments  corrupt 0.0000001%  forge "
		"100%  "
		"timestamp  mask  extended-echo  dns\n",
		"link me r  delay 1500us  back-delay 3ns  jitter 2s  loss 3%  back-loss 2.5%  "
		"bursts 50% enter 1% leave 10%  duplicate 4%  reorder 2% 20ms  mtu 1400  tunnel 24 "
		" "
		"down  back-up  weight 7\n",
		"at 1s node r  no-silent  ttl 64  no-mpls  no-extension  no-tos\n",
		("at 1500ms link me r  no-delay  back-delay 3ns  no-loss  back-loss 2.5%  up  "
		 "weight 1\n"),
		"local  send-error 5% EPERM  late-stamps 3ms  receive-queue 16\n",
	};
	char text[4000] = "source  me  198.18.0.1  2001:db8::1\n";
	struct topo t;
	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		strcat(text, lines[i]);
	parse(&t, text);
	char *out = print(&t);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (!strstr(out, lines[i]))
			fail_msg("not printed: %s\n%s", lines[i], out);
	free(out);
	topo_release(&t);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void test_memory_may_fail(void **state)
{
	static char text[FILE_MAX];
	(void)state;
	size_t length = read_file("tests/topo/flapping.topo", text);
	for (long n = 0; alloc_fail_at(n); n++) {
		struct topo t, copy;
		struct topo_error error;
		if (!topo_parse(&t, text, length, &error)) {
			assert_non_null(strstr(error.text, "memory"));
			assert_null(t.nodes);
			continue;
		}
		if (topo_copy(&copy, &t)) {
			assert_int_equal(copy.change_count, t.change_count);
			assert_string_equal(copy.nodes[3].name, "long1");
			topo_release(&copy);
		}
		topo_release(&t);
	}
	alloc_fail_never();
}

static void test_sort(void **state)
{
	uint32_t order[8], place[8];
	(void)state;
	struct topo t;
	parse(&t, "source a 198.18.0.1\nrouter b\nrouter c\nrouter d\nhost e 198.18.0.2\n"
	          "link b e\nlink d b\nlink c b\nlink a c\nlink a d\nlink c d\n");
	assert_int_equal(topo_sort(&t, order), 5);
	for (uint32_t i = 0; i < 5; i++)
		place[order[i]] = i;
	for (uint32_t i = 0; i < t.link_count; i++)
		assert_true(place[t.links[i].from] < place[t.links[i].to]);
	assert_int_equal(topo_find(&t, "d"), 3);
	assert_int_equal(topo_find(&t, "x"), -1);
	assert_int_equal(topo_find_link(&t, 2, 3), 5);
	assert_int_equal(topo_find_link(&t, 3, 2), -1);
	topo_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readme_has_the_words),
		cmocka_unit_test(test_words_are_told_apart),
		cmocka_unit_test(test_readme_example),
		cmocka_unit_test(test_words_of_any_node),
		cmocka_unit_test(test_words_of_routers),
		cmocka_unit_test(test_words_of_hosts),
		cmocka_unit_test(test_words_of_links),
		cmocka_unit_test(test_back_words_hold_wherever_they_stand),
		cmocka_unit_test(test_words_of_local),
		cmocka_unit_test(test_changes_build_on_each_other),
		cmocka_unit_test(test_mistakes_have_a_place),
		cmocka_unit_test(test_long_word),
		cmocka_unit_test(test_files_come_back),
		cmocka_unit_test(test_each_word_is_printed_as_it_was_said),
		cmocka_unit_test(test_memory_may_fail),
		cmocka_unit_test(test_sort),
	};
	return cmocka_run_group_tests_name("topo", tests, NULL, NULL) != 0;
}
