/* SPDX-License-Identifier: BSD-2-Clause */
/* Method:    one state machine over a sliding buffer. Fields are unquoted in place, written towards
 *            the record's begin as they are read; places are counted from there, so that the buffer
 *            may move.
 * Cost:      every byte is looked at once, and once more where fields hold bytes above 127. */
#include "io/delimited.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"

enum { PIECE = 1 << 16 };

struct reader {
  FILE *file;
  char *path;
  graft_record_format format;
  size_t delimiter; /* bytes of it */
  char *buffer;
  size_t capacity, begin,
      end;            /* bytes; the record begins at `begin`, bytes are there up to `end` */
  size_t read, write; /* of the record: bytes looked at, bytes written */
  size_t line, start; /* of the next byte; of the record */
  double done;        /* bytes handed out */
  bool over;          /* the file has no more bytes */
  size_t fields, capacity_at, capacity_field, capacity_wide;
  size_t *at;         /* [fields] places of fields in the record */
  const char **field; /* [fields] */
  char *wide;         /* fields of a latin1 file as UTF-8 */
  bool plain[256];    /* bytes that can't end a field */
};

static void destroy(void *ctx) {
  struct reader *r = ctx;
  if (r->file) fclose(r->file);
  graft_free(r->path);
  graft_free(r->buffer);
  graft_free(r->at);
  graft_free(r->field);
  graft_free(r->wide);
  graft_free(r);
}

/* Bring more bytes: move the record to the front, grow the buffer when it fills all of it. */
static graft_status refill(struct reader *r) {
  memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
  r->end -= r->begin;
  r->begin = 0;
  if (r->end == r->capacity) {
    char *larger;
    GRAFT_CHECK(r->capacity < GRAFT_DELIMITED_MOST, INPUT,
                "%s:%zu: expected records of at most %d bytes, got a longer one%s", r->path,
                r->start, GRAFT_DELIMITED_MOST,
                r->format.quote ? " (a quote that is not closed?)" : "");
    GRAFT_TRY(graft_alloc(&larger, 2 * r->capacity + 1, 1));
    memcpy(larger, r->buffer, r->end);
    graft_free(r->buffer);
    r->buffer = larger;
    r->capacity *= 2;
  }
  size_t n = fread(r->buffer + r->end, 1, r->capacity - r->end, r->file);
  GRAFT_CHECK(!ferror(r->file), INPUT, "%s: can't be read: %s", r->path, strerror(errno));
  r->over = n == 0;
  r->end += n;
  return GRAFT_OK;
}

/* See to it that `bytes` bytes behind the one read last are there, unless the file ends. */
static graft_status need(struct reader *r, size_t bytes) {
  while (r->begin + r->read + bytes > r->end && !r->over) GRAFT_TRY(refill(r));
  return GRAFT_OK;
}

/* The byte `ahead` of the next one; −1 past the end. */
static int peek(const struct reader *r, size_t ahead) {
  const size_t at = r->begin + r->read + ahead;
  return at < r->end ? (unsigned char)r->buffer[at] : -1;
}

static void put(struct reader *r, int byte) { r->buffer[r->begin + r->write++] = (char)byte; }

static bool at_delimiter(const struct reader *r) {
  const size_t at = r->begin + r->read;
  return at + r->delimiter <= r->end &&
         memcmp(r->buffer + at, r->format.delimiter, r->delimiter) == 0;
}

/* Bytes of the line end at the next byte; 0: none there. */
static size_t line_end(const struct reader *r) {
  const int c = peek(r, 0);
  return c == '\n' ? 1 : c == '\r' && peek(r, 1) == '\n' ? 2 : 0;
}

static bool is_blank(int c) { return c == ' ' || c == '\t'; }

static graft_status add_field(struct reader *r) {
  GRAFT_TRY(graft_grow(&r->at, &r->capacity_at, r->fields, sizeof *r->at));
  r->at[r->fields++] = r->write;
  return GRAFT_OK;
}

/* A quoted field; the next byte is the one behind the opening quote. */
static graft_status read_quoted(struct reader *r) {
  const size_t line = r->line;
  for (;;) {
    GRAFT_TRY(need(r, 2));
    int c = peek(r, 0);
    GRAFT_CHECK(c >= 0, INPUT, "%s:%zu: field %zu: expected a closing quote, got the file's end",
                r->path, line, r->fields);
    r->read++;
    if (c == r->format.quote && peek(r, 0) != r->format.quote) return GRAFT_OK;
    GRAFT_CHECK(c != 0, INPUT, "%s:%zu: field %zu: expected text, got a NUL byte", r->path, r->line,
                r->fields);
    if (c == r->format.quote) r->read++;
    r->line += c == '\n';
    put(r, c);
  }
}

