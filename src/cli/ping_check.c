/*
 * ping_check - defaults, and what follows from several options together.
 */
#include <inttypes.h>
#include "cli/ping_options.h"
#include "wire/ip4.h"

#define PRELOAD_MAX 3 /* of a user without privilege */

void ping_options_init(struct ping_options *options)
{
	*options = (struct ping_options){
		.interval = -1,
		.timeout = -1,
		.preload = 1,
		.size = 56,

		.id = PING_NOT_GIVEN,
		.mark = PING_NOT_GIVEN,
		.flow_label = PING_NOT_GIVEN,
		.pmtu = -1,
		.timestamp = -1,
	};
}

static void build_timestamp(const struct ping_options *o, struct writer *w)
{
	enum ip4_timestamp_flag flag = (enum ip4_timestamp_flag)o->timestamp;
	uint8_t slots = flag == IP4_TIMESTAMP_ONLY ? 9 : PING_STAMPS_MAX;
	if (flag == IP4_TIMESTAMP_PRESPEC)
		slots = o->stamp_count;
	ip4_option_build_timestamp(w, flag, o->stamps, slots);
}

uint8_t ping_options_ip(const struct ping_options *o, uint8_t bytes[static IP4_OPTIONS_MAX])
{
	struct writer w = writer_of(bytes, IP4_OPTIONS_MAX);
	if (o->record_route)
		ip4_option_build_record_route(&w, 9);
	else if (o->timestamp >= 0)
		build_timestamp(o, &w);
	else if (o->hop_count)
		ip4_option_build_source_route(&w, o->dont_route, o->hops, o->hop_count);
	while (writer_length(&w) % 4)
		writer_u8(&w, IP4_OPTION_END);
	return (uint8_t)writer_length(&w);
}

uint64_t ping_options_size_max(const struct ping_options *o, uint8_t family)
{
	uint8_t bytes[IP4_OPTIONS_MAX];
	if (family == 6)
		return PING_SIZE6_MAX;
	return (uint64_t)PING_SIZE4_MAX - ping_options_ip(o, bytes);
}

/* The option that wants IPv4, NULL where none does; a source address is the weakest wish. */
static const char *wants_ipv4(const struct ping_options *o)
{
	if (o->ipv4)
		return "-4";
	if (o->broadcast)
		return "-b";
	if (o->record_route)
		return "-R";
	if (o->timestamp >= 0)
		return "-T";
	if (o->hop_count)
		return "--route";
	return o->source4.family && !o->source6.family ? "-I with an IPv4 address" : NULL;
}

static const char *wants_ipv6(const struct ping_options *o)
{
	if (o->ipv6)
		return "-6";
	if (o->flow_label != PING_NOT_GIVEN)
		return "-F";
	if (o->node_info.given)
		return "-N";
	return o->source6.family && !o->source4.family ? "-I with an IPv6 address" : NULL;
}

static bool check_together(struct ping_options *o, struct buffer *complaint)
{
	const char *four = wants_ipv4(o);
	const char *six = wants_ipv6(o);
	if (four && six) {
		buffer_printf(complaint, "%s and %s do not go together", four, six);
		return false;
	}
	if (!o->ipv4 && !o->ipv6)
		o->family_by = four ? four : six;
	o->ipv4 = four != NULL;
	o->ipv6 = six != NULL;
	if (o->record_route + (o->timestamp >= 0) + (o->hop_count > 0) > 1) {
		buffer_text(complaint, "only one of -R, -T and --route fits into a header");
		return false;
	}
	uint64_t most = ping_options_size_max(o, o->ipv4 ? 4 : 6);
	if (o->size > most) {
		buffer_printf(complaint, "size is too large: %" PRIu64 " (at most %" PRIu64 ")",
		              o->size, most);
		return false;
	}
	return true;
}

/* A flood is for those who could do worse anyway. */
static bool check_unprivileged(const struct ping_options *o, struct buffer *complaint)
{
	if (o->preload > PRELOAD_MAX)
		buffer_printf(complaint,
		              "preload is too large: %" PRIu64 " (at most %d without privilege)",
		              o->preload, PRELOAD_MAX);
	else if (o->flood && o->interval < 0)
		buffer_text(complaint, "a flood needs privilege, or an interval (-i 0.002)");
	else if (o->interval >= 0 && o->interval < PING_INTERVAL_MIN)
		buffer_printf(complaint,
		              "interval is too small: %g (at least 0.002 without privilege)",
		              nsec_to_s(o->interval));
	else
		return true;
	return false;
}

bool ping_options_check(struct ping_options *o, bool privileged, struct buffer *complaint)
{
	if (!check_together(o, complaint))
		return false;
	if (!privileged && !check_unprivileged(o, complaint))
		return false;
	if (o->interval < 0)
		o->interval = o->flood ? 0 : NSEC_S;
	if (o->flood && !o->names)
		o->numeric = true;
	return true;
}
