#include "wire/extension.h"
#include "wire/checksum.h"

#define VERSION 2
#define HEADER  4 /* of the structure, and of each object */

bool extension_open(struct span structure, struct cursor *objects)
{
	struct cursor c = cursor_over(structure);
	uint8_t version = cursor_u8(&c);

	cursor_skip(&c, 1); /* reserved */
	uint16_t field = cursor_u16(&c);
	*objects = c;
	if (c.failed || (version >> 4 != VERSION && version != VERSION))
		return false;
	return field == 0 || checksum(structure.data, structure.length) == 0;
}

bool extension_next(struct cursor *objects, struct extension_object *object)
{
	*object = (struct extension_object){ 0 };
	if (cursor_left(objects) == 0)
		return false;
	uint16_t length = cursor_u16(objects); /* counts the header */
	object->class_num = cursor_u8(objects);
	object->c_type = cursor_u8(objects);
	if (length < HEADER)
		objects->failed = true;
	object->data = cursor_span(objects, (size_t)length - HEADER);
	return !objects->failed;
}

static bool well_formed(struct cursor objects)
{
	struct extension_object object;

	if (!extension_next(&objects, &object))
		return false;
	while (extension_next(&objects, &object))
		;
	return !objects.failed;
}

bool extension_split(struct span body, size_t at, bool announced, struct span *quote,
                     struct span *structure)
{
	struct cursor objects;

	if (at == 0 || at >= body.length)
		return false;
	struct span rest = { body.data + at, body.length - at };
	if (!extension_open(rest, &objects) || (!announced && !well_formed(objects)))
		return false;
	*quote = (struct span){ body.data, at };
	*structure = rest;
	return true;
}

bool mpls_next(struct cursor *stack, struct mpls_entry *entry)
{
	*entry = (struct mpls_entry){ 0 };
	if (cursor_left(stack) == 0)
		return false;
	uint32_t word = cursor_u32(stack);
	entry->label = word >> 12;
	entry->tc = word >> 9 & 7;
	entry->bottom = word >> 8 & 1;
	entry->ttl = (uint8_t)word;
	return !stack->failed;
}

/* The c-type of an interface information object says what is in it (RFC 5837, 4.1 and 4.2). */
#define HAS_INDEX 0x08
#define HAS_ADDR  0x04
#define HAS_NAME  0x02
#define HAS_MTU   0x01

#define NAME_MAX_LENGTH 64 /* the length octet counts itself */

/* RFC 5837, 4.3: the numbers of IANA's address families are not those of any socket. */
static struct addr read_address(struct cursor *c)
{
	uint16_t family = cursor_u16(c);

	cursor_skip(c, 2); /* reserved */
	if (family == 1)
		return addr_read(c, 4);
	if (family == 2)
		return addr_read(c, 6);
	c->failed = true;
	return (struct addr){ 0 };
}

/* RFC 5837, 4.4; zero bytes pad it to a multiple of four. */
static struct span read_name(struct cursor *c)
{
	uint8_t length = cursor_u8(c);

	if (length == 0 || length % 4 != 0 || length > NAME_MAX_LENGTH)
		c->failed = true;
	struct span name = cursor_span(c, (size_t)length - 1);
	while (name.length && name.data[name.length - 1] == 0)
		name.length--;
	return name;
}

bool interface_parse(const struct extension_object *object, struct interface_info *info)
{
	struct cursor c = cursor_over(object->data);

	*info = (struct interface_info){ .role = object->c_type >> 6 };
	info->has_index = object->c_type & HAS_INDEX;
	info->has_mtu = object->c_type & HAS_MTU;
	if (info->has_index)
		info->index = cursor_u32(&c);
	if (object->c_type & HAS_ADDR)
		info->addr = read_address(&c);
	if (object->c_type & HAS_NAME)
		info->name = read_name(&c);
	if (info->has_mtu)
		info->mtu = cursor_u32(&c);
	return object->class_num == EXTENSION_INTERFACE && !c.failed;
}

size_t extension_begin(struct writer *w)
{
	size_t offset = writer_length(w);

	writer_u16(w, VERSION << 12);
	writer_u16(w, 0);
	return offset;
}

void extension_object_build(struct writer *w, uint8_t class_num, uint8_t c_type, const void *data,
                            size_t length)
{
	if (length > UINT16_MAX - HEADER) {
		w->failed = true;
		return;
	}
	writer_u16(w, (uint16_t)(length + HEADER));
	writer_u8(w, class_num);
	writer_u8(w, c_type);
	writer_bytes(w, data, length);
}

void extension_seal(struct writer *w, size_t offset)
{
	writer_patch_u16(w, offset + 2, 0);
	if (w->failed)
		return;
	uint16_t field = checksum(w->start + offset, writer_length(w) - offset);
	writer_patch_u16(w, offset + 2, field ? field : 0xffff); /* 0 says "none" (RFC 4884, 7) */
}
