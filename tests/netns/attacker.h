/*
 * attacker - somebody who owns every router, the target and the name server of `sonde ping`: a TUN
 * device behind which nothing is but the test, and the program itself as a child.
 *
 * The child's probes come to a hook one by one, as bytes; what the hook writes back is what the
 * network says. Nothing here uses the codecs under test. 198.51.100.1 and 2001:db8::1 are this
 * host, .2 and ::2 the target, .3 and ::3 a router, .4 and ::4 a stranger. Each function ends the
 * running cmocka test as failed where the system refuses its work.
 */
#ifndef SONDE_TESTS_ATTACKER_H
#define SONDE_TESTS_ATTACKER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ATTACKER_ROOM 65600

enum attacker_host { HERE = 1, TARGET, ROUTER, STRANGER };

/* A datagram that the child sent. */
struct seen {
	uint8_t family;
	const uint8_t *ip;
	size_t length;
	size_t header;       /* of IP, options included */
	uint8_t protocol;    /* of the upper layer */
	const uint8_t *data; /* the upper layer */
	size_t data_length;
	size_t nth; /* echo requests: so many came before */
};

/* A datagram to be sent: an upper layer, and how its IP header shall be. */
struct draft {
	uint8_t family, protocol, ttl;
	uint8_t source[16], destination[16];
	uint8_t options[40]; /* IPv4 options, a multiple of 4; IPv6 extension headers */
	size_t options_length;
	uint8_t next;      /* IPv6: what the first extension header is */
	uint16_t fragment; /* IPv4: flags and offset */
	int stretch;       /* the header's length says so many bytes too much */
	uint16_t sum_slip; /* what the upper layer's checksum is wrong by */
	uint8_t data[ATTACKER_ROOM];
	size_t length;
};

struct attacker {
	int tun;
	void (*on_echo)(struct attacker *a, const struct seen *seen);
	void (*on_other)(struct attacker *a, const struct seen *seen); /* may be NULL */
	void *ctx;
	bool unprivileged; /* the child may not open raw sockets */
	size_t echoes;     /* echo requests seen in this run */
	/* The last run. */
	pid_t child;
	int status;      /* of exit, or 128 + signal */
	char *out, *err; /* what it wrote */
	size_t out_length, err_length;
};

/* Makes the device, called name, with the addresses of this host. */
void attacker_open(struct attacker *a, const char *name);
void attacker_close(struct attacker *a);

/* Runs `sonde ping` with these arguments (the last one NULL) until it ends; at most 60 s. */
void attacker_run(struct attacker *a, const char *const *arguments);

/* The address of a host: 4 or 16 bytes. */
void attacker_address(uint8_t family, enum attacker_host host, uint8_t address[static 16]);
const char *attacker_name(uint8_t family, enum attacker_host host);

/* The honest answer to an echo request. */
void draft_answer(struct draft *d, const struct seen *seen);
/* An ICMP error of the router that quotes so many bytes of the probe; all of it with SIZE_MAX. */
void draft_error(struct draft *d, const struct seen *seen, uint8_t type, uint8_t code,
                 uint32_t rest, size_t quote);
/* Sends it, with all checksums right but for sum_slip. */
void draft_send(struct attacker *a, const struct draft *d);

/* Line n of what the child wrote as JSON, NULL behind the last; each must be valid. */
json_t *attacker_lines(const struct attacker *a);
/* The last object of a type for a target; NULL where there is none. */
json_t *attacker_find(json_t *lines, const char *type);
int64_t attacker_number(json_t *object, const char *key);

/*
 * What holds of every run in JSON: a start and a summary, totals that add up and are those of the
 * objects before (without -q), nothing on standard error. Returns the summary.
 */
json_t *attacker_balance(const struct attacker *a, json_t *lines, bool quiet);
/* What holds of every run in text: nothing but printable characters, tabs, lines. */
void attacker_is_plain(const struct attacker *a);

#endif
