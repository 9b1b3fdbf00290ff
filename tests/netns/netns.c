#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/netns/netns.h"

void netns_run(const char *script)
{
	pid_t pid = fork();
	if (pid < 0)
		fail_msg("fork failed");
	if (pid == 0) {
		execlp("bash", "bash", "-c",
		       "set -euo pipefail; . tests/netns/netns.sh; eval \"$1\"", "netns_run",
		       script, (char *)NULL);
		_exit(127);
	}
	int status = 0;
	if (waitpid(pid, &status, 0) != pid || status != 0)
		fail_msg("script failed (wait status %#x): %s", (unsigned int)status, script);
}

static void move(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("cannot open %s", path);
	int error = setns(fd, CLONE_NEWNET);
	close(fd);
	if (error != 0)
		fail_msg("cannot enter %s", path);
}

void netns_switch(const char *name)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "/run/netns/%s", name);
	move(path);
}

void netns_home(void)
{
	/* The parent is the first process of enter and never moves. */
	char path[64];
	(void)snprintf(path, sizeof(path), "/proc/%ld/ns/net", (long)getppid());
	move(path);
}
