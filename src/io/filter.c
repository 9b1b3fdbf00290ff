#include "io/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#define SOL_RAW_SOCKET 255 /* SOL_RAW of linux/socket.h, which no header of user space has */

#define FILTER_MAX 64 /* instructions of the longest program */

/* Where a jump may lead; a program places each of those it uses once, ahead of its jumps. */
enum label {
	NEXT,
	REPLY,
	ERROR,
	QUOTED_ICMP,
	QUOTED_ID,
	QUOTED_PORT,
	QUOTED_FRAGMENT,
	ID,
	PORT,
	ACCEPT,
	DROP,
	LABELS,
};

struct assembly {
	struct sock_filter *program;
	size_t length;
	uint8_t yes[FILTER_MAX]; /* enum label of each instruction's two exits */
	uint8_t no[FILTER_MAX];
	size_t at[LABELS];
};

static void emit(struct assembly *a, int code, uint32_t k)
{
	a->yes[a->length] = NEXT;
	a->no[a->length] = NEXT;
	a->program[a->length++] = (struct sock_filter){ .code = (uint16_t)code, .k = k };
}

static void jump(struct assembly *a, int test, uint32_t k, enum label yes, enum label no)
{
	emit(a, BPF_JMP | test | BPF_K, k);
	a->yes[a->length - 1] = (uint8_t)yes;
	a->no[a->length - 1] = (uint8_t)no;
}

static void always(struct assembly *a, enum label label)
{
	jump(a, BPF_JEQ, 0, label, label);
}

static void place(struct assembly *a, enum label label)
{
	a->at[label] = a->length;
}

/* Jumps count instructions from the next one on, so a label gives
 * a byte once its place is known. */
static uint8_t distance(const struct assembly *a, size_t from, uint8_t label)
{
	return label == NEXT ? 0 : (uint8_t)(a->at[label] - from - 1);
}

static size_t assemble(struct assembly *a)
{
	place(a, ACCEPT);
	emit(a, BPF_RET | BPF_K, UINT32_MAX);
	place(a, DROP);
	emit(a, BPF_RET | BPF_K, 0);
	for (size_t i = 0; i < a->length; i++) {
		if (BPF_CLASS(a->program[i].code) != BPF_JMP)
			continue;
		a->program[i].jt = distance(a, i, a->yes[i]);
		a->program[i].jf = distance(a, i, a->no[i]);
	}
	return a->length;
}

/* Loads at k (ABSOLUTE) or at X + k (BPF_IND); out of bounds ends the program with "drop". */
static void load8(struct assembly *a, int mode, uint32_t k)
{
	emit(a, BPF_LD | BPF_B | mode, k);
}

static void load16(struct assembly *a, int mode, uint32_t k)
{
	emit(a, BPF_LD | BPF_H | mode, k);
}

/* Whether A lies in the range of count numbers from base on, modulo 65536. */
static void within(struct assembly *a, uint16_t base, uint32_t count)
{
	emit(a, BPF_ALU | BPF_SUB | BPF_K, base);
	emit(a, BPF_ALU | BPF_AND | BPF_K, 0xffff);
	jump(a, BPF_JGE, count, DROP, ACCEPT);
}

static void finish(struct assembly *a, const struct filter_config *config)
{
	place(a, PORT);
	within(a, config->port_base, config->port_count);
	place(a, ID);
	within(a, config->id_base, config->id_count);
}

