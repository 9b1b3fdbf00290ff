#include "tests/unit/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cursor.h"

#define MESSAGE_MAX 4096
#define HELD_MAX    4096

/* RFC 1035, 4.1.1 */
#define FLAG_QR 0x8000u
#define FLAG_TC 0x0200u
#define FLAG_RD 0x0100u
#define FLAG_RA 0x0080u

struct dns_held {
	struct sockaddr_in from;
	size_t length;
	uint8_t bytes[300];
};

/* Labels to text with dots. */
static bool read_name(struct cursor *c, char name[static DNS_NAME_SIZE])
{
	size_t at = 0;
	for (uint8_t size = cursor_u8(c); size && !c->failed; size = cursor_u8(c)) {
		const uint8_t *label = cursor_bytes(c, size);
		if (!label || at + size + 2 > DNS_NAME_SIZE)
			return false;
		if (at)
			name[at++] = '.';
		memcpy(name + at, label, size);
		at += size;
	}
	name[at] = '\0';
	return !c->failed;
}

static void write_name(struct writer *w, const char *name)
{
	while (*name) {
		size_t size = strcspn(name, ".");
		writer_u8(w, (uint8_t)size);
		writer_bytes(w, name, size);
		name += size + (name[size] == '.');
	}
	writer_u8(w, 0);
}

static void write_data(struct writer *w, const struct dns_record *record, uint8_t nth)
{
	uint8_t address[16];
	size_t length_at = writer_length(w);
	writer_u16(w, 0);
	if (record->type == DNS_A && inet_pton(AF_INET, record->data, address) == 1) {
		address[3] = (uint8_t)(address[3] + nth);
		writer_bytes(w, address, 4);
	} else if (record->type == DNS_AAAA && inet_pton(AF_INET6, record->data, address) == 1) {
		writer_bytes(w, address, 16);
	} else if (record->type == DNS_CNAME) {
		write_name(w, record->data);
	} else {
		writer_bytes(w, record->data, record->size);
	}
	writer_patch_u16(w, length_at, (uint16_t)(writer_length(w) - length_at - 2));
}

static unsigned int write_record(struct writer *w, const struct dns_record *record)
{
	unsigned int count = record->type == DNS_A && record->size ? (unsigned int)record->size : 1;
	for (unsigned int i = 0; i < count; i++) {
		write_name(w, record->name);
		writer_u16(w, (uint16_t)record->type);
		writer_u16(w, 1); /* IN */
		writer_u32(w, 60);
		write_data(w, record, (uint8_t)i);
	}
	return count;
}

/* Writes the records of the name and, so many aliases deep, of its aliases; how many they were. */
static uint16_t write_answers(const struct dns_server *server, struct writer *w, const char *name,
                              uint16_t type, int depth)
{
	unsigned int count = 0;
	for (size_t i = 0; i < server->zone_count; i++) {
		const struct dns_record *record = &server->zone[i];
		if (strcasecmp(record->name, name) ||
		    (record->type != type && record->type != DNS_CNAME))
			continue;
		count += write_record(w, record);
		if (record->type == DNS_CNAME && depth > 0)
			count += write_answers(server, w, record->data, type, depth - 1);
	}
	return (uint16_t)count;
}

static bool exists(const struct dns_server *server, const char *name)
{
	for (size_t i = 0; i < server->zone_count; i++)
		if (!strcasecmp(server->zone[i].name, name))
			return true;
	return false;
}

static enum dns_behaviour behaviour_of(const struct dns_server *server, const char *name,
                                       uint16_t type)
{
	for (size_t i = 0; i < server->zone_count; i++)
		if (!strcasecmp(server->zone[i].name, name) && server->zone[i].type == type)
			return server->zone[i].behaviour;
	return DNS_ANSWER;
}

static size_t respond(struct dns_server *server, const uint8_t *query, size_t length, bool tcp,
                      uint8_t out[static MESSAGE_MAX])
{
	struct cursor c = cursor_of(query, length);
	uint16_t id = cursor_u16(&c);
	cursor_skip(&c, 10);
	if (!read_name(&c, server->last.name))
		return 0;
	server->last.type = cursor_u16(&c);
	cursor_skip(&c, 2);
	server->queries++;
	size_t question = length - cursor_left(&c) - 12;
	const char *name = server->last.name;
	enum dns_behaviour behaviour = behaviour_of(server, name, server->last.type);
	if (c.failed || behaviour == DNS_SILENT)
		return 0;
	bool truncated = behaviour == DNS_TRUNCATED && !tcp;
	unsigned int rcode = behaviour & 0x100 ? behaviour & 15u : exists(server, name) ? 0 : 3;
	struct writer w = writer_of(out, MESSAGE_MAX);
	writer_u16(&w, id);
	writer_u16(&w, (uint16_t)(FLAG_QR | FLAG_RD | FLAG_RA | (truncated ? FLAG_TC : 0) | rcode));
	writer_u16(&w, 1);
	writer_zero(&w, 6);
	writer_bytes(&w, query + 12, question);
	uint16_t count = 0;
	if (behaviour == DNS_GARBAGE) {
		writer_bytes(&w, "\xc0\xff\xff\xff\xff\xff", 6);
		count = 9;
	} else if (rcode == 0 && !truncated) {
		count = write_answers(server, &w, name, server->last.type, 8);
	}
	writer_patch_u16(&w, 6, count);
	return w.failed ? 0 : writer_length(&w);
}

