#include "wire/node_info.h"

#define NONCE     8
#define TTL       4    /* before the names of a reply, and before each address */
#define LABEL_MAX 0x3f /* beyond it, the two bits of a pointer */

bool node_info_parse(struct span message, struct node_info *info)
{
	struct cursor c = cursor_over(message);
	info->query = cursor_u16(&c);
	info->flags = cursor_u16(&c);
	cursor_skip(&c, NONCE);
	if (info->query == NODE_INFO_NAME && cursor_left(&c))
		cursor_skip(&c, TTL);
	info->data = c;
	return !c.failed;
}

bool node_info_addr(struct node_info *info, struct addr *addr)
{
	bool v6 = info->query == NODE_INFO_IPV6;
	if ((!v6 && info->query != NODE_INFO_IPV4) || cursor_left(&info->data) == 0)
		return false;
	cursor_skip(&info->data, TTL);
	*addr = addr_read(&info->data, v6 ? 6 : 4);
	return !info->data.failed;
}

/* One name; its length is 0 for the empty label that ends an unqualified one. */
static bool read_name(struct cursor *c, char text[static NODE_INFO_NAME_SIZE], size_t *length)
{
	*length = 0;
	for (uint8_t label = cursor_u8(c); label; label = cursor_u8(c)) {
		const uint8_t *bytes = label <= LABEL_MAX ? cursor_bytes(c, label) : NULL;
		size_t dot = *length ? 1 : 0;
		if (!bytes || *length + dot + label >= NODE_INFO_NAME_SIZE) {
			c->failed = true;
			return false;
		}
		if (dot)
			text[(*length)++] = '.';
		memcpy(text + *length, bytes, label);
		*length += label;
	}
	text[*length] = '\0';
	return !c->failed;
}

bool node_info_name(struct node_info *info, char text[static NODE_INFO_NAME_SIZE], size_t *length)
{
	if (info->query != NODE_INFO_NAME)
		return false;
	do {
		if (cursor_left(&info->data) == 0 || !read_name(&info->data, text, length))
			return false;
	} while (*length == 0);
	return true;
}
