#include "io/socket.h"

#include <errno.h>
#include <linux/in6.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#define RECEIVE_BUFFER (4 << 20) /* some 10,000 small replies (the kernel doubles it) */

socklen_t socket_address(const struct addr *a, uint16_t port, union socket_address *out)
{
	memset(out, 0, sizeof(*out));
	if (a->family == 4) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		memcpy(&out->v4.sin_addr, a->bytes, 4);
		return sizeof(out->v4);
	}
	if (a->family == 6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		out->v6.sin6_scope_id = a->scope;
		memcpy(&out->v6.sin6_addr, a->bytes, 16);
		return sizeof(out->v6);
	}
	return 0;
}

struct addr socket_addr(const union socket_address *in)
{
	struct addr a = { 0 };
	if (in->any.sa_family == AF_INET) {
		a.family = 4;
		memcpy(a.bytes, &in->v4.sin_addr, 4);
	} else if (in->any.sa_family == AF_INET6) {
		a = addr_v6(in->v6.sin6_addr.s6_addr);
		a.scope = in->v6.sin6_scope_id;
	}
	return a;
}

int socket_parse(const char *text, struct addr *out)
{
	char bare[ADDR_TEXT_SIZE];
	struct addr a;
	if (addr_parse(text, out))
		return 0;
	const char *zone = strchr(text, '%');
	size_t length = zone ? (size_t)(zone - text) : sizeof bare;
	if (length >= sizeof bare)
		return -EINVAL;
	memcpy(bare, text, length);
	bare[length] = '\0';
	if (!addr_parse(bare, &a) || a.family != 6)
		return -EINVAL;
	a.scope = if_nametoindex(zone + 1);
	if (a.scope == 0)
		return -ENODEV;
	*out = a;
	return 0;
}

static void refused(struct socket_opening *o, const char *what)
{
	o->error = -errno;
	o->what = what;
}

void socket_open(struct socket_opening *o, int type, int protocol, const char *what)
{
	int domain = o->family == 4 ? AF_INET : AF_INET6;
	o->fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (o->fd < 0)
		refused(o, what);
}

