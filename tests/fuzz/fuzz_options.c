/*
 * fuzz_options - a command line, a word a line, for ping: refused with one line of complaint, or
 * taken with every value in its range.
 */
#include <string.h>
#include "cli/cmd.h"
#include "cli/ping_options.h"
#include "tests/fuzz/fuzz.h"

#define WORDS 40

/* Cuts the text into words at line ends; the text stays theirs. */
static int cut(char *text, char *argv[static WORDS + 2])
{
	static char name[] = "ping";
	int argc = 0;
	argv[argc++] = name;
	while (*text && argc <= WORDS) {
		argv[argc++] = text;
		text += strcspn(text, "\n");
		if (*text)
			*text++ = '\0';
	}
	argv[argc] = NULL;
	return argc;
}

static void check_values(const struct ping_options *o)
{
	uint8_t bytes[40];
	HOLDS(!(o->ipv4 && o->ipv6));
	HOLDS(o->interval >= 0 && o->interval <= INT64_C(2147483) * NSEC_S);
	HOLDS(o->timeout >= -1 && o->deadline >= 0);
	HOLDS(o->preload >= 1 && o->preload <= 65536);
	HOLDS(o->size <= ping_options_size_max(o, o->ipv4 ? 4 : 6));
	HOLDS(o->ttl <= 255 && o->tos <= 255 && o->send_buffer <= INT32_MAX);
	HOLDS(o->id <= 65535 || o->id == PING_NOT_GIVEN);
	HOLDS(o->mark <= UINT32_MAX || o->mark == PING_NOT_GIVEN);
	HOLDS(o->flow_label <= 0xfffff || o->flow_label == PING_NOT_GIVEN);
	HOLDS(o->pattern_length <= EXCHANGE_PATTERN_MAX);
	HOLDS(strlen(o->pattern_text) == 2 * (size_t)o->pattern_length);
	HOLDS(o->pmtu >= -1 && o->pmtu < 4);
	HOLDS(o->hop_count <= PING_HOPS_MAX && o->stamp_count <= PING_STAMPS_MAX);
	HOLDS(o->node_info.subject_length <= sizeof(o->node_info.subject));
	HOLDS(!o->interface || (*o->interface && strlen(o->interface) < 16));
	HOLDS(ping_options_ip(o, bytes) <= 40 && ping_options_ip(o, bytes) % 4 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char *argv[WORDS + 2];
	struct ping_options options;
	struct buffer complaint;
	int operand = 0;

	HOLDS(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	int argc = cut(text, argv);
	buffer_init(&complaint, 65536);
	ping_options_init(&options);
	bool privileged = size % 2;
	bool fine = options_parse(&cmd_ping_options, argc, argv, &options, &operand, &complaint);
	if (fine)
		HOLDS(operand >= 1 && operand <= argc);
	fine = fine && ping_options_check(&options, privileged, &complaint);
	if (fine) {
		HOLDS(complaint.length == 0);
		check_values(&options);
		HOLDS(privileged || options.preload <= 3);
		HOLDS(privileged || options.interval >= PING_INTERVAL_MIN);
	} else {
		HOLDS(complaint.length > 0 || complaint.failed);
		HOLDS(!complaint.length || !strchr(complaint.data, '\n'));
	}
	buffer_release(&complaint);
	free(text);
	return 0;
}
