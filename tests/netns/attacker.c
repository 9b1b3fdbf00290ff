#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/netns/attacker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "io/clock.h"
#include "tests/netns/netns.h"

#define RUN_MAX    60000 /* ms */
#define OUTPUT_MAX ((size_t)64 << 20)

enum { ICMP = 1, ICMP6 = 58 };

/* --- bytes ----------------------------------------------------------------------------------- */

static uint32_t sum_of(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void attacker_address(uint8_t family, enum attacker_host host, uint8_t address[static 16])
{
	static const uint8_t four[16] = { 198, 51, 100 };
	static const uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	memcpy(address, family == 4 ? four : six, 16);
	address[family == 4 ? 3 : 15] = (uint8_t)host;
}

const char *attacker_name(uint8_t family, enum attacker_host host)
{
	static const char *const names[2][5] = {
		{ "", "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4" },
		{ "", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4" },
	};
	return names[family == 6][host];
}

/* --- the device ------------------------------------------------------------------------------ */

void attacker_open(struct attacker *a, const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	char script[512];
	*a = (struct attacker){ .tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK) };
	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (a->tun < 0 || ioctl(a->tun, TUNSETIFF, &request) < 0)
		fail_msg("TUN device: %s", strerror(errno));
	/* The kernel believes no redirect: what one does to routes is not the program's doing. */
	(void)snprintf(script, sizeof script,
	               "cd /proc/sys/net; echo 0 >ipv4/conf/%s/accept_redirects;"
	               "echo 0 >ipv4/conf/all/accept_redirects;"
	               "echo 0 >ipv6/conf/%s/accept_redirects; echo 0 >ipv6/conf/%s/accept_ra;"
	               "echo 0 >ipv4/conf/%s/rp_filter; echo 0 >ipv4/conf/all/rp_filter;"
	               "ip link set %s txqueuelen 10000 up;"
	               "ip address add 198.51.100.1/24 dev %s;"
	               "ip address add 2001:db8::1/64 dev %s nodad",
	               name, name, name, name, name, name, name);
	netns_run(script);
}

void attacker_close(struct attacker *a)
{
	if (a->tun >= 0)
		close(a->tun);
	free(a->out);
	free(a->err);
	*a = (struct attacker){ .tun = -1 };
}

/* --- drafts ---------------------------------------------------------------------------------- */

void draft_answer(struct draft *d, const struct seen *seen)
{
	bool v4 = seen->family == 4;
	memset(d, 0, offsetof(struct draft, data));
	d->family = seen->family;
	d->protocol = seen->protocol;
	d->ttl = 64;
	attacker_address(d->family, HERE, d->destination);
	memcpy(d->source, seen->ip + (v4 ? 16 : 24), v4 ? 4 : 16);
	memcpy(d->data, seen->data, seen->data_length);
	d->length = seen->data_length;
	d->data[0] = v4 ? 0 : 129;
}

void draft_error(struct draft *d, const struct seen *seen, uint8_t type, uint8_t code,
                 uint32_t rest, size_t quote)
{
	draft_answer(d, seen);
	attacker_address(d->family, ROUTER, d->source);
	d->data[0] = type;
	d->data[1] = code;
	put16(d->data + 4, rest >> 16);
	put16(d->data + 6, rest & 0xffff);
	quote = quote < seen->length ? quote : seen->length;
	memcpy(d->data + 8, seen->ip, quote);
	d->length = 8 + quote;
}

static size_t put_header4(uint8_t *ip, const struct draft *d)
{
	size_t header = 20 + d->options_length;
	ip[0] = (uint8_t)(0x40 | header / 4);
	put16(ip + 2, header + d->length + (size_t)d->stretch);
	put16(ip + 4, 0x4242);
	put16(ip + 6, d->fragment);
	ip[8] = d->ttl;
	ip[9] = d->protocol;
	memcpy(ip + 12, d->source, 4);
	memcpy(ip + 16, d->destination, 4);
	memcpy(ip + 20, d->options, d->options_length);
	put16(ip + 10, fold(sum_of(ip, header, 0)));
	return header;
}

static size_t put_header6(uint8_t *ip, const struct draft *d)
{
	ip[0] = 0x60;
	put16(ip + 4, d->options_length + d->length + (size_t)d->stretch);
	ip[6] = d->options_length ? d->next : d->protocol;
	ip[7] = d->ttl;
	memcpy(ip + 8, d->source, 16);
	memcpy(ip + 24, d->destination, 16);
	memcpy(ip + 40, d->options, d->options_length);
	return 40 + d->options_length;
}

static void seal(uint8_t *data, const struct draft *d)
{
	size_t at = d->protocol == ICMP || d->protocol == ICMP6 ? 2 : 6;
	size_t width = d->family == 4 ? 4 : 16;
	uint32_t sum = 0;
	if (d->length < at + 2)
		return;
	put16(data + at, 0);
	if (d->protocol != ICMP) {
		sum = sum_of(d->source, width, sum_of(d->destination, width, sum));
		sum += (uint32_t)d->length + d->protocol;
	}
	put16(data + at, (size_t)(fold(sum_of(data, d->length, sum)) ^ d->sum_slip));
}

void draft_send(struct attacker *a, const struct draft *d)
{
	static uint8_t ip[ATTACKER_ROOM + 100];
	memset(ip, 0, 100);
	size_t header = d->family == 4 ? put_header4(ip, d) : put_header6(ip, d);
	memcpy(ip + header, d->data, d->length);
	seal(ip + header, d);
	/* What the kernel will not even take is none of the child's troubles. */
	(void)!write(a->tun, ip, header + d->length);
}

/* --- the run --------------------------------------------------------------------------------- */

static void look(struct attacker *a, const uint8_t *ip, size_t length)
{
	struct seen seen = { .family = ip[0] >> 4, .ip = ip, .length = length };
	bool v4 = seen.family == 4;
	seen.header = v4 ? (size_t)(ip[0] & 15) * 4 : 40;
	if (length < seen.header + 8)
		return;
	seen.protocol = ip[v4 ? 9 : 6];
	seen.data = ip + seen.header;
	seen.data_length = length - seen.header;
	if (seen.protocol == (v4 ? ICMP : ICMP6) && seen.data[0] == (v4 ? 8 : 128)) {
		seen.nth = a->echoes++;
		a->on_echo(a, &seen);
	} else if (a->on_other) {
		a->on_other(a, &seen);
	}
}

static void drain_tun(struct attacker *a)
{
	static uint8_t ip[ATTACKER_ROOM];
	for (int i = 0; i < 256 && a->tun >= 0; i++) {
		ssize_t n = read(a->tun, ip, sizeof ip);
		if (n < 20)
			return;
		look(a, ip, (size_t)n);
	}
}

/* False at the end of the output. */
static bool drain_pipe(int fd, char **text, size_t *length)
{
	static char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof bytes);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	char *more = realloc(*text, *length + (size_t)n + 1);
	if (!more || *length + (size_t)n > OUTPUT_MAX)
		fail_msg("%zu bytes of output", *length);
	memcpy(more + *length, bytes, (size_t)n);
	*text = more;
	*length += (size_t)n;
	more[*length] = '\0';
	return true;
}

