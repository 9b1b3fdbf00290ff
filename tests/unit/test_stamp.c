/* Which stamp belongs to which probe, when all goes well and when it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <unistd.h>
#include "io/stamp.h"

static struct stamp_ring ring;

static int fresh(void **state)
{
	(void)state;
	stamp_init(&ring, true);
	return 0;
}

static bool takes(uint32_t key, uint32_t serial, nsec before)
{
	uint32_t s = 0;
	nsec b = 0;
	return stamp_take(&ring, key, &s, &b) && s == serial && b == before;
}

static bool takes_none(uint32_t key)
{
	uint32_t s = 0;
	nsec b = 0;
	return !stamp_take(&ring, key, &s, &b);
}

static void numbers_count_what_was_sent(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		stamp_sent(&ring, 1000 + i, i);
	assert_int_equal(stamp_pending(&ring, 100), 100);
	/* In any order: devices have queues of their own. */
	for (uint32_t i = 100; i-- > 0;)
		assert_true(takes(i, 1000 + i, i));
	assert_int_equal(stamp_pending(&ring, 100), 0);
}

static void a_stamp_is_given_once(void **state)
{
	(void)state;
	stamp_sent(&ring, 7, 5);
	stamp_sent(&ring, 8, 5);
	assert_true(takes(0, 7, 5));
	assert_true(takes_none(0));
	assert_int_equal(stamp_pending(&ring, 5), 1);
}

static void numbers_never_sent_are_nobodys(void **state)
{
	(void)state;
	assert_true(takes_none(0));
	stamp_sent(&ring, 7, 5);
	assert_true(takes_none(1));
	assert_true(takes_none(UINT32_MAX));
	/* The same place in the ring, another time round. */
	assert_true(takes_none(STAMP_RING));
	assert_true(takes(0, 7, 5));
}

static void a_full_ring_forgets_the_oldest(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < STAMP_RING + 3; i++)
		stamp_sent(&ring, i, 9);
	assert_int_equal(stamp_pending(&ring, 9), STAMP_RING);
	for (uint32_t i = 0; i < 3; i++)
		assert_true(takes_none(i));
	assert_true(takes(3, 3, 9));
	assert_true(takes(STAMP_RING + 2, STAMP_RING + 2, 9));
	assert_int_equal(stamp_pending(&ring, 9), STAMP_RING - 2);
}

static void the_counter_may_wrap(void **state)
{
	(void)state;
	ring.next = ring.tail = UINT32_MAX - 1;
	for (uint32_t i = 0; i < 4; i++)
		stamp_sent(&ring, i, 9);
	assert_true(takes(1, 3, 9));
	assert_true(takes(UINT32_MAX, 1, 9));
	assert_true(takes(UINT32_MAX - 1, 0, 9));
	assert_true(takes(0, 2, 9));
	assert_int_equal(stamp_pending(&ring, 9), 0);
}

static void patience_ends(void **state)
{
	(void)state;
	stamp_sent(&ring, 1, 10);
	stamp_sent(&ring, 2, 20);
	assert_int_equal(stamp_pending(&ring, 10 + STAMP_PATIENCE), 2);
	assert_int_equal(stamp_pending(&ring, 11 + STAMP_PATIENCE), 1);
	assert_true(takes_none(0));
	assert_true(takes(1, 2, 20));
	assert_int_equal(stamp_pending(&ring, 11 + STAMP_PATIENCE), 0);
}

static void a_socket_without_stamps_waits_for_none(void **state)
{
	(void)state;
	stamp_init(&ring, false);
	stamp_sent(&ring, 1, 10);
	stamp_refused(&ring, 10);
	assert_false(ring.adrift);
	assert_int_equal(stamp_pending(&ring, 10), 0);
}

static void adrift_it_claims_no_stamp_for_what_is_sent(void **state)
{
	(void)state;
	stamp_sent(&ring, 1, 10);
	stamp_refused(&ring, 11);
	stamp_sent(&ring, 2, 12);
	assert_int_equal(stamp_pending(&ring, 12), 2);
	/* Has the kernel counted the refused one? Number 1 or 2: not ours either way. */
	assert_true(takes_none(2));
	assert_true(takes(0, 1, 10));
	assert_int_equal(stamp_pending(&ring, 12), 0);
}

static int socket_to_stamp(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	return fd;
}

