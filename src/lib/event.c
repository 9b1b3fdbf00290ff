#include <string.h>
#include "io/socket.h"
#include "lib/context.h"

static const struct {
	enum sonde_event_kind kind;
	bool told;
} kinds[] = {
	[REPORT_PING_REPLY] = { SONDE_REPLY, true },
	[REPORT_PING_LATE] = { SONDE_LATE, true },
	[REPORT_PING_DUPLICATE] = { SONDE_DUPLICATE, true },
	[REPORT_PING_CORRUPT] = { SONDE_CORRUPT, true },
	[REPORT_PING_TRUNCATED] = { SONDE_TRUNCATED, true },
	[REPORT_PING_FOREIGN] = { SONDE_FOREIGN, true },
	[REPORT_PING_LOST] = { SONDE_LOST, true },
	[REPORT_PING_ERROR] = { SONDE_ICMP_ERROR, true },
	[REPORT_PING_NOTICE] = { SONDE_ICMP_NOTICE, true },
	[REPORT_PING_SEND_ERROR] = { SONDE_SEND_ERROR, true },
	[REPORT_PING_SUMMARY] = { SONDE_FINISHED, true },
	[REPORT_DROPS] = { SONDE_LOCAL_DROPS, true },
};

static void add_reply(struct sonde_event *event, const struct reply *reply)
{
	union socket_address from;
	socklen_t length = socket_address(&reply->from, 0, &from);
	memcpy(&event->from, &from, length);
	event->bytes = reply->bytes;
	event->ttl = reply->ttl;
	event->icmp_type = reply->icmp_type;
	event->icmp_code = reply->icmp_code;
	event->mtu = reply->mtu;
}

bool context_event(const struct sonde *s, const struct report *report, struct sonde_event *event)
{
	if (report->kind >= sizeof kinds / sizeof *kinds || !kinds[report->kind].told)
		return false;
	*event = (struct sonde_event){ .size = sizeof *event,
		                       .kind = kinds[report->kind].kind,
		                       .target = -1,
		                       .seq = report->seq,
		                       .time_ns = report->time,
		                       .rtt_ns = report->rtt,
		                       .ttl = -1,
		                       .icmp_type = -1,
		                       .icmp_code = -1,
		                       .mtu = report->mtu,
		                       .error = report->error,
		                       .drops = report->drops };
	if (report->target) {
		event->target = (int)report->target->index;
		event->user = s->targets[report->target->index].user;
	}
	if (report->reply)
		add_reply(event, report->reply);
	return true;
}
