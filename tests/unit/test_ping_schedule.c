#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include "tests/unit/pinglab.h"

static const nsec start = 1000 * NSEC_S;

static void the_nth_probe_is_due_n_intervals_after_the_first(void **state)
{
	(void)state;
	struct pinglab lab;
	struct ping_config config = pinglab_config();
	config.count = 5;
	pinglab_open(&lab, &config, script_good, NULL, 1);
	assert_true(pinglab_run(&lab, 60 * NSEC_S));
	assert_int_equal(pinglab_said(&lab, REPORT_PING_START), 1);
	assert_int_equal(lab.log[0].kind, REPORT_PING_START);
	assert_int_equal(pinglab_said(&lab, REPORT_PING_REPLY), 5);
	for (size_t i = 0; i < 5; i++) {
		const struct said *said = pinglab_find(&lab, REPORT_PING_REPLY, i);
		assert_int_equal(said->seq, i + 1);
		assert_int_equal(said->rtt, 10 * NSEC_MS);
		assert_int_equal(said->time, start + (nsec)i * NSEC_S + 10 * NSEC_MS);
		assert_true(said->reply);
	}
	assert_int_equal(lab.log[lab.count - 1].kind, REPORT_PING_SUMMARY);
	const struct report_ping_totals *t = &lab.log[lab.count - 1].totals;
	assert_int_equal(t->sent, 5);
	assert_int_equal(t->received, 5);
	assert_int_equal(t->first_sent, start);
	assert_int_equal(t->last_sent, start + 4 * NSEC_S);
	assert_int_equal(t->duration, 4 * NSEC_S + 10 * NSEC_MS);
	assert_int_equal(t->pipe, 1);
	pinglab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nth_probe_is_due_n_intervals_after_the_first),
	};
	return cmocka_run_group_tests_name("ping_schedule", tests, NULL, NULL) != 0;
}
