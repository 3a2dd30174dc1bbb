/* SPDX-License-Identifier: BSD-2-Clause */
/* Delimited files: quotes, line ends, encodings, long records, and one line per mistake. */
#include "io/delimited.h"

#include "base/rng.h"
#include "tests/graft_test.h"
#include "tests/io/scratch.h"

/* The records of a text as "field|field;record;…", or the message of the failure. */
static const char *read_all(const char *text, size_t bytes, const graft_record_format *format) {
  static char out[1 << 12];
  graft_records records;
  graft_record record;
  size_t used = 0;
  const char *path = scratch("table.csv");
  scratch_write(path, text, bytes);
  out[0] = '\0';
  graft_status status = graft_delimited_open(NULL, path, format, &records);
  while (status == GRAFT_OK) {
    status = records.next(records.ctx, &record);
    if (status != GRAFT_OK || record.fields == 0) break;
    used += (size_t)snprintf(out + used, sizeof out - used, "%zu:", record.line);
    for (size_t f = 0; f < record.fields; f++) {
      used += (size_t)snprintf(out + used, sizeof out - used, f ? "|%s" : "%s", record.field[f]);
    }
    used += (size_t)snprintf(out + used, sizeof out - used, ";");
  }
  if (status == GRAFT_OK) T_EQUAL(records.done(records.ctx), bytes);
  if (status != GRAFT_OK) snprintf(out, sizeof out, "%s", graft_error_message() + strlen(path));
  graft_records_fini(&records);
  return out;
}

static void expect(const char *text, size_t bytes, const graft_record_format *format,
                   const char *want) {
  const char *got = read_all(text, bytes, format);
  if (!T_CHECK(strcmp(got, want) == 0)) printf("# got %s\n# want %s\n", got, want);
}

#define EXPECT(text, format, want) expect(text, sizeof text - 1, format, want)

static const graft_record_format csv = {.delimiter = ",", .quote = '"'};

static void records_and_fields(void) {
  const graft_record_format dat = {.delimiter = "::"}, tsv = {.delimiter = "\t"};
  const graft_record_format trim = {.delimiter = ",", .quote = '"', .trim = true, .comment = '|'};
  EXPECT("a,b\nc,d\n", &csv, "1:a|b;2:c|d;");
  EXPECT("a,b\r\n\r\n\nc,", &csv, "1:a|b;4:c|;");
  EXPECT("\xef\xbb\xbf"
         "a\n",
         &csv, "1:a;");
  EXPECT(",\n", &csv, "1:|;");
  EXPECT("", &csv, "");
  EXPECT("\"a,b\",\"say \"\"hi\"\"\"\n\"two\nlines\",x\nlast,1\n", &csv,
         "1:a,b|say \"hi\";2:two\nlines|x;4:last|1;");
  EXPECT("\"\",\"\"\"\"\n", &csv, "1:|\";");
  EXPECT("5\" pipe,x\"y\"\n", &csv, "1:5\" pipe|x\"y\";");
  EXPECT("1::Toy: Story::x:y\n2::::\n", &dat, "1:1|Toy: Story|x:y;2:2||;");
  EXPECT("a\tb c\t\"\n", &tsv, "1:a|b c|\";");
  EXPECT("|comment, with, commas\n 39,  State-gov , \" a \" \n\n| end", &trim,
         "2:39|State-gov| a ;");
  EXPECT("a\rb,c\n", &csv, "1:a\rb|c;");
}

static void encodings(void) {
  const graft_record_format latin1 = {.delimiter = ",", .latin1 = true};
  EXPECT("caf\xc3\xa9,\xe6\x97\xa5,\xf0\x9f\x98\x80\n", &csv,
         "1:caf\xc3\xa9|\xe6\x97\xa5|\xf0\x9f\x98\x80;");
  EXPECT("caf\xe9,\xff\n", &latin1, "1:caf\xc3\xa9|\xc3\xbf;");
}

