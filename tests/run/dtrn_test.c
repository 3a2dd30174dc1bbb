/* SPDX-License-Identifier: BSD-2-Clause */
/* graft-dtrn from the command line: every schema on a small table in its format, made here;
 * generated data and their truth; floors; every mistake. */
#include "tests/graft_test.h"

#include "tests/run/program.h"

static const char *dtrn, *schemas; /* path of graft-dtrn; directory of the schemas */
static char info[4200];            /* path of graft-info */

static FILE *begin(const char *name) {
  FILE *file = fopen(name, "w");
  if (!file) abort();
  return file;
}

static void put(const char *name, const char *text) {
  FILE *file = begin(name);
  fputs(text, file);
  fclose(file);
}

static bool run(int expected, const char *format, ...) GRAFT_PRINTF(2, 3);
static bool run(int expected, const char *format, ...) {
  char arguments[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(arguments, sizeof arguments, format, args);
  va_end(args);
  const int code = program_shell("%s %s", dtrn, arguments);
  if (code != expected) printf("# graft-dtrn %s: got %d: %s", arguments, code, program.err);
  return T_EQUAL(code, expected);
}

/* Import with a schema of examples/schemas, check the file, leave its description in program.out.
 */
static bool import(const char *schema, const char *input) {
  return run(0, "import -schema %s/%s.yaml -input %s -o %s.h5", schemas, schema, input, schema) &&
         T_EQUAL(program_shell("%s %s.h5 -check", info, schema), 0) &&
         T_EQUAL(program_shell("%s %s.h5 -json", info, schema), 0);
}

/* The part of the description that belongs to a feature or label. */
static const char *about(const char *name) {
  char quoted[80];
  snprintf(quoted, sizeof quoted, "\"name\": \"%s\"", name);
  const char *at = strstr(program.out, quoted);
  if (!T_CHECK(at != NULL)) printf("# no %s\n", name);
  return at ? at : "";
}

static double rows(const char *part) { return program_json(program.out, part, 0); }
static double ids(const char *feature) { return program_json(about(feature), "ids", 0); }
/* Rows with the label: in training, validation and test. */
static double defined(const char *label, int part) {
  return program_json(about(label), "rows", part);
}
static double mean(const char *label, int part) { return program_json(about(label), "mean", part); }

static void movielens_small(void) {
  FILE *r = begin("ratings.csv"), *m = begin("movies.csv");
  fprintf(r, "userId,movieId,rating,timestamp\n");
  fprintf(m, "movieId,title,genres\n");
  for (int i = 1; i <= 12; i++) {
    fprintf(m, "%d,\"Title, The %d (%d)\",%s\n", i, i, 1990 + i % 3,
            i % 2 ? "Drama|War" : "(no genres listed)");
  }
  for (int u = 1; u <= 5; u++) {
    for (int i = 1; i <= 10; i++) {
      fprintf(r, "%d,%d,%.1f,%d\n", u, 1 + (i + u) % 12, 0.5 * (1 + (i * 3 + u) % 10),
              1000 * u + i);
    }
  }
  fclose(r);
  fclose(m);
  put("tags.csv", "userId,movieId,tag,timestamp\n1,2,\"dark, slow\",1003\n3,99,x,1\n1,1,y,900\n");
  if (!import("movielens_small", "ratings.csv,movies.csv,tags.csv")) return;
  T_EQUAL(rows("rows"), 50);
  T_EQUAL(rows("training"), 35); /* 7 of 10 of each user */
  const double movies = ids("movie");
  put("new.csv", "userId,movieId,timestamp\n1,2,5000\n77,99,1\n");
  put("more.csv", "movieId,title,genres\n2,T (1992),War\n99,New,Musical\n");
  run(3, "import -like movielens_small.h5 -input new.csv,more.csv,tags.csv -o new.h5");
  T_CHECK(strstr(program.err, "new.csv: expected a column 'rating'")); /* its history needs it */
  put("new.csv", "userId,movieId,rating,timestamp\n1,2,,5000\n77,99,,1\n");
  if (run(0, "import -like movielens_small.h5 -input new.csv,more.csv,tags.csv -o new.h5") &&
      T_EQUAL(program_shell("%s new.h5 -json", info), 0)) {
    T_EQUAL(rows("test"), 2);
    T_EQUAL(ids("movie"), movies);
    T_EQUAL(defined("good", 2), 0);
  }
  T_EQUAL(program_shell("%s movielens_small.h5 -json", info), 0);
  T_EQUAL(rows("validation"), 5);
  T_EQUAL(ids("user"), 2 + 5);
  T_EQUAL(ids("year"), 2 + 3);
  T_EQUAL(ids("genres"), 2 + 3);
  T_CHECK(ids("liked") == ids("movie"));
}

static void movielens_1m(void) {
  FILE *r = begin("ratings.dat");
  for (int i = 0; i < 20; i++)
    fprintf(r, "%d::%d::%d::%d\n", 1 + i % 2, 1 + i % 3, 1 + i % 5, 100 + i);
  fclose(r);
  put("users.dat", "1::F::1::10::48067\n2::M::56::16::70072-1234\n");
  put("movies.dat", "1::Toy Story (1995)::Animation|Comedy\n2::Caf\xe9 :: Bar (1990)::Drama\n");
  T_EQUAL(
      program_shell("%s import -schema %s/movielens_1m.yaml -input . -o none.h5", dtrn, schemas),
      3);
  T_CHECK(strstr(program.err, "movies.dat:2: expected 3 fields, got 4"));
  put("movies.dat",
      "1::Toy Story (1995)::Animation|Comedy\n2::Caf\xe9 (1990)::Drama\n3::C (1990)::Drama\n");
  if (!import("movielens_1m", ".")) return;
  T_EQUAL(rows("rows"), 20);
  T_EQUAL(ids("gender"), 4);
  T_EQUAL(ids("zip"), 4);
  T_EQUAL(ids("year"), 4);
  T_EQUAL(ids("genres"), 5);
}

static void adult(void) {
  FILE *train = begin("adult.data"), *test = begin("adult.test");
  fprintf(test, "|1x3 Cross validator\n");
  for (int i = 0; i < 60; i++) {
    fprintf(i < 40 ? train : test,
            "%d, %s, 77516, Bachelors, 13, %s, Sales, Husband, White, Male, %d, 0, 40, ?, %s%s\n",
            20 + i, i % 7 ? "Private" : "?", i % 4 ? "Never-married" : "Divorced", i * 100,
            i % 3 ? "<=50K" : ">50K", i < 40 ? "" : ".");
  }
  fprintf(train, "\n");
  fclose(train);
  fclose(test);
  if (!import("adult", "adult.data,adult.test")) return;
  T_EQUAL(rows("training") + rows("validation"), 40);
  T_CHECK(rows("validation") > 0);
  T_EQUAL(rows("test"), 20);
  T_EQUAL(ids("workclass"), 4);
  T_NEAR(mean("income", 2), 6. / 20, 1e-9);
  T_NEAR(mean("never_married", 2), 15. / 20, 1e-9);
}

static void census_kdd(void) {
  FILE *train = begin("census-income.data"), *test = begin("census-income.test");
  for (int i = 0; i < 300; i++) {
    FILE *out = i < 100 ? train : test;
    for (int f = 1; f <= 42; f++) {
      if (f == 8)
        fprintf(out, "%s", i % 2 ? "Never married" : "Widowed");
      else if (f == 42)
        fprintf(out, "%s", i % 10 ? "- 50000." : " 50000+.");
      else if (f == 25)
        fprintf(out, "%.2f", 1700.09 + i);
      else
        fprintf(out, "%d", (i * f) % 13);
      fprintf(out, f < 42 ? ", " : "\n");
    }
  }
  fclose(train);
  fclose(test);
  if (!import("census_kdd", "census-income.data,census-income.test")) return;
  T_EQUAL(rows("training"), 100);
  T_EQUAL(rows("validation") + rows("test"), 200);
  T_CHECK(rows("validation") > 70 && rows("test") > 70);
  T_NEAR(mean("income", 0), 0.1, 1e-9);
  T_NEAR(mean("never_married", 0), 0.5, 1e-9);
  T_CHECK(!strstr(program.out, "instance_weight") && !strstr(program.out, "marital_status"));
}

static void aliexpress(void) {
  const char *const part[] = {"train", "test"};
  for (int p = 0; p < 2; p++) {
    char name[64];
    snprintf(name, sizeof name, "NL_item_%s.csv", part[p]);
    FILE *item = begin(name);
    snprintf(name, sizeof name, "NL_user_%s.csv", part[p]);
    FILE *user = begin(name);
    for (int i = 0; i < 60; i++) {
      fprintf(item, "s%d_%d", p, i / 6);
      for (int f = 2; f <= 48; f++) fprintf(item, ",%d", (i + f) % 5);
      fprintf(item, ",%d\n", i % 6 == 0 ? 2 : i % 3 == 0);
    }
    for (int s = 0; s < 10; s++) {
      fprintf(user, "s%d_%d", p, s);
      for (int f = 2; f <= 33; f++) fprintf(user, ",%g", 0.5 * (s % 4 + f));
      fprintf(user, "\n");
    }
    fclose(item);
    fclose(user);
  }
  if (!import("aliexpress", ".")) return;
  T_EQUAL(rows("training") + rows("validation"), 60);
  T_EQUAL(rows("test"), 60);
  T_NEAR(mean("click", 2), 20. / 60, 1e-9);
  T_EQUAL(defined("conversion", 2), 20);
  T_NEAR(mean("conversion", 2), 0.5, 1e-9);
  T_CHECK(strstr(program.out, "\"space\": \"click\""));
  T_EQUAL(ids("user_2"), 2 + 4);
}

/* Repeated fields of a list keep all their values. */
static void ali_ccp(void) {
  const char *const part[] = {"train", "test"};
  for (int p = 0; p < 2; p++) {
    char name[64];
    snprintf(name, sizeof name, "sample_skeleton_%s.csv", part[p]);
    FILE *sample = begin(name);
    snprintf(name, sizeof name, "common_features_%s.csv", part[p]);
    FILE *common = begin(name);
    for (int i = 0; i < 40; i++) {
      fprintf(sample,
              "%d,%d,%d,c%d%d,4,205\x02%d\x03"
              "%d.5\x01"
              "206\x02"
              "9\x03"
              "1.0\x01"
              "210\x02"
              "31\x03"
              "1.0\x01"
              "210\x02"
              "32\x03"
              "1.0\n",
              i, i % 4 == 0, i % 8 == 0 || i == 5, p, i % 2, 100 + i % 3, i);
    }
    for (int c = 0; c < 2; c++) {
      fprintf(common,
              "c%d%d,3,101\x02%d\x03"
              "1.0\x01"
              "109_14\x02"
              "71\x03"
              "2.3\x01"
              "109_14\x02"
              "72\x03"
              "0.7\n",
              p, c, c);
    }
    fclose(sample);
    fclose(common);
  }
  if (!import("ali_ccp", ".")) return;
  T_EQUAL(rows("training"), 39); /* row 5 has a purchase without a click */
  T_EQUAL(rows("validation") + rows("test"), 39);
  T_EQUAL(defined("purchase", 0), 10);
  T_NEAR(mean("purchase", 0), 0.5, 1e-9);
  T_EQUAL(ids("intentions"), 2 + 2);
  T_EQUAL(ids("categories"), 2 + 2);
  T_EQUAL(ids("item"), 2 + 3);
  if (!T_EQUAL(program_shell("%s ali_ccp.h5", info), 0)) return;
  const char *line = strstr(program.out, "  intentions ");
  T_CHECK(line && strstr(line, " 156\n") != NULL); /* two in each of 78 rows */
}

static void kuairand(void) {
  const char *const log[] = {"log_standard_4_08_to_4_21_pure.csv",
                             "log_standard_4_22_to_5_08_pure.csv"};
  for (int p = 0; p < 2; p++) {
    FILE *out = begin(log[p]);
    fprintf(
        out,
        "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,"
        "is_hate,long_view,play_time_ms,duration_ms,profile_stay_time,comment_stay_time,"
        "is_profile_enter,is_rand,tab\n");
    for (int i = 0; i < 25; i++) {
      fprintf(out, "%d,%d,2022040%d,%d,%lld,%d,%d,0,0,0,0,%d,1000,%d,0,0,0,0,%d\n", i % 3, i % 4,
              p + 1, i * 90, 1649000000000LL + p * 100000 + i, i % 2, i % 5 == 0, i % 3 == 0,
              5000 + i, i % 2);
    }
    fclose(out);
  }
  put("user_features_pure.csv",
      "user_id,user_active_degree,is_lowactive_period,follow_user_num_range,fans_user_num_range,"
      "register_days_range\n"
      "0,high_active,0,\"(10,50]\",0,730+\n1,full_active,0,0,\"[1,10)\",730+\n");
  put("video_features_basic_pure.csv", "video_id,author_id,video_type,upload_type,music_type,tag\n"
                                       "0,7,NORMAL,LongImport,9,\"12,65\"\n1,8,AD,Web,4,\n"
                                       "2,7,NORMAL,Web,9,12\n3,7,NORMAL,Web,9,1\n");
  if (!import("kuairand", ".")) return;
  T_EQUAL(rows("rows"), 50);
  T_EQUAL(rows("training"), 36);
  T_EQUAL(rows("validation"), 4);
  T_EQUAL(ids("tags"), 2 + 3);
  T_EQUAL(ids("active_degree"), 2 + 2); /* user 2 has no line: unknown */
  T_CHECK(ids("watched") == ids("video"));
}

static void taobao(void) {
  static const char *const what[] = {"pv", "pv", "cart", "fav", "buy"};
  FILE *out = begin("UserBehavior.csv");
  for (int i = 0; i < 100; i++) {
    const long time = i % 10 == 9 ? 1500000000 : 1511600000 + i;
    fprintf(out, "%d,%d,%d,%s,%ld\n", i / 10, i % 7, i % 3, what[i % 5], time);
  }
  fclose(out);
  if (!import("taobao", "UserBehavior.csv")) return;
  T_EQUAL(rows("rows"), 90);
  T_EQUAL(rows("training"), 72);
  T_EQUAL(rows("test"), 9);
  T_NEAR(mean("cart", 0) * rows("training"), 16, 1e-6);
  T_CHECK(ids("viewed") == ids("item") && ids("bought") == ids("item"));
}

/* The truth is known, follows the seed, and a linear model is below it. */
static void generated(void) {
  const char *const options = "-rows 6000 -users 300 -items 200 -tasks 3 -length 5";
  double auc[3];
  if (!run(0, "generate %s -conflict 1 -o a.h5 -json", options)) return;
  for (int k = 0; k < 3; k++) auc[k] = program_json(program.out, "attainable_auc", k);
  for (int k = 0; k < 3; k++) T_CHECK(auc[k] > 0.75 && auc[k] < 0.95);
  T_EQUAL(rows("training") + rows("validation") + rows("test"), 6000);
  T_EQUAL(program_shell("%s a.h5 -check", info), 0);
  if (run(0, "floor -data a.h5 -json")) {
    for (int k = 0; k < 3; k++) {
      const double floor = program_json(program.out, "auc", k);
      T_CHECK(floor > 0.55 && floor < auc[k] - 0.05);
      T_NEAR(program_json(program.out, "attainable_auc", k), auc[k], 1e-12);
    }
  }
  double share = 0; /* of the test rows that the bins of task 1 hold */
  if (run(0, "floor -data a.h5 -json")) {
    const double n = program_json(program.out, "n", 0);
    for (int b = 1; b <= 10; b++) share += program_json(program.out, "n", b) / n;
    T_NEAR(share, 1, 1e-9);
  }
  if (!run(0, "generate %s -conflict 1 -o b.h5 -json", options)) return;
  T_NEAR(program_json(program.out, "attainable_auc", 1), auc[1], 0);
  if (!run(0, "generate %s -conflict 1 -seed 2 -o b.h5 -json", options)) return;
  T_CHECK(program_json(program.out, "attainable_auc", 1) != auc[1]);
  if (!run(0, "generate %s -funnel -o c.h5 -json", options)) return;
  T_NEAR(defined("task_2", 0), defined("task_1", 0) * mean("task_1", 0), 0.5);
}

static const char *const small_schema = "name: small\n"
                                        "tables: {t: {header: true}}\n"
                                        "files: [{name: t.csv, table: t}]\n"
                                        "columns:\n"
                                        "  a: {kind: categorical, from: a}\n"
                                        "  x: {kind: numeric, from: x}\n"
                                        "  y: {kind: label, from: y}\n"
                                        "  z: {kind: label, from: z, space: y}\n"
                                        "split: {rule: random}\n";

static void large_table(const char *name, const char *line_70000) {
  FILE *out = begin(name);
  fprintf(out, "a,x,y,z\n");
  for (int i = 2; i <= 80000; i++) {
    if (i == 70000) {
      fprintf(out, "%s\n", line_70000);
    } else {
      fprintf(out, "k%d,%d.5,1,%d\n", i % 50, i, i % 2);
    }
  }
  fclose(out);
}

/* What a user can do wrong: one line that names it, the right exit code, no file left. */
static void mistakes(void) {
  static const struct {
    int code;
    const char *line, *message;
  } row[] = {
      {3, "k,1,1", "t.csv:70000: expected 4 fields, got 3"},
      {3, "k,nan,1,0", "t.csv:70000: column 'x': expected a finite number, got 'nan'"},
      {3, "k,1,1,7", "t.csv:70000: column 'z': expected 0 or 1, got '7'"},
      {3, "k,1,0,1", "t.csv:70000: column 'z': expected 0 outside its space (y = 1), got 1"},
      {3, "k\xff,1,1,0", "t.csv:70000: field 1: expected UTF-8, got byte 0xff"},
      {3, "\"k,1,1,0", "t.csv:70000: field 1: expected a closing quote"},
  };
  put("s.yaml", small_schema);
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    large_table("t.csv", row[i].line);
    run(row[i].code, "import -schema s.yaml -input t.csv -o t.h5");
    T_EQUAL(program_lines(program.err), 1);
    T_CHECK(!program_exists("t.h5") && program_parts(".") == 0);
    if (!T_CHECK(strstr(program.err, row[i].message))) printf("# got %s", program.err);
  }
}

