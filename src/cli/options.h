/*
 * options - one table of options for each command, and all that is made from it.
 *
 * A row says letter, long name, argument, help, and where the value goes. From the same rows come
 * parsing (getopt_long), --help, the completions of three shells (completion.h) and the check
 * against the man page, so that none can tell of an option another does not know.
 *
 * The kind of a value is not said but follows from the type of its field: see OPTION_FIELD.
 */
#ifndef SONDE_CLI_OPTIONS_H
#define SONDE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"
#include "base/time.h"

enum option_kind {
	OPTION_FLAG,   /* bool: set to true */
	OPTION_NUMBER, /* uint64_t within min..max */
	OPTION_TIME,   /* nsec within min..max */
	OPTION_TEXT,   /* const char *: not empty */
	OPTION_CHOICE, /* int: index into choices */
	OPTION_PARSE,  /* parse() does it all */
};

/* What a shell may offer for an argument. */
enum option_completion {
	COMPLETE_NOTHING,
	COMPLETE_FILE,
	COMPLETE_HOST,
	COMPLETE_INTERFACE,
	COMPLETE_COMMAND,
	COMPLETE_CHOICE, /* the row's choices, or words of the argument text of its own */
};

struct option_row {
	const char *heading;  /* above this row in --help; NULL for none */
	int letter;           /* 0 where it has none */
	const char *name;     /* long name; messages call the value so, with blanks for '-' */
	const char *argument; /* "SECONDS", shown in --help; NULL for a flag */
	const char *help;     /* one phrase, no final stop */
	enum option_kind kind;
	size_t offset;              /* of the field in the command's struct */
	uint64_t min, max;          /* of OPTION_NUMBER, and of OPTION_TIME in nanoseconds */
	const char *const *choices; /* NULL-terminated */
	enum option_completion completion;
	/*
	 * For OPTION_PARSE: takes the argument into the command's struct. On a fault it appends the
	 * whole complaint, without the command's name, to *complaint and returns false.
	 */
	bool (*parse)(void *into, const char *argument, struct buffer *complaint);
};

/* A row's kind and offset from the field itself: a flag cannot be stored into a number. */
#define OPTION_FIELD(type, field) \
	.offset = offsetof(type, field),                                                           \
	.kind = _Generic(((type *)0)->field, bool                                                  \
			 : OPTION_FLAG, uint64_t                                                   \
			 : OPTION_NUMBER, nsec                                                     \
			 : OPTION_TIME, const char *                                               \
			 : OPTION_TEXT, int                                                        \
			 : OPTION_CHOICE)

struct option_table {
	const char *command;  /* "ping" */
	const char *summary;  /* one phrase, capitalised, no final stop */
	const char *operands; /* "HOST...", "" where it takes none */
	enum option_completion operand;
	bool leading;             /* the first operand ends the options: what follows has its own */
	const char *const *words; /* for operands of COMPLETE_CHOICE */
	const struct option_row *rows;
	size_t count;
};

#define OPTIONS_MAX 64 /* rows of a table */

/*
 * Parses argv[1..] into the command's struct, which holds the defaults already. Operands end up at
 * argv[*operand..], options among them permuted to the front, unless leading. On false *complaint
 * holds one line without the program's name and without newline, "interval is too small: -1".
 */
bool options_parse(const struct option_table *table, int argc, char **argv, void *into,
                   int *operand, struct buffer *complaint);

/* "NOUN FAULT: TEXT": the noun is the row's name with blanks for '-'. For parse() of a table. */
void options_complain(struct buffer *complaint, const char *name, const char *fault,
                      const char *text);

/* The text of --help; program is what the user calls it by, "sonde ping" or "ping". */
void options_help(const struct option_table *table, const char *program, struct buffer *out);

#endif
