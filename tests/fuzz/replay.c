/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands in for libFuzzer: calls a target with every file of a directory, and with mutants of each
 * that are the same in every run.
 *
 *   fuzz_TARGET_replay DIRECTORY [MUTANTS] */
#include <dirent.h>

#include "base/rng.h"
#include "tests/fuzz/fuzz.h"
#include "tests/graft_test.h"

enum { MOST_FILES = 1000, MOST_BYTES = 1 << 16, MUTANTS = 100 };

static size_t read_file(const char *directory, const char *name, uint8_t *data) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *file = fopen(path, "rb");
  if (!T_CHECK(file != NULL)) return 0;
  size_t size = fread(data, 1, MOST_BYTES, file);
  fclose(file);
  return size;
}

/* Change, insert or delete a few bytes. */
static size_t mutate(graft_rng *rng, uint8_t *data, size_t size) {
  unsigned edits = 1 + (unsigned)(4 * graft_rng_uniform(rng));
  for (unsigned e = 0; e < edits; e++) {
    size_t at = (size_t)((double)size * graft_rng_uniform(rng));
    unsigned kind = (unsigned)(4 * graft_rng_uniform(rng));
    uint8_t byte = (uint8_t)(256 * graft_rng_uniform(rng));
    if (kind == 0 && size < MOST_BYTES) {
      memmove(data + at + 1, data + at, size - at);
      data[at] = byte;
      size++;
    } else if (kind == 1 && size > 0) {
      memmove(data + at, data + at + 1, size - at - 1);
      size--;
    } else if (kind == 2 && size > 0) {
      data[at] ^= (uint8_t)(1u << (byte & 7));
    } else if (size > 0) {
      data[at] = byte;
    }
  }
  return size;
}

static void replay(const uint8_t *data, size_t size, uint64_t file, int mutants) {
  static uint8_t mutant[MOST_BYTES + 1];
  T_CHECK(LLVMFuzzerTestOneInput(data, size) == 0);
  for (int m = 0; m < mutants; m++) {
    graft_rng rng;
    graft_rng_init(&rng, file, 0, (uint64_t)m);
    memcpy(mutant, data, size);
    T_CHECK(LLVMFuzzerTestOneInput(mutant, mutate(&rng, mutant, size)) == 0);
  }
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv) {
  static uint8_t data[MOST_BYTES];
  char *name[MOST_FILES];
  size_t files = 0;
  DIR *directory = argc > 1 ? opendir(argv[1]) : NULL;
  T_CHECK(directory != NULL);
  for (struct dirent *e; directory && files < MOST_FILES && (e = readdir(directory));) {
    if (e->d_name[0] != '.') name[files++] = strdup(e->d_name);
  }
  if (directory) closedir(directory);
  qsort(name, files, sizeof *name, by_name);
  T_CHECK(files > 0);
  for (size_t i = 0; i < files; i++) {
    size_t size = read_file(argv[1], name[i], data);
    T_RUN_NAMED(name[i],
                replay(data, size, i, argc > 2 ? (int)strtol(argv[2], NULL, 10) : MUTANTS));
    free(name[i]);
  }
  return graft_test_done();
}
