/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_BASE_STATUS_H
#define GRAFT_BASE_STATUS_H

/** @file status.h
 *  Status codes, the message that goes with a failure, and the two macros that carry both upwards.
 *
 *  Every function of Graft that can fail returns a ::graft_status. The first failing function
 * records one line of text with graft_error_set() (or ::GRAFT_CHECK); callers only propagate with
 * ::GRAFT_TRY.
 */

/** Rows: name, exit code of a program that ends with it, text. The exit codes are part of the
 *  contract with users' scripts. */
#define GRAFT_STATUS_LIST(X)                                                                       \
  X(OK, 0, "done")                                                                                 \
  X(INTERNAL, 1, "internal error")                                                                 \
  X(MEMORY, 1, "out of memory")                                                                    \
  X(USAGE, 2, "usage or configuration")                                                            \
  X(INPUT, 3, "bad input file")                                                                    \
  X(DIVERGED, 4, "diverged or not converged")                                                      \
  X(ACCURACY, 5, "asked-for accuracy not reached")                                                 \
  X(OUTPUT, 6, "output can't be written")                                                          \
  X(INTERRUPTED, 75, "stopped by a signal, run again to go on")

/** What became of a call; GRAFT_OK is 0. */
typedef enum graft_status {
/** @cond */
#define GRAFT_STATUS_ENUM(name, code, text) GRAFT_##name,
  /** @endcond */
  GRAFT_STATUS_LIST(GRAFT_STATUS_ENUM)
#undef GRAFT_STATUS_ENUM
      GRAFT_STATUS_COUNT /**< number of codes, not a status */
} graft_status;

/** The result of a function must not be dropped. */
#define GRAFT_MUST_USE __attribute__((warn_unused_result))
/** Argument @p text is a printf format whose values start at argument @p first. */
#define GRAFT_PRINTF(text, first) __attribute__((format(printf, text, first)))

/** Text of a status, e.g. "bad input file"; never NULL. */
const char *graft_status_text(graft_status status);

/** Process exit code of a status (the table in the contract). */
int graft_status_exit_code(graft_status status);

/** Record the message of a failure in this thread and return @p status, so that it can be returned.
 *  @param status the code to return
 *  @param file, line where it happened (kept for graft_error_where())
 *  @param format printf format of one line without a newline: what, where, expected, got
 *  Cost: formats into a thread-local buffer of 1024 bytes; longer text is cut. */
graft_status graft_error_set(graft_status status, const char *file, int line, const char *format,
                             ...) GRAFT_PRINTF(4, 5);

/** Put "context: " before the recorded message, e.g. the name of the file being read. */
void graft_error_prefix(const char *format, ...) GRAFT_PRINTF(1, 2);

/** Message of this thread's last failure; "" if none. Borrowed until the next failure. */
const char *graft_error_message(void);

/** "file:line" of this thread's last failure; "" if none. Borrowed until the next failure. */
const char *graft_error_where(void);

/** Return from the enclosing function with the status of @p call unless it is GRAFT_OK. */
#define GRAFT_TRY(call)                                                                            \
  do {                                                                                             \
    graft_status graft_try_status_ = (call);                                                       \
    if (graft_try_status_ != GRAFT_OK) return graft_try_status_;                                   \
  } while (0)

/** Like ::GRAFT_TRY for functions that must clean up: needs a local `graft_status status` and jumps
 *  to @p label when the call fails. */
#define GRAFT_TRY_TO(label, call)                                                                  \
  do {                                                                                             \
    status = (call);                                                                               \
    if (status != GRAFT_OK) goto label;                                                            \
  } while (0)

/** Fail with GRAFT_@p code and a printf message unless @p cond holds. */
#define GRAFT_CHECK(cond, code, ...)                                                               \
  do {                                                                                             \
    if (!(cond)) {                                                                                 \
      (void)graft_error_set(GRAFT_##code, __FILE__, __LINE__, __VA_ARGS__);                        \
      return GRAFT_##code; /* the constant, so that analysers see a failure */                     \
    }                                                                                              \
  } while (0)

/** ::GRAFT_CHECK for functions that must clean up (see ::GRAFT_TRY_TO). */
#define GRAFT_CHECK_TO(label, cond, code, ...)                                                     \
  do {                                                                                             \
    if (!(cond)) {                                                                                 \
      (void)graft_error_set(GRAFT_##code, __FILE__, __LINE__, __VA_ARGS__);                        \
      status = GRAFT_##code;                                                                       \
      goto label;                                                                                  \
    }                                                                                              \
  } while (0)

#endif
