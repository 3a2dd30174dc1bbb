/* SPDX-License-Identifier: BSD-2-Clause */
/* Imports that follow another data set, and tables that change while they are read. */
#include "recsys/import.h"
#include "tests/graft_test.h"
#include "tests/recsys/pipeline.h"

/* With another data set's vocabularies, bins and scales the same rows get the same ids and numbers,
 * whatever else is in the table; labels may be missing, new values are unknown. */
static void follows_another_data_set(void) {
  static const char *const table[] = {"i,x,s,y\na,1,p|q,0\nb,20,q,1\na,300,,1\nc,4,r,0\n"};
  static const char *const other[] = {"s,i,x\np|q,a,1\nr,c,4\nnew|p,new,1e6\n"};
  graft_feature_memory first;
  begin();
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "item", 0, "i");
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "bin", 0, "x")->quantiles = 3;
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "step", 0, "x")->step = 2;
  graft_schema_column *x = texts_column(schema, GRAFT_COLUMN_NUMERIC, "x", 0, "x");
  x->log1p = x->standard = true;
  texts_column(schema, GRAFT_COLUMN_MULTI_HOT, "tags", 0, "s")->length = 3;
  texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  if (T_OK(run(table))) {
    first = memory;
    if (T_OK(texts_import(schema, other, &first.info, &memory, &report))) {
      const int32_t *was = (const int32_t *)(const void *)first.data[GRAFT_ARRAY_ID];
      const float *before = (const float *)(const void *)first.data[GRAFT_ARRAY_NUMBER];
      const float *now = data(GRAFT_ARRAY_NUMBER, 0);
      for (size_t c = 0; c < 3; c++) {
        T_EQUAL(id(0, c), was[c]);
        T_EQUAL(id(1, c), was[3 * 3 + c]);
      }
      T_EQUAL(now[0], before[0]);
      T_EQUAL(now[1], before[3]);
      T_EQUAL(id(2, 0), GRAFT_ID_UNKNOWN);
      T_EQUAL(id(2, 1), 4);
      T_EQUAL(id(2, 2), GRAFT_ID_UNKNOWN);
      T_CHECK(now[2] > before[2]);
      list_is(0, 2, 2, (const int32_t[]){GRAFT_ID_UNKNOWN, token(4, "p")});
      for (size_t n = 0; n < 3; n++) {
        T_CHECK(isnan(label(n, 0)));
        T_EQUAL(memory.info.part[n], GRAFT_PART_TEST);
      }
    }
    graft_feature_memory_fini(&memory);
    snprintf(schema->column[0].name, GRAFT_COLUMN_SIZE, "other");
    T_FAILS(texts_import(schema, other, &first.info, &memory, &report), GRAFT_INPUT,
            "expected a vocabulary 'other' as the schema has, got none");
    graft_feature_memory_fini(&first);
  }
  end();
}

/* A condition of a history or of keep, and a join, needs its field even where a label has it. */
static void conditions_need_their_fields(void) {
  static const char *const first[] = {"u,t,i,r\na,1,x,5\na,2,y,5\na,3,x,1\n", "r\n1\n5\n"};
  static const char *const later[] = {"u,t,i\na,1,x\na,2,y\n", "r\n1\n"};
  static const char *const message = "expected a column 'r', got u, t, i";
  graft_feature_memory like;
  begin();
  texts_column(schema, GRAFT_COLUMN_USER, "user", 0, "u");
  texts_column(schema, GRAFT_COLUMN_TIME, "time", 0, "t");
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "item", 0, "i");
  graft_schema_column *liked = texts_column(schema, GRAFT_COLUMN_SEQUENCE, "liked", 0, "");
  snprintf(liked->history, sizeof liked->history, "item");
  graft_schema_column *good = texts_column(schema, GRAFT_COLUMN_LABEL, "good", 0, "r");
  good->conditional = true;
  good->where.at_least = 4;
  liked = &schema->column[3];
  if (T_OK(run(first))) {
    like = memory;
    T_OK(texts_import(schema, later, &like.info, &memory, &report));
    graft_feature_memory_fini(&memory);
    snprintf(liked->where.from.field, sizeof liked->where.from.field, "r");
    T_FAILS(texts_import(schema, later, &like.info, &memory, &report), GRAFT_INPUT, message);
    graft_feature_memory_fini(&memory);
    liked->where.from.field[0] = '\0';
    schema->keeps = 1;
    schema->keep[0] = graft_schema_condition_default();
    snprintf(schema->keep[0].from.field, GRAFT_COLUMN_SIZE, "r");
    T_FAILS(texts_import(schema, later, &like.info, &memory, &report), GRAFT_INPUT, message);
    graft_feature_memory_fini(&memory);
    schema->keeps = 0;
    texts_table(schema, "scores", "r", "r");
    T_FAILS(texts_import(schema, later, &like.info, &memory, &report), GRAFT_INPUT, message);
    graft_feature_memory_fini(&like);
  }
  end();
}

