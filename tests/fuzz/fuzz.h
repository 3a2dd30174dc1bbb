/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GRAFT_TESTS_FUZZ_FUZZ_H
#define GRAFT_TESTS_FUZZ_FUZZ_H

/** @file fuzz.h
 *  What the fuzz targets share. A target is one file with LLVMFuzzerTestOneInput(): any bytes must
 *  be read or refused with a message, without a crash, a leak, a hang or undefined behaviour. With
 *  -Dfuzz=true libFuzzer calls it, else replay.c with the corpus. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A property that must hold; a failure is a finding. */
#define FUZZ_CHECK(condition)                                                                      \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);               \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

/** A refusal says why, in one line. */
static inline void fuzz_refused(graft_status status) {
  FUZZ_CHECK(status == GRAFT_INPUT || status == GRAFT_USAGE || status == GRAFT_MEMORY);
  FUZZ_CHECK(graft_error_message()[0] != '\0');
}

/** Bytes that a target takes one after the other; 0 when none are left. */
typedef struct fuzz_bytes {
  const uint8_t *at; /**< next one */
  size_t left;       /**< number of those left */
} fuzz_bytes;

static inline unsigned fuzz_byte(fuzz_bytes *b) {
  if (b->left == 0) return 0;
  b->left--;
  return *b->at++;
}

/** Little-endian number of @p bytes ≤ 8 bytes. */
static inline uint64_t fuzz_number(fuzz_bytes *b, int bytes) {
  uint64_t n = 0;
  for (int i = 0; i < bytes; i++) n |= (uint64_t)fuzz_byte(b) << (8 * i);
  return n;
}

/** Text of at most @p size − 1 bytes with its length before it. */
static inline char *fuzz_text(fuzz_bytes *b, char *text, size_t size) {
  size_t n = fuzz_byte(b) % size;
  if (n > b->left) n = b->left;
  if (n) memcpy(text, b->at, n);
  text[n] = '\0';
  b->at += n;
  b->left -= n;
  return text;
}

static char fuzz_path[256]; /* of the file that fuzz_file() writes */

static inline void fuzz_remove(void) { unlink(fuzz_path); }

/** A file with that content; the same name each time, removed at the end. */
static inline const char *fuzz_file(const void *data, size_t size) {
  if (!fuzz_path[0]) {
    const char *directory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(fuzz_path, sizeof fuzz_path, "%s/graft-fuzz-XXXXXX", directory);
    int made = mkstemp(fuzz_path);
    FUZZ_CHECK(made >= 0);
    close(made);
    atexit(fuzz_remove);
  }
  FILE *file = fopen(fuzz_path, "wb");
  FUZZ_CHECK(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
  return fuzz_path;
}

/** The input as a NUL-terminated text (free()). */
static inline char *fuzz_string(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  FUZZ_CHECK(text);
  if (size) memcpy(text, data, size);
  text[size] = '\0';
  return text;
}

#endif
