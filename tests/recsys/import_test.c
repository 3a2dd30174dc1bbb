/* SPDX-License-Identifier: BSD-2-Clause */
/* The pipeline on tables worked out by hand: ids, numbers, labels and their spaces, parts,
 * histories, joins; nothing is learnt from rows that are not for training, no history holds its own
 * row. */
#include "recsys/import.h"

#include "tests/graft_test.h"
#include "tests/recsys/pipeline.h"

/* Histories by type: strictly earlier rows of the same user, oldest first, the latest `length`. */
static void histories_are_earlier(void) {
  static const char *const table[] = {"u,i,r,t\n"
                                      "1,a,5,10\n"  /* 0: nothing before */
                                      "1,b,1,30\n"  /* 1: a */
                                      "2,a,5,5\n"   /* 2: another user */
                                      "1,c,5,20\n"  /* 3: a; stands behind row 1 but is earlier */
                                      "1,d,5,30\n"  /* 4: same time as row 1 */
                                      "1,e,5,40\n"  /* 5: liked a c d, disliked b */
                                      "2,b,1,6\n"}; /* 6 */
  begin();
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "item", 0, "i");
  graft_schema_column *liked = texts_column(schema, GRAFT_COLUMN_SEQUENCE, "liked", 0, "");
  snprintf(liked->history, sizeof liked->history, "item");
  snprintf(liked->where.from.field, sizeof liked->where.from.field, "r");
  liked->where.at_least = 4;
  liked->length = 2;
  graft_schema_column *disliked = texts_column(schema, GRAFT_COLUMN_SEQUENCE, "disliked", 0, "");
  *disliked = *liked;
  snprintf(disliked->name, sizeof disliked->name, "disliked");
  disliked->where.at_least = (double)-INFINITY;
  disliked->where.at_most = 2;
  graft_schema_column *good = texts_column(schema, GRAFT_COLUMN_LABEL, "good", 0, "r");
  good->conditional = true;
  good->where.at_least = 4;
  texts_column(schema, GRAFT_COLUMN_USER, "user", 0, "u");
  texts_column(schema, GRAFT_COLUMN_TIME, "time", 0, "t");
  if (T_OK(run(table))) {
    const int32_t a = token(0, "a"), b = token(0, "b"), c = token(0, "c"), d = token(0, "d");
    T_EQUAL(memory.info.rows, 7);
    list_is(0, 0, 0, NULL);
    list_is(0, 2, 0, NULL);
    list_is(0, 3, 1, (const int32_t[]){a});
    list_is(0, 1, 2, (const int32_t[]){a, c});
    list_is(0, 4, 2, (const int32_t[]){a, c});
    list_is(0, 5, 2, (const int32_t[]){c, d});
    list_is(1, 5, 1, (const int32_t[]){b});
    list_is(1, 4, 0, NULL); /* row 1 has the same time */
    list_is(0, 6, 1, (const int32_t[]){a});
    T_EQUAL(label(1, 0), 0);
    T_EQUAL(label(0, 0), 1);
  }
  end();
}

/* Histories out of a table of events: strictly earlier ones of the user, by condition, the latest.
 */
