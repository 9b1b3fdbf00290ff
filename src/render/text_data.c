#include "render/text_data.h"

#include <inttypes.h>
#include "render/address.h"
#include "render/escape.h"
#include "wire/node_info.h"

#define DUMP_FROM 16 /* data before it is the cookie's: not told unless it is what is wrong */
#define DUMP_ROW  32

void text_data_dump(struct buffer *out, const struct reply *reply)
{
	buffer_printf(out, "\nwrong data byte #%" PRId32 " should be 0x%x but was 0x%x",
	              reply->wrong_at, (unsigned)reply->wrong_want, (unsigned)reply->wrong_got);
	struct cursor c = cursor_over(reply->payload);
	size_t at = reply->wrong_at < DUMP_FROM ? 0 : DUMP_FROM;
	cursor_skip(&c, at);
	for (size_t column = 0; cursor_left(&c); at++, column++) {
		if (column % DUMP_ROW == 0)
			buffer_printf(out, "\n#%zu\t", at);
		buffer_printf(out, "%x ", (unsigned)cursor_u8(&c));
	}
}

void text_data_node_info(struct buffer *out, const struct render_world *world,
                         const struct reply *reply)
{
	struct node_info info;
	struct addr addr;
	char name[NODE_INFO_NAME_SIZE];
	size_t length;
	if (reply->kind != REPLY_NODE_INFO)
		return;
	if (reply->icmp_code == NODE_INFO_REFUSED)
		buffer_text(out, " (refused)");
	else if (reply->icmp_code == NODE_INFO_UNKNOWN)
		buffer_text(out, " (query unknown)");
	if (!node_info_parse(reply->payload, &info))
		return;
	while (node_info_name(&info, name, &length)) {
		buffer_text(out, " name=");
		escape_text(out, name, length, world->utf8);
	}
	while (node_info_addr(&info, &addr)) {
		buffer_text(out, " addr=");
		address_plain(out, world, &addr);
	}
	if (info.data.failed)
		buffer_text(out, " (malformed)");
}
