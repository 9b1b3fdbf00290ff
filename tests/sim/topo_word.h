/*
 * topo_word - the words of the topology format: one table row each, for the parser, the printer,
 * the shrinker and README.
 *
 * A row says where the word may stand, which field it sets and of what type that field is. To add a
 * fault: a field in topo.h, a row here with its line in README, and one place in the model.
 */
#ifndef SONDE_SIM_TOPO_WORD_H
#define SONDE_SIM_TOPO_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"
#include "tests/sim/topo.h"
#include "tests/sim/topo_scan.h"

enum topo_place {
	TOPO_AT_ROUTER = 1 << 0,
	TOPO_AT_HOST = 1 << 1,
	TOPO_AT_NODE = TOPO_AT_ROUTER | TOPO_AT_HOST,
	TOPO_AT_LINK = 1 << 2, /* the link itself */
	TOPO_AT_WAY = 1 << 3,  /* each direction of a link */
	TOPO_AT_LOCAL = 1 << 4,
};

struct topo_word;

/* How a field is read, written and compared; field points to it. */
struct topo_type {
	/* Reads what follows the word; false where the scan has failed. */
	bool (*parse)(struct topo_scan *scan, const struct topo_word *word, void *field);
	/* Writes what follows the word, with a blank before each part. */
	void (*print)(struct buffer *out, const struct topo_word *word, const void *field);
	bool (*same)(const struct topo_word *word, const void *a, const void *b);
};

struct topo_word {
	const char *name;
	const char *form; /* of what follows, for README; empty for a flag */
	const char *help;
	const char *undo; /* takes it away; NULL: "no-" and the name */
	uint8_t places;   /* enum topo_place */
	uint16_t offset, size;
	const struct topo_type *type;
	uint32_t least, most;       /* of a number */
	const char *const *choices; /* of a choice or a set; NULL ends them */
};

#define TOPO_WORDS_MAX 64

extern const struct topo_word topo_words[];
extern const size_t topo_word_count;

extern const struct topo_type topo_type_flag, topo_type_time, topo_type_chance, topo_type_number,
        topo_type_bucket, topo_type_choice, topo_type_set, topo_type_ports, topo_type_labels,
        topo_type_addrs, topo_type_prefix, topo_type_big, topo_type_codes, topo_type_bursts,
        topo_type_reorder, topo_type_send_error;

static inline void *topo_field(const struct topo_word *word, void *owner)
{
	return (char *)owner + word->offset;
}

static inline const void *topo_field_const(const struct topo_word *word, const void *owner)
{
	return (const char *)owner + word->offset;
}

/* The value of a field that is a number. */
uint32_t topo_number(const struct topo_word *word, const void *field);
void topo_number_set(const struct topo_word *word, void *field, uint32_t value);

/* Whether two owners of the field (nodes, links, ways, locals) agree in it. */
static inline bool topo_word_same(const struct topo_word *word, const void *a, const void *b)
{
	return word->type->same(word, topo_field_const(word, a), topo_field_const(word, b));
}

/* Whether what holds without the word is a number that can be said with it: "weight 1". */
bool topo_word_sayable(const struct topo_word *word);
/* What holds where the word is not said: an owner of the field. */
const void *topo_word_plain(const struct topo_word *word);
/* Sets the field of an owner as if the word were not said. */
void topo_word_clear(const struct topo_word *word, void *owner);

#endif