static void events_have_tables(void) {
  static const char *const table[] = {"u,i,y,t\n2,a,1,10\n1,b,0,10\n1,a,1,20\n3,b,0,5\n",
                                      "who,what,kind,when\n1,a,x,10\n2,b,x,30\n1,b,x,9\n1,zz,x,12\n"
                                      "1,a,skip,1\n0,a,x,1\n3,a,x,4\n1,a,x,25\n2,a,x,9\n"};
  static const char *const prefixed[] = {
      "u,i,y,t\nu_2,a,1,day 10\nx_1,b,0,day 10\nu_1,a,1,day 20\nu_3,b,0,day 5\n",
      "who,what,kind,when\nu_1,a,x,10\nu_2,b,x,at 30\nv_1,b,x,at 9\nu_1,zz,x,at 12\n"
      "u_1,a,skip,at 1\nu_0,a,x,at 1\nu_3,a,x,at 4\nu_1,a,x,at 25\nu_2,a,x,at 9\n"};
  static const char *const nobody[] = {"u,i,y,t\n2,a,1,10\n", "who,what,kind,when\n_,a,x,10\n"};
  begin();
  texts_table(schema, "log", "", "");
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "item", 0, "i");
  graft_schema_column *log = texts_column(schema, GRAFT_COLUMN_SEQUENCE, "log", 0, "");
  snprintf(log->history, sizeof log->history, "item");
  log->event.table = log->where.from.table = 1;
  snprintf(log->event.field, sizeof log->event.field, "what");
  snprintf(log->event_user, sizeof log->event_user, "who");
  snprintf(log->event_time, sizeof log->event_time, "when");
  snprintf(log->where.from.field, sizeof log->where.from.field, "kind");
  log->where.values = 1;
  snprintf(log->where.value[0], GRAFT_COLUMN_SIZE, "x");
  log->length = 2;
  texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  texts_column(schema, GRAFT_COLUMN_USER, "user", 0, "u");
  texts_column(schema, GRAFT_COLUMN_TIME, "time", 0, "t");
  for (int pattern = 0; pattern < 2; pattern++) { /* the user's and the time's count for both */
    if (!T_OK(run(pattern ? prefixed : table))) continue;
    const int32_t a = token(0, "a"), b = token(0, "b");
    T_EQUAL(memory.info.rows, 4);
    list_is(0, 0, 1, (const int32_t[]){a});
    list_is(0, 1, 1, (const int32_t[]){b});
    list_is(0, 2, 2, (const int32_t[]){a, GRAFT_ID_UNKNOWN});
    list_is(0, 3, 1, (const int32_t[]){a});
    graft_feature_memory_fini(&memory);
    for (size_t c = 3; c < 5; c++) snprintf(schema->column[c].pattern, 64, "([0-9]+)$");
  }
  T_FAILS(run(nobody), GRAFT_INPUT, "column 'who': expected a user, got an empty text");
  graft_feature_memory_fini(&memory);
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "bad", 1, "what");
  T_FAILS(run(table), GRAFT_INPUT, "got one of 'log', which has events");
  end();
}

/* Parts within users by time; rows of one time stay together; only training rows count values. */
static void parts_do_not_leak(void) {
  static const char *const table[] = {"u,i,x,y,t\n"
                                      "1,new,100,1,90\n"
                                      "1,a,1,0,10\n1,a,3,1,20\n1,a,1,0,30\n1,a,3,1,40\n"
                                      "1,b,3,0,50\n1,b,1,1,60\n1,b,3,0,70\n1,b,1,0,70\n"
                                      "1,late,100,1,80\n"};
  begin();
  schema->rule = GRAFT_SPLIT_USER_TIME;
  schema->train = 0.7;
  schema->validation = 0.1;
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "item", 0, "i");
  texts_column(schema, GRAFT_COLUMN_NUMERIC, "x", 0, "x")->standard = true;
  texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  texts_column(schema, GRAFT_COLUMN_USER, "user", 0, "u");
  texts_column(schema, GRAFT_COLUMN_TIME, "time", 0, "t");
  graft_schema_column *all = texts_column(schema, GRAFT_COLUMN_SEQUENCE, "all", 0, "");
  snprintf(all->history, sizeof all->history, "item");
  all->length = 10;
  graft_schema_column *own = texts_column(schema, GRAFT_COLUMN_SEQUENCE, "own", 0, "");
  *own = schema->column[5];
  snprintf(own->name, sizeof own->name, "own");
  own->training_only = true;
  if (T_OK(run(table))) {
    const int64_t *every = data(GRAFT_ARRAY_RANGE, 0), *training = data(GRAFT_ARRAY_RANGE, 1);
    T_EQUAL(every[1] - every[0], 9); /* the last row's: one event is of the test part */
    T_EQUAL(training[1] - training[0], 8);
    T_EQUAL(training[19] - training[18], 8); /* that event's own row */
    const uint8_t *part = memory.info.part;
    const float *x = data(GRAFT_ARRAY_NUMBER, 0);
    for (size_t n = 1; n <= 8; n++)
      T_EQUAL(part[n], GRAFT_PART_TRAIN); /* 7, and one of the same time */
    T_EQUAL(part[9], GRAFT_PART_TEST);
    T_EQUAL(part[0], GRAFT_PART_TEST);
    T_EQUAL(id(0, 0), GRAFT_ID_UNKNOWN);
    T_EQUAL(id(9, 0), GRAFT_ID_UNKNOWN);
    T_CHECK(id(1, 0) >= GRAFT_ID_FIRST && id(5, 0) >= GRAFT_ID_FIRST);
    T_NEAR(memory.info.scale[0].shift, 2, 1e-12);
    T_NEAR(memory.info.scale[0].scale, 1, 1e-12);
    T_NEAR(x[1], -1, 1e-6);
    T_NEAR(x[0], 98, 1e-5);
  }
  end();
}

