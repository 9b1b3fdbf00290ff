/*
 * ping_node_info - the words of -N: what to ask a node about itself (RFC 4620), and about whom.
 */
#include <string.h>
#include "base/cursor.h"
#include "cli/ping_options.h"
#include "cli/ping_parse.h"

/* Query types, and the flags of the addresses asked for: RFC 4620, 4, 6.3 and 6.4. */
enum { QTYPE_NAME = 2, QTYPE_IPV6 = 3, QTYPE_IPV4 = 4 };
enum {
	WANT_ALL = 0x02,
	WANT_COMPATIBLE = 0x04,
	WANT_LINK = 0x08,
	WANT_SITE = 0x10,
	WANT_GLOBAL = 0x20
};

static const struct node_info_query {
	const char *word;
	uint16_t qtype, flags;
} queries[] = {
	{ "name", QTYPE_NAME, 0 },
	{ "ipv6", QTYPE_IPV6, 0 },
	{ "ipv6-all", QTYPE_IPV6, WANT_ALL },
	{ "ipv6-compatible", QTYPE_IPV6, WANT_COMPATIBLE },
	{ "ipv6-global", QTYPE_IPV6, WANT_GLOBAL },
	{ "ipv6-linklocal", QTYPE_IPV6, WANT_LINK },
	{ "ipv6-sitelocal", QTYPE_IPV6, WANT_SITE },
	{ "ipv4", QTYPE_IPV4, 0 },
	{ "ipv4-all", QTYPE_IPV4, WANT_ALL },
};

const char *const ping_node_info_words[] = {
	"help",          "name",           "ipv6",           "ipv6-all",      "ipv6-compatible",
	"ipv6-global",   "ipv6-linklocal", "ipv6-sitelocal", "ipv4",          "ipv4-all",
	"subject-ipv6=", "subject-ipv4=",  "subject-name=",  "subject-fqdn=", NULL,
};

void ping_node_info_help(struct buffer *out)
{
	buffer_text(out, "What -N asks for (RFC 4620):\n"
	                 "  name                 the node's name\n"
	                 "  ipv6, ipv6-all, ipv6-compatible, ipv6-global, ipv6-linklocal,\n"
	                 "  ipv6-sitelocal       its IPv6 addresses; several kinds may be given\n"
	                 "  ipv4, ipv4-all       its IPv4 addresses\n"
	                 "Whom the question is about, where not the address probed:\n"
	                 "  subject-ipv6=ADDR, subject-ipv4=ADDR\n"
	                 "  subject-name=NAME    a name as the node knows itself\n"
	                 "  subject-fqdn=NAME    a fully qualified name\n");
}

static bool subject_addr(struct ping_node_info *info, const char *text, uint8_t family)
{
	struct addr addr;
	if (!addr_parse(text, &addr) || addr.family != family || addr.scope)
		return false;
	struct writer w = writer_of(info->subject, sizeof(info->subject));
	addr_write(&w, &addr);
	info->subject_length = (uint8_t)writer_length(&w);
	info->code = family == 6 ? 0 : 2;
	return true;
}

/*
 * A name as RFC 1035 writes it; one that is not fully qualified ends in two empty labels instead of
 * one (RFC 4620, 5).
 */
static bool subject_name(struct ping_node_info *info, const char *text, bool qualified)
{
	struct writer w = writer_of(info->subject, sizeof(info->subject));
	while (*text) {
		size_t length = strcspn(text, ".");
		if (length == 0 || length > 63)
			return false;
		writer_u8(&w, (uint8_t)length);
		writer_bytes(&w, text, length);
		text += length;
		if (*text)
			text++;
	}
	if (writer_length(&w) == 0)
		return false;
	writer_zero(&w, qualified ? 1 : 2);
	info->subject_length = (uint8_t)writer_length(&w);
	info->code = 1;
	return !w.failed;
}

static bool parse_subject(struct ping_node_info *info, const char *text, struct buffer *complaint)
{
	size_t length = strcspn(text, "=");
	const char *value = text + length + (text[length] == '=');
	bool fine;
	if (strncmp(text, "ipv6", length) == 0)
		fine = subject_addr(info, value, 6);
	else if (strncmp(text, "ipv4", length) == 0)
		fine = subject_addr(info, value, 4);
	else
		fine = subject_name(info, value, strncmp(text, "fqdn", length) == 0);
	if (!fine)
		options_complain(complaint, "node info subject",
		                 *value ? "cannot be asked about" : "is empty", value);
	return fine;
}

static bool parse_query(struct ping_node_info *info, const char *text, struct buffer *complaint)
{
	const char *fault = *text ? "is not known (see -N help)" : "is empty";
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		if (strcmp(queries[i].word, text) != 0)
			continue;
		if (info->qtype && info->qtype != queries[i].qtype) {
			fault = "is a second question";
			break;
		}
		info->qtype = queries[i].qtype;
		info->flags |= queries[i].flags;
		return true;
	}
	options_complain(complaint, "node info", fault, text);
	return false;
}

bool ping_parse_node_info(void *into, const char *text, struct buffer *complaint)
{
	static const char *const subjects[] = { "subject-ipv6=", "subject-ipv4=", "subject-name=",
		                                "subject-fqdn=" };
	struct ping_options *options = into;
	options->node_info.given = true;
	if (strcmp(text, "help") == 0) {
		options->node_info_help = true;
		return true;
	}
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		if (strncmp(text, subjects[i], strlen(subjects[i])) == 0)
			return parse_subject(&options->node_info, text + strlen("subject-"),
			                     complaint);
	return parse_query(&options->node_info, text, complaint);
}
