/*
 * sandbox - a libseccomp allow-list for the rest of the run: no new program, no file written, no
 * socket but those the resolver needs. A forbidden call fails with EPERM.
 */
#ifndef SONDE_IO_SANDBOX_H
#define SONDE_IO_SANDBOX_H

/* 0 or -errno. Needs no_new_privs (privilege_drop). */
int sandbox_enter(void);

#endif
