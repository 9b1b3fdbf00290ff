#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/hosts.h"
#include "tests/unit/alloc_fail.h"

/* A file with this text, without a name in any directory. Close *fd. */
static void load(struct hosts *hosts, const char *text, int *fd)
{
	char path[32];
	*fd = memfd_create("hosts", MFD_CLOEXEC);
	assert_true(*fd >= 0);
	assert_int_equal(write(*fd, text, strlen(text)), strlen(text));
	snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
	assert_int_equal(hosts_load(hosts, path), 0);
}

/* The addresses of a name as one text with blanks between them. */
static const char *find(const struct hosts *hosts, const char *name, uint8_t family,
                        const char **canonical)
{
	static char text[512];
	struct addr addrs[8];
	size_t n = hosts_addrs(hosts, name, family, addrs, 8, canonical);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		char one[ADDR_TEXT_SIZE];
		addr_format(&addrs[i], one);
		strcat(text, i ? " " : "");
		strcat(text, one);
	}
	return text;
}

static const char table[] = "# a comment\n"
                            "\n"
                            "192.0.2.1\tone.test one\t# behind, ghost\n"
                            "   192.0.2.2 two.test One  \r\n"
                            "2001:db8::1 one.test\n"
                            "192.0.2.1 again.test one.test\n"
                            "not-an-address ghost\n"
                            "192.0.2.300 ghost\n"
                            "192.0.2.9\n"
                            "fe80::1%1 link.test\n"
                            "127.0.0.1 LocalHost\n"
                            "192.0.2.7 last.test";

static void test_names_to_addresses(void **state)
{
	(void)state;
	struct hosts hosts;
	const char *canonical;
	int fd;
	load(&hosts, table, &fd);
	assert_string_equal(find(&hosts, "one.test", 0, &canonical), "192.0.2.1 2001:db8::1");
	assert_string_equal(canonical, "one.test");
	assert_string_equal(find(&hosts, "one.test", 4, &canonical), "192.0.2.1");
	assert_string_equal(find(&hosts, "one.test", 6, &canonical), "2001:db8::1");
	assert_string_equal(find(&hosts, "ONE", 0, &canonical), "192.0.2.1 192.0.2.2");
	assert_string_equal(canonical, "one.test");
	assert_string_equal(find(&hosts, "two.test", 6, &canonical), "");
	assert_string_equal(find(&hosts, "again.test", 0, &canonical), "192.0.2.1");
	assert_string_equal(find(&hosts, "link.test", 0, &canonical), "fe80::1%1");
	assert_string_equal(find(&hosts, "last.test", 0, &canonical), "192.0.2.7");
	assert_string_equal(find(&hosts, "ghost", 0, &canonical), "");
	assert_string_equal(find(&hosts, "one.test.", 0, &canonical), "");
	assert_string_equal(find(&hosts, "", 0, &canonical), "");
	struct addr only[1];
	assert_int_equal(hosts_addrs(&hosts, "one.test", 0, only, 1, &canonical), 1);
	hosts_release(&hosts);
	close(fd);
}

static const char *name_of(const struct hosts *hosts, const char *text)
{
	struct addr addr;
	assert_true(addr_parse(text, &addr));
	return hosts_name(hosts, &addr);
}

static void test_addresses_to_names(void **state)
{
	(void)state;
	struct hosts hosts;
	int fd;
	load(&hosts, table, &fd);
	assert_string_equal(name_of(&hosts, "192.0.2.1"), "one.test"); /* the first line */
	assert_string_equal(name_of(&hosts, "192.0.2.2"), "two.test");
	assert_string_equal(name_of(&hosts, "2001:db8::1"), "one.test");
	assert_string_equal(name_of(&hosts, "127.0.0.1"), "LocalHost");
	assert_null(name_of(&hosts, "192.0.2.9"));
	assert_null(name_of(&hosts, "192.0.2.3"));
	assert_null(name_of(&hosts, "::ffff:192.0.2.1"));
	hosts_release(&hosts);
	close(fd);
}

/* RFC 6761, 6.3, where the file says nothing about it. */
static void test_localhost(void **state)
{
	(void)state;
	struct hosts hosts;
	const char *canonical;
	int fd;
	load(&hosts, table, &fd);
	assert_string_equal(find(&hosts, "localhost", 0, &canonical), "127.0.0.1");
	assert_string_equal(canonical, "LocalHost");
	assert_string_equal(find(&hosts, "localhost", 6, &canonical), "::1");
	assert_string_equal(canonical, "localhost");
	assert_string_equal(find(&hosts, "Localhost.", 0, &canonical), "::1 127.0.0.1");
	assert_string_equal(find(&hosts, "a.b.localhost", 4, &canonical), "127.0.0.1");
	assert_string_equal(find(&hosts, "notlocalhost", 0, &canonical), "");
	assert_string_equal(find(&hosts, "localhost.test", 0, &canonical), "");
	assert_string_equal(find(&hosts, "host", 0, &canonical), "");
	hosts_release(&hosts);
	close(fd);
}

