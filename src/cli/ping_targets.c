#include "cli/ping_targets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_LIMIT (64u << 20) /* bytes */

void ping_targets_init(struct ping_targets *targets)
{
	*targets = (struct ping_targets){ 0 };
}

void ping_targets_release(struct ping_targets *targets)
{
	free(targets->names);
	free(targets->text);
	*targets = (struct ping_targets){ 0 };
}

bool ping_targets_add(struct ping_targets *targets, const char *name, struct buffer *complaint)
{
	if (targets->count == PING_TARGETS_MAX) {
		buffer_printf(complaint, "more than %d targets", PING_TARGETS_MAX);
		return false;
	}
	if (targets->count == targets->capacity) {
		size_t capacity = targets->capacity ? targets->capacity * 2 : 16;
		const char **names = realloc(targets->names, capacity * sizeof(*names));
		if (!names) {
			buffer_text(complaint, strerror(ENOMEM));
			return false;
		}
		targets->names = names;
		targets->capacity = capacity;
	}
	targets->names[targets->count++] = name;
	return true;
}

static int read_all(int fd, struct buffer *content)
{
	char chunk[65536];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return content->failed ? -EFBIG : 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			buffer_append(content, chunk, (size_t)n);
		if (content->failed)
			return -EFBIG;
	}
}

static int read_file(const char *path, struct buffer *content)
{
	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, content);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	int error = read_all(fd, content);
	close(fd);
	return error;
}

/* What is wrong with a line, NULL for nothing. Control characters would reach the terminal. */
static const char *line_fault(const char *line, size_t length)
{
	if (length > PING_TARGET_LINE)
		return "line is too long";
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t' && line[i] != '\r') ||
		    line[i] == '\x7f')
			return "line is not text";
	return NULL;
}

/* The host of a line, cut out in place; NULL where there is none. */
static char *host_of(char *line)
{
	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t\r");
	size_t length = strlen(line);
	while (length && strchr(" \t\r", line[length - 1]))
		line[--length] = '\0';
	return length ? line : NULL;
}

static bool add_lines(struct ping_targets *targets, const char *path, size_t length,
                      struct buffer *complaint)
{
	char *end = targets->text + length;
	unsigned long number = 0;
	for (char *line = targets->text; line < end;) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *next = newline ? newline + 1 : end;
		size_t line_length = (size_t)((newline ? newline : end) - line);
		const char *fault = line_fault(line, line_length);
		number++;
		line[line_length] = '\0'; /* where the file ends, the buffer has its NUL */
		char *host = fault ? NULL : host_of(line);
		if (host && strpbrk(host, " \t"))
			fault = "more than one host in a line";
		if (fault) {
			buffer_printf(complaint, "%s:%lu: %s", path, number, fault);
			return false;
		}
		if (host && !ping_targets_add(targets, host, complaint))
			return false;
		line = next;
	}
	return true;
}

bool ping_targets_read(struct ping_targets *targets, const char *path, struct buffer *complaint)
{
	struct buffer content;
	buffer_init(&content, FILE_LIMIT);
	int error = read_file(path, &content);
	if (error) {
		buffer_printf(complaint, "%s: %s", path, strerror(-error));
		buffer_release(&content);
		return false;
	}
	/* The buffer's memory becomes the list's: it may not be released here. */
	targets->text = content.data;
	return !targets->text || add_lines(targets, path, content.length, complaint);
}
