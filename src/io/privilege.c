#include "io/privilege.h"

#include <errno.h>
#include <linux/securebits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool permitted(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value;
	return !cap_get_flag(caps, cap, CAP_PERMITTED, &value) && value == CAP_SET;
}

/* Makes those of the wanted capabilities effective that are permitted. */
static int raise_permitted(const cap_value_t *wanted, size_t count)
{
	cap_t caps = cap_get_proc();
	if (!caps)
		return -errno;
	int error = 0;
	for (size_t i = 0; i < count && !error; i++)
		if (permitted(caps, wanted[i]) &&
		    cap_set_flag(caps, CAP_EFFECTIVE, 1, &wanted[i], CAP_SET))
			error = -errno;
	if (!error && cap_set_proc(caps))
		error = -errno;
	cap_free(caps);
	return error;
}

int privilege_raise(void)
{
	static const cap_value_t wanted[] = { CAP_NET_RAW, CAP_NET_ADMIN };
	return raise_permitted(wanted, sizeof wanted / sizeof *wanted);
}

/* Whether any capability is left in the effective, permitted, inheritable or ambient set. */
static bool any_left(cap_t caps)
{
	cap_t none = cap_init();
	bool left = !none || cap_compare(caps, none) != 0;
	cap_free(none);
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		left = left || cap_get_ambient(cap) == CAP_SET;
	return left;
}

/* Asks the kernel, not the library: 0, or -EPERM where something is still there. */
static int verify(void)
{
	cap_t caps = cap_get_proc();
	if (!caps)
		return -errno;
	bool left = any_left(caps);
	cap_free(caps);
	return left || prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1 ? -EPERM : 0;
}

/*
 * What needs CAP_SETPCAP, as far as it is there: nothing that is executed later can get a
 * capability back, not even as root. Without it no_new_privs alone sees to that.
 */
static void close_ways_back(void)
{
	static const cap_value_t setpcap[] = { CAP_SETPCAP };
	if (raise_permitted(setpcap, 1))
		return;
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (cap_get_bound(cap) == CAP_SET)
			(void)cap_drop_bound(cap);
	(void)cap_set_secbits(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
	                      SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
	                      SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED);
}

/* Installed set-user-ID, which it should not be: back to who called, the saved ids included. */
static int drop_ids(void)
{
	gid_t gid = getgid();
	uid_t uid = getuid();
	if (getegid() != gid && setresgid(gid, gid, gid))
		return -errno;
	if (geteuid() != uid && setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

static int clear_sets(void)
{
	cap_t none = cap_init();
	if (!none)
		return -errno;
	/* Kernels before 4.3 have no ambient set. */
	int error = CAP_AMBIENT_SUPPORTED() && cap_reset_ambient() ? -errno : 0;
	if (!error && cap_set_proc(none))
		error = -errno;
	cap_free(none);
	return error;
}

/*
 * A raw socket outlives the right to open one. Another process of the same user must not take it by
 * ptrace or pidfd_getfd: a process that had a right the user does not have is closed to them, as
 * the kernel does by itself after exec of a file with capabilities, but not with ambient ones.
 */
static int guard_descriptors(void)
{
	cap_t caps = cap_get_proc();
	if (!caps)
		return -errno;
	bool more_than_user = getuid() != 0 && any_left(caps);
	cap_free(caps);
	if (more_than_user && prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL))
		return -errno;
	return 0;
}

int privilege_drop(void)
{
	int error = guard_descriptors();
	if (error)
		return error;
	close_ways_back();
	error = drop_ids();
	if (error)
		return error;
	error = clear_sets();
	if (error)
		return error;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL))
		return -errno;
	return verify();
}
