/*
 * fuzz_ping - bytes as a run of events against ping: the totals add up after each of them,
 * deadlines lie ahead, polls come to an end (tests/unit/pingchaos.h).
 */
#include <stddef.h>
#include <stdint.h>
#include "tests/unit/pingchaos.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pingchaos_tally tally = { 0 };
	pingchaos_run(data, size < 4096 ? size : 4096, &tally);
	return 0;
}