static void become_child(const struct attacker *a, const char *const *arguments, int out, int err)
{
	const char *argv[64] = { "sonde", "ping" };
	const char *program = getenv("SONDE");
	for (size_t i = 0; arguments[i] && i < 60; i++)
		argv[i + 2] = arguments[i];
	/* Root keeps what is not bounded. */
	if (a->unprivileged && prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0) < 0)
		_exit(126);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execv(program ? program : "build/sonde", (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void start(struct attacker *a, const char *const *arguments, int pipes[2])
{
	int out[2], err[2];
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		fail_msg("pipe: %s", strerror(errno));
	a->child = fork();
	if (a->child < 0)
		fail_msg("fork: %s", strerror(errno));
	if (a->child == 0)
		become_child(a, arguments, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	pipes[0] = out[0];
	pipes[1] = err[0];
}

static void pump(struct attacker *a, int pipes[2])
{
	nsec end = clock_now() + RUN_MAX * NSEC_MS;
	while (pipes[0] >= 0 || pipes[1] >= 0) {
		struct pollfd fds[3] = { { pipes[0], POLLIN, 0 },
			                 { pipes[1], POLLIN, 0 },
			                 { a->tun, POLLIN, 0 } };
		(void)poll(fds, 3, 1000);
		if (fds[2].revents)
			drain_tun(a);
		for (int i = 0; i < 2; i++) {
			if (!fds[i].revents)
				continue;
			bool more = i ? drain_pipe(pipes[i], &a->err, &a->err_length)
			              : drain_pipe(pipes[i], &a->out, &a->out_length);
			if (!more) {
				close(pipes[i]);
				pipes[i] = -1;
			}
		}
		if (clock_now() > end)
			(void)kill(a->child, SIGKILL);
	}
}

void attacker_run(struct attacker *a, const char *const *arguments)
{
	int pipes[2], status = 0;
	free(a->out);
	free(a->err);
	a->out = calloc(1, 1);
	a->err = calloc(1, 1);
	a->out_length = a->err_length = a->echoes = 0;
	start(a, arguments, pipes);
	pump(a, pipes);
	if (waitpid(a->child, &status, 0) != a->child)
		fail_msg("waitpid: %s", strerror(errno));
	a->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- judging --------------------------------------------------------------------------------- */

json_t *attacker_lines(const struct attacker *a)
{
	json_t *lines = json_array();
	json_error_t error;
	for (const char *at = a->out; *at;) {
		const char *end = strchr(at, '\n');
		if (!end)
			fail_msg("a line without an end: %s", at);
		json_t *line = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, &error);
		if (!json_is_object(line))
			fail_msg("%s: %.*s", error.text, (int)(end - at), at);
		json_array_append_new(lines, line);
		at = end + 1;
	}
	return lines;
}

json_t *attacker_find(json_t *lines, const char *type)
{
	for (size_t i = json_array_size(lines); i-- > 0;) {
		json_t *line = json_array_get(lines, i);
		if (strcmp(json_string_value(json_object_get(line, "type")), type) == 0)
			return line;
	}
	return NULL;
}

int64_t attacker_number(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	if (!json_is_integer(value))
		fail_msg("%s is no number", key);
	return json_integer_value(value);
}

/* Errors that settled no probe are told, and counted nowhere. */
static size_t count(json_t *lines, const char *type)
{
	size_t i, n = 0;
	json_t *line;
	json_array_foreach(lines, i, line) n +=
	        strcmp(json_string_value(json_object_get(line, "type")), type) == 0 &&
	        !json_is_false(json_object_get(line, "settled"));
	return n;
}

json_t *attacker_balance(const struct attacker *a, json_t *lines, bool quiet)
{
	static const char *const kinds[][2] = {
		{ "reply", "received" },         { "lost", "lost" },
		{ "error", "errors" },           { "late", "late" },
		{ "corrupt", "corrupt" },        { "duplicate", "duplicates" },
		{ "foreign", "foreign" },        { "truncated", "truncated" },
		{ "send_error", "send_errors" },
	};
	assert_string_equal(a->err, "");
	assert_int_equal(count(lines, "start"), 1);
	assert_int_equal(count(lines, "summary"), 1);
	json_t *summary = attacker_find(lines, "summary");
	assert_ptr_equal(summary, json_array_get(lines, json_array_size(lines) - 1));
	assert_int_equal(attacker_number(summary, "sent"),
	                 attacker_number(summary, "received") + attacker_number(summary, "lost") +
	                         attacker_number(summary, "in_flight") +
	                         attacker_number(summary, "errors"));
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !quiet; i++)
		if ((int64_t)count(lines, kinds[i][0]) != attacker_number(summary, kinds[i][1]))
			fail_msg("%s: %zu lines, but %lld in the summary", kinds[i][0],
			         count(lines, kinds[i][0]),
			         (long long)attacker_number(summary, kinds[i][1]));
	return summary;
}

void attacker_is_plain(const struct attacker *a)
{
	assert_string_equal(a->err, "");
	assert_int_equal(strlen(a->out), a->out_length);
	for (size_t i = 0; i < a->out_length; i++) {
		unsigned char c = (unsigned char)a->out[i];
		if (c != '\n' && c != '\t' && (c < 0x20 || c > 0x7e))
			fail_msg("byte %#x in: %.80s", c, a->out + (i > 40 ? i - 40 : 0));
	}
}
