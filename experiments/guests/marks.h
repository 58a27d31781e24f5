/* marks.h: the codes of the markers, from marks.def. */
#ifndef EXPERIMENTS_GUESTS_MARKS_H
#define EXPERIMENTS_GUESTS_MARKS_H

enum mark_code {
#define MARK(code, id, name) MARK_##id = (code),
#include "experiments/guests/marks.def"
#undef MARK
};

#endif