/* A label outside its space is not defined; one that says 1 there is an error or drops its row. */
static void spaces_of_labels(void) {
  static const char *const table[] = {"c,b\n1,1\n1,0\n0,0\n0,1\n,1\n"};
  begin();
  texts_column(schema, GRAFT_COLUMN_LABEL, "buy", 0, "b");
  snprintf(schema->column[0].space, GRAFT_COLUMN_SIZE, "click");
  texts_column(schema, GRAFT_COLUMN_LABEL, "click", 0, "c");
  T_FAILS(run(table), GRAFT_INPUT, "column 'buy': expected 0 outside its space (click = 1), got 1");
  graft_feature_memory_fini(&memory);
  schema->column[0].drop = true;
  if (T_OK(run(table))) {
    T_EQUAL(memory.info.rows, 3);
    T_EQUAL(report.outside, 2);
    T_EQUAL(memory.info.label[0].space, 1);
    T_EQUAL(label(0, 0), 1);
    T_EQUAL(label(1, 0), 0);
    T_CHECK(isnan(label(2, 0)));
    T_EQUAL(label(2, 1), 0);
  }
  end();
}

static void joins_and_conditions(void) {
  static const char *const table[] = {"i,y\na,1\nb,0\nzz,1\na,0\n",
                                      "k,tags,title\na,x|y,A (1999)\nb,,B\na,x|y,A (1999)\n"};
  begin();
  texts_table(schema, "items", "k", "i");
  graft_schema_column *tags = texts_column(schema, GRAFT_COLUMN_MULTI_HOT, "tags", 1, "tags");
  tags->length = 5;
  graft_schema_column *year = texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "year", 1, "title");
  snprintf(year->pattern, sizeof year->pattern, "%s", "\\(([0-9]+)\\)");
  texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  T_FAILS(run(table), GRAFT_INPUT, "expected a line of table 'items' with k 'zz', got none");
  graft_feature_memory_fini(&memory);
  schema->table[1].optional = true;
  if (T_OK(run(table))) {
    const int32_t both[] = {token(0, "x"), token(0, "y")};
    T_EQUAL(report.lonely, 1);
    list_is(0, 0, 2, both);
    list_is(0, 1, 0, NULL);
    list_is(0, 2, 0, NULL);
    list_is(0, 3, 2, both);
    T_EQUAL(id(0, 0), token(1, "1999"));
    T_EQUAL(id(1, 0), GRAFT_ID_UNKNOWN);
  }
  graft_feature_memory_fini(&memory);
  schema->keeps = 1;
  schema->keep[0] = graft_schema_condition_default();
  snprintf(schema->keep[0].from.field, GRAFT_COLUMN_SIZE, "i");
  schema->keep[0].values = 2;
  snprintf(schema->keep[0].value[0], GRAFT_COLUMN_SIZE, "a");
  snprintf(schema->keep[0].value[1], GRAFT_COLUMN_SIZE, "b");
  schema->table[1].optional = true;
  if (T_OK(run(table))) {
    T_EQUAL(memory.info.rows, 3);
    T_EQUAL(report.left_out, 1);
  }
  end();
}

static void bins_and_numbers(void) {
  static const char *const table[] = {"x,y\n0,0\n2.9,1\n3,0\n-1,1\n100,0\n,1\n"};
  begin();
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "step", 0, "x")->step = 3;
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "half", 0, "x")->quantiles = 2;
  graft_schema_column *edges = texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "edges", 0, "x");
  edges->edges = 2;
  edges->edge[0] = 0;
  edges->edge[1] = 3;
  graft_schema_column *log = texts_column(schema, GRAFT_COLUMN_NUMERIC, "log", 0, "x");
  log->log1p = true;
  texts_column(schema, GRAFT_COLUMN_NUMERIC, "scaled", 0, "x")->standard = true;
  texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  if (T_OK(run(table))) {
    const float *x = data(GRAFT_ARRAY_NUMBER, 0);
    T_EQUAL(id(0, 0), token(0, "0"));
    T_EQUAL(id(1, 0), token(0, "0"));
    T_EQUAL(id(2, 0), token(0, "1"));
    T_EQUAL(id(3, 0), token(0, "-1"));
    T_EQUAL(id(4, 0), token(0, "33"));
    T_EQUAL(id(5, 0), GRAFT_ID_UNKNOWN);
    /* values −1 0 2.9 3 100: the edge is the third one */
    T_EQUAL(id(0, 1), 2);
    T_EQUAL(id(3, 1), 2);
    T_EQUAL(id(1, 1), 3);
    T_EQUAL(id(4, 1), 3);
    T_EQUAL(id(5, 1), GRAFT_ID_UNKNOWN);
    T_EQUAL(id(3, 2), 2);
    T_EQUAL(id(0, 2), 3);
    T_EQUAL(id(2, 2), 4);
    T_NEAR(x[2 * 4], log1p(100), 1e-6);
    T_NEAR(x[2 * 3], -log1p(1), 1e-6);
    T_EQUAL(x[2 * 5], 0);
    T_EQUAL(x[2 * 5 + 1], 0); /* the mean, not a scaled zero */
    T_CHECK(x[2 * 0 + 1] < -0.1F);
  }
  end();
}

