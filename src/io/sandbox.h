/*
 * sandbox - a libseccomp allow-list for the rest of the run: no new program, no file opened, no
 * memory made code, no socket but those the resolver and the unprivileged transports need. A
 * forbidden call fails with EPERM and kills nothing.
 *
 * What is read from files is read before: configuration, time zone, message catalogues, terminfo.
 * Builds with AddressSanitizer are let read files and trace themselves, which it needs.
 */
#ifndef SONDE_IO_SANDBOX_H
#define SONDE_IO_SANDBOX_H

/* 0 or -errno. Needs no_new_privs (privilege_drop). */
int sandbox_enter(void);

#endif