static void other_mistakes(void) {
  static const struct {
    int code;
    const char *arguments, *message;
  } bad[] = {
      {2, "import -input t.csv -o t.h5", "missing option -schema"},
      {2, "import -schema s.yaml -input t.csv,t.csv -o t.h5",
       "-input: expected the 1 file of the schema (t.csv), got 2"},
      {3, "import -schema s.yaml -input none.csv -o t.h5", "none.csv: can't be opened"},
      {3, "import -schema s.yaml -input empty.csv -o t.h5",
       "empty.csv: expected a table, got an empty file"},
      {3, "import -schema s.yaml -input header.csv -o t.h5",
       "header.csv: expected a column 'z', got a, x, y"},
      {3, "import -schema none.yaml -input t.csv -o t.h5", "none.yaml"},
      {3, "import -schema key.yaml -input t.csv -o t.h5",
       "key.yaml:2: unknown key 'headers' (did you mean 'header'?)"},
      {3, "import -schema kind.yaml -input t.csv -o t.h5",
       "kind.yaml:5: kind: expected one of categorical, numeric"},
      {3, "import -schema space.yaml -input t.csv -o t.h5",
       "space.yaml: line 8: column 'z': space: expected the name of another binary label, got "
       "'yy'"},
      {3, "import -like s.h5 -input t.csv -o t.h5",
       "s.h5: expected a data set with a schema, got one without"},
      {3, "import -like s.h5 -schema s.yaml -input good.csv -o t.h5",
       "data set 'synthetic': expected a vocabulary 'a'"},
      {6, "import -schema s.yaml -input good.csv -o none/t.h5", "none/t.h5: can't be written"},
      {3, "floor -data t.csv", "t.csv: expected an HDF5 file"},
      {2, "floor", "missing option -data"},
      {2, "generate -conflict 2 -o t.h5", "-conflict: expected a number in [0, 1]"},
      {2, "train", "expected a verb: generate, import or floor"},
  };
  put("empty.csv", "");
  run(0, "generate -rows 100 -users 5 -items 10 -o s.h5 -quiet");
  put("header.csv", "a,x,y\n1,2,1\n");
  put("good.csv", "a,x,y,z\n1,2,1,0\n2,3,0,0\n");
  put("key.yaml", "name: k\ntables: {t: {headers: true}}\nfiles: []\n");
  put("kind.yaml", "name: k\ntables: {t: {header: true}}\nfiles: [{name: t.csv, table: "
                   "t}]\ncolumns:\n  a: {kind: category, from: a}\nsplit: {rule: random}\n");
  FILE *space = begin("space.yaml");
  const char *at = strstr(small_schema, "space: y");
  fprintf(space, "%.*sspace: yy%s", (int)(at - small_schema), small_schema, at + 8);
  fclose(space);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    run(bad[i].code, "%s", bad[i].arguments);
    T_EQUAL(program_lines(program.err), 1);
    T_EQUAL(strlen(program.out), 0);
    T_CHECK(!program_exists("t.h5") && program_parts(".") == 0);
    if (!T_CHECK(strstr(program.err, bad[i].message))) {
      printf("# graft-dtrn %s\n# wanted: %s\n# got: %s", bad[i].arguments, bad[i].message,
             program.err);
    }
  }
}

