#include "io/raw.h"

#include "io/carrier.h"

static const struct net_ops raw_ops = {
	.name = "raw",
	.send = carrier_send,
	.receive = carrier_receive,
	.fds = carrier_fds,
	.free = carrier_free,
};

static void open_icmp(struct socket_opening *o)
{
	if (o->family == 4)
		socket_open(o, SOCK_RAW, IPPROTO_ICMP, "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)");
	else
		socket_open(o, SOCK_RAW, IPPROTO_ICMPV6,
		            "socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)");
}

/*
 * A raw socket is told that a queue or driver dropped its datagram (ENOBUFS) only if it wants ICMP
 * errors on its error queue. They come as data too, so those there are passed over. The price: the
 * error queue knows no filter, and an ICMP socket is woken by errors about others' echoes as well.
 */
static void hear_refusals(struct socket_opening *o)
{
	if (o->family == 4)
		socket_must(o, IPPROTO_IP, IP_RECVERR, 1, "setsockopt(IP_RECVERR)");
	else
		socket_must(o, IPPROTO_IPV6, IPV6_RECVERR, 1, "setsockopt(IPV6_RECVERR)");
}

static struct channel *add_receiver(struct carrier *c, struct socket_opening *o, bool sends)
{
	open_icmp(o);
	socket_common(o);
	if (sends)
		socket_header(o);
	else if (o->family == 4)
		socket_must(o, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT,
		            "setsockopt(IP_MTU_DISCOVER)");
	else
		socket_must(o, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT,
		            "setsockopt(IPV6_MTU_DISCOVER)");
	if (sends)
		hear_refusals(o);
	socket_bind(o, 0);
	socket_telling(o, false);
	struct channel *ch = carrier_add(c, o, sends, true);
	if (!ch)
		return NULL;
	ch->gets_header = o->family == 4;
	/* Without it all is heard and sorted out in user space: slower, not wrong. */
	ch->filtered = carrier_filter(c, ch, true) == 0;
	return ch;
}

static struct channel *add_sender(struct carrier *c, struct socket_opening *o)
{
	if (o->family == 4)
		socket_open(o, SOCK_RAW, IPPROTO_RAW, "socket(AF_INET, SOCK_RAW, IPPROTO_RAW)");
	else
		socket_open(o, SOCK_RAW, IPPROTO_RAW, "socket(AF_INET6, SOCK_RAW, IPPROTO_RAW)");
	socket_common(o);
	if (o->family == 4) {
		socket_must(o, IPPROTO_IP, IP_HDRINCL, 1, "setsockopt(IP_HDRINCL)");
		socket_must(o, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE,
		            "setsockopt(IP_MTU_DISCOVER)");
	} else {
		socket_must(o, IPPROTO_IPV6, IPV6_HDRINCL, 1, "setsockopt(IPV6_HDRINCL)");
		socket_must(o, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE,
		            "setsockopt(IPV6_MTU_DISCOVER)");
	}
	hear_refusals(o);
	socket_bind(o, 0);
	struct channel *ch = carrier_add(c, o, true, false);
	if (ch)
		ch->own_header = true;
	return ch;
}

static struct channel *open_channels(struct carrier *c, struct socket_opening *o)
{
	struct channel *ch = add_receiver(c, o, !o->config->own_header);
	return ch && o->config->own_header ? add_sender(c, o) : ch;
}

int raw_open(const struct transport_config *config, struct net **net, struct transport_info *info)
{
	return carrier_open(&raw_ops, config, open_channels, net, info);
}
