/* The types of fields that hold addresses, codes and lists. */
#include <string.h>
#include "tests/sim/topo_word.h"

/* The part of a token up to a comma, as a string of its own; NULL where no part is left. */
static char *next_part(char **rest)
{
	char *part = *rest;
	char *comma = part ? strchr(part, ',') : NULL;
	if (comma)
		*comma = '\0';
	*rest = comma ? comma + 1 : NULL;
	return part;
}

/* --- ports -------------------------------------------------------------------------------------
 */

static bool parse_ports(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	struct topo_ports ports = { .count = 0 };
	(void)word;
	if (!topo_scan_need(scan, "a port"))
		return false;
	char *rest = scan->token;
	for (char *part = next_part(&rest); part; part = next_part(&rest)) {
		uint64_t port;
		const char *end;
		if (!topo_scan_decimal(part, 0, 65535, &port, &end) || *end || port == 0)
			return topo_scan_fail(scan, "%s is no port", part);
		if (ports.count == TOPO_LIST_MAX)
			return topo_scan_fail(scan, "no more than %d ports fit in a list",
			                      TOPO_LIST_MAX);
		ports.list[ports.count++] = (uint16_t)port;
	}
	*(struct topo_ports *)field = ports;
	return true;
}

static void print_ports(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct topo_ports *ports = field;
	(void)word;
	for (uint8_t i = 0; i < ports->count; i++)
		buffer_printf(out, "%c%u", i ? ',' : ' ', (unsigned)ports->list[i]);
}

static bool same_ports(const struct topo_word *word, const void *a, const void *b)
{
	const struct topo_ports *first = a, *second = b;
	(void)word;
	return first->count == second->count &&
	       memcmp(first->list, second->list, first->count * sizeof *first->list) == 0;
}

const struct topo_type topo_type_ports = { parse_ports, print_ports, same_ports };

/* --- MPLS label stack: LABEL[/TC[/TTL]],... ------------------------------------------------------
 */

static bool parse_label(const char *part, struct topo_label *label)
{
	uint64_t value;
	*label = (struct topo_label){ .ttl = 1 };
	if (!topo_scan_decimal(part, 0, 0xfffff, &value, &part))
		return false;
	label->label = (uint32_t)value;
	if (*part == '/') {
		if (!topo_scan_decimal(part + 1, 0, 7, &value, &part))
			return false;
		label->tc = (uint8_t)value;
	}
	if (*part == '/') {
		if (!topo_scan_decimal(part + 1, 0, 255, &value, &part))
			return false;
		label->ttl = (uint8_t)value;
	}
	return *part == '\0';
}

static bool parse_labels(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	struct topo_labels labels = { .count = 0 };
	(void)word;
	if (!topo_scan_need(scan, "a label"))
		return false;
	char *rest = scan->token;
	for (char *part = next_part(&rest); part; part = next_part(&rest)) {
		if (labels.count == TOPO_LIST_MAX)
			return topo_scan_fail(scan, "no more than %d labels fit in a stack",
			                      TOPO_LIST_MAX);
		if (!parse_label(part, &labels.list[labels.count]))
			return topo_scan_fail(scan, "%s is no label like 24001/0/1", part);
		labels.count++;
	}
	*(struct topo_labels *)field = labels;
	return true;
}

static void print_labels(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct topo_labels *labels = field;
	(void)word;
	for (uint8_t i = 0; i < labels->count; i++) {
		const struct topo_label *label = &labels->list[i];
		buffer_printf(out, "%c%u/%u/%u", i ? ',' : ' ', (unsigned)label->label,
		              (unsigned)label->tc, (unsigned)label->ttl);
	}
}

static bool same_labels(const struct topo_word *word, const void *a, const void *b)
{
	const struct topo_labels *first = a, *second = b;
	(void)word;
	bool same = first->count == second->count;
	for (uint8_t i = 0; i < first->count && same; i++)
		same = first->list[i].label == second->list[i].label &&
		       first->list[i].tc == second->list[i].tc &&
		       first->list[i].ttl == second->list[i].ttl;
	return same;
}

const struct topo_type topo_type_labels = { parse_labels, print_labels, same_labels };

/* --- addresses -----------------------------------------------------------------------------------
 */

static bool parse_addrs(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	struct topo_addrs addrs = { .v4.family = 0 };
	(void)word;
	if (!topo_scan_need(scan, "an address"))
		return false;
	char *rest = scan->token;
	for (char *part = next_part(&rest); part; part = next_part(&rest)) {
		struct addr addr;
		if (!addr_parse(part, &addr) || addr.scope)
			return topo_scan_fail(scan, "%s is no address", part);
		struct addr *place = addr.family == 4 ? &addrs.v4 : &addrs.v6;
		if (place->family)
			return topo_scan_fail(scan, "%s is a second address of that family", part);
		*place = addr;
	}
	*(struct topo_addrs *)field = addrs;
	return true;
}

