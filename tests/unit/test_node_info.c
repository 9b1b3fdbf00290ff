#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "tests/unit/sample.h"
#include "wire/node_info.h"

#define HEAD(query) "000" query "0000 0102030405060708 " /* query, flags, nonce */

static uint8_t *bytes;

/* The message in memory of exactly its size; freed by the next one. */
static bool open_message(const char *hex, struct node_info *info)
{
	uint8_t room[1024];
	size_t length = sample_hex(hex, room, sizeof room);
	free(bytes);
	bytes = sample_copy(room, length);
	return node_info_parse((struct span){ .data = bytes, .length = length }, info);
}

static int tear_down(void **state)
{
	(void)state;
	free(bytes);
	bytes = NULL;
	return 0;
}

static void expect_name(struct node_info *info, const char *want)
{
	char text[NODE_INFO_NAME_SIZE];
	size_t length;
	assert_true(node_info_name(info, text, &length));
	assert_int_equal(length, strlen(want));
	assert_string_equal(text, want);
}

static void expect_no_name(struct node_info *info, bool failed)
{
	char text[NODE_INFO_NAME_SIZE];
	size_t length;
	assert_false(node_info_name(info, text, &length));
	assert_int_equal(info->data.failed, failed);
}

static void names(void **state)
{
	(void)state;
	struct node_info info;
	/* qualified "host.test"; unqualified "host": two empty labels; qualified "a" */
	assert_true(open_message(
	        HEAD("2") "0000003c 04686f7374 0474657374 00 04686f7374 0000 0161 00", &info));
	assert_int_equal(info.query, NODE_INFO_NAME);
	assert_int_equal(info.flags, 0);
	expect_name(&info, "host.test");
	expect_name(&info, "host");
	expect_name(&info, "a");
	expect_no_name(&info, false);
	struct addr addr;
	assert_false(node_info_addr(&info, &addr));
}

static void unqualified_alone_and_none(void **state)
{
	(void)state;
	struct node_info info;
	assert_true(open_message(HEAD("2") "00000000 0161 0000", &info));
	expect_name(&info, "a");
	expect_no_name(&info, false);
	assert_true(open_message(HEAD("2") "00000000", &info));
	expect_no_name(&info, false);
	assert_true(open_message(HEAD("2"), &info)); /* it refused: no data at all */
	expect_no_name(&info, false);
}

static void cut_names(void **state)
{
	(void)state;
	struct node_info info;
	assert_false(open_message(HEAD("2") "0000", &info));
	assert_true(open_message(HEAD("2") "00000000 046869", &info));
	expect_no_name(&info, true);
	assert_true(open_message(HEAD("2") "00000000 026869", &info)); /* no end */
	expect_no_name(&info, true);
	expect_no_name(&info, true);
	assert_true(open_message(HEAD("2") "00000000 0161 00 c00c 0161 00", &info)); /* pointer */
	expect_name(&info, "a");
	expect_no_name(&info, true);
}

static void names_fill_their_room_and_no_more(void **state)
{
	(void)state;
	struct node_info info;
	for (int last = 62; last <= 63; last++) {
		uint8_t message[16 + 4 * 64 + 1] = { 0, 2 };
		size_t at = 16;
		for (int label = 0; label < 4; label++) {
			int length = label == 3 ? last : 63;
			message[at++] = (uint8_t)length;
			memset(message + at, 'a' + label, (size_t)length);
			at += (size_t)length;
		}
		message[at++] = 0;
		struct span span = { .data = message, .length = at };
		char text[NODE_INFO_NAME_SIZE];
		size_t length;
		assert_true(node_info_parse(span, &info));
		assert_true(node_info_name(&info, text, &length));
		assert_int_equal(length, 3 * 64 + last);
		assert_int_equal(text[length], 0);
		assert_int_equal(text[length - 1], 'd');
	}
	uint8_t message[16 + 4 * 64 + 3] = { 0, 2 };
	size_t at = 16;
	for (int label = 0; label < 4; label++, at += 63) {
		message[at++] = 63;
		memset(message + at, 'a', 63);
	}
	message[at++] = 1;
	message[at++] = 'b';
	struct span span = { .data = message, .length = at + 1 };
	assert_true(node_info_parse(span, &info));
	expect_no_name(&info, true);
}

static void addresses(void **state)
{
	(void)state;
	struct node_info info;
	struct addr addr, want;
	assert_true(open_message(HEAD("3") "00000001 20010db8000000000000000000000001"
	                                   "00000002 fe800000000000000000000000000002",
	                         &info));
	assert_true(node_info_addr(&info, &addr));
	assert_true(addr_parse("2001:db8::1", &want) && addr_equal(&addr, &want));
	assert_true(node_info_addr(&info, &addr));
	assert_true(addr_parse("fe80::2", &want) && addr_equal(&addr, &want));
	assert_false(node_info_addr(&info, &addr));
	assert_false(info.data.failed);
	expect_no_name(&info, false);

	assert_true(open_message(HEAD("4") "00000001 c6336407 00000001 c63364", &info));
	assert_true(node_info_addr(&info, &addr));
	assert_true(addr_parse("198.51.100.7", &want) && addr_equal(&addr, &want));
	assert_false(node_info_addr(&info, &addr));
	assert_true(info.data.failed);
}

static void head_must_be_whole(void **state)
{
	(void)state;
	struct node_info info;
	struct addr addr;
	assert_false(open_message("", &info));
	assert_false(open_message("0000 0000 01020304050607", &info));
	assert_true(open_message("0000 0001 0102030405060708", &info));
	assert_int_equal(info.flags, 1);
	assert_false(node_info_addr(&info, &addr));
	expect_no_name(&info, false);
}

#define test(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(names),     test(unqualified_alone_and_none),
		test(cut_names), test(names_fill_their_room_and_no_more),
		test(addresses), test(head_must_be_whole),
	};
	return cmocka_run_group_tests_name("node_info", tests, NULL, NULL) != 0;
}