static void answer_udp(struct dns_server *server, const uint8_t *query, size_t length,
                       const struct sockaddr_in *to)
{
	uint8_t out[MESSAGE_MAX];
	size_t size = respond(server, query, length, false, out);
	if (size)
		(void)sendto(server->udp, out, size, 0, (const struct sockaddr *)to, sizeof *to);
}

static void udp_ready(void *ctx, uint32_t events)
{
	(void)events;
	struct dns_server *server = ctx;
	for (;;) {
		struct dns_held query;
		socklen_t size = sizeof query.from;
		ssize_t n = recvfrom(server->udp, query.bytes, sizeof query.bytes, MSG_DONTWAIT,
		                     (struct sockaddr *)&query.from, &size);
		if (n < 0)
			return;
		query.length = (size_t)n;
		if (server->hold && server->held_count < HELD_MAX)
			server->held[server->held_count++] = query;
		else
			answer_udp(server, query.bytes, query.length, &query.from);
	}
}

void dns_server_release(struct dns_server *server)
{
	server->hold = false;
	for (size_t i = 0; i < server->held_count; i++)
		answer_udp(server, server->held[i].bytes, server->held[i].length,
		           &server->held[i].from);
	server->held_count = 0;
}

static void close_tcp(struct dns_server *server)
{
	if (server->tcp < 0)
		return;
	loop_unwatch(server->loop, server->tcp);
	close(server->tcp);
	server->tcp = -1;
}

/* RFC 1035, 4.2.2: two bytes of length before each message. The queries here come in one piece. */
static void tcp_ready(void *ctx, uint32_t events)
{
	(void)events;
	struct dns_server *server = ctx;
	uint8_t in[MESSAGE_MAX], out[MESSAGE_MAX + 2];
	ssize_t n = recv(server->tcp, in, sizeof in, MSG_DONTWAIT);
	if (n <= 0) {
		close_tcp(server);
		return;
	}
	struct cursor c = cursor_of(in, (size_t)n);
	while (cursor_left(&c) > 0) {
		struct span query = cursor_span(&c, cursor_u16(&c));
		size_t size = respond(server, query.data, query.length, true, out + 2);
		out[0] = (uint8_t)(size >> 8);
		out[1] = (uint8_t)size;
		if (size)
			(void)send(server->tcp, out, size + 2, MSG_NOSIGNAL);
	}
}

static void listener_ready(void *ctx, uint32_t events)
{
	(void)events;
	struct dns_server *server = ctx;
	close_tcp(server);
	server->tcp = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (server->tcp >= 0)
		loop_watch(server->loop, server->tcp, LOOP_READ, tcp_ready, server);
}

static bool open_sockets(struct dns_server *server)
{
	struct sockaddr_in self = { .sin_family = AF_INET };
	socklen_t length = sizeof self;
	const int large = 1 << 20;
	self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->udp < 0 || server->listener < 0 ||
	    bind(server->udp, (struct sockaddr *)&self, sizeof self) ||
	    getsockname(server->udp, (struct sockaddr *)&self, &length) ||
	    bind(server->listener, (struct sockaddr *)&self, sizeof self) ||
	    listen(server->listener, 8) ||
	    setsockopt(server->udp, SOL_SOCKET, SO_RCVBUF, &large, sizeof large))
		return false;
	server->port = ntohs(self.sin_port);
	return true;
}

bool dns_server_start(struct dns_server *server, struct loop *loop, const struct dns_record *zone,
                      size_t count)
{
	*server = (struct dns_server){
		.loop = loop, .zone = zone, .zone_count = count, .listener = -1, .tcp = -1
	};
	server->held = calloc(HELD_MAX, sizeof *server->held);
	return server->held && open_sockets(server) &&
	       !loop_watch(loop, server->udp, LOOP_READ, udp_ready, server) &&
	       !loop_watch(loop, server->listener, LOOP_READ, listener_ready, server);
}

void dns_server_stop(struct dns_server *server)
{
	close_tcp(server);
	loop_unwatch(server->loop, server->udp);
	loop_unwatch(server->loop, server->listener);
	close(server->udp);
	close(server->listener);
	free(server->held);
}
