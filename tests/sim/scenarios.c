/* The scenarios, and their topologies. */
#include <stdio.h>
#include <string.h>
#include "base/random.h"
#include "tests/sim/scenario.h"

#define FILE_MAX 65536

#define WORDS(...)                \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

/* Words that let an answer arrive late, twice or never, but change nothing in it. */
#define LOSSY "loss", "bursts", "jitter", "duplicate", "reorder"

static const char *const no_words[] = { NULL };

const struct scenario scenarios[] = {
	{ "clean", NULL, { 20, no_words, 0, 0 }, 0, scenario_ping },
	{ "lossy", NULL, { 10, WORDS("loss", "bursts"), 0.3, 0 }, 0, scenario_ping },
	{ "duplicating", NULL, { 10, WORDS("duplicate"), 0.5, 0 }, 0, scenario_ping },
	{ "reordering", NULL, { 10, WORDS("jitter", "reorder"), 0.5, 0 }, 0, scenario_ping },
	{ "corrupting", NULL, { 10, WORDS("corrupt"), 0.8, 0 }, 0, scenario_ping },
	{ "forging", NULL, { 10, WORDS("forge"), 0.8, 0 }, 0, scenario_ping },
	{ "limited",
	  NULL,
	  { 10, WORDS("limit", "limit-peer", "limit-echo", "limit-ptb", "unreachable"), 0.4, 0 },
	  0,
	  scenario_ping },
	{ "changing",
	  NULL,
	  { 10, WORDS("weight", "delay", "loop", "silent"), 0.2, 12 },
	  0,
	  scenario_ping },
	{ "down", NULL, { 10, WORDS("down"), 0.2, 12 }, 0, scenario_ping },
	{ "balanced", NULL, { 40, WORDS("balance", "weight", LOSSY), 0.2, 0 }, 0, scenario_ping },
	{ "wrong-routers",
	  NULL,
	  { 10,
	    WORDS("unreachable", "parameter-problem", "redirect", "fake", "loop", "zero-ttl",
	          "hidden", "silent", "from", "back-hops", "back-delay", "ttl"),
	    0.08, 4 },
	  0,
	  scenario_ping },
	{ "garbling",
	  NULL,
	  { 10,
	    WORDS("unreachable", "garble", "quote", "nat", "tos", "mpls", "interface", "extension",
	          "fake"),
	    0.2, 0 },
	  0,
	  scenario_ping },
	{ "narrow",
	  NULL,
	  { 10, WORDS("mtu", "tunnel", "ptb", "drop-fragments", "limit-ptb"), 0.3, 0 },
	  0,
	  scenario_ping },
	{ "refused", NULL, { 5, WORDS("send-error", "loss"), 0.9, 0 }, 0, scenario_ping },
	{ "overflowing",
	  NULL,
	  { 5, WORDS("receive-queue", "late-stamps", "serves"), 0.9, 0 },
	  200,
	  scenario_ping },
	{ "unstamped", NULL, { 10, WORDS("late-stamps", LOSSY), 0.6, 0 }, 0, scenario_ping },
	{ "many", NULL, { 10, WORDS("serves", LOSSY), 0.5, 0 }, 500, scenario_ping },
	{ "everything", NULL, { 30, NULL, 0.03, 10 }, 0, scenario_ping },
	{ "file-clean", "clean.topo", { 0 }, 0, scenario_ping },
	{ "file-diamond", "diamond.topo", { 0 }, 0, scenario_ping },
	{ "file-balanced-4x4", "balanced-4x4.topo", { 0 }, 0, scenario_ping },
	{ "file-blackhole", "blackhole.topo", { 0 }, 0, scenario_ping },
	{ "file-flapping", "flapping.topo", { 0 }, 0, scenario_ping },
	{ "file-loop", "loop.topo", { 0 }, 0, scenario_ping },
	{ "file-lossy", "lossy.topo", { 0 }, 0, scenario_ping },
	{ "file-mpls", "mpls.topo", { 0 }, 0, scenario_ping },
	{ "file-names", "names.topo", { 0 }, 0, scenario_ping },
	{ "file-nat", "nat.topo", { 0 }, 0, scenario_ping },
	{ "file-ratelimited", "ratelimited.topo", { 0 }, 0, scenario_ping },
	{ "file-satellite", "satellite.topo", { 0 }, 0, scenario_ping },
	{ "file-silent-hops", "silent-hops.topo", { 0 }, 0, scenario_ping },
	{ "file-thirty-hops", "thirty-hops.topo", { 0 }, 0, scenario_ping },
};
const size_t scenario_count = sizeof scenarios / sizeof *scenarios;

static bool read_topo(const char *name, struct topo *topo, char wrong[static SCENARIO_TEXT])
{
	static char text[FILE_MAX];
	char path[80];
	struct topo_error error;
	(void)snprintf(path, sizeof path, "tests/topo/%.60s", name);
	FILE *file = fopen(path, "rbe");
	if (!file) {
		(void)snprintf(wrong, SCENARIO_TEXT, "%s cannot be opened", path);
		return false;
	}
	size_t length = fread(text, 1, sizeof text, file);
	(void)fclose(file);
	if (topo_parse(topo, text, length, &error))
		return true;
	(void)snprintf(wrong, SCENARIO_TEXT, "%s:%u:%u: %s", path, (unsigned)error.line,
	               (unsigned)error.column, error.text);
	return false;
}

bool scenario_topo(const struct scenario *scenario, uint64_t seed, struct topo *topo,
                   char wrong[static SCENARIO_TEXT])
{
	/* Another for each scenario under the same seed. */
	struct siphash_key key = { seed, 0 };
	if (scenario->file)
		return read_topo(scenario->file, topo, wrong);
	uint64_t own = siphash(&key, scenario->name, strlen(scenario->name));
	if (generate(topo, own, &scenario->draw))
		return true;
	(void)snprintf(wrong, SCENARIO_TEXT, "no memory for a topology");
	return false;
}