/* Bins are followed by bins alone. */
static void bins_follow_bins(void) {
  static const char *const table[] = {"x,y\n5,0\n15,1\n50,0\n"};
  graft_feature_memory like;
  begin();
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "x", 0, "x");
  texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  graft_schema_column *x = &schema->column[0];
  for (int bins = 0; bins < 2; bins++) {
    x->edges = bins ? 2 : 0;
    x->edge[0] = 10;
    x->edge[1] = 20;
    if (!T_OK(run(table))) continue;
    like = memory;
    if (T_OK(texts_import(schema, table, &like.info, &memory, &report))) {
      for (size_t n = 0; n < 3 && bins; n++) T_EQUAL(id(n, 0), GRAFT_ID_FIRST + n);
    }
    graft_feature_memory_fini(&memory);
    x->edges = bins ? 0 : 2;
    T_FAILS(texts_import(schema, table, &like.info, &memory, &report), GRAFT_INPUT,
            bins ? "vocabulary 'x': expected values as the schema has, got bins"
                 : "vocabulary 'x': expected bins as the schema has, got values");
    graft_feature_memory_fini(&memory);
    graft_feature_memory_fini(&like);
  }
  end();
}

/* A file whose later passes find another table than the first one. */
struct changing {
  size_t opened, from; /* times; the second table comes from then on */
  const char *table[2];
};

static graft_status open_changing(void *ctx, const char *path, const graft_record_format *format,
                                  graft_records *records) {
  struct changing *c = ctx;
  (void)path;
  return texts_open(NULL, c->table[c->opened++ >= c->from], format, records);
}

/* A table that grows or shrinks between passes, in blocks larger than what was allocated. */
static void tables_may_change(void) {
  enum { FEW = 16, MANY = 200, LINE = 16 };
  char few[LINE * (FEW + 1)], many[LINE * (MANY + 1)] = "u,t,i,y\n";
  size_t used = strlen(many);
  for (int i = 0; i < MANY; i++) {
    used += (size_t)snprintf(many + used, sizeof many - used, "a,%d,x%d,1\n", i, i % 3);
    if (i + 1 == FEW) memcpy(few, many, used + 1);
  }
  begin();
  texts_column(schema, GRAFT_COLUMN_USER, "user", 0, "u");
  texts_column(schema, GRAFT_COLUMN_TIME, "time", 0, "t");
  texts_column(schema, GRAFT_COLUMN_CATEGORICAL, "item", 0, "i");
  graft_schema_column *seen = texts_column(schema, GRAFT_COLUMN_SEQUENCE, "seen", 0, "");
  snprintf(seen->history, sizeof seen->history, "item");
  texts_column(schema, GRAFT_COLUMN_LABEL, "y", 0, "y");
  T_OK(graft_schema_validate(schema));
  const char *name[] = {"t.csv"};
  for (size_t from = 1; from <= 2; from++) {
    for (int grows = 0; grows < 2; grows++) {
      struct changing file = {0, from, {grows ? few : many, grows ? many : few}};
      const graft_import import = {.schema = schema,
                                   .files = 1,
                                   .path = name,
                                   .opener = {&file, open_changing},
                                   .sink = graft_feature_sink_memory(&memory)};
      T_FAILS(graft_import_run(&import, &report), GRAFT_INPUT,
              grows ? "t.csv:18: changed while it was read: expected 16 rows, got more"
                    : "t.csv: changed while it was read: expected 200 rows, got 16");
      graft_feature_memory_fini(&memory);
    }
  }
  end();
}

int main(void) {
  T_RUN(follows_another_data_set);
  T_RUN(conditions_need_their_fields);
  T_RUN(bins_follow_bins);
  T_RUN(tables_may_change);
  return graft_test_done();
}
