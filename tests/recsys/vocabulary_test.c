/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens and ids. */
#include "recsys/vocabulary.h"

#include "base/arena.h"
#include "tests/graft_test.h"

static void by_count_then_bytes(void) {
  static const char *const token[] = {"b", "a", "c", "b", "rare", "a", "d", "d", "d", ""};
  graft_vocabulary v = {0};
  for (size_t i = 0; i < sizeof token / sizeof *token; i++)
    T_OK(graft_vocabulary_add(&v, token[i]));
  T_OK(graft_vocabulary_seal(&v, 2));
  T_EQUAL(v.ids, 2 + 3);
  T_EQUAL(graft_vocabulary_find(&v, "d"), 2);
  T_EQUAL(graft_vocabulary_find(&v, "a"), 3);
  T_EQUAL(graft_vocabulary_find(&v, "b"), 4);
  T_EQUAL(graft_vocabulary_find(&v, "rare"), GRAFT_ID_UNKNOWN);
  T_EQUAL(graft_vocabulary_find(&v, "never seen"), GRAFT_ID_UNKNOWN);
  graft_vocabulary_fini(&v);
}

/* What a file holds gives the same ids. */
static void survives_export(void) {
  enum { N = 1000 };
  graft_vocabulary v = {0}, again;
  graft_feature_vocabulary out = {.name = "v"};
  char token[32];
  for (int i = 0; i < N; i++) {
    snprintf(token, sizeof token, "token %d", i * 7 % N);
    for (int n = 0; n < 1 + i % 3; n++) T_OK(graft_vocabulary_add(&v, token));
  }
  T_OK(graft_vocabulary_seal(&v, 1));
  if (T_OK(graft_vocabulary_export(&v, &out)) && T_OK(graft_vocabulary_import(&again, &out))) {
    T_EQUAL(again.ids, N + 2);
    for (int i = 0; i < N; i++) {
      snprintf(token, sizeof token, "token %d", i);
      T_EQUAL(graft_vocabulary_find(&again, token), graft_vocabulary_find(&v, token));
    }
    T_EQUAL(graft_vocabulary_find(&again, "unseen"), GRAFT_ID_UNKNOWN);
    graft_vocabulary_fini(&again);
  }
  graft_free(out.text);
  graft_vocabulary_fini(&v);
}

static void hashes(void) {
  graft_vocabulary v = {.buckets = 10};
  bool used[12] = {0};
  char token[32];
  T_OK(graft_vocabulary_add(&v, "a"));
  T_OK(graft_vocabulary_seal(&v, 5));
  T_EQUAL(v.ids, 12);
  for (int i = 0; i < 200; i++) {
    snprintf(token, sizeof token, "%d", i);
    const int32_t id = graft_vocabulary_find(&v, token);
    if (T_CHECK(id >= GRAFT_ID_FIRST && id < 12)) used[id] = true;
    T_EQUAL(id, graft_vocabulary_find(&v, token));
  }
  for (int i = GRAFT_ID_FIRST; i < 12; i++) T_CHECK(used[i]);
  graft_vocabulary_fini(&v);
}

int main(void) {
  T_RUN(by_count_then_bytes);
  T_RUN(survives_export);
  T_RUN(hashes);
  return graft_test_done();
}
