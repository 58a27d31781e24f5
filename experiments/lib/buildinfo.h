/* buildinfo.h: how this program was built. */
#ifndef EXPERIMENTS_LIB_BUILDINFO_H
#define EXPERIMENTS_LIB_BUILDINFO_H

/* git's name of the sources ("unknown" outside a repository), compiler, flags;
 * never NULL. */
extern const char buildinfo_revision[], buildinfo_compiler[], buildinfo_flags[];

#endif