static void mistakes(void) {
  EXPECT("a,b\nc,caf\xe9\n", &csv, ":2: field 2: expected UTF-8, got byte 0xe9");
  EXPECT("\xc0\x80\n", &csv, ":1: field 1: expected UTF-8, got byte 0xc0");       /* overlong */
  EXPECT("x,\xed\xa0\x80\n", &csv, ":1: field 2: expected UTF-8, got byte 0xed"); /* surrogate */
  EXPECT("a\n\"b\nc\n", &csv, ":2: field 1: expected a closing quote, got the file's end");
  EXPECT("a\n\"b\"c,d\n", &csv,
         ":2: field 1: expected a delimiter behind the closing quote, got 'c'");
  EXPECT("a\nb,c\0d\n", &csv, ":2: field 2: expected text, got a NUL byte");
  EXPECT("a\n\"c\0d\"\n", &csv, ":2: field 1: expected text, got a NUL byte");
}

static void files(void) {
  graft_records records;
  double bytes;
  const char *there = scratch("there.csv"), *missing = scratch("missing.csv");
  T_FAILS(graft_delimited_open(NULL, missing, &csv, &records), GRAFT_INPUT,
          "missing.csv: can't be opened: No such file");
  T_FAILS(graft_delimited_open(NULL, scratch_name, &csv, &records), GRAFT_INPUT,
          "expected a file, got a directory");
  scratch_write(there, "abc\n", 4);
  T_OK(graft_delimited_size(2, (const char *const[]){there, there}, &bytes));
  T_EQUAL(bytes, 8);
  scratch_write(there, "", 0);
  T_FAILS(graft_delimited_size(1, &there, &bytes), GRAFT_INPUT,
          "there.csv: expected a table, got an empty file");
}

/* Random fields, written and read back; records of up to 200 KB, so that the buffer moves and
 * grows. */
static void survives_round_trips(void) {
  enum { RECORDS = 200 };
  static const char letter[] = "ab,\"\n\r :";
  const char *path = scratch("large.csv");
  graft_rng rng;
  graft_records records;
  graft_record record;
  FILE *out = fopen(path, "wb");
  if (!T_CHECK(out != NULL)) return;
  for (int pass = 0; pass < 2; pass++) {
    graft_rng_init(&rng, 5, GRAFT_STREAM_TEST, 0);
    if (pass == 1 && !T_OK(graft_delimited_open(NULL, path, &csv, &records))) return;
    for (int n = 0; n < RECORDS; n++) {
      const uint32_t fields = 2 + graft_rng_below(&rng, 3);
      if (pass == 1 &&
          (!T_OK(records.next(records.ctx, &record)) || !T_EQUAL(record.fields, fields))) {
        break;
      }
      for (uint32_t f = 0; f < fields; f++) {
        const uint32_t length = graft_rng_below(&rng, n % 50 == 7 ? 50000 : 20);
        size_t wrong = 0;
        if (pass == 0) fputs(f ? ",\"" : "\"", out);
        for (uint32_t i = 0; i < length; i++) {
          const char c = letter[graft_rng_below(&rng, sizeof letter - 1)];
          if (pass == 0) fprintf(out, c == '"' ? "\"\"" : "%c", c);
          if (pass == 1) wrong += record.field[f][i] != c;
        }
        if (pass == 0) fputs("\"", out);
        if (pass == 1) T_CHECK(wrong == 0 && record.field[f][length] == '\0');
      }
      if (pass == 0) fputs("\n", out);
    }
    if (pass == 0) fclose(out);
  }
  if (T_OK(records.next(records.ctx, &record))) T_EQUAL(record.fields, 0);
  graft_records_fini(&records);
}

int main(void) {
  if (!scratch_make()) return 1;
  T_RUN(records_and_fields);
  T_RUN(encodings);
  T_RUN(mistakes);
  T_RUN(files);
  T_RUN(survives_round_trips);
  scratch_remove();
  return graft_test_done();
}
