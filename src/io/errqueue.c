#include "io/errqueue.h"

#include <errno.h>

#include "io/carrier.h"
#include "wire/extension.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

static const struct net_ops errqueue_ops = {
	.name = "dgram",
	.send = carrier_send,
	.receive = carrier_receive,
	.fds = carrier_fds,
	.free = carrier_free,
};

/* An echo id is the port of the socket: the kernel's choice where it is 0. */
static void take_id(struct socket_opening *o, uint16_t *id)
{
	union socket_address address = { 0 };
	socklen_t length = sizeof(address);
	socket_bind(o, *id);
	if (o->error)
		return;
	if (getsockname(o->fd, &address.any, &length) < 0) {
		o->error = -errno;
		o->what = "getsockname";
		return;
	}
	*id = ntohs(o->family == 4 ? address.v4.sin_port : address.v6.sin6_port);
}

/* Both families have the same id, for which two sockets must agree to share it while they bind. */
static void share_id(const struct carrier *c, struct socket_opening *o, int on)
{
	for (size_t i = 0; i < c->channel_count; i++)
		(void)setsockopt(c->channels[i].fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)socket_may(o, SOL_SOCKET, SO_REUSEADDR, on);
}

static void open_socket(struct socket_opening *o)
{
	if (o->family == 4)
		socket_open(o, SOCK_DGRAM, IPPROTO_ICMP,
		            "socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)");
	else
		socket_open(o, SOCK_DGRAM, IPPROTO_ICMPV6,
		            "socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6)");
	socket_common(o);
	socket_header(o);
	socket_telling(o, true);
	if (o->family == 4) {
		socket_must(o, IPPROTO_IP, IP_RECVERR, 1, "setsockopt(IP_RECVERR)");
		(void)socket_may(o, IPPROTO_IP, IP_RECVERR_RFC4884, 1);
	} else {
		socket_must(o, IPPROTO_IPV6, IPV6_RECVERR, 1, "setsockopt(IPV6_RECVERR)");
		(void)socket_may(o, IPPROTO_IPV6, IPV6_RECVERR_RFC4884, 1);
	}
}

static struct channel *open_channel(struct carrier *c, struct socket_opening *o)
{
	struct exchange_config *exchange = &c->exchange.config;
	uint16_t id = exchange->id_fixed ? exchange->id_base : 0;
	open_socket(o);
	share_id(c, o, 1);
	take_id(o, &id);
	share_id(c, o, 0);
	struct channel *ch = carrier_add(c, o, true, true);
	if (!ch)
		return NULL;
	exchange->id_base = id;
	exchange->id_fixed = true;
	ch->errors = true;
	return ch;
}

int errqueue_open(const struct transport_config *config, struct net **net,
                  struct transport_info *info)
{
	return carrier_open(&errqueue_ops, config, open_channel, net, info);
}

/* --- errors ---------------------------------------------------------------------------------- */

/* Divides what was quoted, from the ICMP header on, into that and an extension structure. */
static void split(const struct arrival *a, uint8_t family, struct exchange_error *error)
{
	size_t ip = family == 4 ? IP4_HEADER_MIN : IP6_HEADER;
	size_t at = a->error.ee_rfc4884.len;

	error->upper = a->data;
	if (a->error.ee_rfc4884.flags & SO_EE_RFC4884_FLAG_INVALID)
		return;
	(void)extension_split(a->data, at ? at : EXTENSION_AT - ip, at != 0, &error->upper,
	                      &error->extensions);
}

bool errqueue_match(struct carrier *c, const struct arrival *a, nsec now, struct reply *reply)
{
	const struct sock_extended_err *ee = &a->error;
	uint8_t family = ee->ee_origin == SO_EE_ORIGIN_ICMP    ? 4
	                 : ee->ee_origin == SO_EE_ORIGIN_ICMP6 ? 6
	                                                       : 0;
	/* The rest is local: what the send call said itself. */
	if (!family)
		return false;
	struct exchange_error error = {
		.from = a->offender,
		.dst = a->name,
		.icmp_type = ee->ee_type,
		.icmp_code = ee->ee_code,
		.protocol = family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMP6,
		.id = c->exchange.config.id_base,
		.ttl = a->ttl,
		.tos = a->tos,
	};
	error.time = carrier_time(c, a, now, &error.user_time);
	split(a, family, &error);
	bool too_big = family == 4 ? ee->ee_type == ICMP4_UNREACHABLE &&
	                                     ee->ee_code == ICMP4_CODE_FRAG_NEEDED
	                           : ee->ee_type == ICMP6_PACKET_TOO_BIG;
	if (too_big)
		error.mtu = ee->ee_info;
	if (!exchange_match_error(&c->exchange, &error, reply))
		return false;
	if (reply->kind == REPLY_PARAMETER)
		reply->pointer = ee->ee_info;
	if (reply->kind == REPLY_REDIRECT && family == 4)
		reply->gateway = addr_v4(ee->ee_info);
	return true;
}