/* The bytes at hand that surely belong to the field. */
static void copy_plain(struct reader *r) {
  char *record = r->buffer + r->begin;
  const size_t have = r->end - r->begin;
  while (r->read < have && r->plain[(unsigned char)record[r->read]]) {
    record[r->write++] = record[r->read++];
  }
}

/* One field up to the delimiter or line end behind it. */
static graft_status read_field(struct reader *r) {
  GRAFT_TRY(add_field(r));
  GRAFT_TRY(need(r, r->delimiter + 2));
  while (r->format.trim && is_blank(peek(r, 0)) && !at_delimiter(r)) {
    r->read++;
    GRAFT_TRY(need(r, r->delimiter + 2));
  }
  const bool quoted = r->format.quote && peek(r, 0) == (unsigned char)r->format.quote;
  if (quoted) {
    r->read++;
    GRAFT_TRY(read_quoted(r));
  }
  const size_t closed = r->write;
  for (;;) {
    if (!quoted) copy_plain(r);
    GRAFT_TRY(need(r, r->delimiter + 2));
    int c = peek(r, 0);
    if (c < 0 || line_end(r) || at_delimiter(r)) break;
    GRAFT_CHECK(!quoted || (r->format.trim && is_blank(c)), INPUT,
                "%s:%zu: field %zu: expected a delimiter behind the closing quote, got '%c'",
                r->path, r->line, r->fields, c >= 32 && c < 127 ? c : '?');
    GRAFT_CHECK(c != 0, INPUT, "%s:%zu: field %zu: expected text, got a NUL byte", r->path, r->line,
                r->fields);
    r->read++;
    if (!quoted) put(r, c);
  }
  const size_t first = quoted ? closed : r->at[r->fields - 1];
  while (r->format.trim && r->write > first && is_blank(r->buffer[r->begin + r->write - 1])) {
    r->write--;
  }
  return GRAFT_OK;
}

/* Pass over empty lines, comments and the byte order mark; *end when nothing is left. */
static graft_status find_record(struct reader *r, bool *end) {
  for (;;) {
    r->begin += r->read;
    r->done += (double)r->read;
    r->read = r->write = 0;
    GRAFT_TRY(need(r, 3));
    if (r->done < 1 && r->end - r->begin >= 3 &&
        memcmp(r->buffer + r->begin, "\xef\xbb\xbf", 3) == 0) {
      r->read = 3;
      continue;
    }
    int c = peek(r, 0);
    *end = c < 0;
    if (*end) return GRAFT_OK;
    if (line_end(r)) {
      r->read = line_end(r);
      r->line++;
    } else if (r->format.comment && c == (unsigned char)r->format.comment) {
      while (c >= 0 && c != '\n') {
        r->read++;
        if (r->read >= PIECE) { /* a long comment needs no room */
          r->begin += r->read;
          r->done += (double)r->read;
          r->read = 0;
        }
        GRAFT_TRY(need(r, 1));
        c = peek(r, 0);
      }
    } else {
      return GRAFT_OK;
    }
  }
}

/* Bytes of the UTF-8 character at `s`, which ends with a NUL; 0: it is none. */
static size_t utf8_length(const unsigned char *s) {
  size_t n = s[0] < 0x80                   ? 1
             : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
             : (s[0] & 0xf0) == 0xe0       ? 3
             : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                           : 0;
  for (size_t i = 1; i < n; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0;
  }
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
      (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) {
    return 0;
  }
  return n;
}

static graft_status check_utf8(const struct reader *r, size_t f) {
  for (const unsigned char *s = (const unsigned char *)r->field[f]; *s;) {
    size_t n = utf8_length(s);
    GRAFT_CHECK(n, INPUT, "%s:%zu: field %zu: expected UTF-8, got byte 0x%02x", r->path, r->start,
                f + 1, *s);
    s += n;
  }
  return GRAFT_OK;
}

