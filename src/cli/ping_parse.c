#include "cli/ping_parse.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include "cli/numbers.h"
#include "cli/ping_options.h"
#include "wire/ip4.h"

const char *const ping_timestamp_words[] = { "tsonly", "tsandaddr", "tsprespec=", NULL };

/* "fe80::1%eth0": the zone by name or number. */
static bool parse_scoped(const char *text, struct addr *out)
{
	char copy[ADDR_TEXT_SIZE];
	size_t length = strlen(text);
	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length + 1);
	char *zone = strchr(copy, '%');
	uint64_t scope = 0;
	if (zone) {
		*zone++ = '\0';
		scope = if_nametoindex(zone);
		if (scope == 0 && number_parse(zone, 1, UINT32_MAX, &scope) != NUMBER_OK)
			return false;
	}
	struct addr addr;
	if (!addr_parse(copy, &addr) || addr.family != 6)
		return false;
	addr.scope = (uint32_t)scope;
	*out = addr;
	return true;
}

bool ping_parse_interface(void *into, const char *text, struct buffer *complaint)
{
	struct ping_options *options = into;
	struct addr source;
	if (!*text) {
		options_complain(complaint, "interface", "is empty", "");
	} else if (strchr(text, ':')) {
		if (parse_scoped(text, &options->source6))
			return true;
		options_complain(complaint, "source", "is not an IPv6 address", text);
	} else if (addr_parse(text, &source)) {
		options->source4 = source;
		return true;
	} else if (strlen(text) >= IF_NAMESIZE) {
		options_complain(complaint, "interface", "is too long", text);
	} else {
		options->interface = text;
		return true;
	}
	return false;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) % 16 : -1;
}

bool ping_parse_pattern(void *into, const char *text, struct buffer *complaint)
{
	struct ping_options *options = into;
	const char *fault = *text ? NULL : "is empty";
	size_t length = 0;

	for (const char *at = text; *at && !fault; length++) {
		/* A last digit may stand alone: "f" is 0x0f. */
		int high = at[1] ? hex_digit(*at++) : 0;
		int low = hex_digit(*at++);
		if (high < 0 || low < 0)
			fault = "is not hexadecimal";
		else if (length == EXCHANGE_PATTERN_MAX)
			fault = "is longer than 16 bytes";
		else
			options->pattern[length] = (uint8_t)(high << 4 | low);
	}
	if (fault) {
		options_complain(complaint, "pattern", fault, text);
		return false;
	}
	options->pattern_length = (uint8_t)length;
	for (size_t i = 0; i < length; i++)
		snprintf(options->pattern_text + 2 * i, 3, "%02x", options->pattern[i]);
	return true;
}

/* "ADDR,ADDR": IPv4 addresses, one at least. */
static bool parse_addresses(const char *name, const char *text, struct addr *addrs, uint8_t room,
                            uint8_t *count, struct buffer *complaint)
{
	*count = 0;
	for (;;) {
		char copy[ADDR_TEXT_SIZE] = "";
		size_t length = strcspn(text, ",");
		struct addr addr;
		if (length < sizeof(copy))
			memcpy(copy, text, length);
		if (!addr_parse(copy, &addr) || addr.family != 4) {
			options_complain(complaint, name,
			                 length ? "is not an IPv4 address" : "is empty", "");
			if (length)
				buffer_printf(complaint, ": %.*s", (int)length, text);
			return false;
		}
		if (*count == room) {
			options_complain(complaint, name, "is one too many", text);
			return false;
		}
		addrs[(*count)++] = addr;
		if (!text[length])
			return true;
		text += length + 1;
	}
}

bool ping_parse_timestamp(void *into, const char *text, struct buffer *complaint)
{
	static const char prespec[] = "tsprespec=";
	struct ping_options *options = into;
	options->stamp_count = 0;
	if (strcmp(text, "tsonly") == 0) {
		options->timestamp = IP4_TIMESTAMP_ONLY;
	} else if (strcmp(text, "tsandaddr") == 0) {
		options->timestamp = IP4_TIMESTAMP_ADDR;
	} else if (strncmp(text, prespec, sizeof(prespec) - 1) == 0) {
		options->timestamp = IP4_TIMESTAMP_PRESPEC;
		return parse_addresses("ip timestamp hop", text + sizeof(prespec) - 1,
		                       options->stamps, PING_STAMPS_MAX, &options->stamp_count,
		                       complaint);
	} else {
		options_complain(complaint, "ip timestamp",
		                 *text ? "is none of tsonly, tsandaddr, tsprespec=ADDR,..."
		                       : "is empty",
		                 text);
		return false;
	}
	return true;
}

bool ping_parse_route(void *into, const char *text, struct buffer *complaint)
{
	struct ping_options *options = into;
	return parse_addresses("route hop", text, options->hops, PING_HOPS_MAX, &options->hop_count,
	                       complaint);
}
