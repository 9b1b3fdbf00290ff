#include "algo/anonymise.h"

#include <string.h>
#include "base/cursor.h"
#include "wire/extension.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

void anonymise_init(struct anonymise *a, struct siphash_key key)
{
	a->key = key;
	hash_init(&a->addrs);
	hash_init(&a->names);
	a->count4 = a->count6 = a->count_names = 0;
}

void anonymise_release(struct anonymise *a)
{
	hash_release(&a->addrs);
	hash_release(&a->names);
}

/* --- addresses and names
 * -------------------------------------------------------------------------------- */

/* The number of what was seen: that of the same before, or the next. 0 for all where memory ends.
 */
static uint32_t number_of(struct hash *seen, uint64_t key, uint32_t *count)
{
	uint32_t number;
	if (hash_get(seen, key, &number))
		return number;
	if (hash_set(seen, key, *count + 1))
		return 0;
	return ++*count;
}

static bool tells_nothing(const struct addr *addr)
{
	return addr->family == 0 || addr_is_any(addr) || addr_is_loopback(addr) ||
	       addr_is_multicast(addr) || (addr->family == 4 && addr_to_v4(addr) == UINT32_MAX);
}

#define NET_HOSTS 254u /* of a /24 */

/* 192.0.2.1 and on, 198.51.100.1, 203.0.113.1; then 198.18.0.0/15, over and over. */
static struct addr documentation4(uint32_t number)
{
	static const uint32_t nets[] = { 0xc0000200, 0xc6336400, 0xcb007100 };
	uint32_t index = number ? number - 1 : 0;
	if (index < NET_HOSTS * 3)
		return addr_v4(nets[index / NET_HOSTS] + index % NET_HOSTS + 1);
	return addr_v4(0xc6120000 + (index - NET_HOSTS * 3) % 0x20000);
}

/* 2001:db8::1 and on, or fe80::1 and on. */
static struct addr documentation6(uint32_t number, const struct addr *like)
{
	uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	if (addr_is_link_local(like))
		memcpy(bytes, (const uint8_t[]){ 0xfe, 0x80, 0, 0 }, 4);
	struct writer w = writer_of(bytes + 12, 4);
	writer_u32(&w, number);
	struct addr addr = addr_v6(bytes);
	addr.scope = like->scope;
	return addr;
}

struct addr anonymise_addr(struct anonymise *a, const struct addr *addr)
{
	if (tells_nothing(addr))
		return *addr;
	uint64_t key = siphash(&a->key, addr->bytes, sizeof addr->bytes);
	if (addr->family == 4)
		return documentation4(number_of(&a->addrs, ~key, &a->count4));
	return documentation6(number_of(&a->addrs, key, &a->count6), addr);
}

const char *anonymise_name(struct anonymise *a, const char *name,
                           char text[static ANONYMISE_NAME_SIZE])
{
	size_t length = strlen(name);
	size_t bare = strcspn(name, "%");
	struct addr addr;
	struct buffer out;
	char literal[ADDR_TEXT_SIZE];
	if (bare < sizeof literal) {
		memcpy(literal, name, bare);
		literal[bare] = '\0';
	}
	buffer_init(&out, ANONYMISE_NAME_SIZE - 1);
	if (bare < sizeof literal && length - bare < ANONYMISE_NAME_SIZE - sizeof literal &&
	    addr_parse(literal, &addr)) {
		addr = anonymise_addr(a, &addr);
		buffer_text(&out, addr_format(&addr, literal));
		buffer_text(&out, name + bare);
	} else {
		uint64_t key = siphash(&a->key, name, length);
		buffer_printf(&out, "host%u",
		              (unsigned int)number_of(&a->names, key, &a->count_names));
	}
	memcpy(text, out.data ? out.data : "", out.length + 1);
	buffer_release(&out);
	return text;
}

/* --- packets
 * -------------------------------------------------------------------------------------------- */

static void change(struct anonymise *a, uint8_t *at, uint8_t family)
{
	struct cursor c = cursor_of(at, family == 4 ? 4 : 16);
	struct addr addr = addr_read(&c, family);
	addr = anonymise_addr(a, &addr);
	struct writer w = writer_of(at, addr_size(&addr));
	addr_write(&w, &addr);
}