/* All fields as UTF-8 in a buffer of their own. */
static graft_status widen(struct reader *r, size_t bytes) {
  if (r->capacity_wide < 2 * bytes) {
    graft_free(r->wide);
    r->capacity_wide = 0;
    GRAFT_TRY(graft_alloc(&r->wide, 2 * bytes, 1));
    r->capacity_wide = 2 * bytes;
  }
  char *to = r->wide;
  for (size_t f = 0; f < r->fields; f++) {
    const unsigned char *s = (const unsigned char *)r->field[f];
    r->field[f] = to;
    for (; *s; s++) {
      if (*s >= 0x80) *to++ = (char)(0xc0 | *s >> 6);
      *to++ = (char)(*s >= 0x80 ? 0x80 | (*s & 0x3f) : *s);
    }
    *to++ = '\0';
  }
  return GRAFT_OK;
}

/* NUL behind each field: its delimiter, quote or line end was read, so there is room; the last
 * field of a file without a line end has the spare byte behind the buffer. */
static graft_status finish(struct reader *r, graft_record *record) {
  char *start = r->buffer + r->begin;
  bool high = false;
  if (r->capacity_field < r->capacity_at) {
    graft_free(r->field);
    r->capacity_field = 0;
    GRAFT_TRY(graft_alloc(&r->field, r->capacity_at, sizeof *r->field));
    r->capacity_field = r->capacity_at;
  }
  for (size_t f = 0; f < r->fields; f++) r->field[f] = start + r->at[f];
  for (size_t i = 0; i < r->write; i++) high |= (start[i] & 0x80) != 0;
  if (high && r->format.latin1) GRAFT_TRY(widen(r, r->write));
  for (size_t f = 0; high && !r->format.latin1 && f < r->fields; f++) GRAFT_TRY(check_utf8(r, f));
  *record = (graft_record){r->fields, r->field, r->start};
  return GRAFT_OK;
}

static graft_status next(void *ctx, graft_record *record) {
  struct reader *r = ctx;
  bool end;
  *record = (graft_record){0};
  GRAFT_TRY(find_record(r, &end));
  if (end) return GRAFT_OK;
  r->start = r->line;
  r->fields = 0;
  for (;;) {
    GRAFT_TRY(read_field(r));
    const bool more = at_delimiter(r);
    const size_t skip = more ? r->delimiter : line_end(r);
    r->read += skip;
    put(r, 0); /* over the delimiter or line end, or a quote, or the spare byte */
    if (more) continue;
    r->line += skip > 0;
    return finish(r, record);
  }
}

static double done(void *ctx) {
  const struct reader *r = ctx;
  return r->done + (double)r->read;
}

graft_status graft_delimited_open(void *ctx, const char *path, const graft_record_format *format,
                                  graft_records *records) {
  struct reader *r;
  struct stat st;
  graft_status status = GRAFT_OK;
  (void)ctx;
  *records = (graft_records){0};
  GRAFT_CHECK(format->delimiter[0], INTERNAL, "%s: no delimiter", path);
  GRAFT_TRY(graft_alloc(&r, 1, sizeof *r));
  *r = (struct reader){.format = *format, .delimiter = strlen(format->delimiter), .line = 1};
  GRAFT_TRY_TO(fail, graft_alloc(&r->path, strlen(path) + 1, 1));
  memcpy(r->path, path, strlen(path) + 1);
  for (int c = 1; c < 256; c++) {
    r->plain[c] = c != '\n' && c != '\r' && c != (unsigned char)format->delimiter[0];
  }
  r->capacity = PIECE;
  GRAFT_TRY_TO(fail, graft_alloc(&r->buffer, r->capacity + 1, 1));
  r->file = fopen(path, "rb");
  GRAFT_CHECK_TO(fail, r->file, INPUT, "%s: can't be opened: %s", path, strerror(errno));
  GRAFT_CHECK_TO(fail, fstat(fileno(r->file), &st) != 0 || !S_ISDIR(st.st_mode), INPUT,
                 "%s: expected a file, got a directory", path);
  *records = (graft_records){.ctx = r, .next = next, .done = done, .destroy = destroy};
  return GRAFT_OK;
fail:
  destroy(r);
  return status;
}

graft_record_opener graft_delimited_opener(void) {
  return (graft_record_opener){.ctx = NULL, .open = graft_delimited_open};
}

graft_status graft_delimited_size(size_t files, const char *const *path, double *bytes) {
  *bytes = 0;
  for (size_t i = 0; i < files; i++) {
    struct stat st;
    GRAFT_CHECK(stat(path[i], &st) == 0, INPUT, "%s: can't be opened: %s", path[i],
                strerror(errno));
    GRAFT_CHECK(!S_ISREG(st.st_mode) || st.st_size > 0, INPUT,
                "%s: expected a table, got an empty file", path[i]);
    *bytes += (double)st.st_size;
  }
  return GRAFT_OK;
}
