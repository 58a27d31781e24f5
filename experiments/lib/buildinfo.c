/* buildinfo.c: how this program was built; the Makefile generates the values.
 */
#include "experiments/lib/buildinfo.h"

#include BUILDINFO_VALUES

const char buildinfo_revision[] = BUILDINFO_REVISION;
const char buildinfo_compiler[] = BUILDINFO_COMPILER;
const char buildinfo_flags[] = BUILDINFO_FLAGS;
