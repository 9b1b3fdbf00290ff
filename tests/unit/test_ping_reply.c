#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "tests/unit/pinglab.h"

#define MS(n) ((n)*NSEC_MS)

static const nsec start = 1000 * NSEC_S;

/* Two replies to the one probe there is, and what they are called. */
struct answer {
	int at; /* ms */
	uint8_t kind;
	uint32_t flags;
	enum report_kind said;
};

static const struct {
	const char *what;
	struct answer answers[3]; /* said 0 (START) ends them */
	unsigned received, lost, errors, duplicates, late, corrupt, foreign, truncated;
} rows[] = {
	{ "a reply", { { 10, REPLY_ECHO, 0, REPORT_PING_REPLY } }, .received = 1 },
	{ "a timestamp reply", { { 10, REPLY_TIMESTAMP, 0, REPORT_PING_REPLY } }, .received = 1 },
	{ "node information", { { 10, REPLY_NODE_INFO, 0, REPORT_PING_REPLY } }, .received = 1 },
	{ "a second reply",
	  { { 10, REPLY_ECHO, 0, REPORT_PING_REPLY },
	    { 11, REPLY_ECHO, 0, REPORT_PING_DUPLICATE } },
	  .received = 1,
	  .duplicates = 1 },
	{ "a third",
	  { { 10, REPLY_ECHO, 0, REPORT_PING_REPLY },
	    { 11, REPLY_ECHO, REPLY_DUPLICATE, REPORT_PING_DUPLICATE },
	    { 1012, REPLY_ECHO, REPLY_DUPLICATE, REPORT_PING_DUPLICATE } },
	  .received = 1,
	  .duplicates = 2 },
	{ "a late reply, and again",
	  { { 999, REPLY_REDIRECT, 0, REPORT_PING_NOTICE },
	    { 1000, REPLY_ECHO, 0, REPORT_PING_LATE },
	    { 1001, REPLY_ECHO, 0, REPORT_PING_DUPLICATE } },
	  .lost = 1,
	  .late = 1,
	  .duplicates = 1 },
	{ "a corrupt reply and no other",
	  { { 10, REPLY_ECHO, REPLY_CORRUPT, REPORT_PING_CORRUPT } },
	  .lost = 1,
	  .corrupt = 1 },
	{ "a corrupt copy, then a good one",
	  { { 10, REPLY_ECHO, REPLY_CORRUPT, REPORT_PING_CORRUPT },
	    { 20, REPLY_ECHO, REPLY_DUPLICATE, REPORT_PING_REPLY } },
	  .received = 1,
	  .corrupt = 1 },
	{ "a truncated copy, then a good one",
	  { { 10, REPLY_ECHO, REPLY_TRUNCATED, REPORT_PING_TRUNCATED },
	    { 20, REPLY_ECHO, REPLY_DUPLICATE, REPORT_PING_REPLY } },
	  .received = 1,
	  .truncated = 1 },
	{ "truncated and corrupt is corrupt",
	  { { 10, REPLY_ECHO, REPLY_TRUNCATED | REPLY_CORRUPT, REPORT_PING_CORRUPT } },
	  .lost = 1,
	  .corrupt = 1 },
	{ "a corrupt copy behind a good one",
	  { { 10, REPLY_ECHO, 0, REPORT_PING_REPLY },
	    { 20, REPLY_ECHO, REPLY_CORRUPT | REPLY_DUPLICATE, REPORT_PING_CORRUPT } },
	  .received = 1,
	  .corrupt = 1 },
	{ "another source, then the right one",
	  { { 10, REPLY_ECHO, REPLY_WRONG_SOURCE, REPORT_PING_FOREIGN },
	    { 20, REPLY_ECHO, REPLY_DUPLICATE, REPORT_PING_REPLY } },
	  .received = 1,
	  .foreign = 1 },
	{ "another source and corrupt is foreign",
	  { { 10, REPLY_ECHO, REPLY_WRONG_SOURCE | REPLY_CORRUPT, REPORT_PING_FOREIGN } },
	  .lost = 1,
	  .foreign = 1 },
	{ "no probe of ours",
	  { { 10, REPLY_ECHO, REPLY_UNKNOWN, REPORT_PING_FOREIGN } },
	  .lost = 1,
	  .foreign = 1 },
	{ "what no echo is answered with",
	  { { 10, REPLY_TCP_RST, 0, REPORT_PING_FOREIGN },
	    { 11, REPLY_UDP, 0, REPORT_PING_FOREIGN } },
	  .lost = 1,
	  .foreign = 2 },
	{ "unreachable", { { 10, REPLY_UNREACHABLE, 0, REPORT_PING_ERROR } }, .errors = 1 },
	{ "too big", { { 10, REPLY_TOO_BIG, 0, REPORT_PING_ERROR } }, .errors = 1 },
	{ "time exceeded", { { 10, REPLY_TIME_EXCEEDED, 0, REPORT_PING_ERROR } }, .errors = 1 },
	{ "parameter problem", { { 10, REPLY_PARAMETER, 0, REPORT_PING_ERROR } }, .errors = 1 },
	{ "an error, then a reply all the same",
	  { { 10, REPLY_UNREACHABLE, 0, REPORT_PING_ERROR },
	    { 20, REPLY_ECHO, REPLY_DUPLICATE, REPORT_PING_DUPLICATE } },
	  .errors = 1,
	  .duplicates = 1 },
	{ "a reply, then an error all the same",
	  { { 10, REPLY_ECHO, 0, REPORT_PING_REPLY },
	    { 20, REPLY_TIME_EXCEEDED, REPLY_DUPLICATE, REPORT_PING_NOTICE } },
	  .received = 1 },
	{ "an error twice",
	  { { 10, REPLY_UNREACHABLE, 0, REPORT_PING_ERROR },
	    { 20, REPLY_UNREACHABLE, REPLY_DUPLICATE, REPORT_PING_NOTICE } },
	  .errors = 1 },
	{ "an error too late", { { 1200, REPLY_UNREACHABLE, 0, REPORT_PING_NOTICE } }, .lost = 1 },
	{ "an error that is corrupt",
	  { { 10, REPLY_UNREACHABLE, REPLY_CORRUPT, REPORT_PING_CORRUPT } },
	  .lost = 1,
	  .corrupt = 1 },
	{ "a redirect and a quench on the way to a reply",
	  { { 10, REPLY_REDIRECT, 0, REPORT_PING_NOTICE },
	    { 11, REPLY_QUENCH, REPLY_DUPLICATE, REPORT_PING_NOTICE },
	    { 12, REPLY_ECHO, REPLY_DUPLICATE, REPORT_PING_REPLY } },
	  .received = 1 },
	{ "an error of a type nobody knows",
	  { { 10, REPLY_OTHER, 0, REPORT_PING_NOTICE }, { 20, REPLY_ECHO, 0, REPORT_PING_REPLY } },
	  .received = 1 },
};

