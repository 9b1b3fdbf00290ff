#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cmd.h"
#include "cli/ping_options.h"
#include "cli/ping_targets.h"
#include "wire/ip4.h"

static struct ping_options options;
static char complaint[512];

/* Parses the words of a line and judges them; false with the complaint. */
static bool judge(const char *line, bool privileged)
{
	static char words[16][128];
	char *argv[17] = { words[0] };
	int argc = 1, operand;
	struct buffer text;

	strcpy(words[0], "ping");
	while (*line) {
		size_t length = strcspn(line, " ");
		memcpy(words[argc], line, length);
		words[argc][length] = '\0';
		argv[argc] = words[argc];
		argc++;
		line += length + (line[length] == ' ');
	}
	argv[argc] = NULL;
	buffer_init(&text, sizeof(complaint) - 1);
	ping_options_init(&options);
	bool fine = options_parse(&cmd_ping_options, argc, argv, &options, &operand, &text) &&
	            ping_options_check(&options, privileged, &text);
	strcpy(complaint, text.data ? text.data : "");
	buffer_release(&text);
	return fine;
}

static void refuses(const char *line, bool privileged, const char *want)
{
	assert_false(judge(line, privileged));
	assert_string_equal(complaint, want);
}

static void defaults(void **state)
{
	(void)state;
	assert_true(judge("", false));
	assert_int_equal(options.count, 0);
	assert_int_equal(options.interval, NSEC_S);
	assert_int_equal(options.timeout, -1);
	assert_int_equal(options.deadline, 0);
	assert_int_equal(options.preload, 1);
	assert_int_equal(options.size, 56);
	assert_int_equal(options.ttl, 0);
	assert_true(options.id == PING_NOT_GIVEN && options.mark == PING_NOT_GIVEN);
	assert_false(options.ipv4 || options.ipv6 || options.numeric);
}

static void floods(void **state)
{
	(void)state;
	assert_true(judge("-f", true));
	assert_int_equal(options.interval, 0);
	assert_true(options.numeric);
	assert_true(judge("-f -i 0.5", true));
	assert_int_equal(options.interval, NSEC_S / 2);
	assert_true(judge("-f -H", true));
	assert_false(options.numeric);
	refuses("-f", false, "a flood needs privilege, or an interval (-i 0.002)");
	assert_true(judge("-f -i 0.002", false));
	refuses("-i 0.0019", false,
	        "interval is too small: 0.0019 (at least 0.002 without privilege)");
	assert_true(judge("-i 0.0019", true));
	assert_true(judge("-i 0", true));
	refuses("-f -i 0", false, "interval is too small: 0 (at least 0.002 without privilege)");
	assert_true(judge("-l 3", false));
	refuses("-l 4", false, "preload is too large: 4 (at most 3 without privilege)");
	assert_true(judge("-l 65536", true));
}

static void families(void **state)
{
	(void)state;
	static const char *const four[] = {
		"-4", "-b", "-R", "-T tsonly", "--route 198.18.0.1", "-I 198.18.0.1"
	};
	static const char *const six[] = { "-6", "-F 0", "-N name", "-I 2001:db8::1" };
	for (size_t i = 0; i < 6; i++) {
		assert_true(judge(four[i], true));
		assert_true(options.ipv4 && !options.ipv6);
		for (size_t j = 0; j < 4; j++) {
			char line[128];
			strcpy(line, four[i]);
			strcat(line, " ");
			strcat(line, six[j]);
			/* Two sources: one for each family. */
			bool both = i == 5 && j == 3;
			assert_int_equal(judge(line, true), both);
		}
	}
	for (size_t j = 0; j < 4; j++) {
		assert_true(judge(six[j], true));
		assert_true(options.ipv6 && !options.ipv4);
	}
	assert_true(judge("-I 198.18.0.1 -I 2001:db8::1", true));
	assert_false(options.ipv4 || options.ipv6);
	assert_true(judge("-I 198.18.0.1 -I lo -I 2001:db8::1", true));
	assert_string_equal(options.interface, "lo");
	struct addr want;
	assert_true(addr_parse("2001:db8::1", &want));
	assert_true(addr_equal(&options.source6, &want));
	assert_true(judge("-I fe80::1%lo", true));
	assert_int_equal(options.source6.scope, if_nametoindex("lo"));
	assert_true(judge("-I fe80::1%77", true));
	assert_int_equal(options.source6.scope, 77);
	refuses("-I fe80::1%0", true, "source is not an IPv6 address: fe80::1%0");
	refuses("-I ::1%lo%lo", true, "source is not an IPv6 address: ::1%lo%lo");
	/* A source is a wish: where the family is said, the other's source is for nobody. */
	refuses("-4 -I 2001:db8::1", true, "-4 and -I with an IPv6 address do not go together");
}

