/*
 * ward - the first process of the lab: runs the command, passes signals on to it, and takes
 * everything left with it when it goes.
 *
 * The command is not the first process itself, which would be deaf to signals it has no handler
 * for. A ward whose parent dies, even by SIGKILL, is killed, and with it all processes inside.
 */
#ifndef SONDE_SIMNET_WARD_H
#define SONDE_SIMNET_WARD_H

#include <signal.h>
#include <sys/types.h>

#define WARD_OWN       125 /* exit statuses, as those of env(1): our own failure, */
#define WARD_FORBIDDEN 126 /* the command cannot be run, */
#define WARD_NOT_FOUND 127 /* it is not there */

struct ward {
	pid_t pid;
	int gate; /* the command starts when this is opened */
};

/*
 * Starts a ward that waits. The command gets the signal mask given; name is for messages on
 * standard error. Argument vector as for execvp. 0 or -errno.
 */
int ward_start(struct ward *w, const char *name, char *const *command, const sigset_t *mask);
/* Lets the command run. 0 or -errno. */
int ward_open(struct ward *w);
/* A signal for the command. */
void ward_signal(const struct ward *w, int number);
/* The exit status of what waitpid says: as is, or 128 + the signal. */
int ward_status(int wait_status);

#endif
