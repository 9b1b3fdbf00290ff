/*
 * child - runs a test that changes its process for good in a child, whose exit status is the
 * verdict.
 */
#ifndef SONDE_TESTS_UNIT_CHILD_H
#define SONDE_TESTS_UNIT_CHILD_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child instead of cmocka's assertions, which would jump back into its copy of the runner. */
#define CHECK(condition)                                                                     \
	do {                                                                                 \
		if (!(condition)) {                                                          \
			dprintf(STDERR_FILENO, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, \
			        #condition, errno);                                          \
			_exit(1);                                                            \
		}                                                                            \
	} while (0)

/* The wait status of a child that ran body and exited 0 where nothing stopped it before. */
static inline int in_child(void (*body)(void))
{
	int status = -1;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		body();
		_exit(0);
	}
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
	return status;
}

/*
 * The value of a field ("CapEff") of /proc/self/status, read through fd, which was opened earlier:
 * the text is made when it is read. base 16 or 10; the program ends where there is no such field.
 */
static inline unsigned long long status_field(int fd, const char *name, int base)
{
	char text[8192];
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	ssize_t length = read(fd, text, sizeof text - 1);
	CHECK(length > 0);
	text[length] = '\0';
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t n = strlen(name);
		if (!strncmp(line, name, n) && line[n] == ':')
			return strtoull(line + n + 1, NULL, base);
	}
	dprintf(STDERR_FILENO, "no such field: %s\n", name);
	_exit(1);
}

#endif
