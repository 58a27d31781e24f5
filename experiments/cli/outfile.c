/* outfile.c: a text file that a command makes: whole, or not there. */
#include "experiments/cli/outfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum status outfile_open(struct outfile *o, const char *path, struct error *err)
{
    struct stat s;
    bool direct = stat(path, &s) == 0 && !S_ISREG(s.st_mode);

    *o = (struct outfile){.path = path};
    if (!direct && asprintf(&o->part, "%s.part", path) < 0)
        return err_set(err, ST_NOMEM, "%s", path);
    o->f = fopen(direct ? path : o->part, "we");
    if (o->f != NULL)
        return ST_OK;
    err_set_errno(err, ST_HOST, errno, "%s", path);
    free(o->part);
    return ST_HOST;
}

enum status outfile_close(struct outfile *o, struct error *err)
{
    bool ok = !ferror(o->f);
    int no;

    errno = 0;
    ok = fclose(o->f) == 0 && ok;
    if (ok && o->part != NULL)
        ok = rename(o->part, o->path) == 0;
    no = errno != 0 ? errno : EIO;
    if (!ok && o->part != NULL)
        unlink(o->part);
    free(o->part);
    return ok ? ST_OK : err_set_errno(err, ST_HOST, no, "%s", o->path);
}

enum status outfile_abandon(struct outfile *o, enum status why)
{
    fclose(o->f);
    if (o->part != NULL)
        unlink(o->part);
    free(o->part);
    return why;
}
