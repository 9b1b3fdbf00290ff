/*
 * privilege - capabilities are needed to open sockets and for nothing else.
 *
 * Installed with cap_net_raw+p, a program starts with the right permitted but not effective: it
 * raises, opens, drops, and only then reads what the network sends. Where it was installed
 * set-user-ID instead, dropping also gives the user id back.
 */
#ifndef SONDE_IO_PRIVILEGE_H
#define SONDE_IO_PRIVILEGE_H

/* Raises cap_net_raw (and cap_net_admin where permitted) to effective: installed with +p, they are
 * only permitted. 0 or -errno; having none is no error. */
int privilege_raise(void);
/*
 * Clears every capability set for good, also where the user is root (who stays user 0, but a plain
 * one), closes the ways back (bounding set and securebits, where CAP_SETPCAP allows; no_new_privs
 * always) and asks the kernel whether it is so. Where the user had less right than the program, the
 * process also becomes undumpable: nobody shall ptrace a raw socket out of it.
 * 0 or -errno; -EPERM where something is still there, and then the program must not go on.
 */
int privilege_drop(void);

#endif
