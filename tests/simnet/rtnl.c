#include "tests/simnet/rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

#define ROOM 8192 /* of a request, or of an answer: a link's is 2 KiB or so */

struct request {
	struct nlmsghdr *head;
	_Alignas(struct nlmsghdr) char bytes[ROOM];
};

int rtnl_open(struct rtnl *r)
{
	*r = (struct rtnl){ .socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
	if (!r->socket)
		return -errno;
	if (mnl_socket_bind(r->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return 0;
	int error = -errno;
	rtnl_close(r);
	return error;
}

void rtnl_close(struct rtnl *r)
{
	if (r->socket)
		(void)mnl_socket_close(r->socket);
	r->socket = NULL;
}

/* Begins a request; returns its family header, which is zero. */
static void *begin(struct request *q, uint16_t type, uint16_t flags, size_t header)
{
	q->head = mnl_nlmsg_put_header(q->bytes);
	q->head->nlmsg_type = type;
	q->head->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return mnl_nlmsg_put_extra_header(q->head, header);
}

/* Sends it and reads what comes until the acknowledgement; each answer goes to look. */
static int ask(struct rtnl *r, struct request *q, mnl_cb_t look, void *ctx)
{
	q->head->nlmsg_seq = ++r->sequence;
	if (mnl_socket_sendto(r->socket, q->head, q->head->nlmsg_len) < 0)
		return -errno;
	int more = MNL_CB_OK;
	while (more > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(r->socket, q->bytes, sizeof q->bytes);
		if (n < 0)
			return -errno;
		more = mnl_cb_run(q->bytes, (size_t)n, r->sequence,
		                  mnl_socket_get_portid(r->socket), look, ctx);
	}
	return more < 0 ? -errno : 0;
}

static struct ifinfomsg *begin_link(struct request *q, uint16_t type, uint16_t flags,
                                    uint32_t index)
{
	struct ifinfomsg *link = begin(q, type, flags, sizeof *link);
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)index;
	return link;
}

int rtnl_no_link_local(struct rtnl *r, uint32_t index)
{
	struct request q;
	(void)begin_link(&q, RTM_NEWLINK, 0, index);
	struct nlattr *families = mnl_attr_nest_start(q.head, IFLA_AF_SPEC);
	struct nlattr *ip6 = mnl_attr_nest_start(q.head, AF_INET6);
	mnl_attr_put_u8(q.head, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(q.head, ip6);
	mnl_attr_nest_end(q.head, families);
	return ask(r, &q, NULL, NULL);
}

int rtnl_up(struct rtnl *r, uint32_t index, uint32_t mtu, uint32_t queue)
{
	struct request q;
	struct ifinfomsg *link = begin_link(&q, RTM_NEWLINK, 0, index);
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	if (mtu)
		mnl_attr_put_u32(q.head, IFLA_MTU, mtu);
	if (queue)
		mnl_attr_put_u32(q.head, IFLA_TXQLEN, queue);
	return ask(r, &q, NULL, NULL);
}

static uint8_t family_of(const struct addr *addr)
{
	return addr->family == 4 ? AF_INET : AF_INET6;
}

int rtnl_address(struct rtnl *r, uint32_t index, const struct addr *addr)
{
	struct request q;
	struct ifaddrmsg *a = begin(&q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *a);
	a->ifa_family = family_of(addr);
	a->ifa_prefixlen = (uint8_t)(8 * addr_size(addr));
	a->ifa_flags = addr->family == 6 ? IFA_F_NODAD : 0;
	a->ifa_index = index;
	mnl_attr_put(q.head, IFA_LOCAL, addr_size(addr), addr->bytes);
	mnl_attr_put(q.head, IFA_ADDRESS, addr_size(addr), addr->bytes);
	return ask(r, &q, NULL, NULL);
}

int rtnl_default_route(struct rtnl *r, uint32_t index, const struct addr *from, uint32_t mtu)
{
	struct request q;
	struct rtmsg *route = begin(&q, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *route);
	route->rtm_family = family_of(from);
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_BOOT;
	route->rtm_scope = from->family == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(q.head, RTA_OIF, index);
	mnl_attr_put(q.head, RTA_PREFSRC, addr_size(from), from->bytes);
	if (mtu) {
		struct nlattr *metrics = mnl_attr_nest_start(q.head, RTA_METRICS);
		mnl_attr_put_u32(q.head, RTAX_MTU, mtu);
		mnl_attr_nest_end(q.head, metrics);
	}
	return ask(r, &q, NULL, NULL);
}

/* What both ends of the pair are told: a name, no ARP and no neighbour discovery. */
static void put_end(struct nlmsghdr *head, struct ifinfomsg *link, const char *name)
{
	link->ifi_flags = IFF_NOARP;
	link->ifi_change = IFF_NOARP;
	mnl_attr_put_strz(head, IFLA_IFNAME, name);
}

int rtnl_veth(struct rtnl *r, const char *near, const uint8_t mac[static 6], const char *far,
              int namespace_fd)
{
	struct request q;
	struct ifinfomsg *link = begin_link(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	put_end(q.head, link, near);
	mnl_attr_put(q.head, IFLA_ADDRESS, 6, mac);
	struct nlattr *info = mnl_attr_nest_start(q.head, IFLA_LINKINFO);
	mnl_attr_put_str(q.head, IFLA_INFO_KIND, "veth");
	struct nlattr *data = mnl_attr_nest_start(q.head, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(q.head, VETH_INFO_PEER);
	put_end(q.head, mnl_nlmsg_put_extra_header(q.head, sizeof(struct ifinfomsg)), far);
	mnl_attr_put_u32(q.head, IFLA_NET_NS_FD, (uint32_t)namespace_fd);
	mnl_attr_nest_end(q.head, peer);
	mnl_attr_nest_end(q.head, data);
	mnl_attr_nest_end(q.head, info);
	return ask(r, &q, NULL, NULL);
}

static int look_at_attribute(const struct nlattr *attr, void *ctx)
{
	uint64_t *dropped = ctx;
	struct rtnl_link_stats64 stats = { 0 };
	if (mnl_attr_get_type(attr) != IFLA_STATS64)
		return MNL_CB_OK;
	/* Kernels differ in how much they tell. */
	size_t length = mnl_attr_get_payload_len(attr);
	memcpy(&stats, mnl_attr_get_payload(attr), length < sizeof stats ? length : sizeof stats);
	*dropped = stats.tx_dropped;
	return MNL_CB_OK;
}

static int look_at_link(const struct nlmsghdr *head, void *ctx)
{
	return mnl_attr_parse(head, sizeof(struct ifinfomsg), look_at_attribute, ctx);
}

int rtnl_dropped(struct rtnl *r, uint32_t index, uint64_t *dropped)
{
	struct request q;
	*dropped = 0;
	(void)begin_link(&q, RTM_GETLINK, 0, index);
	return ask(r, &q, look_at_link, dropped);
}
