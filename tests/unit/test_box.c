/* Batches out and in over a socket pair: what is kept stays, what is not gives way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "io/inbox.h"
#include "io/outbox.h"

static struct inbox in;
static struct outbox out;
static int pair[2];

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(inbox_init(&in, 2048), 0);
	assert_int_equal(outbox_init(&out), 0);
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
}

static int tear_down(void **state)
{
	(void)state;
	inbox_release(&in);
	outbox_release(&out);
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void put(const char *text)
{
	assert_int_equal(send(pair[1], text, strlen(text), 0), strlen(text));
}

static void put_numbers(int from, int to)
{
	for (int i = from; i < to; i++) {
		char text[16];
		(void)snprintf(text, sizeof(text), "%d", i);
		put(text);
	}
}

static bool says(struct span data, const char *text)
{
	return data.length == strlen(text) && memcmp(data.data, text, data.length) == 0;
}

static struct span data_of(size_t i)
{
	struct arrival a;
	inbox_arrival(&in, i, &a);
	return a.data;
}

static void what_was_sent_is_read_in_order(void **state)
{
	(void)state;
	put_numbers(0, 3);
	assert_int_equal(inbox_read(&in, pair[0], 0, 64, 7), 3);
	assert_int_equal(in.filled, 3);
	assert_true(says(data_of(0), "0") && says(data_of(1), "1") && says(data_of(2), "2"));
	assert_int_equal(in.tags[0], 7);
	assert_int_equal(in.tags[2], 7);
	assert_int_equal(inbox_read(&in, pair[0], 0, 64, 7), -EAGAIN);
	assert_int_equal(in.filled, 3);
}

static void no_more_is_read_than_asked_for_and_than_fits(void **state)
{
	(void)state;
	put_numbers(0, 10);
	assert_int_equal(inbox_read(&in, pair[0], 0, 4, 1), 4);
	assert_int_equal(inbox_read(&in, pair[0], 0, 0, 1), 0);
	in.filled = INBOX_BATCH - 2;
	assert_int_equal(inbox_room(&in), 2);
	assert_int_equal(inbox_read(&in, pair[0], 0, 64, 2), 2);
	assert_true(says(data_of(INBOX_BATCH - 1), "5"));
	assert_int_equal(inbox_read(&in, pair[0], 0, 64, 2), 0);
}

/* Events point to bytes: these stay while everything else is read over, round after round. */
static void what_is_kept_stays_until_cleared(void **state)
{
	(void)state;
	struct span kept[INBOX_BATCH];
	size_t count = 0;
	int next = 0;
	for (int round = 0; round < 10; round++) {
		put_numbers(next, next + 6);
		assert_int_equal(inbox_read(&in, pair[0], 0, 64, 0), 6);
		for (size_t i = in.kept; i < in.filled; i++, next++) {
			char text[16];
			(void)snprintf(text, sizeof(text), "%d", next);
			assert_true(says(data_of(i), text));
			if (next % 3 != 1)
				continue;
			kept[count++] = data_of(i);
			inbox_keep(&in, i);
		}
		inbox_settle(&in);
		assert_int_equal(in.kept, count);
		assert_int_equal(in.filled, count);
	}
	for (size_t i = 0; i < count; i++) {
		char text[16];
		(void)snprintf(text, sizeof(text), "%zu", 3 * i + 1);
		assert_true(says(kept[i], text));
	}
	inbox_clear(&in);
	put_numbers(0, 1);
	assert_int_equal(inbox_read(&in, pair[0], 0, 64, 0), 1);
	assert_true(says(data_of(0), "0"));
}

static void lengths_the_kernel_wrote_are_readied_again(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		put_numbers(0, 5);
		inbox_clear(&in);
		assert_int_equal(inbox_read(&in, pair[0], 0, 64, 0), 5);
		/* No control message came, so the kernel wrote 0: to be mended before the next. */
		assert_int_equal(in.messages[4].msg_hdr.msg_controllen, 0);
		assert_int_equal(in.messages[5].msg_hdr.msg_controllen, INBOX_CONTROL);
	}
	inbox_clear(&in);
	assert_int_equal(inbox_read(&in, pair[0], 0, 64, 0), -EAGAIN);
	assert_int_equal(in.messages[4].msg_hdr.msg_controllen, INBOX_CONTROL);
}

