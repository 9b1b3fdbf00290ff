#include "tests/simnet/line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAR_NAME "far0"
/* Datagrams that may wait for us while we are not running: 100,000 a second for 160 ms. */
#define QUEUE    16384u
#define BUFFER   (64 << 20) /* the same for a packet socket, in bytes */
#define LOOPBACK 1u         /* its index in every network namespace */

static const uint8_t near_mac[8] = { 2, 0, 0, 0, 0, 1 }; /* administered by nobody but us */

static int failed(struct line *l, const char *what, int error)
{
	l->what = what;
	return error;
}

/* --- the near end: what the command sees --------------------------------------------------------
 */

static const struct addr *first_of(const struct line_config *config, uint8_t family)
{
	for (size_t i = 0; i < config->addr_count; i++)
		if (config->addrs[i].family == family)
			return &config->addrs[i];
	return NULL;
}

static int bring_up(struct line *l, const struct line_config *config)
{
	int error = rtnl_up(&l->rtnl, LOOPBACK, 0, 0);
	if (error)
		return failed(l, "bringing lo up", error);
	/* Without IPv6 there is nothing to switch off; with it, an address would tell. */
	(void)rtnl_no_link_local(&l->rtnl, l->index);
	error = rtnl_up(&l->rtnl, l->index, l->tun ? config->mtu : LINE_DATAGRAM, QUEUE);
	if (error)
		return failed(l, "bringing " LINE_NAME " up with the MTU of the first link", error);
	for (size_t i = 0; i < config->addr_count && !error; i++)
		error = rtnl_address(&l->rtnl, l->index, &config->addrs[i]);
	if (error)
		return failed(l, "giving " LINE_NAME " the addresses of the source", error);
	for (uint8_t family = 4; family <= 6 && !error; family = (uint8_t)(family + 2))
		if (first_of(config, family))
			error = rtnl_default_route(&l->rtnl, l->index, first_of(config, family),
			                           l->tun ? 0 : config->mtu);
	return error ? failed(l, "making a default route", error) : 0;
}

/* --- TUN
 * ------------------------------------------------------------------------------------------ */

static int open_tun(struct line *l)
{
	l->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (l->fd < 0)
		return failed(l, "/dev/net/tun", -errno);
	struct ifreq request = { .ifr_name = LINE_NAME, .ifr_flags = IFF_TUN | IFF_NO_PI };
	if (ioctl(l->fd, TUNSETIFF, &request) == 0) {
		l->tun = true;
		return 0;
	}
	int error = -errno;
	close(l->fd);
	l->fd = -1;
	return failed(l, "making a TUN device", error);
}

/* --- veth and packet socket
 * ------------------------------------------------------------------------- */

/* Datagrams shall come with the checksums they would have on a wire, and no larger than the MTU. */
static int no_offload(struct line *l)
{
	struct ethtool_value off = { .cmd = ETHTOOL_STXCSUM, .data = 0 };
	struct ifreq request = { .ifr_name = LINE_NAME };
	request.ifr_data = (char *)&off;
	if (ioctl(l->control, SIOCETHTOOL, &request))
		return failed(l, "having checksums computed", -errno);
	return 0;
}

/* The far end, in the namespace this process is in now. */
static int open_far(struct line *l)
{
	struct rtnl here;
	int error = rtnl_open(&here);
	if (error)
		return failed(l, "rtnetlink", error);
	l->far_index = (int)if_nametoindex(FAR_NAME);
	struct sockaddr_ll end = { .sll_family = AF_PACKET,
		                   .sll_protocol = htons(ETH_P_ALL),
		                   .sll_ifindex = l->far_index };
	error = rtnl_up(&here, (uint32_t)l->far_index, LINE_DATAGRAM, 0);
	rtnl_close(&here);
	if (error)
		return failed(l, "bringing the far end up", error);
	int room = BUFFER, on = 1;
	l->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&end, sizeof end))
		return failed(l, "packet socket", -errno);
	if (setsockopt(l->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on))
		return failed(l, "PACKET_IGNORE_OUTGOING", -errno);
	if (setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room))
		(void)setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	return 0;
}

static int open_veth(struct line *l)
{
	if (unshare(CLONE_NEWNET))
		return failed(l, "a second network namespace", -errno);
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (here < 0)
		return failed(l, "/proc/self/ns/net", -errno);
	int error = rtnl_veth(&l->rtnl, LINE_NAME, near_mac, FAR_NAME, here);
	close(here);
	if (error)
		return failed(l, "making a veth pair", error);
	error = no_offload(l);
	return error ? error : open_far(l);
}

static struct span read_far(struct line *l, uint8_t *room)
{
	for (;;) {
		struct sockaddr_ll from;
		socklen_t length = sizeof from;
		ssize_t n =
		        recvfrom(l->fd, room, LINE_DATAGRAM, 0, (struct sockaddr *)&from, &length);
		if (n < 0)
			return (struct span){ 0 };
		if (from.sll_protocol == htons(ETH_P_IP) || from.sll_protocol == htons(ETH_P_IPV6))
			return (struct span){ .data = room, .length = (size_t)n };
	}
}

static bool write_far(struct line *l, struct span datagram)
{
	bool ip6 = datagram.length && datagram.data[0] >> 4 == 6;
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		                  .sll_protocol = htons(ip6 ? ETH_P_IPV6 : ETH_P_IP),
		                  .sll_ifindex = l->far_index,
		                  .sll_halen = 6 };
	memcpy(to.sll_addr, near_mac, sizeof to.sll_addr);
	return sendto(l->fd, datagram.data, datagram.length, 0, (struct sockaddr *)&to,
	              sizeof to) >= 0;
}

/* --- either -------------------------------------------------------------------------------------
 */

static int open_either(struct line *l, const struct line_config *config)
{
	int error = rtnl_open(&l->rtnl);
	if (error)
		return failed(l, "rtnetlink", error);
	l->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->control < 0)
		return failed(l, "socket", -errno);
	if (config->no_tun || open_tun(l))
		error = open_veth(l);
	if (error)
		return error;
	struct ifreq request = { .ifr_name = LINE_NAME };
	if (ioctl(l->control, SIOCGIFINDEX, &request))
		return failed(l, "finding " LINE_NAME, -errno);
	l->index = (uint32_t)request.ifr_ifindex;
	return bring_up(l, config);
}

int line_open(struct line *l, const struct line_config *config)
{
	*l = (struct line){ .fd = -1, .control = -1, .what = "" };
	int error = open_either(l, config);
	if (error)
		line_close(l);
	return error;
}

void line_close(struct line *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->control >= 0)
		close(l->control);
	rtnl_close(&l->rtnl);
	l->fd = l->control = -1;
}

struct span line_read(struct line *l, uint8_t *room)
{
	if (!l->tun)
		return read_far(l, room);
	ssize_t n = read(l->fd, room, LINE_DATAGRAM);
	if (n > 0)
		return (struct span){ .data = room, .length = (size_t)n };
	l->gone |= n < 0 && errno == EBADFD;
	return (struct span){ 0 };
}

bool line_write(struct line *l, struct span datagram)
{
	if (!l->tun)
		return write_far(l, datagram);
	return write(l->fd, datagram.data, datagram.length) == (ssize_t)datagram.length;
}

uint64_t line_dropped(struct line *l)
{
	uint64_t dropped = 0;
	struct tpacket_stats stats;
	socklen_t length = sizeof stats;
	if (l->tun)
		(void)rtnl_dropped(&l->rtnl, l->index, &dropped);
	else if (getsockopt(l->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0)
		dropped = stats.tp_drops;
	return dropped;
}
