#include "io/carrier.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/filter.h"

/* Not a power of two alone: the heads of all slots would share one place in the cache. */
#define DATA_SLOT  (65536 + 256)
#define ERROR_SLOT 1536 /* the kernel quotes at most 1,280 bytes */

static int carrier_new(const struct net_ops *ops, const struct transport_config *config,
                       struct carrier **out)
{
	struct carrier *c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->net.ops = ops;
	c->source4 = config->source4;
	c->source6 = config->source6;
	c->pmtu = config->pmtu;
	c->ttl = config->ttl;
	c->tos = config->tos;
	c->own_header = config->own_header;
	c->filter_flows = 1;
	c->bind_source = config->bind_source;
	c->connect = config->connect;
	c->bursts = config->no_send_stamps;
	c->sources.fd[0] = c->sources.fd[1] = -1;
	clock_map_init(&c->map);
	c->read = c->map.looked;
	int error = exchange_init(&c->exchange, &config->exchange);
	if (!error)
		error = inbox_init(&c->in, DATA_SLOT);
	if (!error)
		error = inbox_init(&c->errors, ERROR_SLOT);
	if (error) {
		carrier_free(&c->net);
		return error;
	}
	*out = c;
	return 0;
}

void carrier_free(struct net *net)
{
	struct carrier *c = (struct carrier *)net;
	if (!c)
		return;
	for (size_t i = 0; i < c->channel_count; i++) {
		close(c->channels[i].fd);
		outbox_release(&c->channels[i].out);
	}
	inbox_release(&c->in);
	inbox_release(&c->errors);
	source_release(&c->sources);
	exchange_release(&c->exchange);
	free(c);
}

/* Stamps of both kinds, or of receiving alone where the kernel gives no others. */
static void ask_for_stamps(struct channel *ch, const struct transport_config *config)
{
	bool send = ch->sends && !config->user_time && !config->no_send_stamps;
	bool receive = ch->receives && !config->user_time;

	if (send && stamp_enable(ch->fd, true, receive) < 0)
		send = false;
	ch->stamps_received = receive && (send || stamp_enable(ch->fd, false, true) == 0);
	stamp_init(&ch->stamps, send);
}

/* From how much on the receive buffer may have been full: the kernel counts what it allocates. */
static uint32_t buffer_suspect(int fd)
{
	int size = 0;
	socklen_t length = sizeof(size);
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length) < 0 || size < 0)
		return 0;
	return (uint32_t)size / 4;
}

struct channel *carrier_add(struct carrier *c, struct socket_opening *o, bool sends, bool receives)
{
	struct channel *ch = &c->channels[c->channel_count];
	if (!o->error && sends && outbox_init(&ch->out) < 0) {
		o->error = -ENOMEM;
		o->what = "calloc";
	}
	if (o->error)
		return NULL;
	ch->fd = o->fd;
	ch->family = o->family;
	ch->sends = sends;
	ch->receives = receives;
	ch->suspect = buffer_suspect(o->fd);
	ask_for_stamps(ch, o->config);
	o->fd = -1;
	c->channel_count++;
	return ch;
}

static int open_family(struct carrier *c, const struct transport_config *config, uint8_t family,
                       carrier_opener opener, struct transport_info *info)
{
	struct socket_opening o = { .config = config, .fd = -1, .family = family };
	if (!opener(c, &o)) {
		socket_abandon(&o);
		info->error = -o.error;
		info->what = o.what;
	}
	info->mark_refused = info->mark_refused || o.mark_refused;
	return o.error;
}

static int open_families(struct carrier *c, const struct transport_config *config,
                         carrier_opener opener, struct transport_info *info)
{
	int error = config->ipv4 ? open_family(c, config, 4, opener, info) : -EAFNOSUPPORT;
	if (error && error != -EAFNOSUPPORT)
		return error;
	int error6 = config->ipv6 ? open_family(c, config, 6, opener, info) : -EAFNOSUPPORT;
	return error6 == -EAFNOSUPPORT ? error : error6;
}

static void describe(const struct carrier *c, struct transport_info *info)
{
	info->send_stamps = info->receive_stamps = info->filtered = true;
	for (size_t i = 0; i < c->channel_count; i++) {
		const struct channel *ch = &c->channels[i];
		info->ipv4 = info->ipv4 || ch->family == 4;
		info->ipv6 = info->ipv6 || ch->family == 6;
		info->send_stamps = info->send_stamps && (!ch->sends || ch->stamps.on);
		info->receive_stamps =
		        info->receive_stamps && (!ch->receives || ch->stamps_received);
		/* The kernel gives a ping socket its own replies, without being told. */
		info->filtered = info->filtered && (!ch->receives || ch->errors || ch->filtered);
	}
}

int carrier_open(const struct net_ops *ops, const struct transport_config *config,
                 carrier_opener opener, struct net **net, struct transport_info *info)
{
	struct carrier *c;
	int error = carrier_new(ops, config, &c);
	if (error) {
		info->error = -error;
		info->what = "carrier_new";
		return error;
	}
	error = open_families(c, config, opener, info);
	/* Who asks for sources, and what is asked when a datagram was too large. */
	bool asks = c->own_header || c->bind_source || c->pmtu == TRANSPORT_PMTU_DO;
	if (!error && asks) {
		error = source_init(&c->sources, config->interface,
		                    config->mark_set ? config->mark : 0);
		info->error = error ? -error : info->error;
		info->what = error ? "socket(SOCK_DGRAM)" : info->what;
	}
	if (error) {
		carrier_free(&c->net);
		return error;
	}
	describe(c, info);
	*net = &c->net;
	return 0;
}

int carrier_filter(struct carrier *c, struct channel *ch, bool first)
{
	const struct exchange_config *exchange = &c->exchange.config;
	struct filter_config config = {
		.id_base = exchange->id_base,
		.id_count = exchange->id_fixed ? 1 : c->filter_flows,
		.port_base = exchange->sport_base,
		.port_count = c->own_header ? c->filter_flows : 0,
		.node_info = ch->family == 6,
	};
	if (first)
		return filter_open(ch->fd, ch->family, &config);
	return filter_attach(ch->fd, ch->family, &config);
}

size_t carrier_fds(const struct net *net, int *fds, size_t capacity)
{
	const struct carrier *c = (const struct carrier *)net;
	size_t n = 0;
	for (size_t i = 0; i < c->channel_count && n < capacity; i++)
		fds[n++] = c->channels[i].fd;
	return n;
}
