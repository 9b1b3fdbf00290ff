/*
 * reassembly - fragments to datagrams (RFC 791, RFC 8200 4.5), for hosts of the model and for the
 * source in virtual time.
 *
 * A table of a few datagrams that are not whole yet; the oldest gives way. What is not whole within
 * 30 seconds never will be.
 */
#ifndef SONDE_SIM_REASSEMBLY_H
#define SONDE_SIM_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/time.h"
#include "tests/sim/datagram.h"

#define REASSEMBLY_MAX  64
#define REASSEMBLY_KEEP (30 * NSEC_S)

struct reassembly_entry {
	struct datagram d; /* as its first fragment says, once that has come */
	nsec begun, newest;
	uint32_t largest;       /* bytes of the largest fragment */
	uint32_t blocks, total; /* of 8 bytes: there, and to come; total 0: not known yet */
	uint32_t length;        /* of the upper layer, once the last fragment has come */
	uint32_t end;           /* where those that have come end */
	bool used, first;
	uint8_t options[DATAGRAM_ROOM];
	uint8_t seen[65536 / 8 / 8 + 1]; /* one bit for each block */
	uint8_t *bytes;                  /* 65536, when first used */
};

struct reassembly {
	struct reassembly_entry *entries; /* REASSEMBLY_MAX, when first used */
};

void reassembly_init(struct reassembly *r);
void reassembly_release(struct reassembly *r);

/*
 * A fragment came at time. True where it makes its datagram whole: *d becomes that, *time when its
 * last fragment came, *largest the bytes of its largest; its bytes live until the next call.
 */
bool reassembly_add(struct reassembly *r, struct datagram *d, nsec *time, uint32_t *largest);

#endif
