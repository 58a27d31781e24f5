/* log.h: messages for people. Four levels and a sink; nothing on stdout. Hot
 * paths do not log: they count (ledger) instead. */
#ifndef COMMON_BASE_LOG_H
#define COMMON_BASE_LOG_H

#include "common/base/cc.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

typedef void log_sink(enum log_level level, const char *tag, const char *text);

/* Messages above `level` are dropped before they are formatted. The default
 * is LOG_WARN with a sink that writes "tag: text" to stderr. */
void log_setup(enum log_level level, log_sink *sink);

void log_msg(enum log_level level, const char *tag, const char *fmt, ...)
    PRINTF(3, 4);

#define log_error(tag, ...) log_msg(LOG_ERROR, tag, __VA_ARGS__)
#define log_warn(tag, ...)  log_msg(LOG_WARN, tag, __VA_ARGS__)
#define log_info(tag, ...)  log_msg(LOG_INFO, tag, __VA_ARGS__)
#define log_debug(tag, ...) log_msg(LOG_DEBUG, tag, __VA_ARGS__)

#endif
