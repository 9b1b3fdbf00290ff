#include "tests/simnet/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMESPACES (CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID)

static const char hosts[] = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n";

/* Opens with flags besides O_WRONLY, writes all. 0 or -errno. */
static int write_file(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
	if (fd < 0)
		return -errno;
	size_t length = strlen(text);
	ssize_t n = write(fd, text, length);
	int error = n < 0 ? -errno : (size_t)n < length ? -EIO : 0;
	if (close(fd) && !error)
		error = -errno;
	return error;
}

/* --- namespaces
 * ----------------------------------------------------------------------------------- */

/* The user becomes root inside, and nobody else exists there. */
static int map_root(uid_t user, gid_t group)
{
	char text[64];
	int error = write_file("/proc/self/setgroups", 0, "deny");
	if (error && error != -ENOENT)
		return error;
	(void)snprintf(text, sizeof text, "0 %lu 1\n", (unsigned long)user);
	error = write_file("/proc/self/uid_map", 0, text);
	if (error)
		return error;
	(void)snprintf(text, sizeof text, "0 %lu 1\n", (unsigned long)group);
	return write_file("/proc/self/gid_map", 0, text);
}

int lab_enter(const char **what)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	*what = "making namespaces";
	if (unshare(NAMESPACES)) {
		if (errno != EPERM)
			return -errno;
		*what = "making a user namespace, for want of root";
		if (unshare(NAMESPACES | CLONE_NEWUSER)) {
			if (errno == ENOSPC)
				*what = "making a user namespace, more than sysctl user.max_* "
				        "permit";
			return -errno;
		}
		int error = map_root(user, group);
		if (error)
			return error;
	}
	*what = "keeping mounts to ourselves";
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ? -errno : 0;
}

/* --- names
 * ---------------------------------------------------------------------------------------- */

/* An empty file where a link into the old /run pointed to; its directories too. */
static int make_target(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int error = mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
		*slash = '/';
		if (error)
			return error;
	}
	return write_file(path, O_CREAT, "");
}

/* Puts text, by way of a new file from, over the file real, found before /run was hidden. */
static int cover(char *real, const char *from, const char *text)
{
	int error = write_file(from, O_CREAT | O_EXCL, text);
	if (error)
		return error;
	if (strncmp(real, "/run/", 5) == 0)
		error = make_target(real);
	if (error)
		return error;
	return mount(from, real, NULL, MS_BIND, NULL) ? -errno : 0;
}

/* Where the file is, or where it would be for a link into /run that leads nowhere yet. */
static bool find(const char *path, char real[static PATH_MAX])
{
	char target[PATH_MAX];
	if (realpath(path, real))
		return true;
	ssize_t n = readlink(path, target, sizeof target - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	const char *from_root = strncmp(target, "../", 3) == 0 ? target + 2 : target;
	if (strncmp(from_root, "/run/", 5) != 0)
		return false;
	memcpy(real, from_root, strlen(from_root) + 1);
	return true;
}

int lab_names(const char *resolv_conf, const char **what)
{
	char hosts_at[PATH_MAX], resolv_at[PATH_MAX];
	bool has_hosts = find("/etc/hosts", hosts_at);
	bool has_resolv = find("/etc/resolv.conf", resolv_at);
	*what = "/etc/resolv.conf, to name the topology's name server in";
	if (!has_resolv && *resolv_conf)
		return -ENOENT;
	*what = "hiding /run";
	if (mount("simnet", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"))
		return -errno;
	*what = "covering /etc/hosts";
	int error = has_hosts ? cover(hosts_at, "/run/hosts.simnet", hosts) : 0;
	if (error || !has_resolv)
		return error;
	*what = "covering /etc/resolv.conf";
	return cover(resolv_at, "/run/resolv.simnet", resolv_conf);
}

void lab_ping_sockets(void)
{
	static const char path[] = "/proc/sys/net/ipv4/ping_group_range";
	/* A user namespace knows one group only. */
	if (write_file(path, 0, "0 2147483647"))
		(void)write_file(path, 0, "0 0");
}