static struct fate no_answer(void *ctx, const struct probe *probe, uint64_t number)
{
	*(struct probe *)ctx = *probe;
	(void)number;
	return (struct fate){ 0 };
}

static struct net_event reply_to(const struct probe *probe, nsec sent, nsec time, uint8_t kind,
                                 uint32_t flags)
{
	struct net_event event = { .kind = NET_REPLY };
	event.reply = (struct reply){ .token = flags & REPLY_UNKNOWN ? 0 : probe->token,
		                      .sent = sent,
		                      .time = time,
		                      .from = probe->dst,
		                      .kind = kind,
		                      .flags = flags };
	return event;
}

/* The probe of the tests; a second one an hour later keeps the target from its end. */
static void open_one(struct pinglab *lab, struct probe *probe)
{
	struct ping_config config = pinglab_config();
	config.interval = 3600 * NSEC_S;
	config.timeout = NSEC_S;
	pinglab_open(lab, &config, no_answer, probe, 1);
	(void)pinglab_run(lab, 0);
}

static void replies_are_called_what_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		print_message("%s\n", rows[i].what);
		struct pinglab lab;
		struct probe probe;
		open_one(&lab, &probe);
		for (size_t k = 0; k < 3 && rows[i].answers[k].at; k++) {
			const struct answer *a = &rows[i].answers[k];
			nsec when = start + MS(a->at);
			struct net_event event = reply_to(&probe, start, when, a->kind, a->flags);
			fakenet_put(&lab.net, when, &event);
		}
		(void)pinglab_run(&lab, MS(5000));
		size_t at = 1; /* behind START */
		for (size_t k = 0; k < 3 && rows[i].answers[k].at; k++) {
			const struct answer *a = &rows[i].answers[k];
			if (lab.log[at].kind == REPORT_PING_LOST)
				at++;
			const struct said *said = &lab.log[at++];
			assert_int_equal(said->kind, a->said);
			assert_int_equal(said->target, 0);
			assert_int_equal(said->time, start + MS(a->at));
			assert_int_equal(said->seq, a->flags & REPLY_UNKNOWN ? 0 : 1);
			assert_int_equal(said->rtt,
			                 a->said == REPORT_PING_FOREIGN ? -1 : MS(a->at));
			assert_true(said->reply);
		}
		const struct report_ping_totals *t = pinglab_totals(&lab, 0);
		assert_int_equal(t->sent, 1);
		assert_int_equal(t->received, rows[i].received);
		assert_int_equal(t->lost, rows[i].lost);
		assert_int_equal(pinglab_said(&lab, REPORT_PING_LOST), rows[i].lost);
		assert_int_equal(t->in_flight, 0);
		assert_int_equal(t->errors, rows[i].errors);
		assert_int_equal(t->duplicates, rows[i].duplicates);
		assert_int_equal(t->late, rows[i].late);
		assert_int_equal(t->corrupt, rows[i].corrupt);
		assert_int_equal(t->foreign, rows[i].foreign);
		assert_int_equal(t->truncated, rows[i].truncated);
		/* Only what answered is in the figures. */
		assert_int_equal(t->rtt->count, rows[i].received);
		pinglab_close(&lab);
	}
}