/* The options of a header as RFC 791 writes them. */
static void ip_options(void **state)
{
	(void)state;
	uint8_t bytes[40];
	assert_true(judge("", true));
	assert_int_equal(ping_options_ip(&options, bytes), 0);
	assert_int_equal(ping_options_size_max(&options, 4), 65507);
	assert_int_equal(ping_options_size_max(&options, 6), 65527);

	assert_true(judge("-R", true));
	assert_int_equal(ping_options_ip(&options, bytes), 40);
	assert_memory_equal(bytes, "\x07\x27\x04", 3);
	assert_int_equal(ping_options_size_max(&options, 4), 65467);

	assert_true(judge("-T tsonly", true));
	assert_int_equal(ping_options_ip(&options, bytes), 40);
	assert_memory_equal(bytes, "\x44\x28\x05\x00", 4);

	assert_true(judge("-T tsandaddr", true));
	assert_int_equal(ping_options_ip(&options, bytes), 36);
	assert_memory_equal(bytes, "\x44\x24\x05\x01", 4);

	assert_true(judge("-T tsprespec=198.18.0.1,198.18.0.2", true));
	assert_int_equal(ping_options_ip(&options, bytes), 20);
	assert_memory_equal(bytes,
	                    "\x44\x14\x05\x03\xc6\x12\x00\x01\x00\x00\x00\x00\xc6\x12\x00\x02", 16);

	assert_true(judge("--route 198.18.0.1,198.18.0.2", true));
	assert_int_equal(ping_options_ip(&options, bytes), 12);
	assert_memory_equal(bytes, "\x83\x0b\x04\xc6\x12\x00\x01\xc6\x12\x00\x02\x00", 12);
	assert_true(judge("-r --route 198.18.0.1", true));
	assert_int_equal(ping_options_ip(&options, bytes), 8);
	assert_memory_equal(bytes, "\x89\x07\x04\xc6\x12\x00\x01\x00", 8);
	static const char *const two[] = { "-R -T tsonly", "-R --route 198.18.0.1",
		                           "-T tsonly --route 198.18.0.1" };
	for (size_t i = 0; i < 3; i++)
		refuses(two[i], true, "only one of -R, -T and --route fits into a header");
	assert_true(judge("--route 1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,"
	                  "1.1.1.1",
	                  true));
	assert_int_equal(ping_options_ip(&options, bytes), 40);
}

static void sizes(void **state)
{
	(void)state;
	assert_true(judge("-4 -s 65507", true));
	refuses("-4 -s 65508", true, "size is too large: 65508 (at most 65507)");
	assert_true(judge("-6 -s 65527", true));
	/* Of which family a name will be is not known yet. */
	assert_true(judge("-s 65527", true));
	assert_true(judge("-T tsandaddr -s 65471", true));
	refuses("-T tsandaddr -s 65472", true, "size is too large: 65472 (at most 65471)");
}

static void patterns(void **state)
{
	(void)state;
	assert_true(judge("-p ff00aB", true));
	assert_int_equal(options.pattern_length, 3);
	assert_memory_equal(options.pattern, "\xff\x00\xab", 3);
	assert_string_equal(options.pattern_text, "ff00ab");
	assert_true(judge("-p f", true));
	assert_int_equal(options.pattern_length, 1);
	assert_int_equal(options.pattern[0], 0x0f);
	assert_true(judge("-p abc", true));
	assert_memory_equal(options.pattern, "\xab\x0c", 2);
	assert_true(judge("-p 000102030405060708090a0b0c0d0e0f", true));
	assert_int_equal(options.pattern_length, 16);
	refuses("-p 000102030405060708090a0b0c0d0e0f1", true,
	        "pattern is longer than 16 bytes: 000102030405060708090a0b0c0d0e0f1");
	refuses("-p 0g", true, "pattern is not hexadecimal: 0g");
	refuses("-p g0", true, "pattern is not hexadecimal: g0");
	refuses("-p 0x00", true, "pattern is not hexadecimal: 0x00");
}

