/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

graft_status graft_words_add(graft_words *words, const char *text) {
  if (words->count == words->capacity) {
    size_t capacity = words->capacity ? 2 * words->capacity : 16;
    char **word;
    GRAFT_TRY(graft_alloc(&word, capacity, sizeof *word));
    if (words->count) memcpy(word, words->word, words->count * sizeof *word);
    graft_free(words->word);
    words->word = word;
    words->capacity = capacity;
  }
  char *copy;
  GRAFT_TRY(graft_alloc(&copy, strlen(text) + 1, 1));
  memcpy(copy, text, strlen(text) + 1);
  words->word[words->count++] = copy;
  return GRAFT_OK;
}

/* Copy one word from *at into out, moving *at behind it; false when a quotation is left open. */
static bool next_word(const char **at, char *out) {
  char quote = '\0';
  const char *p = *at;
  for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
    if (*p == quote) {
      quote = '\0';
    } else if (!quote && (*p == '\'' || *p == '"')) {
      quote = *p;
    } else {
      if (*p == '\\' && quote != '\'' && p[1]) p++;
      *out++ = *p;
    }
  }
  *out = '\0';
  *at = p;
  return quote == '\0';
}

graft_status graft_words_split(graft_words *words, const char *origin, const char *line) {
  char *word;
  graft_status status = GRAFT_OK;
  GRAFT_TRY(graft_alloc(&word, strlen(line) + 1, 1));
  for (const char *at = line;;) {
    while (isspace((unsigned char)*at)) at++;
    if (!*at) break;
    GRAFT_CHECK_TO(done, next_word(&at, word), USAGE,
                   "%s: expected a closing quotation mark, got the end of the text", origin);
    GRAFT_TRY_TO(done, graft_words_add(words, word));
  }
done:
  graft_free(word);
  return status;
}

void graft_words_fini(graft_words *words) {
  for (size_t i = 0; i < words->count; i++) graft_free(words->word[i]);
  graft_free(words->word);
  *words = (graft_words){0};
}