/* It counts as any other, without a time. */
static void a_reply_to_a_probe_sent_who_knows_when_has_no_rtt(void **state)
{
	(void)state;
	struct pinglab lab;
	struct probe probe;
	open_one(&lab, &probe);
	struct net_event event = reply_to(&probe, start, start + MS(10), REPLY_ECHO, REPLY_ROUGH);
	fakenet_put(&lab.net, start + MS(10), &event);
	(void)pinglab_run(&lab, MS(500));
	const struct said *said = pinglab_find(&lab, REPORT_PING_REPLY, 0);
	assert_non_null(said);
	assert_int_equal(said->rtt, -1);
	const struct report_ping_totals *t = pinglab_totals(&lab, 0);
	assert_int_equal(t->received, 1);
	assert_int_equal(t->in_flight, 0);
	assert_int_equal(t->rtt->count, 0);
	assert_true(t->ewma >= 0 && t->ewma <= 0);
	pinglab_close(&lab);
}

static void a_probe_is_in_flight_until_it_is_settled(void **state)
{
	(void)state;
	struct pinglab lab;
	struct probe probe;
	open_one(&lab, &probe);
	assert_int_equal(pinglab_totals(&lab, 0)->in_flight, 1);
	struct net_event event = reply_to(&probe, start, start + 1, REPLY_ECHO, REPLY_CORRUPT);
	fakenet_put(&lab.net, start + 1, &event);
	(void)pinglab_run(&lab, MS(999));
	assert_int_equal(pinglab_totals(&lab, 0)->in_flight, 1);
	(void)pinglab_run(&lab, MS(1000));
	assert_int_equal(pinglab_totals(&lab, 0)->in_flight, 0);
	assert_int_equal(pinglab_totals(&lab, 0)->lost, 1);
	pinglab_close(&lab);
}

/* Tokens made up, of probes to come, or with the number of another. */
static void a_token_that_is_none_of_ours_is_foreign(void **state)
{
	(void)state;
	struct pinglab lab;
	struct probe probe;
	open_one(&lab, &probe);
	const uint64_t tokens[] = { UINT64_MAX, probe.token + 0x10000, probe.token + 1,
		                    probe.token ^ 0x8000, 0x123456789abcdef0 };
	for (size_t i = 0; i < 5; i++) {
		struct net_event event = reply_to(&probe, start, start + 1, REPLY_ECHO, 0);
		event.reply.token = tokens[i];
		fakenet_put(&lab.net, start + 1, &event);
	}
	(void)pinglab_run(&lab, 1);
	assert_int_equal(pinglab_totals(&lab, 0)->foreign, 5);
	assert_int_equal(pinglab_totals(&lab, 0)->received, 0);
	assert_int_equal(pinglab_totals(&lab, 0)->in_flight, 1);
	pinglab_close(&lab);
}

static void a_reply_to_what_was_never_sent_is_foreign(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	struct probe probe = { 0 };
	pinglab_open(&lab, &config, no_answer, &probe, 1);
	/* Refused: its record is there, but nothing went out. */
	struct algo *algo = ping_algo(lab.ping);
	struct action action;
	do
		algo->ops->poll(algo, lab.net.now, &action);
	while (action.kind != ACTION_SEND);
	struct net_event event = reply_to(&action.probe, start, start, REPLY_ECHO, 0);
	algo->ops->on_reply(algo, &event.reply); /* not even handed over yet */
	struct sent sent = { .token = action.probe.token, .time = start, .error = EPERM };
	algo->ops->on_sent(algo, &sent);
	algo->ops->on_reply(algo, &event.reply);
	assert_int_equal(pinglab_totals(&lab, 0)->foreign, 2);
	assert_int_equal(pinglab_totals(&lab, 0)->received, 0);
	assert_int_equal(pinglab_totals(&lab, 0)->send_errors, 1);
	/* A second word about it changes nothing. */
	sent.error = 0;
	algo->ops->on_sent(algo, &sent);
	assert_int_equal(pinglab_totals(&lab, 0)->sent, 0);
	pinglab_close(&lab);
}