static void test_no_file_is_an_empty_table(void **state)
{
	(void)state;
	struct hosts hosts;
	const char *canonical;
	assert_int_equal(hosts_load(&hosts, "/nonexistent/hosts"), 0);
	assert_string_equal(find(&hosts, "one.test", 0, &canonical), "");
	assert_string_equal(find(&hosts, "localhost", 4, &canonical), "127.0.0.1");
	assert_string_equal(name_of(&hosts, "127.0.0.1"), "localhost");
	assert_string_equal(name_of(&hosts, "::1"), "localhost");
	assert_null(name_of(&hosts, "127.0.0.2"));
	assert_null(name_of(&hosts, "192.0.2.1"));
	hosts_release(&hosts);
	assert_int_equal(hosts_load(&hosts, "/proc/self"), -EISDIR);
	hosts_release(&hosts);
}

/* Bytes of no meaning, NULs and lines without end are passed over. */
static void test_garbage(void **state)
{
	(void)state;
	static const char text[] = "192.0.2.1 a.test\n\0\0\n192.0.2.2 b.test\0c.test\n"
	                           "\xff\xfe\n192.0.2.3 d.test\n";
	struct hosts hosts;
	const char *canonical;
	char path[32];
	int fd = memfd_create("hosts", MFD_CLOEXEC);
	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	char label[400];
	memset(label, 'x', sizeof label);
	assert_int_equal(write(fd, "192.0.2.4 ", 10), 10);
	assert_int_equal(write(fd, label, sizeof label), sizeof label);
	assert_int_equal(write(fd, " e.test\n", 8), 8);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_int_equal(hosts_load(&hosts, path), 0);
	assert_string_equal(find(&hosts, "a.test", 0, &canonical), "192.0.2.1");
	assert_string_equal(find(&hosts, "d.test", 0, &canonical), "192.0.2.3");
	assert_string_equal(find(&hosts, "e.test", 0, &canonical), "192.0.2.4");
	assert_string_equal(canonical, "e.test"); /* the overlong one is no name */
	hosts_release(&hosts);
	close(fd);
}

static void test_many(void **state)
{
	(void)state;
	struct hosts hosts;
	const char *canonical;
	char path[32], wanted[32], name[32];
	int fd = memfd_create("hosts", MFD_CLOEXEC);
	assert_true(fd >= 0);
	for (unsigned int i = 0; i < 20000; i++)
		dprintf(fd, "10.1.%u.%u h%u.test\n", i / 256, i % 256, i);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	assert_int_equal(hosts_load(&hosts, path), 0);
	for (unsigned int i = 0; i < 20000; i += 111) {
		snprintf(wanted, sizeof wanted, "10.1.%u.%u", i / 256, i % 256);
		snprintf(name, sizeof name, "h%u.test", i);
		assert_string_equal(find(&hosts, name, 0, &canonical), wanted);
		assert_string_equal(name_of(&hosts, wanted), name);
	}
	hosts_release(&hosts);
	close(fd);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	struct hosts hosts;
	const char *canonical;
	char path[32];
	int fd = memfd_create("hosts", MFD_CLOEXEC);
	assert_true(fd >= 0);
	for (unsigned int i = 0; i < 100; i++)
		dprintf(fd, "192.0.2.%u h%u.test alias%u.test\n", i, i, i);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	long rounds = 0;
	for (long n = 0; alloc_fail_at(n); n++, rounds++) {
		int error = hosts_load(&hosts, path);
		assert_int_equal(error, alloc_fail.refused ? -ENOMEM : 0);
		if (!error)
			assert_string_equal(find(&hosts, "alias7.test", 0, &canonical),
			                    "192.0.2.7");
		hosts_release(&hosts);
	}
	alloc_fail_never();
	assert_true(rounds > 5);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_to_addresses),
		cmocka_unit_test(test_addresses_to_names),
		cmocka_unit_test(test_localhost),
		cmocka_unit_test(test_no_file_is_an_empty_table),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests_name("hosts", tests, NULL, NULL) != 0;
}