static void nothing_told_is_unknown(void **state)
{
	(void)state;
	put("x");
	assert_int_equal(inbox_read(&in, pair[0], 0, 64, 0), 1);
	struct arrival a;
	inbox_arrival(&in, 0, &a);
	assert_int_equal(a.wall, -1);
	assert_int_equal(a.ttl, -1);
	assert_int_equal(a.tos, -1);
	assert_int_equal(a.name.family, 0);
	assert_int_equal(a.dst.family, 0);
	assert_int_equal(a.fragment_size, 0);
	assert_false(a.has_drops || a.has_error);
}

static void drops_are_counted_across_the_wrap(void **state)
{
	(void)state;
	assert_int_equal(inbox_drops(5, 5), 0);
	assert_int_equal(inbox_drops(5, 12), 7);
	assert_int_equal(inbox_drops(UINT32_MAX - 1, 3), 5);
	assert_int_equal(inbox_drops(12, 5), 0);
	assert_int_equal(inbox_drops(3, UINT32_MAX), 0);
}

static void add(const char *text, uint32_t serial)
{
	struct writer w = outbox_writer(&out);
	writer_bytes(&w, "head", 4);
	writer_bytes(&w, text, strlen(text));
	union socket_address none = { 0 };
	outbox_add(&out, &w, 4, &none, 0, (struct outbox_item){ serial, serial });
}

static void a_batch_goes_out_without_what_is_skipped(void **state)
{
	(void)state;
	add("a", 1);
	add("bc", 2);
	add("", 3);
	assert_int_equal(outbox_send(&out, pair[1]), 3);
	assert_int_equal(out.sent, 3);
	char text[16];
	assert_int_equal(recv(pair[0], text, sizeof(text), 0), 1);
	assert_int_equal(text[0], 'a');
	assert_int_equal(recv(pair[0], text, sizeof(text), 0), 2);
	assert_memory_equal(text, "bc", 2);
	outbox_clear(&out);
	assert_int_equal(out.count, 0);
	assert_int_equal(out.sent, 0);
}

static void a_refusal_is_passed_over(void **state)
{
	(void)state;
	add("a", 1);
	add("b", 2);
	/* A control message that no such socket understands. */
	outbox_control(&out, SOL_SOCKET, 0x7777, 5);
	add("c", 3);
	assert_int_equal(outbox_send(&out, pair[1]), 1);
	assert_int_equal(outbox_send(&out, pair[1]), -EINVAL);
	assert_int_equal(out.items[out.sent].serial, 2);
	outbox_skip(&out);
	assert_int_equal(outbox_send(&out, pair[1]), 1);
	assert_int_equal(out.sent, out.count);
	char text[16];
	assert_int_equal(recv(pair[0], text, sizeof(text), 0), 1);
	assert_int_equal(text[0], 'a');
	assert_int_equal(recv(pair[0], text, sizeof(text), 0), 1);
	assert_int_equal(text[0], 'c');
}

static void control_messages_stand_side_by_side(void **state)
{
	(void)state;
	add("a", 1);
	outbox_control(&out, IPPROTO_IP, IP_TTL, 3);
	outbox_control(&out, IPPROTO_IP, IP_TOS, 0x48);
	struct msghdr header = out.messages[0].msg_hdr;
	assert_int_equal(header.msg_controllen, 2 * CMSG_SPACE(sizeof(int)));
	const int types[] = { IP_TTL, IP_TOS };
	const int values[] = { 3, 0x48 };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
	for (int i = 0; i < 2; i++) {
		assert_non_null(cmsg);
		if (!cmsg)
			return;
		int value = 0;
		memcpy(&value, CMSG_DATA(cmsg), sizeof(value));
		assert_int_equal(cmsg->cmsg_level, IPPROTO_IP);
		assert_int_equal(cmsg->cmsg_type, types[i]);
		assert_int_equal(cmsg->cmsg_len, CMSG_LEN(sizeof(int)));
		assert_int_equal(value, values[i]);
		cmsg = CMSG_NXTHDR(&header, cmsg);
	}
	assert_null(cmsg);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_was_sent_is_read_in_order),
		TEST(no_more_is_read_than_asked_for_and_than_fits),
		TEST(what_is_kept_stays_until_cleared),
		TEST(lengths_the_kernel_wrote_are_readied_again),
		TEST(nothing_told_is_unknown),
		cmocka_unit_test(drops_are_counted_across_the_wrap),
		TEST(a_batch_goes_out_without_what_is_skipped),
		TEST(a_refusal_is_passed_over),
		TEST(control_messages_stand_side_by_side),
	};
	return cmocka_run_group_tests_name("box", tests, NULL, NULL) != 0;
}