/* No input is ever replaced, under whatever name; several ranks are refused. */
static void guards(void) {
  static const char *const bad[][2] = {
      {"import -schema s.yaml -input good.csv -o good.csv", "file than that of -input"},
      {"import -schema s.yaml -input . -o ./t.csv", "file than that of -input"},
      {"import -schema s.yaml -input good.csv -o link.csv", "file than that of -input"},
      {"import -schema s.yaml -input good.csv -o ./s.yaml", "file than that of -schema"},
      {"import -like s.h5 -schema s.yaml -input good.csv -o s.h5", "file than that of -like"},
  };
  static const char *const verb[] = {"floor -data s.h5", "generate -rows 100 -o t.h5",
                                     "import -schema s.yaml -input good.csv -o t.h5"};
  put("t.csv", "a,x,y,z\n1,2,1,0\n");
  put("good.csv", "a,x,y,z\n1,2,1,0\n2,3,0,0\n");
  T_EQUAL(program_shell("ln -s good.csv link.csv && cat s.yaml t.csv good.csv s.h5 >before"), 0);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    run(2, "%s", bad[i][0]);
    T_EQUAL(program_lines(program.err), 1);
    if (!T_CHECK(strstr(program.err, bad[i][1]))) printf("# got %s", program.err);
  }
  T_EQUAL(program_shell("cat s.yaml t.csv good.csv s.h5 | cmp - before"), 0);
  for (size_t i = 0; i < sizeof verb / sizeof *verb; i++) {
    T_EQUAL(program_shell("%s -n 2 %s %s", program.mpiexec, dtrn, verb[i]), 2);
    T_CHECK(strstr(program.err, "runs on one rank (threads are used), got 2 ranks"));
    T_EQUAL(strlen(program.out), 0);
    T_CHECK(!program_exists("t.h5") && program_parts(".") == 0);
  }
}

int main(int argc, char **argv) {
  if (!program_begin(argc, argv)) return 1;
  dtrn = program.darcy;
  schemas = getenv("SCHEMAS");
  const char *slash = strrchr(dtrn, '/');
  snprintf(info, sizeof info, "%.*s/graft-info", (int)(slash - dtrn), dtrn);
  if (!schemas) return 1;
  T_RUN(movielens_small);
  T_RUN(movielens_1m);
  T_RUN(adult);
  T_RUN(census_kdd);
  T_RUN(aliexpress);
  T_RUN(ali_ccp);
  T_RUN(kuairand);
  T_RUN(taobao);
  T_RUN(generated);
  T_RUN(mistakes);
  T_RUN(other_mistakes);
  T_RUN(guards);
  program_end();
  return graft_test_done();
}