static void unknown_replies_go_to_the_target_they_claim_to_be(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	struct probe probe;
	pinglab_open(&lab, &config, no_answer, &probe, 3);
	(void)pinglab_run(&lab, 0);
	struct net_event event = reply_to(&probe, 0, start + 1, REPLY_ECHO, REPLY_UNKNOWN);
	event.reply.from = addr_v4(0xc6120001);
	fakenet_put(&lab.net, start + 1, &event);
	event.reply.from = addr_v4(0xcb007109); /* 203.0.113.9, nobody's */
	fakenet_put(&lab.net, start + 2, &event);
	(void)pinglab_run(&lab, 2);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_FOREIGN, 0)->target, 1);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_FOREIGN, 1)->target, -1);
	assert_int_equal(pinglab_totals(&lab, 0)->foreign, 0);
	assert_int_equal(pinglab_totals(&lab, 1)->foreign, 1);
	assert_int_equal(pinglab_totals(&lab, 2)->foreign, 0);
	pinglab_close(&lab);
}

static void a_link_local_target_is_known_without_its_scope(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	struct probe probe;
	pinglab_open(&lab, &config, no_answer, &probe, 0);
	assert_int_equal(pinglab_add(&lab, 0), 0);
	struct report_target target = { .name = "a.test" };
	assert_true(addr_parse("fe80::7%3", &target.addr));
	assert_int_equal(ping_add(lab.ping, &target, lab.net.now), 1);
	struct net_event event = reply_to(&probe, 0, start, REPLY_ECHO, REPLY_UNKNOWN);
	assert_true(addr_parse("fe80::7", &event.reply.from));
	fakenet_put(&lab.net, start, &event);
	(void)pinglab_run(&lab, 0);
	assert_int_equal(pinglab_totals(&lab, 1)->foreign, 1);
	pinglab_close(&lab);
}

/* --- stamps ------------------------------------------------------------------------------------
 */

static struct fate stamped(void *ctx, const struct probe *probe, uint64_t number)
{
	(void)ctx;
	(void)probe;
	struct fate fate = fate_good();
	fate.stamp = 300 * NSEC_US;
	fate.copies = number == 0;
	return fate;
}

static void a_stamp_refines_the_time_of_sending(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 3;
	config.timeout = MS(500);
	pinglab_open(&lab, &config, stamped, NULL, 1);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	const struct report_ping_totals *t = pinglab_totals(&lab, 0);
	assert_int_equal(t->first_sent, start + 300 * NSEC_US);
	assert_int_equal(t->last_sent, start + MS(2000) + 300 * NSEC_US);
	assert_int_equal(t->rtt->sum, MS(10));
	/* The timeout counts from it. */
	assert_int_equal(pinglab_find(&lab, REPORT_PING_LOST, 0)->time,
	                 start + MS(1500) + 300 * NSEC_US);
	/* Once, however often it is told. */
	assert_int_equal(t->sent, 3);
	assert_int_equal(t->pipe, 1);
	pinglab_close(&lab);
}

static void a_stamp_for_nothing_under_way_is_ignored(void **state)
{
	(void)state;
	struct pinglab lab;
	struct probe probe;
	open_one(&lab, &probe);
	struct net_event event = reply_to(&probe, start, start + 1, REPLY_ECHO, 0);
	fakenet_put(&lab.net, start + 1, &event);
	(void)pinglab_run(&lab, 1);
	const uint64_t tokens[] = { probe.token, probe.token + 1, probe.token + 0x10000,
		                    UINT64_MAX };
	for (size_t i = 0; i < 4; i++) {
		struct net_event stamp = { .kind = NET_SENT };
		stamp.sent = (struct sent){ .token = tokens[i], .time = 77, .stamped = true };
		fakenet_put(&lab.net, start + 2, &stamp);
	}
	(void)pinglab_run(&lab, 2);
	assert_int_equal(pinglab_totals(&lab, 0)->first_sent, start);
	assert_int_equal(pinglab_totals(&lab, 0)->sent, 1);
	pinglab_close(&lab);
}

