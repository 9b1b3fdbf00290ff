#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "io/privilege.h"
#include "tests/unit/child.h"

#define NET_RAW_BIT (1ULL << CAP_NET_RAW)
#define NOBODY      65534

static int open_status(void)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static bool raw_socket_opens(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void check_nothing_left(int status)
{
	CHECK(status_field(status, "CapPrm", 16) == 0);
	CHECK(status_field(status, "CapEff", 16) == 0);
	CHECK(status_field(status, "CapInh", 16) == 0);
	CHECK(status_field(status, "CapAmb", 16) == 0);
	CHECK(status_field(status, "NoNewPrivs", 10) == 1);
	CHECK(!raw_socket_opens() && errno == EPERM);
}

/*
 * What exec of a file with cap_net_raw+p makes: an ordinary user with the right permitted and not
 * effective. Root gives the user id away and keeps the capabilities; others find them in a user
 * namespace. False where neither can be had.
 */
static bool like_installed(const char *capabilities)
{
	if (getuid() == 0)
		CHECK(!prctl(PR_SET_KEEPCAPS, 1UL, 0UL, 0UL, 0UL) &&
		      !setresuid(NOBODY, NOBODY, NOBODY));
	else if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	cap_t caps = cap_from_text(capabilities);
	CHECK(caps && !cap_set_proc(caps));
	cap_free(caps);
	/* Root's change of id closed it already; undo, so that privilege_drop has to. */
	CHECK(!prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL));
	return true;
}

static void drop_as_started(void)
{
	int status = open_status();
	CHECK(privilege_raise() == 0);
	CHECK(privilege_drop() == 0);
	check_nothing_left(status);
	CHECK(privilege_drop() == 0); /* again is no error */
	check_nothing_left(status);
}

static void test_drop_as_started(void **state)
{
	(void)state;
	assert_int_equal(in_child(drop_as_started), 0);
}

static void raise_from_permitted(void)
{
	if (!like_installed("cap_net_raw=p"))
		return;
	int status = open_status();
	CHECK(!raw_socket_opens());
	CHECK(privilege_raise() == 0);
	CHECK(status_field(status, "CapEff", 16) == NET_RAW_BIT);
	CHECK(raw_socket_opens());
	CHECK(privilege_drop() == 0);
	check_nothing_left(status);
	CHECK(privilege_raise() == 0); /* nothing comes back */
	check_nothing_left(status);
}

static void test_raise_from_permitted(void **state)
{
	(void)state;
	assert_int_equal(in_child(raise_from_permitted), 0);
}

static void raise_only_what_is_needed(void)
{
	if (!like_installed("cap_net_raw,cap_net_admin,cap_chown=p"))
		return;
	int status = open_status();
	CHECK(privilege_raise() == 0);
	CHECK(status_field(status, "CapEff", 16) == (NET_RAW_BIT | 1ULL << CAP_NET_ADMIN));
}

static void test_raise_only_what_is_needed(void **state)
{
	(void)state;
	assert_int_equal(in_child(raise_only_what_is_needed), 0);
}

static void drop_ambient(void)
{
	if (!like_installed("cap_net_raw=pi"))
		return;
	int status = open_status();
	CHECK(!cap_set_ambient(CAP_NET_RAW, CAP_SET));
	CHECK(status_field(status, "CapAmb", 16) == NET_RAW_BIT);
	CHECK(privilege_drop() == 0);
	check_nothing_left(status);
}

static void test_drop_ambient(void **state)
{
	(void)state;
	assert_int_equal(in_child(drop_ambient), 0);
}

/* With CAP_SETPCAP nothing executed later could get a capability either, not even as root. */
static void close_ways_back(void)
{
	bool root = getuid() == 0;
	if (!root && !like_installed("cap_setpcap,cap_net_raw=p"))
		return;
	int status = open_status();
	CHECK(privilege_drop() == 0);
	check_nothing_left(status);
	CHECK(status_field(status, "CapBnd", 16) == 0);
	unsigned int locked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
	                      SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED | SECBIT_KEEP_CAPS_LOCKED;
	CHECK((cap_get_secbits() & locked) == locked);
	CHECK(!root || getuid() == 0);
}

static void test_close_ways_back(void **state)
{
	(void)state;
	assert_int_equal(in_child(close_ways_back), 0);
}

/* A raw socket must not be taken by ptrace; without more right than the user, debuggers may come.
 */
static void undumpable_where_privileged(void)
{
	if (!like_installed("cap_net_raw=p"))
		return;
	CHECK(privilege_drop() == 0);
	CHECK(prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 0);
}

static void dumpable_where_not(void)
{
	if (getuid() == 0)
		CHECK(!setresuid(NOBODY, NOBODY, NOBODY));
	CHECK(!prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL));
	CHECK(privilege_drop() == 0);
	CHECK(prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 1);
}

static void test_dumpable(void **state)
{
	(void)state;
	assert_int_equal(in_child(undumpable_where_privileged), 0);
	assert_int_equal(in_child(dumpable_where_not), 0);
}

/* As after exec of a set-user-ID file; only root can make that state. */
static void set_user_id(void)
{
	if (getuid() != 0)
		return;
	CHECK(!setresgid(NOBODY, 0, 0) && !setresuid(NOBODY, 0, 0));
	CHECK(privilege_raise() == 0);
	CHECK(raw_socket_opens());
	int status = open_status();
	CHECK(privilege_drop() == 0);
	check_nothing_left(status);
	uid_t uid[3];
	gid_t gid[3];
	CHECK(!getresuid(&uid[0], &uid[1], &uid[2]) && !getresgid(&gid[0], &gid[1], &gid[2]));
	for (int i = 0; i < 3; i++)
		CHECK(uid[i] == NOBODY && gid[i] == NOBODY);
	CHECK(setuid(0) && errno == EPERM);
}

static void test_set_user_id(void **state)
{
	(void)state;
	assert_int_equal(in_child(set_user_id), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop_as_started),
		cmocka_unit_test(test_raise_from_permitted),
		cmocka_unit_test(test_raise_only_what_is_needed),
		cmocka_unit_test(test_drop_ambient),
		cmocka_unit_test(test_close_ways_back),
		cmocka_unit_test(test_dumpable),
		cmocka_unit_test(test_set_user_id),
	};
	return cmocka_run_group_tests_name("privilege", tests, NULL, NULL) != 0;
}
