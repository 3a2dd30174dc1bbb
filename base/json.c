/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json.h"

#include <math.h>
#include <string.h>

void graft_json_init(graft_json *json, FILE *file) { *json = (graft_json){.file = file}; }

static void quote(FILE *file, const char *text) {
  fputc('"', file);
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (*c == '"' || *c == '\\') {
      fprintf(file, "\\%c", *c);
    } else if (*c < 0x20) {
      fprintf(file, "\\u%04x", *c);
    } else {
      fputc(*c, file);
    }
  }
  fputc('"', file);
}

static void begin(graft_json *json, const char *key) {
  if (json->depth > 0 && json->depth <= GRAFT_JSON_DEPTH) {
    fputs(json->more[json->depth - 1] ? ",\n" : "\n", json->file);
    json->more[json->depth - 1] = 1;
    fprintf(json->file, "%*s", 2 * json->depth, "");
  }
  if (key) {
    quote(json->file, key);
    fputs(": ", json->file);
  }
}

static void open(graft_json *json, const char *key, char bracket) {
  begin(json, key);
  fputc(bracket, json->file);
  if (json->depth < GRAFT_JSON_DEPTH) json->more[json->depth] = 0;
  json->depth++;
}

static void close(graft_json *json, char bracket) {
  json->depth--;
  if (json->depth >= 0 && json->depth < GRAFT_JSON_DEPTH && json->more[json->depth]) {
    fprintf(json->file, "\n%*s", 2 * json->depth, "");
  }
  fputc(bracket, json->file);
}

void graft_json_object(graft_json *json, const char *key) { open(json, key, '{'); }
void graft_json_array(graft_json *json, const char *key) { open(json, key, '['); }
void graft_json_end_object(graft_json *json) { close(json, '}'); }
void graft_json_end_array(graft_json *json) { close(json, ']'); }

void graft_json_real(graft_json *json, const char *key, double value) {
  begin(json, key);
  if (isfinite(value)) {
    fprintf(json->file, "%.10g", value);
  } else {
    fputs("null", json->file);
  }
}

void graft_json_exact(graft_json *json, const char *key, double value) {
  begin(json, key);
  if (isfinite(value)) {
    fprintf(json->file, "%.17g", value);
  } else {
    fputs("null", json->file);
  }
}

void graft_json_int(graft_json *json, const char *key, long long value) {
  begin(json, key);
  fprintf(json->file, "%lld", value);
}

void graft_json_bool(graft_json *json, const char *key, bool value) {
  begin(json, key);
  fputs(value ? "true" : "false", json->file);
}

void graft_json_null(graft_json *json, const char *key) {
  begin(json, key);
  fputs("null", json->file);
}

void graft_json_text(graft_json *json, const char *key, const char *value) {
  begin(json, key);
  quote(json->file, value);
}

graft_status graft_json_finish(graft_json *json) {
  GRAFT_CHECK(json->depth == 0, INTERNAL, "JSON: %d objects or arrays left open", json->depth);
  fputc('\n', json->file);
  GRAFT_CHECK(fflush(json->file) == 0 && !ferror(json->file), OUTPUT, "JSON can't be written");
  return GRAFT_OK;
}
