#include "io/resolve_channel.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"

#define TIMEOUT_MS 3000
#define TRIES      2

static void socket_ready(void *ctx, uint32_t events)
{
	const struct channel_socket *socket = ctx;
	struct resolve_channel *c = socket->channel;
	bool read = events & (LOOP_READ | LOOP_ERROR);
	bool write = events & (LOOP_WRITE | LOOP_ERROR);
	int fd = socket->fd;
	ares_process_fd(c->ares, read ? fd : ARES_SOCKET_BAD, write ? fd : ARES_SOCKET_BAD);
	c->processed(c->ctx);
}

static struct channel_socket *slot_of(struct resolve_channel *c, int fd)
{
	for (size_t i = 0; i < CHANNEL_SOCKETS; i++)
		if (c->sockets[i].fd == fd)
			return &c->sockets[i];
	return NULL;
}

/* c-ares says what it waits for. A socket that cannot be watched is a server that says nothing. */
static void socket_changed(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct resolve_channel *c = ctx;
	struct channel_socket *slot = slot_of(c, fd);
	uint32_t events = (readable ? LOOP_READ : 0u) | (writable ? LOOP_WRITE : 0u);
	if (!events) {
		if (slot)
			slot->fd = -1;
		loop_unwatch(c->loop, fd);
		return;
	}
	if (!slot)
		slot = slot_of(c, -1);
	if (!slot)
		return;
	slot->fd = fd;
	if (loop_watch(c->loop, fd, events, socket_ready, slot))
		slot->fd = -1;
}

static int init(struct resolve_channel *c, const struct resolver_options *options)
{
	char lookups[] = "b"; /* DNS alone: the hosts file is ours */
	struct ares_options o = {
		.flags = ARES_FLAG_NOALIASES, /* $HOSTALIASES would be read for each name */
		.timeout = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS,
		.tries = options->tries > 0 ? options->tries : TRIES,
		.lookups = lookups,
		.socket_receive_buffer_size = 1 << 18, /* answers to all queries at once */
		.sock_state_cb = socket_changed,
		.sock_state_cb_data = c,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
	           ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_STATE_CB;
	char *path = NULL;
	if (options->resolv_path) {
		path = strdup(options->resolv_path);
		if (!path)
			return ARES_ENOMEM;
		o.resolvconf_path = path;
		mask |= ARES_OPT_RESOLVCONF;
	}
	int status = ares_init_options(&c->ares, &o, mask);
	free(path);
	return status;
}

int channel_open(struct resolve_channel *c, struct loop *loop,
                 const struct resolver_options *options, void (*processed)(void *ctx), void *ctx)
{
	*c = (struct resolve_channel){ .loop = loop, .processed = processed, .ctx = ctx };
	for (size_t i = 0; i < CHANNEL_SOCKETS; i++)
		c->sockets[i] = (struct channel_socket){ .channel = c, .fd = -1 };
	int status = init(c, options);
	if (status == ARES_SUCCESS && options->servers) {
		status = ares_set_servers_ports_csv(c->ares, options->servers);
		if (status != ARES_SUCCESS)
			ares_destroy(c->ares);
	}
	if (status == ARES_SUCCESS)
		return 0;
	return status == ARES_ENOMEM ? -ENOMEM : -EINVAL;
}

void channel_close(struct resolve_channel *c)
{
	ares_destroy(c->ares);
}

nsec channel_deadline(const struct resolve_channel *c)
{
	struct timeval left;
	if (!ares_timeout(c->ares, NULL, &left))
		return NSEC_NEVER;
	/* c-ares rounds down to milliseconds: on time would be too early, again and again. */
	return clock_now() + left.tv_sec * NSEC_S + left.tv_usec * NSEC_US + NSEC_MS;
}

void channel_timeouts(struct resolve_channel *c)
{
	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}