static void a_reply_from_before_its_probe_has_no_negative_rtt(void **state)
{
	(void)state;
	struct pinglab lab;
	struct probe probe;
	open_one(&lab, &probe);
	struct net_event event = reply_to(&probe, start, start - 5, REPLY_ECHO, 0);
	fakenet_put(&lab.net, start, &event);
	(void)pinglab_run(&lab, 0);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_REPLY, 0)->rtt, 0);
	pinglab_close(&lab);
}

/* --- numbers -----------------------------------------------------------------------------------
 */

static struct fate one_in_a_thousand_late(void *ctx, const struct probe *probe, uint64_t number)
{
	uint64_t *wrong = ctx;
	*wrong += (probe->token & 0xffff) != ((number + 1) & 0xffff);
	struct fate fate = fate_good();
	fate.delay = number % 1000 == 999 ? MS(1200) : NSEC_US;
	return fate;
}

static void sequence_numbers_wrap_on_the_wire_and_not_in_reports(void **state)
{
	(void)state;
	struct pinglab lab;
	uint64_t wrong = 0;
	struct ping_config config = pinglab_config();
	config.count = 140000;
	config.interval = 10 * NSEC_US; /* 65536 are sent in 0.66 s */
	config.timeout = NSEC_S;
	pinglab_open(&lab, &config, one_in_a_thousand_late, &wrong, 1);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(wrong, 0);
	const struct report_ping_totals *t = pinglab_totals(&lab, 0);
	assert_int_equal(t->sent, 140000);
	assert_int_equal(t->received, 140000 - 140);
	assert_int_equal(t->lost, 140);
	assert_int_equal(t->foreign, 0);
	assert_int_equal(t->duplicates, 0);
	assert_int_equal(pinglab_find(&lab, REPORT_PING_LOST, 139)->seq, 140000);
	/* The record outlives 2^16 later probes; those whose target had ended by then are not told.
	 */
	assert_true(t->late > 100);
	for (size_t i = 0; i < t->late; i++)
		assert_int_equal(pinglab_find(&lab, REPORT_PING_LATE, i)->seq, (i + 1) * 1000);
	pinglab_close(&lab);
}

static void probes_are_what_was_asked_for(void **state)
{
	(void)state;
	static const struct {
		uint8_t family;
		uint32_t size, options, header;
	} cases[] = {
		{ 4, 56, 0, 28 },
		{ 4, 0, 40, 68 },
		{ 6, 56, 0, 48 },
		{ 6, 1000, 40, 48 },
	};
	for (size_t i = 0; i < 4; i++) {
		struct ping_config config = pinglab_config();
		config.size = cases[i].size;
		config.options = cases[i].options;
		config.ttl = 17;
		config.tos = 0x2e;
		config.df = i % 2;
		config.kind = i == 1 ? PROBE_TIMESTAMP : PROBE_ECHO;
		struct probe probe;
		struct pinglab lab;
		pinglab_open(&lab, &config, no_answer, &probe, 0);
		struct report_target target = { .name = "a.test", .index = 99 };
		assert_true(addr_parse(cases[i].family == 4 ? "198.51.100.1" : "2001:db8::1",
		                       &target.addr));
		assert_int_equal(ping_add(lab.ping, &target, lab.net.now), 0);
		(void)pinglab_run(&lab, 0);
		assert_int_equal(probe.size, cases[i].size + cases[i].header);
		assert_true(addr_equal(&probe.dst, &target.addr));
		assert_int_equal(probe.ttl, 17);
		assert_int_equal(probe.tos, 0x2e);
		assert_int_equal(probe.df, i % 2);
		assert_int_equal(probe.kind, config.kind);
		assert_int_equal(probe.flow, 0);
		pinglab_close(&lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_called_what_they_are),
		cmocka_unit_test(a_reply_to_a_probe_sent_who_knows_when_has_no_rtt),
		cmocka_unit_test(a_probe_is_in_flight_until_it_is_settled),
		cmocka_unit_test(a_token_that_is_none_of_ours_is_foreign),
		cmocka_unit_test(a_reply_to_what_was_never_sent_is_foreign),
		cmocka_unit_test(unknown_replies_go_to_the_target_they_claim_to_be),
		cmocka_unit_test(a_link_local_target_is_known_without_its_scope),
		cmocka_unit_test(a_stamp_refines_the_time_of_sending),
		cmocka_unit_test(a_stamp_for_nothing_under_way_is_ignored),
		cmocka_unit_test(a_reply_from_before_its_probe_has_no_negative_rtt),
		cmocka_unit_test(sequence_numbers_wrap_on_the_wire_and_not_in_reports),
		cmocka_unit_test(probes_are_what_was_asked_for),
	};
	return cmocka_run_group_tests_name("ping_reply", tests, NULL, NULL) != 0;
}
