#include "io/resolve_answer.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "io/clock.h"
#include "io/source.h"

const char *answer_phrase(int status)
{
	switch (status) {
	case ARES_ENODATA: return "No address associated with hostname";
	case ARES_ENOTFOUND:
	case ARES_ENONAME:
	case ARES_EBADNAME: return "Name or service not known";
	case ARES_ENOMEM: return "Memory allocation failure";
	case ARES_EFORMERR:
	case ARES_EBADRESP: return "Non-recoverable failure in name resolution";
	default: return "Temporary failure in name resolution";
	}
}

static bool addr_of_node(const struct ares_addrinfo_node *node, struct addr *out)
{
	if (node->ai_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, node->ai_addr, sizeof in);
		*out = addr_v4(ntohl(in.sin_addr.s_addr));
		return true;
	}
	if (node->ai_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, node->ai_addr, sizeof in6);
		*out = addr_v6(in6.sin6_addr.s6_addr);
		out->scope = in6.sin6_scope_id;
		return true;
	}
	return false;
}

static bool contains(const struct addr *addrs, size_t count, const struct addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (addr_equal(&addrs[i], addr))
			return true;
	return false;
}

size_t answer_addrs(const struct ares_addrinfo *info, struct addr addrs[static ORDER_MAX])
{
	size_t count = 0;
	const struct ares_addrinfo_node *node = info->nodes;
	for (; node && count < ORDER_MAX; node = node->ai_next)
		if (addr_of_node(node, &addrs[count]) && !contains(addrs, count, &addrs[count]))
			count++;
	return count;
}

const char *answer_canonical(const struct ares_addrinfo *info)
{
	const char *name = info->name;
	size_t steps = 0;
	for (const struct ares_addrinfo_cname *c = info->cnames; c; c = c->next)
		steps++;
	while (name && steps-- > 0) {
		const struct ares_addrinfo_cname *c = info->cnames;
		while (c && !(c->alias && c->name && !strcasecmp(c->alias, name)))
			c = c->next;
		if (!c)
			break;
		name = c->name;
	}
	return name;
}

bool answer_is_final(int status)
{
	return status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADRESP ||
	       status == ARES_EBADNAME;
}

/* h_name is the last of several names; the first is what other programs say. */
const char *answer_name(const struct hostent *host)
{
	const char *name =
	        host->h_aliases && host->h_aliases[0] ? host->h_aliases[0] : host->h_name;
	return name && *name ? name : NULL;
}

void answer_order(struct addr *addrs, size_t count)
{
	struct addr sources[ORDER_MAX] = { { 0 } };
	struct source_table table;
	if (count < 2 || source_init(&table, "", 0))
		return;
	nsec now = clock_now();
	for (size_t i = 0; i < count; i++)
		if (source_find(&table, &addrs[i], now, &sources[i]))
			sources[i] = (struct addr){ 0 };
	source_release(&table);
	order_addrs(addrs, sources, count);
}
