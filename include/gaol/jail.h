/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GAOL_JAIL_H
#define GAOL_JAIL_H

/*
 * Jails for C programs, by the names that FreeBSD's jail(2), jail_set(2) and jail(3) have: a
 * program written for them ports by recompiling. What cannot be the same on Linux is said here
 * and in libgaol(3).
 *
 * A call that fails returns -1 (or NULL), sets errno, and leaves a sentence in jail_errmsg.
 * Calls may be made from several threads; they take turns. jail_errmsg is each thread's own. A
 * child that a program with several threads has forked must exec before it calls.
 * All of them need root.
 *
 * Link with -lgaol (pkg-config gaol).
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the last call of this thread that failed had to say. */
#define JAIL_ERRMSGLEN 1024
extern __thread char jail_errmsg[JAIL_ERRMSGLEN];

/* Flags of jail_setv, jailparam_set, jail_getv and jailparam_get. */
#define JAIL_CREATE 0x01 /* make the jail; EEXIST if it is there, unless JAIL_UPDATE too */
#define JAIL_UPDATE 0x02 /* change it; ENOENT if it is not there, unless JAIL_CREATE too */
#define JAIL_ATTACH 0x04 /* then jail_attach(); a new jail must persist */
#define JAIL_DYING 0x08  /* get: those that are being taken apart too; set: without effect */

/* What a three-state parameter is. */
#define JAIL_SYS_DISABLE 0
#define JAIL_SYS_NEW 1
#define JAIL_SYS_INHERIT 2

/* jailparam.jp_flags */
#define JP_RAWVALUE 0x01 /* jp_value is the caller's (jailparam_import_raw) */
#define JP_BOOL 0x02     /* a boolean */
#define JP_NOBOOL 0x04   /* a boolean in its "no" form: on means off */
#define JP_JAILSYS 0x08  /* a three-state */
#define JP_KEYVALUE 0x10 /* lines of key=value, or the value of one key */

/* jailparam.jp_ctltype: a type, and when it may change */
#define CTLTYPE 0xf
#define CTLTYPE_INT 2
#define CTLTYPE_STRING 3
#define CTLTYPE_STRUCT 5
#define CTLTYPE_ULONG 8
#define CTLFLAG_RD 0x80000000
#define CTLFLAG_WR 0x40000000
#define CTLFLAG_TUN 0x00080000
#define CTLFLAG_RW (CTLFLAG_RD | CTLFLAG_WR)     /* at any time */
#define CTLFLAG_RDTUN (CTLFLAG_RD | CTLFLAG_TUN) /* when the jail is created */

/* jailparam.jp_structtype of lists */
#define JPS_IN_ADDR 1  /* struct in_addr each */
#define JPS_IN6_ADDR 2 /* struct in6_addr each */

/*
 * One parameter: a name, and a value in binary form. jp_value points to
 *   an int                  booleans, three-states, integers
 *   an unsigned long        integers with CTLTYPE_ULONG
 *   a string with its NUL   strings and key=value lines
 *   jp_elemlen bytes each   lists
 * and is NULL when there is no value.
 */
struct jailparam {
  char* jp_name;
  void* jp_value;
  size_t jp_valuelen; /* in bytes */
  size_t jp_elemlen;  /* of lists; else 0 */
  int jp_ctltype;
  int jp_structtype;
  unsigned jp_flags;
};

/*
 * Makes or changes a jail. Behind the flags stand pairs of a name and a value, both strings, and a
 * NULL. A NULL value: the parameter stands alone. Gives the jid.
 */
int jail_setv(int flags, ...);
/*
 * Asks about the jail that `lastjid` (the next higher jid than this), `jid` or `name` says: the
 * first of these with a value. The values of all others are the caller's buffers, written as
 * strings; their size is the caller's concern. Gives the jid; ENOENT: there is none.
 */
int jail_getv(int flags, ...);
/* The jid of a running jail by its name or its digits. "0" is 0, this machine itself. */
int jail_getid(const char* name);
/* The name of a running jail, for free(3). */
char* jail_getname(int jid);

/*
 * Moves the calling process into a jail, for good. It becomes root of the jail with what
 * capabilities that has; its root and working directory are the jail's.
 *   EINVAL  the process has more than one thread, or there is no such jail
 *   EPERM   the caller is not root, or has a directory open, which would lead out of the jail
 * Only children made from then on are in the jail's PID namespace, and so only they keep a jail
 * alive that does not persist. If the kernel refuses half way, the process is killed: there is no
 * way back.
 */
int jail_attach(int jid);
/* Kills all that runs in the jail and removes it. EINVAL: there is no such jail. */
int jail_remove(int jid);

/* All parameters, without values. Gives their number; free with jailparam_free() and free(3). */
int jailparam_all(struct jailparam** jpp);
/* Fills in the record of a parameter. ENOENT: there is none of that name. */
int jailparam_init(struct jailparam* jp, const char* name);
/*
 * Takes the value from a string. NULL: no value. Words are understood in any case; an empty
 * three-state is "new"; lists are split at commas, and are empty if the string is "" or "-".
 */
int jailparam_import(struct jailparam* jp, const char* value);
/* Takes the value as it is; the memory stays the caller's. */
int jailparam_import_raw(struct jailparam* jp, void* value, size_t valuelen);
/* jail_setv() and jail_getv() with records. What is asked for must have no value, or a raw one
 * with room enough (else EINVAL). */
int jailparam_set(struct jailparam* jp, unsigned njp, int flags);
int jailparam_get(struct jailparam* jp, unsigned njp, int flags);
/* The value as a string, for free(3). */
char* jailparam_export(struct jailparam* jp);
/* Frees names and values, not the array. */
void jailparam_free(struct jailparam* jp, unsigned njp);

/*
 * Not FreeBSD's: starts a program in a jail, as jexec(8) does, without moving the caller. argv[0]
 * is looked for in PATH. `directory` is the jail's; NULL: its root. Descriptors above 2 do not
 * reach the program. Gives a pidfd of a child of the caller, for waitid(2) with P_PIDFD.
 */
int gaol_spawn(int jid, const char* directory, char* const argv[], char* const envp[]);

#ifdef __cplusplus
}
#endif

#endif
