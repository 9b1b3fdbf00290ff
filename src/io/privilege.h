/*
 * privilege - capabilities are needed to open sockets and for nothing else.
 */
#ifndef SONDE_IO_PRIVILEGE_H
#define SONDE_IO_PRIVILEGE_H

/* Raises cap_net_raw (and cap_net_admin where permitted) to effective: installed with +p, they are
 * only permitted. 0 or -errno; having none is no error. */
int privilege_raise(void);
/* Clears every capability set for good, also where the user is root, checks that they are gone, and
 * sets no_new_privs. 0 or -errno; -EPERM where they are still there. */
int privilege_drop(void);

#endif
