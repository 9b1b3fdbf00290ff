#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include "io/socket.h"
#include "lib/context.h"

#define DATA_MAX     65507 /* what fits behind IPv4 and ICMP headers */
#define FLIGHT_LIMIT (UINT32_C(1) << 20)
#define FLIGHT_KEEP  (10 * NSEC_S) /* behind the timeout */

static const struct sonde_config defaults = {
	.size = sizeof(struct sonde_config),
	.data_size = 56,
	.interval_ns = NSEC_S,
	.ttl = 64,
};

void sonde_config_init(struct sonde_config *config, size_t size)
{
	if (size < sizeof config->size)
		return;
	memset(config, 0, size);
	memcpy(config, &defaults, size < sizeof defaults ? size : sizeof defaults);
	config->size = size;
}

/* The config as this version knows it: defaults for what the program's has not. */
static int read_config(const struct sonde_config *config, struct sonde_config *out)
{
	*out = defaults;
	if (!config)
		return 0;
	size_t size = config->size;
	if (size < sizeof size)
		return -EINVAL;
	const unsigned char *bytes = (const unsigned char *)config;
	for (size_t i = sizeof *out; i < size; i++)
		if (bytes[i])
			return -E2BIG;
	memcpy(out, config, size < sizeof *out ? size : sizeof *out);
	return 0;
}

int context_address(const char *text, struct addr *addr)
{
	return text ? socket_parse(text, addr) : -EINVAL;
}

static int read_source(const char *text, uint8_t family, struct addr *addr)
{
	*addr = (struct addr){ 0 };
	if (!text)
		return 0;
	int error = context_address(text, addr);
	return !error && addr->family != family ? -EINVAL : error;
}

static bool in_range(const struct sonde_config *c)
{
	const uint32_t known = SONDE_RAW | SONDE_DGRAM | SONDE_IPV4 | SONDE_IPV6 |
	                       SONDE_DONT_FRAGMENT | SONDE_ADAPTIVE;
	const uint32_t modes = SONDE_RAW | SONDE_DGRAM;
	return !(c->flags & ~known) && (c->flags & modes) != modes && c->data_size <= DATA_MAX &&
	       c->interval_ns >= 0 && c->gap_ns >= 0 && c->timeout_ns >= 0 && c->ttl > 0 &&
	       (!c->interface || strlen(c->interface) < IF_NAMESIZE);
}

static void plan_ping(const struct sonde_config *c, struct ping_config *ping)
{
	*ping = (struct ping_config){ .count = c->count,
		                      .interval = c->interval_ns,
		                      .timeout = c->timeout_ns,
		                      .gap = c->gap_ns,
		                      .size = c->data_size,
		                      .ttl = c->ttl,
		                      .tos = c->tos,
		                      .kind = PROBE_ECHO,
		                      .df = c->flags & SONDE_DONT_FRAGMENT,
		                      .adaptive = c->flags & SONDE_ADAPTIVE,
		                      .summary_early = true };
}

static int plan_transport(const struct sonde_config *c, struct transport_config *transport)
{
	nsec timeout = c->timeout_ns ? c->timeout_ns : 10 * NSEC_S;
	const uint32_t families = c->flags & (SONDE_IPV4 | SONDE_IPV6);
	*transport = (struct transport_config){
		.mode = c->flags & SONDE_RAW     ? TRANSPORT_RAW
		        : c->flags & SONDE_DGRAM ? TRANSPORT_DGRAM
		                                 : TRANSPORT_AUTO,
		.ipv4 = !families || families & SONDE_IPV4,
		.ipv6 = !families || families & SONDE_IPV6,
		.mark = c->mark,
		.mark_set = c->mark != 0,
		.ttl = c->ttl,
		.tos = c->tos,
		.pmtu = c->flags & SONDE_DONT_FRAGMENT ? TRANSPORT_PMTU_DO : TRANSPORT_PMTU_DEFAULT,
		.exchange.flight_limit = FLIGHT_LIMIT,
		.exchange.flight_keep = nsec_after(timeout, FLIGHT_KEEP)
	};
	if (c->interface)
		memcpy(transport->interface, c->interface, strlen(c->interface));
	int error = read_source(c->source4, 4, &transport->source4);
	return error ? error : read_source(c->source6, 6, &transport->source6);
}

int context_plan(const struct sonde_config *config, struct context_plan *plan)
{
	struct sonde_config c;
	int error = read_config(config, &c);
	if (error)
		return error;
	if (!in_range(&c))
		return -EINVAL;
	plan_ping(&c, &plan->ping);
	return plan_transport(&c, &plan->transport);
}