static void print_addrs(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct topo_addrs *addrs = field;
	char text[ADDR_TEXT_SIZE];
	(void)word;
	if (addrs->v4.family)
		buffer_printf(out, " %s", addr_format(&addrs->v4, text));
	if (addrs->v6.family)
		buffer_printf(out, "%c%s", addrs->v4.family ? ',' : ' ',
		              addr_format(&addrs->v6, text));
}

static bool same_addrs(const struct topo_word *word, const void *a, const void *b)
{
	const struct topo_addrs *first = a, *second = b;
	(void)word;
	return addr_equal(&first->v4, &second->v4) && addr_equal(&first->v6, &second->v6);
}

const struct topo_type topo_type_addrs = { parse_addrs, print_addrs, same_addrs };

static bool parse_prefix(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	(void)word;
	if (!topo_scan_need(scan, "a prefix"))
		return false;
	return prefix_parse(scan->token, field) ||
	       topo_scan_fail(scan, "%s is no prefix like 198.51.100.0/24", scan->token);
}

static void print_prefix(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct prefix *prefix = field;
	char text[ADDR_TEXT_SIZE];
	(void)word;
	buffer_printf(out, " %s/%u", addr_format(&prefix->addr, text), (unsigned)prefix->length);
}

static bool same_prefix(const struct topo_word *word, const void *a, const void *b)
{
	const struct prefix *first = a, *second = b;
	(void)word;
	return addr_equal(&first->addr, &second->addr) && first->length == second->length;
}

const struct topo_type topo_type_prefix = { parse_prefix, print_prefix, same_prefix };

/* --- what a router says ----------------------------------------------------------------------- */

static bool parse_big(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	struct topo_big big = { .kind = 0 };
	const char *end;
	uint64_t mtu;
	if (!topo_scan_need(scan, "a word"))
		return false;
	while (word->choices[big.kind] && strcmp(word->choices[big.kind], scan->token) != 0)
		big.kind++;
	if (!word->choices[big.kind]) {
		if (!topo_scan_decimal(scan->token, 0, word->most, &mtu, &end) || *end ||
		    mtu < word->least)
			return topo_scan_fail(
			        scan, "ptb can be honest, zero, silent, clear or an MTU, not %s",
			        scan->token);
		big = (struct topo_big){ .kind = TOPO_BIG_WRONG, .mtu = (uint32_t)mtu };
	}
	*(struct topo_big *)field = big;
	return true;
}

static void print_big(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct topo_big *big = field;
	if (big->kind == TOPO_BIG_WRONG)
		buffer_printf(out, " %u", (unsigned)big->mtu);
	else
		buffer_printf(out, " %s", word->choices[big->kind]);
}

static bool same_big(const struct topo_word *word, const void *a, const void *b)
{
	const struct topo_big *first = a, *second = b;
	(void)word;
	return first->kind == second->kind && first->mtu == second->mtu;
}

const struct topo_type topo_type_big = { parse_big, print_big, same_big };

/* N for both families, or N/M. */
static bool parse_codes(struct topo_scan *scan, const struct topo_word *word, void *field)
{
	const char *rest;
	uint64_t v4, v6;
	(void)word;
	if (!topo_scan_need(scan, "a code"))
		return false;
	bool good = topo_scan_decimal(scan->token, 0, 255, &v4, &rest);
	v6 = v4;
	if (good && *rest == '/')
		good = topo_scan_decimal(rest + 1, 0, 255, &v6, &rest);
	if (!good || *rest)
		return topo_scan_fail(scan, "%s is no code from 0 to 255, nor two like 13/1",
		                      scan->token);
	*(struct topo_codes *)field = (struct topo_codes){ (int16_t)v4, (int16_t)v6 };
	return true;
}

static void print_codes(struct buffer *out, const struct topo_word *word, const void *field)
{
	const struct topo_codes *codes = field;
	(void)word;
	buffer_printf(out, " %d", codes->v4);
	if (codes->v6 != codes->v4)
		buffer_printf(out, "/%d", codes->v6);
}

static bool same_codes(const struct topo_word *word, const void *a, const void *b)
{
	const struct topo_codes *first = a, *second = b;
	(void)word;
	return first->v4 == second->v4 && first->v6 == second->v6;
}

const struct topo_type topo_type_codes = { parse_codes, print_codes, same_codes };
