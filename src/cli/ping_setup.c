#include "cli/ping_setup.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "io/clock.h"
#include "io/privilege.h"
#include "io/sandbox.h"

#define TIMEOUT_DEFAULT (10 * NSEC_S)
#define LATE            (60 * NSEC_S) /* an answer is known as late for so long */
#define FLIGHT_MIN      65536
#define FLIGHT_MAX      4194304

/* Records for all probes that can wait for an answer at once. */
static uint32_t flight_limit(const struct ping_options *o, size_t targets)
{
	nsec timeout = o->timeout > 0 ? o->timeout : TIMEOUT_DEFAULT;
	uint64_t each = o->interval > 0 ? (uint64_t)(timeout / o->interval) + 2 : FLIGHT_MIN;
	if (targets > FLIGHT_MAX || each > FLIGHT_MAX / (targets ? targets : 1))
		return FLIGHT_MAX;
	uint64_t all = each * targets;
	return (uint32_t)(all < FLIGHT_MIN ? FLIGHT_MIN : all);
}

static void configure_exchange(struct exchange_config *x, const struct ping_options *o,
                               size_t targets)
{
	x->id_fixed = o->id != PING_NOT_GIVEN;
	if (x->id_fixed)
		x->id_base = (uint16_t)o->id;
	x->broadcast = o->broadcast;
	memcpy(x->pattern, o->pattern, sizeof(x->pattern));
	x->pattern_length = o->pattern_length;
	x->options_length = ping_options_ip(o, x->options);
	if (o->flow_label != PING_NOT_GIVEN)
		x->flow_label = (uint32_t)o->flow_label;
	if (o->node_info.given) {
		struct writer w = writer_of(x->node_info, sizeof(x->node_info));
		writer_u16(&w, o->node_info.qtype);
		writer_u16(&w, o->node_info.flags);
		writer_bytes(&w, o->node_info.subject, o->node_info.subject_length);
		x->node_info_length = (uint8_t)writer_length(&w);
		x->node_info_code = o->node_info.code;
	}
	x->flight_limit = flight_limit(o, targets);
	x->flight_keep = o->timeout == 0 ? NSEC_NEVER
	                                 : nsec_after(nsec_max(o->timeout, TIMEOUT_DEFAULT), LATE);
}

static void configure_transport(struct transport_config *t, const struct ping_options *o,
                                size_t targets)
{
	/* The kernel picks the identifier of a ping socket: 0 and a query need raw ones. */
	t->mode = o->id == 0 || o->node_info.given ? TRANSPORT_RAW : TRANSPORT_AUTO;
	t->ipv4 = !o->ipv6;
	t->ipv6 = !o->ipv4;
	t->source4 = o->source4;
	t->source6 = o->source6;
	if (o->interface)
		snprintf(t->interface, sizeof(t->interface), "%s", o->interface);
	t->mark_set = o->mark != PING_NOT_GIVEN;
	t->mark = t->mark_set ? (uint32_t)o->mark : 0;
	t->send_buffer = (int)o->send_buffer;
	t->pmtu = o->pmtu < 0 ? TRANSPORT_PMTU_DEFAULT
	                      : (enum transport_pmtu)(TRANSPORT_PMTU_WANT + o->pmtu);
	t->dont_route = o->dont_route;
	t->debug = o->debug;
	t->broadcast = o->broadcast;
	t->no_multicast_loop = o->no_loop;
	t->bind_source = o->bind_source;
	t->connect = o->connect;
	t->ttl = (uint8_t)o->ttl;
	t->tos = (uint8_t)o->tos;
	t->user_time = o->user_time;
	/*
	 * A flood counts answers; the stamps of sending would cost it a seventh of them. Of several
	 * targets each is to have its times, and who paces the flood gets no burst to time.
	 */
	t->no_send_stamps = o->flood && o->interval == 0 && targets == 1;
}

static const char *sockets_name(enum transport_mode mode)
{
	return mode == TRANSPORT_RAW ? "raw sockets" : "ping sockets";
}

static void explain_permission(const struct ping_setup *s, struct buffer *complaint)
{
	char self[PATH_MAX] = "sonde";
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length > 0)
		self[length] = '\0';
	bool either = s->transport.mode == TRANSPORT_AUTO;
	buffer_printf(complaint, "no permission to send: raw sockets: %s",
	              strerror(s->info.raw_error ? s->info.raw_error : s->info.error));
	if (either)
		buffer_printf(complaint, "; ping sockets: %s", strerror(s->info.error));
	else
		buffer_text(complaint, " (-N and -e 0 cannot do with ping sockets)");
	buffer_printf(complaint, "\nEach of these %s gives it:\n  setcap cap_net_raw+p %s\n",
	              either ? "three" : "two", self);
	if (either)
		buffer_text(complaint, "  sysctl -w net.ipv4.ping_group_range='0 2147483647'\n");
	buffer_text(complaint, "  being root");
}

