/*
 * replay - a fuzz harness run without libFuzzer: on each seed, on everything a seed starts with,
 * and on seeds with a byte or two changed, always the same ones.
 *
 *	replay DIRECTORY
 *
 * Each input lies in a block of exactly its size, so that a sanitizer sees the first byte read past
 *it.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SEED_MAX = 1 << 20,
	PREFIX_MAX = 512, /* seeds up to this size are cut at each byte */
	SLIPS = 200,
};

static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	if (copy == NULL) {
		(void)fputs("replay: no memory\n", stderr);
		exit(1);
	}
	if (size > 0)
		memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

/* Knuth's MMIX generator; its high bits are good enough to pick bytes by. */
static uint32_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

static void feed_slips(uint8_t *data, size_t size)
{
	uint64_t state = size;
	for (int i = 0; i < SLIPS && size > 0; i++) {
		size_t a = next(&state) % size;
		size_t b = next(&state) % size;
		uint8_t old_a = data[a];
		uint8_t old_b = data[b];
		data[a] ^= (uint8_t)(1u << (next(&state) % 8));
		if (i % 2 != 0)
			data[b] = (uint8_t)next(&state);
		feed(data, size);
		data[b] = old_b;
		data[a] = old_a;
	}
}

static int replay_file(const char *directory, const char *name, uint8_t *data)
{
	char path[4096];
	int length = snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -1;
	FILE *file = fopen(path, "rbe");
	if (file == NULL) {
		perror(path);
		return -1;
	}
	size_t size = fread(data, 1, SEED_MAX, file);
	(void)fclose(file);
	feed(data, size);
	for (size_t cut = 0; cut < size && size <= PREFIX_MAX; cut++)
		feed(data, cut);
	feed_slips(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
	uint8_t *data = malloc(SEED_MAX);
	if (directory == NULL || data == NULL) {
		(void)fprintf(stderr, "replay: no seeds in %s\n",
		              argc == 2 ? argv[1] : "no directory");
		free(data);
		return 1;
	}
	int good = 0;
	int bad = 0;
	for (const struct dirent *e = readdir(directory); e != NULL; e = readdir(directory)) {
		if (e->d_name[0] == '.')
			continue;
		if (replay_file(argv[1], e->d_name, data) == 0)
			good++;
		else
			bad++;
	}
	(void)closedir(directory);
	free(data);
	(void)printf("%d passed, %d failed\n", good, bad);
	return bad > 0 || good == 0;
}
