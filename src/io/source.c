#include "io/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/socket.h"

static int bind_device(int fd, const char *interface)
{
	if (*interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
	                             (socklen_t)strlen(interface)) < 0)
		return -errno;
	return 0;
}

/* *fd is -1 and nothing wrong where the host lacks the family. */
static int open_family(uint8_t family, const char *interface, uint32_t mark, int *fd)
{
	*fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -errno;
	int on = 1;
	/* A broadcast address has a source like any other. */
	(void)setsockopt(*fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (mark)
		(void)setsockopt(*fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	return bind_device(*fd, interface);
}

int source_init(struct source_table *t, const char *interface, uint32_t mark)
{
	memset(t, 0, sizeof(*t));
	t->fd[0] = t->fd[1] = -1;
	strncpy(t->interface, interface, sizeof(t->interface) - 1);
	int error = open_family(4, interface, mark, &t->fd[0]);
	if (!error)
		error = open_family(6, interface, mark, &t->fd[1]);
	if (error)
		source_release(t);
	return error;
}

void source_release(struct source_table *t)
{
	for (int i = 0; i < 2; i++) {
		if (t->fd[i] >= 0)
			close(t->fd[i]);
		t->fd[i] = -1;
	}
}

/* Connected anew: the kernel looks the route up. */
static int turn_to(int fd, const char *interface, const struct addr *dst)
{
	union socket_address address = { .any.sa_family = AF_UNSPEC };
	/* The source of the last destination would be a wish for the next. With it the kernel
	 * forgets the interface. */
	if (connect(fd, &address.any, sizeof(address.any)) < 0 && errno != EAFNOSUPPORT)
		return -errno;
	int error = bind_device(fd, interface);
	if (error)
		return error;
	socklen_t length = socket_address(dst, 9, &address);
	return connect(fd, &address.any, length) < 0 ? -errno : 0;
}

static int ask(int fd, const char *interface, const struct addr *dst, struct addr *src)
{
	union socket_address address;
	socklen_t length = sizeof(address);
	int error = turn_to(fd, interface, dst);
	if (error)
		return error;
	if (getsockname(fd, &address.any, &length) < 0)
		return -errno;
	*src = socket_addr(&address);
	if (!addr_is_link_local(src))
		src->scope = 0;
	return 0;
}

int source_find(struct source_table *t, const struct addr *dst, nsec now, struct addr *src)
{
	int fd = dst->family == 4 ? t->fd[0] : t->fd[1];
	if (!dst->family || fd < 0)
		return -EAFNOSUPPORT;
	struct source_entry *e = &t->entries[addr_hash(dst) % SOURCE_TABLE];
	if (e->dst.family && now - e->asked <= SOURCE_KEEP && addr_compare(&e->dst, dst) == 0) {
		*src = e->src;
		return 0;
	}
	int error = ask(fd, t->interface, dst, src);
	if (!error)
		*e = (struct source_entry){ *dst, *src, now };
	return error;
}

int source_mtu(const struct source_table *t, const struct addr *dst, uint32_t *mtu)
{
	bool v4 = dst->family == 4;
	int fd = v4 ? t->fd[0] : t->fd[1];
	int value = 0;
	socklen_t length = sizeof(value);
	if (!dst->family || fd < 0)
		return -EAFNOSUPPORT;
	int error = turn_to(fd, t->interface, dst);
	if (error)
		return error;
	if (getsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU : IPV6_MTU, &value,
	               &length) < 0)
		return -errno;
	*mtu = (uint32_t)value;
	return 0;
}