void socket_abandon(struct socket_opening *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

bool socket_may(const struct socket_opening *o, int level, int name, int value)
{
	return setsockopt(o->fd, level, name, &value, sizeof(value)) == 0;
}

void socket_must(struct socket_opening *o, int level, int name, int value, const char *what)
{
	if (!o->error && !socket_may(o, level, name, value))
		refused(o, what);
}

static void bind_device(struct socket_opening *o)
{
	const char *name = o->config->interface;
	socklen_t length = (socklen_t)strnlen(name, sizeof(o->config->interface));
	if (o->error || !length)
		return;
	if (setsockopt(o->fd, SOL_SOCKET, SO_BINDTODEVICE, name, length) < 0)
		refused(o, "setsockopt(SO_BINDTODEVICE)");
}

void socket_common(struct socket_opening *o)
{
	const struct transport_config *config = o->config;
	int room = config->receive_buffer ? config->receive_buffer : RECEIVE_BUFFER;

	if (o->error)
		return;
	bind_device(o);
	/* FORCE is for the administrator; without, the kernel cuts it down to its limit. */
	if (!socket_may(o, SOL_SOCKET, SO_RCVBUFFORCE, room))
		socket_must(o, SOL_SOCKET, SO_RCVBUF, room, "setsockopt(SO_RCVBUF)");
	if (config->send_buffer)
		socket_must(o, SOL_SOCKET, SO_SNDBUF, config->send_buffer, "setsockopt(SO_SNDBUF)");
	if (config->mark_set && !socket_may(o, SOL_SOCKET, SO_MARK, (int)config->mark))
		o->mark_refused = true;
	if (config->dont_route)
		socket_must(o, SOL_SOCKET, SO_DONTROUTE, 1, "setsockopt(SO_DONTROUTE)");
	if (config->debug)
		(void)socket_may(o, SOL_SOCKET, SO_DEBUG, 1); /* for the administrator, too */
	if (config->broadcast && o->family == 4)
		socket_must(o, SOL_SOCKET, SO_BROADCAST, 1, "setsockopt(SO_BROADCAST)");
	if (config->no_multicast_loop && o->family == 4)
		socket_must(o, IPPROTO_IP, IP_MULTICAST_LOOP, 0, "setsockopt(IP_MULTICAST_LOOP)");
	if (config->no_multicast_loop && o->family == 6)
		socket_must(o, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0,
		            "setsockopt(IPV6_MULTICAST_LOOP)");
}

void socket_bind(struct socket_opening *o, uint16_t port)
{
	struct addr source = o->family == 4 ? o->config->source4 : o->config->source6;
	union socket_address address;
	if (o->error)
		return;
	source.family = o->family; /* any, where none was asked for */
	socklen_t length = socket_address(&source, port, &address);
	if (bind(o->fd, &address.any, length) < 0)
		refused(o, "bind");
}

static const int pmtu4[] = {
	[TRANSPORT_PMTU_DEFAULT] = IP_PMTUDISC_WANT, [TRANSPORT_PMTU_WANT] = IP_PMTUDISC_WANT,
	[TRANSPORT_PMTU_DONT] = IP_PMTUDISC_DONT,    [TRANSPORT_PMTU_DO] = IP_PMTUDISC_DO,
	[TRANSPORT_PMTU_PROBE] = IP_PMTUDISC_PROBE,
};

static const int pmtu6[] = {
	[TRANSPORT_PMTU_DEFAULT] = IPV6_PMTUDISC_WANT, [TRANSPORT_PMTU_WANT] = IPV6_PMTUDISC_WANT,
	[TRANSPORT_PMTU_DONT] = IPV6_PMTUDISC_DONT,    [TRANSPORT_PMTU_DO] = IPV6_PMTUDISC_DO,
	[TRANSPORT_PMTU_PROBE] = IPV6_PMTUDISC_PROBE,
};

int socket_set_df(int fd, uint8_t family, enum transport_pmtu pmtu, bool df)
{
	bool always = pmtu == TRANSPORT_PMTU_DO || pmtu == TRANSPORT_PMTU_PROBE;
	/* DF whatever the host believes to know of the path. */
	if (df && !always)
		pmtu = TRANSPORT_PMTU_PROBE;
	const int *mode = family == 4 ? &pmtu4[pmtu] : &pmtu6[pmtu];
	int level = family == 4 ? IPPROTO_IP : IPPROTO_IPV6;
	int name = family == 4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER;
	int whole = df || always;
	if (setsockopt(fd, level, name, mode, sizeof(*mode)) < 0)
		return -errno;
	if (family == 6 && setsockopt(fd, level, IPV6_DONTFRAG, &whole, sizeof(whole)) < 0)
		return -errno;
	return 0;
}

int socket_lease_label(int fd, const struct addr *dst, uint32_t label)
{
	struct in6_flowlabel_req request = {
		.flr_label = htonl(label & IPV6_FLOWINFO_FLOWLABEL),
		.flr_action = IPV6_FL_A_GET,
		.flr_share = IPV6_FL_S_ANY,
		.flr_flags = IPV6_FL_F_CREATE,
	};
	memcpy(&request.flr_dst, dst->bytes, sizeof(request.flr_dst));
	return setsockopt(fd, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &request, sizeof(request)) < 0
	               ? -errno
	               : 0;
}

static void header4(struct socket_opening *o)
{
	const struct transport_config *config = o->config;
	const struct exchange_config *exchange = &config->exchange;

	if (config->ttl) {
		socket_must(o, IPPROTO_IP, IP_TTL, config->ttl, "setsockopt(IP_TTL)");
		socket_must(o, IPPROTO_IP, IP_MULTICAST_TTL, config->ttl,
		            "setsockopt(IP_MULTICAST_TTL)");
	}
	if (config->tos)
		socket_must(o, IPPROTO_IP, IP_TOS, config->tos, "setsockopt(IP_TOS)");
	if (o->error || !exchange->options_length)
		return;
	if (setsockopt(o->fd, IPPROTO_IP, IP_OPTIONS, exchange->options, exchange->options_length) <
	    0)
		refused(o, "setsockopt(IP_OPTIONS)");
}

static void header6(struct socket_opening *o)
{
	const struct transport_config *config = o->config;

	if (config->ttl) {
		socket_must(o, IPPROTO_IPV6, IPV6_UNICAST_HOPS, config->ttl,
		            "setsockopt(IPV6_UNICAST_HOPS)");
		socket_must(o, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, config->ttl,
		            "setsockopt(IPV6_MULTICAST_HOPS)");
	}
	if (config->tos)
		socket_must(o, IPPROTO_IPV6, IPV6_TCLASS, config->tos, "setsockopt(IPV6_TCLASS)");
	/* The label is the one the exchange wrote, and no other where it wrote none. */
	(void)socket_may(o, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0);
	if (config->exchange.flow_label)
		socket_must(o, IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1,
		            "setsockopt(IPV6_FLOWINFO_SEND)");
}

void socket_header(struct socket_opening *o)
{
	if (o->error)
		return;
	if (o->family == 4)
		header4(o);
	else
		header6(o);
	if (o->error)
		return;
	o->error = socket_set_df(o->fd, o->family, o->config->pmtu, false);
	if (o->error)
		o->what = "setsockopt(MTU_DISCOVER)";
}

void socket_telling(struct socket_opening *o, bool header)
{
	if (o->error)
		return;
	/* What an older kernel does not tell is unknown, that is all. */
	(void)socket_may(o, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (o->family == 6) {
		(void)socket_may(o, IPPROTO_IPV6, IPV6_RECVFRAGSIZE, 1);
		(void)socket_may(o, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
		(void)socket_may(o, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
		(void)socket_may(o, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		return;
	}
	(void)socket_may(o, IPPROTO_IP, IP_RECVFRAGSIZE, 1);
	if (!header)
		return;
	(void)socket_may(o, IPPROTO_IP, IP_RECVTTL, 1);
	(void)socket_may(o, IPPROTO_IP, IP_RECVTOS, 1);
	(void)socket_may(o, IPPROTO_IP, IP_PKTINFO, 1);
	if (o->config->exchange.options_length)
		(void)socket_may(o, IPPROTO_IP, IP_RECVOPTS, 1);
}