static void complain(const struct ping_setup *s, int error, struct buffer *complaint)
{
	char text[ADDR_TEXT_SIZE];
	if (error == -EACCES || error == -EPERM)
		explain_permission(s, complaint);
	else if (error == -ENODEV && s->transport.interface[0])
		buffer_printf(complaint, "interface %s: %s", s->transport.interface,
		              strerror(ENODEV));
	else if (error == -EADDRNOTAVAIL && s->transport.source4.family)
		buffer_printf(complaint, "source is not an address of this host: %s",
		              addr_format(&s->transport.source4, text));
	else if (error == -EADDRNOTAVAIL && s->transport.source6.family)
		buffer_printf(complaint, "source is not an address of this host: %s",
		              addr_format(&s->transport.source6, text));
	else
		buffer_printf(complaint, "%s: %s", s->info.what ? s->info.what : "network",
		              strerror(-error));
}

static bool step(int error, const char *what, struct buffer *complaint)
{
	if (error)
		buffer_printf(complaint, "%s: %s", what, strerror(-error));
	return error == 0;
}

static bool open_transport(struct ping_setup *s, struct buffer *complaint)
{
	s->interface = s->transport.interface[0] ? if_nametoindex(s->transport.interface) : 0;
	if (s->transport.interface[0] && !s->interface) {
		complain(s, -ENODEV, complaint);
		return false;
	}
	int error = transport_open(&s->transport, &s->net, &s->info);
	if (error) {
		complain(s, error, complaint);
		return false;
	}
	error = source_init(&s->sources, s->transport.interface, s->transport.mark);
	s->sources_open = error == 0;
	return step(error, "routes", complaint);
}

static int open_signals(struct ping_setup *s)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	s->signals = loop_signals(signals, sizeof(signals) / sizeof(signals[0]));
	return s->signals < 0 ? s->signals : 0;
}

bool ping_setup_open(struct ping_setup *s, const struct ping_options *options, size_t targets,
                     struct buffer *complaint)
{
	*s = (struct ping_setup){ .signals = -1 };
	struct exchange_config *x = &s->transport.exchange;
	if (!step(transport_random(&x->key, &x->id_base), "random numbers", complaint))
		return false;
	configure_transport(&s->transport, options, targets);
	configure_exchange(x, options, targets);

	return step(loop_new(LOOP_AUTO, &s->loop), "event loop", complaint) &&
	       step(privilege_raise(), "capabilities", complaint) && open_transport(s, complaint) &&
	       step(resolver_new(s->loop, NULL, &s->resolver), "resolver", complaint) &&
	       step(open_signals(s), "signals", complaint) &&
	       step(privilege_drop(), "dropping capabilities", complaint) &&
	       (options->no_sandbox || step(sandbox_enter(), "sandbox", complaint));
}

void ping_setup_close(struct ping_setup *s)
{
	if (s->resolver)
		resolver_free(s->resolver);
	if (s->net)
		s->net->ops->free(s->net);
	if (s->sources_open)
		source_release(&s->sources);
	if (s->loop)
		loop_free(s->loop);
	if (s->signals >= 0)
		close(s->signals);
}

void ping_setup_explain(const struct ping_setup *s, struct buffer *out)
{
	buffer_text(out, sockets_name(s->info.mode));
	if (s->info.mode == TRANSPORT_DGRAM && s->info.raw_error)
		buffer_printf(out, " (raw ones: %s)", strerror(s->info.raw_error));
	if (s->info.filtered)
		buffer_text(out, ", filtered in the kernel");
	buffer_printf(out, "; sending times from the %s, receiving times from the %s",
	              s->info.send_stamps ? "kernel" : "program",
	              s->info.receive_stamps ? "kernel" : "program");
}

/*
 * A socket that has not asked for broadcast may not connect to a broadcast address; one that has,
 * may. A route that prohibits refuses both.
 */
static bool is_broadcast(const struct addr *addr, const char *interface)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(1),
		.sin_addr.s_addr = htonl(addr_to_v4(addr)),
	};
	int on = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	if (interface[0])
		(void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		                 (socklen_t)strlen(interface) + 1);
	bool refused = connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 && errno == EACCES;
	bool broadcast = refused &&
	                 setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) == 0 &&
	                 connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0;
	close(fd);
	return broadcast;
}

enum ping_route ping_setup_route(struct ping_setup *s, const struct addr *addr, struct addr *source)
{
	*source = (struct addr){ 0 };
	if (addr->family == 4 && is_broadcast(addr, s->transport.interface))
		return PING_ROUTE_BROADCAST;
	int error = source_find(&s->sources, addr, clock_now(), source);
	const struct addr *asked =
	        addr->family == 4 ? &s->transport.source4 : &s->transport.source6;
	if (asked->family)
		*source = *asked;
	return error || source->family == 0 ? PING_ROUTE_NONE : PING_ROUTE_FINE;
}
