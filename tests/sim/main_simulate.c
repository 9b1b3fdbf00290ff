/*
 * simulate - every scenario under many seeds.
 *
 *	simulate [-n SEEDS] [-s SEED] [-k NAME] [-v] [-l]
 *
 * -n runs the seeds 1 to SEEDS, -s one alone and says what trace it left, -k those scenarios whose
 * name has NAME in it, -l lists them. The first seed under which a scenario fails is printed with
 *the smallest topology that still fails, and the scenario is not run any further.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/sim/scenario.h"
#include "tests/sim/shrink.h"

#define TRIALS 3000 /* of the shrinker */

/* What is running, for a signal to tell. */
static char running[200];

static void on_abort(int number)
{
	(void)number;
	(void)!write(STDERR_FILENO, running, strlen(running));
}

struct retrial {
	const struct scenario *scenario;
	uint64_t seed;
	const char *wrong;
};

/* The same sentence but for its numbers: else the shrinker would end at another mistake. */
static bool same_failure(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "0123456789");
		b += strspn(b, "0123456789");
		if (*a != *b || !*a)
			return *a == *b;
	}
}

static bool still_fails(void *ctx, const struct topo *topo)
{
	const struct retrial *r = ctx;
	struct scenario_result result;
	r->scenario->run(r->scenario, topo, r->seed, &result);
	return result.wrong[0] && same_failure(result.wrong, r->wrong);
}

static void print_failure(const struct scenario *scenario, uint64_t seed, const struct topo *topo,
                          const struct scenario_result *result)
{
	struct retrial r = { .scenario = scenario, .seed = seed, .wrong = result->wrong };
	struct buffer whole, least;
	buffer_init(&whole, TOPO_TEXT_MAX);
	buffer_init(&least, TOPO_TEXT_MAX);
	topo_print(topo, &whole);
	printf("FAILED %s SEED=%" PRIu64 ": %s\ntrace %016" PRIx64 "\n", scenario->name, seed,
	       result->wrong, result->trace);
	fflush(stdout);
	uint32_t trials = shrink(topo, still_fails, &r, TRIALS, &least);
	printf("# the smallest topology that still fails, after %u trials:\n%s"
	       "# as it was drawn:\n%s",
	       (unsigned)trials, least.data ? least.data : "", whole.data ? whole.data : "");
	buffer_release(&whole);
	buffer_release(&least);
}

/* False where it failed. */
static bool run_one(const struct scenario *scenario, uint64_t seed, bool tell, uint64_t *probes)
{
	struct topo topo;
	struct scenario_result result = { .trace = 0 };
	(void)snprintf(running, sizeof running, "aborted in %s SEED=%" PRIu64 "\n", scenario->name,
	               seed);
	if (!scenario_topo(scenario, seed, &topo, result.wrong)) {
		printf("FAILED %s SEED=%" PRIu64 ": %s\n", scenario->name, seed, result.wrong);
		return false;
	}
	scenario->run(scenario, &topo, seed, &result);
	*probes += result.probes;
	if (tell)
		printf("%-20s SEED=%" PRIu64 " trace %016" PRIx64 " %" PRIu64 " probes\n",
		       scenario->name, seed, result.trace, result.probes);
	if (result.wrong[0])
		print_failure(scenario, seed, &topo, &result);
	topo_release(&topo);
	return !result.wrong[0];
}

static bool parse_seed(const char *text, uint64_t *out)
{
	char *end;
	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno == 0 && end != text && *end == '\0';
}

struct options {
	uint64_t first, last;
	const char *name;
	bool tell, list;
};

static bool parse_options(int argc, char **argv, struct options *o)
{
	int option;
	*o = (struct options){ .first = 1, .last = 20, .name = "" };
	for (option = getopt(argc, argv, "n:s:k:vl"); option != -1;
	     option = getopt(argc, argv, "n:s:k:vl")) {
		bool good = true;
		switch (option) {
		case 'n': good = parse_seed(optarg, &o->last); break;
		case 's':
			good = parse_seed(optarg, &o->first);
			o->last = o->first;
			o->tell = true;
			break;
		case 'k': o->name = optarg; break;
		case 'v': o->tell = true; break;
		case 'l': o->list = true; break;
		default: return false;
		}
		if (!good)
			return false;
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct options o;
	uint64_t runs = 0, probes = 0;
	unsigned passed = 0, failed = 0;
	if (!parse_options(argc, argv, &o)) {
		(void)fprintf(stderr, "usage: simulate [-n SEEDS] [-s SEED] [-k NAME] [-v] [-l]\n");
		return 2;
	}
	(void)signal(SIGABRT, on_abort);
	for (size_t i = 0; i < scenario_count; i++) {
		const struct scenario *scenario = &scenarios[i];
		bool good = true;
		if (!strstr(scenario->name, o.name))
			continue;
		if (o.list)
			printf("%s\n", scenario->name);
		for (uint64_t seed = o.first; !o.list && good && seed <= o.last; seed++) {
			good = run_one(scenario, seed, o.tell, &probes);
			runs++;
		}
		passed += good;
		failed += !good;
	}
	if (!o.list)
		printf("%" PRIu64 " runs, %" PRIu64 " probes\n%u passed, %u failed\n", runs, probes,
		       passed, failed);
	return failed > 0 || passed == 0;
}
