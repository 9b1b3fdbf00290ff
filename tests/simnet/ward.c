#include "tests/simnet/ward.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int ward_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static _Noreturn void execute(const char *name, char *const *command, const sigset_t *mask)
{
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)execvp(command[0], command);
	int error = errno;
	(void)fprintf(stderr, "%s: %s: %s\n", name, command[0], strerror(error));
	_exit(error == ENOENT || error == ENOTDIR ? WARD_NOT_FOUND : WARD_FORBIDDEN);
}

/* Buries all that have died. True once the command has, with its status. */
static bool reap(pid_t command, int *status)
{
	bool over = false;
	int one;
	for (pid_t pid = waitpid(-1, &one, WNOHANG); pid > 0; pid = waitpid(-1, &one, WNOHANG))
		if (pid == command) {
			*status = one;
			over = true;
		}
	return over;
}

/*
 * Signals from the terminal reach the whole group, the command included. What else comes from
 * outside (process 0, seen from here) was meant for it too, and reaches us alone.
 */
static bool meant_for_command(const siginfo_t *info)
{
	return info->si_code <= 0 && info->si_pid == 0;
}

static _Noreturn void watch(pid_t command, const sigset_t *all)
{
	int status = 0;
	while (!reap(command, &status)) {
		siginfo_t info;
		int number = sigwaitinfo(all, &info);
		if (number > 0 && number != SIGCHLD && meant_for_command(&info))
			(void)kill(command, number);
	}
	_exit(ward_status(status));
}

static _Noreturn void keep(int gate, const char *name, char *const *command, const sigset_t *mask)
{
	char go;
	/* Whether the parent lived long enough to be missed is told by the gate: it opens or ends.
	 */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || read(gate, &go, 1) != 1)
		_exit(WARD_OWN);
	/* Refused where parts of /proc are covered (containers): then it shows the outer processes.
	 */
	(void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	sigset_t all;
	sigfillset(&all);
	/* Stopped and continued as any process of the group. */
	sigdelset(&all, SIGTSTP);
	sigdelset(&all, SIGTTIN);
	sigdelset(&all, SIGTTOU);
	sigdelset(&all, SIGCONT);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	pid_t pid = fork();
	if (pid == 0)
		execute(name, command, mask);
	if (pid < 0) {
		(void)fprintf(stderr, "%s: fork: %s\n", name, strerror(errno));
		_exit(WARD_OWN);
	}
	watch(pid, &all);
}

int ward_start(struct ward *w, const char *name, char *const *command, const sigset_t *mask)
{
	int gate[2];
	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	w->pid = fork();
	if (w->pid == 0) {
		close(gate[1]);
		keep(gate[0], name, command, mask);
	}
	int error = w->pid < 0 ? -errno : 0;
	close(gate[0]);
	w->gate = gate[1];
	if (error)
		close(gate[1]);
	return error;
}

int ward_open(struct ward *w)
{
	ssize_t n = write(w->gate, "", 1);
	int error = n == 1 ? 0 : -errno;
	close(w->gate);
	return error;
}

void ward_signal(const struct ward *w, int number)
{
	(void)kill(w->pid, number);
}