/* No bin is empty where the least value makes up several quantiles; columns that share a vocabulary
 * share the largest of their least counts. */
static void ties_and_shared_vocabularies(void) {
  static const char *const table[] = {"x,a,b,y\n0,p,q,0\n0,p,q,1\n0,r,r,0\n5,s,r,1\n"};
  begin();
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "x", 0, "x")->quantiles = 4;
  graft_schema_column *a = texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "a", 0, "a");
  snprintf(a->vocabulary, sizeof a->vocabulary, "both");
  graft_schema_column *b = texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "b", 0, "b");
  snprintf(b->vocabulary, sizeof b->vocabulary, "both");
  b->minimum_count = 3;
  texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  if (T_OK(run(table))) {
    T_EQUAL(memory.info.vocabulary[0].ids, GRAFT_ID_FIRST + 2);
    T_EQUAL(id(0, 0), GRAFT_ID_FIRST);
    T_EQUAL(id(3, 0), GRAFT_ID_FIRST + 1);
    T_EQUAL(memory.info.vocabulary[1].ids, GRAFT_ID_FIRST + 1); /* r, three times in both */
    T_EQUAL(id(0, 1), GRAFT_ID_UNKNOWN);
    T_EQUAL(id(2, 1), GRAFT_ID_FIRST);
    T_EQUAL(id(3, 2), GRAFT_ID_FIRST);
  }
  end();
}

/* Lists are cut: sets at the end, sequences at the begin. */
static void lists_are_cut(void) {
  static const char *const table[] = {"s,y\na|b||c,0\nc,1\n,0\n"};
  begin();
  texts_column(schema, GRAFT_COLUMN_MULTI_HOT, "set", 0, "s")->length = 2;
  texts_column(schema, GRAFT_COLUMN_SEQUENCE, "sequence", 0, "s")->length = 2;
  texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  if (T_OK(run(table))) {
    list_is(0, 0, 2, (const int32_t[]){token(0, "a"), token(0, "b")});
    list_is(1, 0, 2, (const int32_t[]){token(1, "b"), token(1, "c")});
    list_is(1, 2, 0, NULL);
  }
  end();
}

/* One mistake, one line: file, line, column, expected, got. */
static void mistakes(void) {
  static const struct {
    const char *table, *message;
  } bad[] = {
      {"x,y\n1,0\nnan,1\n", ":3: column 'x': expected a finite number, got 'nan'"},
      {"x,y\n1,0\n1e999,1\n", ":3: column 'x': expected a finite number, got '1e999'"},
      {"x,y\n1,0\n2\n", ":3: expected 2 fields, got 1"},
      {"x,y\n1,2\n", ":2: column 'y': expected 0 or 1, got '2'"},
      {"x,y\n1,maybe\n", ":2: column 'y': expected 0 or 1, got 'maybe'"},
      {"x,z\n1,1\n", ": expected a column 'y', got x, z"},
      {"x,y\n", ": expected 1 to 2^32 - 2 rows, got 0"},
      {"", ": expected a table with a header, got no line"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    begin();
    texts_column(schema, GRAFT_COLUMN_NUMERIC, "x", 0, "x");
    texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
    T_FAILS(run(&bad[i].table), GRAFT_INPUT, bad[i].message);
    end();
  }
}

int main(void) {
  T_RUN(histories_are_earlier);
  T_RUN(events_have_tables);
  T_RUN(parts_do_not_leak);
  T_RUN(spaces_of_labels);
  T_RUN(joins_and_conditions);
  T_RUN(bins_and_numbers);
  T_RUN(ties_and_shared_vocabularies);
  T_RUN(lists_are_cut);
  T_RUN(mistakes);
  return graft_test_done();
}