static void it_recovers_once_nothing_is_under_way(void **state)
{
	(void)state;
	int fd = socket_to_stamp();
	stamp_sent(&ring, 1, 10);
	stamp_refused(&ring, 11);
	assert_int_equal(stamp_recover(&ring, fd, true, 12), 0);
	assert_true(ring.adrift);
	assert_true(takes(0, 1, 10));
	assert_int_equal(stamp_recover(&ring, fd, true, 13), 0);
	assert_false(ring.adrift);
	stamp_sent(&ring, 5, 14);
	assert_true(takes(0, 5, 14));
	close(fd);
}

static void it_recovers_when_patience_ends(void **state)
{
	(void)state;
	int fd = socket_to_stamp();
	stamp_sent(&ring, 1, 10);
	stamp_refused(&ring, 11);
	stamp_sent(&ring, 2, 11);
	assert_int_equal(stamp_recover(&ring, fd, true, 11 + STAMP_PATIENCE), 0);
	assert_true(ring.adrift);
	assert_int_equal(stamp_recover(&ring, fd, true, 12 + STAMP_PATIENCE), 0);
	assert_false(ring.adrift);
	assert_int_equal(stamp_pending(&ring, 12), 0);
	/* What was given up is not taken for the new number. */
	assert_true(takes_none(0));
	close(fd);
}

static void a_socket_that_refuses_ends_it(void **state)
{
	(void)state;
	stamp_refused(&ring, 11);
	assert_int_equal(stamp_recover(&ring, -1, true, 12), -EBADF);
	stamp_sent(&ring, 5, 14);
	assert_int_equal(stamp_pending(&ring, 14), 0);
}

static void a_ring_on_course_leaves_the_socket_alone(void **state)
{
	(void)state;
	stamp_sent(&ring, 1, 10);
	assert_int_equal(stamp_recover(&ring, -1, true, 12), 0);
	assert_true(takes(0, 1, 10));
}

static void stamps_are_read_from_control_messages(void **state)
{
	(void)state;
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(struct scm_timestamping))];
	struct scm_timestamping stamps = { .ts = { { 5, 6 }, { 7, 8 }, { 9, 10 } } };
	struct msghdr msg = { .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_TIMESTAMPING;
	cmsg->cmsg_len = CMSG_LEN(sizeof(stamps));
	memcpy(CMSG_DATA(cmsg), &stamps, sizeof(stamps));
	assert_int_equal(stamp_read(cmsg), 5 * NSEC_S + 6);

	cmsg->cmsg_len--;
	assert_int_equal(stamp_read(cmsg), -1);
	cmsg->cmsg_len++;
	cmsg->cmsg_type = SCM_TIMESTAMP;
	assert_int_equal(stamp_read(cmsg), -1);
	cmsg->cmsg_type = SCM_TIMESTAMPING;
	stamps.ts[0] = (struct timespec){ 0, 0 };
	memcpy(CMSG_DATA(cmsg), &stamps, sizeof(stamps));
	assert_int_equal(stamp_read(cmsg), -1);
}

static void a_socket_is_asked_for_stamps(void **state)
{
	(void)state;
	int fd = socket_to_stamp();
	unsigned int flags = 0;
	socklen_t size = sizeof(flags);
	assert_int_equal(stamp_enable(fd, true, true), 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, &size), 0);
	assert_int_equal(flags, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
	                                SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY |
	                                SOF_TIMESTAMPING_OPT_ID);
	assert_int_equal(stamp_enable(fd, false, true), 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, &size), 0);
	assert_int_equal(flags, SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE);
	close(fd);
	assert_int_equal(stamp_enable(-1, true, true), -EBADF);
}

int main(void)
{
#define RING_TEST(f) cmocka_unit_test_setup(f, fresh)
	const struct CMUnitTest tests[] = {
		RING_TEST(numbers_count_what_was_sent),
		RING_TEST(a_stamp_is_given_once),
		RING_TEST(numbers_never_sent_are_nobodys),
		RING_TEST(a_full_ring_forgets_the_oldest),
		RING_TEST(the_counter_may_wrap),
		RING_TEST(patience_ends),
		RING_TEST(a_socket_without_stamps_waits_for_none),
		RING_TEST(adrift_it_claims_no_stamp_for_what_is_sent),
		RING_TEST(it_recovers_once_nothing_is_under_way),
		RING_TEST(it_recovers_when_patience_ends),
		RING_TEST(a_socket_that_refuses_ends_it),
		RING_TEST(a_ring_on_course_leaves_the_socket_alone),
		cmocka_unit_test(stamps_are_read_from_control_messages),
		cmocka_unit_test(a_socket_is_asked_for_stamps),
	};
	return cmocka_run_group_tests_name("stamp", tests, NULL, NULL) != 0;
}
