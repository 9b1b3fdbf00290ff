#include "render/json_options.h"

#include "base/addr.h"
#include "wire/ip4.h"

static void put_addr(struct jsonl *j, const char *key, const struct addr *addr)
{
	char text[ADDR_TEXT_SIZE];
	jsonl_string(j, key, addr->family ? addr_format(addr, text) : NULL);
}

static void put_route(struct jsonl *j, const struct ip4_route *route)
{
	jsonl_array(j, "route");
	for (uint8_t i = 0; i < route->count; i++)
		put_addr(j, NULL, &route->addr[i]);
	jsonl_end(j);
}

static void put_timestamps(struct jsonl *j, const struct ip4_timestamp *ts)
{
	jsonl_array(j, "timestamps");
	for (uint8_t i = 0; i < ts->count; i++) {
		jsonl_object(j, NULL);
		put_addr(j, "addr", &ts->entry[i].addr);
		jsonl_unsigned(j, "ms", ts->entry[i].ms & ~IP4_TIMESTAMP_NOT_STANDARD);
		jsonl_bool(j, "standard", !(ts->entry[i].ms & IP4_TIMESTAMP_NOT_STANDARD));
		jsonl_end(j);
	}
	jsonl_end(j);
	jsonl_unsigned(j, "unrecorded_hops", ts->overflow);
}

void json_options(struct jsonl *j, struct span options)
{
	struct cursor c = cursor_over(options);
	struct ip4_option option;
	struct ip4_route route;
	struct ip4_timestamp ts;
	/* A member stands once in its object, however often the option comes. */
	bool has_route = false, has_timestamps = false;
	while (ip4_option_next(&c, &option)) {
		if (!has_route && option.type == IP4_OPTION_RECORD_ROUTE &&
		    ip4_route_parse(&option, &route)) {
			put_route(j, &route);
			has_route = true;
		}
		if (!has_timestamps && ip4_timestamp_parse(&option, &ts)) {
			put_timestamps(j, &ts);
			has_timestamps = true;
		}
	}
}