static void build4(struct assembly *a, const struct filter_config *config)
{
	emit(a, BPF_LDX | BPF_B | BPF_MSH, 0); /* X: length of the IP header */
	load8(a, BPF_IND, 0);
	jump(a, BPF_JEQ, ICMP4_ECHO_REPLY, REPLY, NEXT);
	jump(a, BPF_JEQ, ICMP4_TIMESTAMP_REPLY, REPLY, NEXT);
	jump(a, BPF_JEQ, ICMP4_UNREACHABLE, ERROR, NEXT);
	jump(a, BPF_JEQ, ICMP4_SOURCE_QUENCH, ERROR, NEXT);
	jump(a, BPF_JEQ, ICMP4_REDIRECT, ERROR, NEXT);
	jump(a, BPF_JEQ, ICMP4_TIME_EXCEEDED, ERROR, NEXT);
	jump(a, BPF_JEQ, ICMP4_PARAMETER_PROBLEM, ERROR, DROP);

	place(a, REPLY);
	load16(a, BPF_IND, 4);
	always(a, ID);

	place(a, ERROR);
	load8(a, BPF_IND, ICMP_HEADER + 9);
	emit(a, BPF_ST, 0); /* the quoted protocol */
	load8(a, BPF_IND, ICMP_HEADER);
	emit(a, BPF_ALU | BPF_AND | BPF_K, 0xf);
	emit(a, BPF_ALU | BPF_LSH | BPF_K, 2);
	emit(a, BPF_ALU | BPF_ADD | BPF_X, 0);
	emit(a, BPF_ST, 1); /* both IP headers */
	/* A fragment behind the first has no id to look at. */
	load16(a, BPF_IND, ICMP_HEADER + 6);
	jump(a, BPF_JSET, 0x1fff, ACCEPT, NEXT);
	emit(a, BPF_LDX | BPF_W | BPF_MEM, 1);
	emit(a, BPF_LD | BPF_W | BPF_MEM, 0);
	jump(a, BPF_JEQ, IP_PROTOCOL_ICMP, QUOTED_ICMP, NEXT);
	jump(a, BPF_JEQ, IP_PROTOCOL_UDP, QUOTED_PORT, NEXT);
	jump(a, BPF_JEQ, IP_PROTOCOL_TCP, QUOTED_PORT, DROP);

	place(a, QUOTED_PORT);
	load16(a, BPF_IND, ICMP_HEADER);
	always(a, PORT);

	place(a, QUOTED_ICMP);
	load8(a, BPF_IND, ICMP_HEADER);
	jump(a, BPF_JEQ, ICMP4_ECHO, QUOTED_ID, NEXT);
	jump(a, BPF_JEQ, ICMP4_TIMESTAMP, QUOTED_ID, DROP);
	place(a, QUOTED_ID);
	load16(a, BPF_IND, ICMP_HEADER + 4);
	always(a, ID);
	finish(a, config);
}

enum {
	QUOTE6 = ICMP_HEADER, /* where a quoted IPv6 header begins */
	QUOTE6_UPPER = QUOTE6 + IP6_HEADER,
	EXTENSION_HOP_BY_HOP = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_FRAGMENT = 44,
	EXTENSION_AUTHENTICATION = 51,
	EXTENSION_DESTINATION = 60,
	FRAGMENT_HEADER = 8,
};

