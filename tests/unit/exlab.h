/*
 * exlab - an exchange, and by hand everything that happens to its packets outside: targets that
 * answer, routers that quote, checksums summed word by word.
 */
#ifndef SONDE_TESTS_EXLAB_H
#define SONDE_TESTS_EXLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "probe/exchange.h"

#define EXLAB_ROOM 66000

struct datagram {
	size_t length;
	uint8_t bytes[EXLAB_ROOM];
};

struct exlab {
	struct exchange x;
	nsec now;
	struct addr src4, src6;
	struct datagram sent; /* the last probe */
	size_t header;        /* of its IP header */
	uint32_t serial;
	struct datagram in; /* what arrives */
	struct reply reply; /* what became of it */
};

/* A key, ids from 0x1200, ports from 40000, 64 records kept 10 s. */
struct exchange_config exlab_config(void);
void exlab_open(struct exlab *lab, const struct exchange_config *config);
void exlab_close(struct exlab *lab);

/* Known addresses: the target and a router of each family, and where the lab stands. */
struct addr exlab_target(uint8_t family);
struct addr exlab_router(uint8_t family);
struct addr exlab_other(uint8_t family);
struct addr exlab_here(const struct exlab *lab, uint8_t family);

struct probe exlab_probe(uint8_t kind, uint8_t family, uint64_t token, uint32_t size);
/* Prepares into lab->sent; the error of exchange_prepare. */
int exlab_send(struct exlab *lab, const struct probe *probe);

/* The upper layer of the probe last sent. */
uint8_t *exlab_upper(struct exlab *lab);
size_t exlab_upper_length(const struct exlab *lab);

/* Puts an upper layer into a datagram from src to here, its checksum as it stands. */
void exlab_wrap(struct exlab *lab, const struct addr *src, uint8_t protocol, const void *upper,
                size_t length);
/* Makes the checksum of the upper layer in lab->in right. */
void exlab_mend(struct exlab *lab);
/* The target's answer to the last probe in lab->in: echo, timestamp, node information. */
void exlab_answer(struct exlab *lab);
/* A router's error about the last probe, quoting so many bytes of it. */
void exlab_error(struct exlab *lab, uint8_t type, uint8_t code, uint32_t rest, size_t quote);
/* The same about any bytes. */
void exlab_error_about(struct exlab *lab, uint8_t family, uint8_t type, uint8_t code, uint32_t rest,
                       const void *quote, size_t length);

/* Lets lab->in arrive at lab->now; the reply in lab->reply. */
bool exlab_receive(struct exlab *lab);

/* The Internet checksum, word by word; of upper layers with their pseudo header. 0 where right. */
uint16_t exlab_sum(const uint8_t *bytes, size_t length, uint32_t start);
uint16_t exlab_upper_sum(const struct datagram *d, size_t header, uint8_t protocol);

uint16_t exlab_u16(const uint8_t *at);
uint32_t exlab_u32(const uint8_t *at);
void exlab_put16(uint8_t *at, uint16_t v);

#endif