/* Addresses in slots of so many bytes, behind the pointer and what else is before them. */
static void change_slots(struct anonymise *a, uint8_t *data, size_t length, size_t first,
                         size_t slot)
{
	for (size_t at = first; at + 4 <= length; at += slot)
		change(a, data + at, 4);
}

static void change_options(struct anonymise *a, uint8_t *bytes, size_t length)
{
	struct cursor c = cursor_of(bytes, length);
	struct ip4_option option;
	while (ip4_option_next(&c, &option)) {
		uint8_t *data = bytes;
		if (option.data.length)
			data += option.data.data - bytes;
		switch (option.type) {
		case IP4_OPTION_RECORD_ROUTE:
		case IP4_OPTION_LSRR:
		case IP4_OPTION_SSRR: change_slots(a, data, option.data.length, 1, 4); break;
		case IP4_OPTION_TIMESTAMP:
			if (option.data.length >= 2 && (data[1] & 15) != IP4_TIMESTAMP_ONLY)
				change_slots(a, data, option.data.length, 2, 8);
			break;
		case IP4_OPTION_END:
		case IP4_OPTION_NOP:
		case IP4_OPTION_ROUTER_ALERT: break;
		default: memset(data, 0, option.data.length); break;
		}
	}
	if (c.failed)
		memset(bytes, 0, length);
}

/* A datagram, or the head of one: addresses and options. Of what is none, nothing is left. */
static void change_datagram(struct anonymise *a, uint8_t *bytes, size_t length)
{
	struct cursor c = cursor_of(bytes, length);
	struct ip4 ip4;
	struct ip6 ip6;
	if (ip4_parse(&c, &ip4)) {
		change(a, bytes + 12, 4);
		change(a, bytes + 16, 4);
		change_options(a, bytes + IP4_HEADER_MIN, ip4.options.length);
		return;
	}
	c = cursor_of(bytes, length);
	if (ip6_parse(&c, &ip6)) {
		change(a, bytes + 8, 6);
		change(a, bytes + 24, 6);
		return;
	}
	memset(bytes, 0, length);
}

/* Label stacks stay; what other objects hold becomes zeros, and the checksum right again. */
static void change_extensions(uint8_t *bytes, size_t length)
{
	struct span whole = { .data = bytes, .length = length };
	struct cursor objects;
	struct extension_object object;
	if (!extension_open(whole, &objects)) {
		memset(bytes, 0, length);
		return;
	}
	while (extension_next(&objects, &object))
		if (object.class_num != EXTENSION_MPLS && object.data.length)
			memset(bytes + (object.data.data - bytes), 0, object.data.length);
	if (bytes[2] == 0 && bytes[3] == 0)
		return;
	struct writer w = { .start = bytes, .at = bytes + length, .end = bytes + length };
	extension_seal(&w, 0);
}

/* Takes the bytes into room, where they may be changed. */
static uint8_t *take(struct span *bytes, uint8_t room[static RECORD_BYTES_MAX])
{
	if (bytes->length > RECORD_BYTES_MAX)
		bytes->length = RECORD_BYTES_MAX;
	if (bytes->length)
		memcpy(room, bytes->data, bytes->length);
	bytes->data = room;
	return room;
}

static void change_reply(struct anonymise *a, struct reply *reply)
{
	reply->from = anonymise_addr(a, &reply->from);
	reply->to = anonymise_addr(a, &reply->to);
	reply->gateway = anonymise_addr(a, &reply->gateway);
	reply->quoted.src = anonymise_addr(a, &reply->quoted.src);
	reply->quoted.dst = anonymise_addr(a, &reply->quoted.dst);
	change_options(a, take(&reply->options, a->options), reply->options.length);
	change_extensions(take(&reply->extensions, a->extensions), reply->extensions.length);
	uint8_t *payload = take(&reply->payload, a->payload);
	if (reply->kind >= REPLY_UNREACHABLE)
		change_datagram(a, payload, reply->payload.length);
	else if (reply->kind != REPLY_ECHO && reply->kind != REPLY_TIMESTAMP)
		memset(payload, 0, reply->payload.length);
}

void anonymise_event(struct anonymise *a, struct record_event *event)
{
	if (event->kind == RECORD_POLL && event->action == ACTION_SEND)
		event->probe.dst = anonymise_addr(a, &event->probe.dst);
	else if (event->kind == RECORD_REPLY)
		change_reply(a, &event->reply);
}
