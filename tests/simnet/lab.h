/*
 * lab - namespaces for one command: its own network, its own mounts, its own processes.
 *
 * Who may make them does; everybody else becomes root of a user namespace first. Nothing in them
 * has a name outside, so they end with the last process inside.
 */
#ifndef SONDE_SIMNET_LAB_H
#define SONDE_SIMNET_LAB_H

/*
 * Moves this process into new network and mount namespaces, and its next child into a new process
 * namespace. 0 or -errno, and then *what says at what.
 */
int lab_enter(const char **what);

/*
 * /etc/hosts knows localhost alone, /etc/resolv.conf reads as given, and the sockets in /run of
 * name services outside are hidden. 0 or -errno, and then *what says at what.
 */
int lab_names(const char *resolv_conf, const char **what);

/* Every group of this namespace may open ping sockets, where that can be said. */
void lab_ping_sockets(void);

#endif
