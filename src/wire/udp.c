#include "wire/udp.h"
#include "wire/checksum.h"
#include "wire/ip4.h"

bool udp_parse(struct cursor *c, struct udp *u)
{
	u->sport = cursor_u16(c);
	u->dport = cursor_u16(c);
	u->length = cursor_u16(c);
	u->checksum = cursor_u16(c);
	return !c->failed;
}

void udp_build(struct writer *w, const struct udp *u)
{
	writer_u16(w, u->sport);
	writer_u16(w, u->dport);
	writer_u16(w, u->length);
	writer_u16(w, u->checksum);
}

void udp_seal(struct writer *w, size_t offset, const struct addr *src, const struct addr *dst)
{
	writer_patch_u16(w, offset + 6, 0);
	if (w->failed)
		return;
	uint16_t field = checksum_upper(src, dst, IP_PROTOCOL_UDP, w->start + offset,
	                                writer_length(w) - offset);
	writer_patch_u16(w, offset + 6, field ? field : 0xffff); /* 0 says "none" (RFC 768) */
}
