#include "io/hostname.h"

#include <arpa/inet.h>
#include <errno.h>
#include <idn2.h>
#include <stdbool.h>
#include <string.h>

#include "io/socket.h"

#define NOT_KNOWN "Name or service not known"

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/*
 * inet_aton also takes what follows a blank; only digits, dots and the letters of hexadecimal get
 * to it. What it does not take may still be a name of such letters ("abc").
 */
static bool parse_inet_aton(const char *text, struct addr *out)
{
	struct in_addr in;
	if (text[strspn(text, "0123456789abcdefxABCDEFX.")] || !inet_aton(text, &in))
		return false;
	*out = addr_v4(ntohl(in.s_addr));
	return true;
}

static enum hostname_kind bad(struct hostname *out, const char *error)
{
	out->error = error;
	return HOSTNAME_BAD;
}

static enum hostname_kind literal(struct hostname *out, uint8_t family)
{
	if (family && out->addr.family != family)
		return bad(out, "Address family for hostname not supported");
	return HOSTNAME_LITERAL;
}

/*
 * Labels of 1 to 63 characters, 253 in all, none of them blank or control; a backslash would be an
 * escape to c-ares. Which other characters names have is up to those who give them.
 */
static bool is_name(const char *text)
{
	size_t total = 0, label = 0;
	for (; text[total]; total++) {
		char c = text[total];
		if (c <= ' ' || c > '~' || c == '\\' || (c == '.' && label == 0))
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	size_t root = label == 0;
	return total > 0 && total - root <= HOSTNAME_MAX - 1;
}

static enum hostname_kind name(struct hostname *out, const char *ascii)
{
	if (!is_name(ascii))
		return bad(out, NOT_KNOWN);
	memcpy(out->ascii, ascii, strlen(ascii) + 1);
	return HOSTNAME_NAME;
}

static enum hostname_kind international(struct hostname *out, const char *text)
{
	uint8_t *ascii = NULL;
	int error = idn2_lookup_u8((const uint8_t *)text, &ascii,
	                           IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (error == IDN2_MALLOC)
		return bad(out, "Memory allocation failure");
	if (error != IDN2_OK)
		return bad(out, "Parameter string not correctly encoded");
	enum hostname_kind kind = name(out, (const char *)ascii);
	idn2_free(ascii);
	return kind;
}

enum hostname_kind hostname_parse(const char *text, uint8_t family, struct hostname *out)
{
	*out = (struct hostname){ .error = NULL };
	int error = socket_parse(text, &out->addr);
	if (error == -ENODEV)
		return bad(out, "No such network interface");
	if (!error || parse_inet_aton(text, &out->addr))
		return literal(out, family);
	return is_ascii(text) ? name(out, text) : international(out, text);
}
