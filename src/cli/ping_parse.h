/*
 * ping_parse - the arguments of ping's options that are neither numbers nor choices; the parse()
 * of its table's rows. Nobody but ping_options.c includes this.
 */
#ifndef SONDE_CLI_PING_PARSE_H
#define SONDE_CLI_PING_PARSE_H

#include <stdbool.h>
#include "base/buffer.h"

bool ping_parse_interface(void *options, const char *text, struct buffer *complaint);
bool ping_parse_pattern(void *options, const char *text, struct buffer *complaint);
bool ping_parse_timestamp(void *options, const char *text, struct buffer *complaint);
bool ping_parse_route(void *options, const char *text, struct buffer *complaint);
bool ping_parse_node_info(void *options, const char *text, struct buffer *complaint);

/* The words of -T and -N, NULL-terminated; those that end in "=" take an argument. */
extern const char *const ping_timestamp_words[];
extern const char *const ping_node_info_words[];

#endif