/* RFC 4620: query types 2, 3, 4; flags T 1, A 2, C 4, L 8, S 16, G 32; subjects by code. */
static void node_info(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		uint16_t qtype, flags;
	} queries[] = {
		{ "-N name", 2, 0 },
		{ "-N ipv6", 3, 0 },
		{ "-N ipv6-all", 3, 2 },
		{ "-N ipv6-compatible -N ipv6-linklocal", 3, 4 | 8 },
		{ "-N ipv6-sitelocal -N ipv6-global", 3, 16 | 32 },
		{ "-N ipv4", 4, 0 },
		{ "-N ipv4-all", 4, 2 },
	};
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		assert_true(judge(queries[i].line, true));
		assert_true(options.node_info.given);
		assert_int_equal(options.node_info.qtype, queries[i].qtype);
		assert_int_equal(options.node_info.flags, queries[i].flags);
		assert_int_equal(options.node_info.subject_length, 0);
	}
	assert_true(judge("-N subject-ipv6=2001:db8::5", true));
	assert_int_equal(options.node_info.code, 0);
	assert_int_equal(options.node_info.subject_length, 16);
	assert_memory_equal(options.node_info.subject, "\x20\x01\x0d\xb8", 4);
	assert_int_equal(options.node_info.subject[15], 5);
	assert_true(judge("-N ipv4 -N subject-ipv4=198.18.0.9", true));
	assert_int_equal(options.node_info.code, 2);
	assert_int_equal(options.node_info.subject_length, 4);
	assert_memory_equal(options.node_info.subject, "\xc6\x12\x00\x09", 4);
	/* A name that is whole ends in one empty label, one that is not in two. */
	assert_true(judge("-N subject-fqdn=ab.test.", true));
	assert_int_equal(options.node_info.code, 1);
	assert_int_equal(options.node_info.subject_length, 9);
	assert_memory_equal(options.node_info.subject,
	                    "\x02"
	                    "ab\x04test\x00",
	                    9);
	assert_true(judge("-N subject-name=ab", true));
	assert_int_equal(options.node_info.subject_length, 5);
	assert_memory_equal(options.node_info.subject,
	                    "\x02"
	                    "ab\x00\x00",
	                    5);
	refuses("-N subject-name=a..b", true, "node info subject cannot be asked about: a..b");
	refuses("-N subject-fqdn=.", true, "node info subject cannot be asked about: .");
	refuses("-N subject-name=abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.abcdef",
	        true,
	        "node info subject cannot be asked about: "
	        "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.abcdef");
	assert_true(judge("-N help", true));
	assert_true(options.node_info_help);
}

/* --- lists of targets ---------------------------------------------------------------------------
 */

/* Reads a list of these bytes; false with the complaint, the path cut off. */
static bool read_list(struct ping_targets *targets, const void *bytes, size_t length)
{
	char path[] = "/tmp/sonde-test-targets-XXXXXX";
	struct buffer text;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	close(fd);
	buffer_init(&text, sizeof(complaint) - 1);
	ping_targets_init(targets);
	bool fine = ping_targets_read(targets, path, &text);
	unlink(path);
	strcpy(complaint, text.data ? text.data + strlen(path) : "");
	buffer_release(&text);
	return fine;
}

static void lists(void **state)
{
	(void)state;
	struct ping_targets targets;
	static const char list[] = "# a comment\n\n a.test \t# with blanks\r\nb.test\r\n#\n::1";
	assert_true(read_list(&targets, list, sizeof(list) - 1));
	assert_int_equal(targets.count, 3);
	assert_string_equal(targets.names[0], "a.test");
	assert_string_equal(targets.names[1], "b.test");
	assert_string_equal(targets.names[2], "::1");
	ping_targets_release(&targets);
	assert_true(read_list(&targets, "", 0));
	assert_int_equal(targets.count, 0);
	ping_targets_release(&targets);
}

static void bad_lists(void **state)
{
	(void)state;
	struct ping_targets targets;
	static char line[PING_TARGET_LINE + 2];
	memset(line, 'a', PING_TARGET_LINE);
	line[PING_TARGET_LINE] = '\n';
	assert_true(read_list(&targets, line, PING_TARGET_LINE + 1));
	assert_int_equal(strlen(targets.names[0]), PING_TARGET_LINE);
	ping_targets_release(&targets);
	memset(line, 'a', PING_TARGET_LINE + 1);
	assert_false(read_list(&targets, line, PING_TARGET_LINE + 1));
	assert_string_equal(complaint, ":1: line is too long");
	ping_targets_release(&targets);
	static const struct {
		const char *bytes;
		size_t length;
		const char *want;
	} bad[] = {
		{ "a\nb c\n", 6, ":2: more than one host in a line" },
		{ "a\n\x1b[2J", 6, ":2: line is not text" },
		{ "a\0b\n", 4, ":1: line is not text" },
		{ "\n\n\n\x7f", 4, ":4: line is not text" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(read_list(&targets, bad[i].bytes, bad[i].length));
		assert_string_equal(complaint, bad[i].want);
		ping_targets_release(&targets);
	}
}

/* More than any list should hold, and no more. */
static void too_many(void **state)
{
	(void)state;
	struct ping_targets targets;
	struct buffer text;
	buffer_init(&text, 256);
	ping_targets_init(&targets);
	for (size_t i = 0; i < PING_TARGETS_MAX; i++)
		assert_true(ping_targets_add(&targets, "x", &text));
	assert_false(ping_targets_add(&targets, "x", &text));
	assert_string_equal(text.data, "more than 1048576 targets");
	ping_targets_release(&targets);
	buffer_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),  cmocka_unit_test(floods),
		cmocka_unit_test(families),  cmocka_unit_test(ip_options),
		cmocka_unit_test(patterns),  cmocka_unit_test(sizes),
		cmocka_unit_test(node_info), cmocka_unit_test(lists),
		cmocka_unit_test(bad_lists), cmocka_unit_test(too_many),
	};
	return cmocka_run_group_tests_name("ping_options", tests, NULL, NULL) != 0;
}