static void build6(struct assembly *a, const struct filter_config *config)
{
	enum label node_info = config->node_info ? ACCEPT : DROP;

	load8(a, BPF_ABS, 0);
	jump(a, BPF_JEQ, ICMP6_ECHO_REPLY, REPLY, NEXT);
	jump(a, BPF_JEQ, ICMP6_NODE_INFO_REPLY, node_info, NEXT);
	/* What a redirect quotes stands in one of its options,
	 * wherever: too rare to search here. */
	jump(a, BPF_JEQ, ICMP6_REDIRECT, ACCEPT, NEXT);
	jump(a, BPF_JGE, 128, DROP, ERROR);

	place(a, REPLY);
	load16(a, BPF_ABS, 4);
	always(a, ID);

	place(a, ERROR);
	load8(a, BPF_ABS, QUOTE6 + 6);
	jump(a, BPF_JEQ, IP_PROTOCOL_ICMP6, QUOTED_ICMP, NEXT);
	jump(a, BPF_JEQ, IP_PROTOCOL_UDP, QUOTED_PORT, NEXT);
	jump(a, BPF_JEQ, IP_PROTOCOL_TCP, QUOTED_PORT, NEXT);
	jump(a, BPF_JEQ, EXTENSION_FRAGMENT, QUOTED_FRAGMENT, NEXT);
	jump(a, BPF_JEQ, EXTENSION_HOP_BY_HOP, ACCEPT, NEXT);
	jump(a, BPF_JEQ, EXTENSION_ROUTING, ACCEPT, NEXT);
	jump(a, BPF_JEQ, EXTENSION_AUTHENTICATION, ACCEPT, NEXT);
	jump(a, BPF_JEQ, EXTENSION_DESTINATION, ACCEPT, DROP);

	/* Behind a fragment header: X becomes its length, so that what follows reads on. */
	place(a, QUOTED_FRAGMENT);
	load16(a, BPF_ABS, QUOTE6_UPPER + 2);
	jump(a, BPF_JSET, 0xfff8, ACCEPT, NEXT);
	emit(a, BPF_LDX | BPF_IMM, FRAGMENT_HEADER);
	load8(a, BPF_ABS, QUOTE6_UPPER);
	jump(a, BPF_JEQ, IP_PROTOCOL_ICMP6, QUOTED_ICMP, NEXT);
	jump(a, BPF_JEQ, IP_PROTOCOL_UDP, QUOTED_PORT, NEXT);
	jump(a, BPF_JEQ, IP_PROTOCOL_TCP, QUOTED_PORT, DROP);

	place(a, QUOTED_PORT);
	load16(a, BPF_IND, QUOTE6_UPPER);
	always(a, PORT);

	place(a, QUOTED_ICMP);
	load8(a, BPF_IND, QUOTE6_UPPER);
	jump(a, BPF_JEQ, ICMP6_NODE_INFO_QUERY, node_info, NEXT);
	jump(a, BPF_JEQ, ICMP6_ECHO, NEXT, DROP);
	load16(a, BPF_IND, QUOTE6_UPPER + 4);
	always(a, ID);
	finish(a, config);
}

static size_t build(uint8_t family, const struct filter_config *config,
                    struct sock_filter program[static FILTER_MAX])
{
	struct assembly a = { .program = program };
	if (family == 4)
		build4(&a, config);
	else
		build6(&a, config);
	return assemble(&a);
}

static int attach(int fd, struct sock_filter *program, size_t length)
{
	struct sock_fprog prog = { .len = (unsigned short)length, .filter = program };
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

int filter_attach(int fd, uint8_t family, const struct filter_config *config)
{
	struct sock_filter program[FILTER_MAX];
	return attach(fd, program, build(family, config, program));
}

int filter_deaf(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	int error = attach(fd, &nothing, 1);
	if (error)
		return error;
	/* With nothing behind, what is queued is all there will be. */
	char byte;
	while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR)
		;
	return 0;
}

static int sieve_types(int fd, uint8_t family, const struct filter_config *config)
{
	if (family == 4) {
		struct icmp_filter block = {
			.data = ~(1U << ICMP4_ECHO_REPLY | 1U << ICMP4_TIMESTAMP_REPLY |
			          1U << ICMP4_UNREACHABLE | 1U << ICMP4_SOURCE_QUENCH |
			          1U << ICMP4_REDIRECT | 1U << ICMP4_TIME_EXCEEDED |
			          1U << ICMP4_PARAMETER_PROBLEM)
		};
		return setsockopt(fd, SOL_RAW_SOCKET, ICMP_FILTER, &block, sizeof(block));
	}
	/* All errors, known and unknown, and of the rest only what answers. */
	struct icmp6_filter block = { .data = { 0, 0, 0, 0, UINT32_MAX, UINT32_MAX, UINT32_MAX,
		                                UINT32_MAX } };
	block.data[ICMP6_ECHO_REPLY / 32] &= ~(1U << ICMP6_ECHO_REPLY % 32);
	block.data[ICMP6_REDIRECT / 32] &= ~(1U << ICMP6_REDIRECT % 32);
	if (config->node_info)
		block.data[ICMP6_NODE_INFO_REPLY / 32] &= ~(1U << ICMP6_NODE_INFO_REPLY % 32);
	return setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, &block, sizeof(block));
}

int filter_open(int fd, uint8_t family, const struct filter_config *config)
{
	if (sieve_types(fd, family, config) < 0)
		return -errno;
	int error = filter_deaf(fd);
	return error ? error : filter_attach(fd, family, config);
}
