/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/info_print.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void graft_info_line(const char *name, const char *text) {
  for (;;) {
    size_t n = strcspn(text, "\n");
    printf("%-11s %.*s\n", name, (int)n, text);
    if (text[n] == '\0' || text[n + 1] == '\0') return;
    text += n + 1;
    name = "";
  }
}

void graft_info_provenance(const graft_provenance *p) {
  char text[256];
  if (!p || !p->version[0]) {
    graft_info_line("made by", "unknown (the file has no provenance)");
    return;
  }
  if (p->command[0]) graft_info_line("command", p->command);
  snprintf(text, sizeof text, "Graft %s%s%s%s, %s, %d rank%s, %d thread%s, seed %llu", p->version,
           p->git[0] ? " (" : "", p->git, p->git[0] ? ")" : "", p->utc, p->ranks,
           p->ranks == 1 ? "" : "s", p->threads, p->threads == 1 ? "" : "s",
           (unsigned long long)p->seed);
  graft_info_line("made by", text);
  if (p->libraries[0]) graft_info_line("libraries", p->libraries);
  if (p->options[0]) graft_info_line("options", p->options);
}

void graft_info_provenance_json(graft_json *json, const graft_provenance *p) {
  graft_json_object(json, "provenance");
  if (p && p->version[0]) {
    graft_json_text(json, "command", p->command);
    graft_json_text(json, "version", p->version);
    graft_json_text(json, "git", p->git);
    graft_json_text(json, "utc", p->utc);
    graft_json_int(json, "ranks", p->ranks);
    graft_json_int(json, "threads", p->threads);
    graft_json_int(json, "seed", (long long)p->seed);
    graft_json_text(json, "libraries", p->libraries);
    graft_json_text(json, "options", p->options);
  }
  graft_json_end_object(json);
}

double graft_info_size(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

const char *graft_info_size_text(double bytes, char *text, size_t size) {
  static const char *const unit[] = {"bytes", "kB", "MB", "GB", "TB"};
  int u = 0;
  for (; bytes >= 1000 && u < 4; u++) bytes /= 1000;
  snprintf(text, size, u ? "%.1f %s" : "%.0f %s", bytes, unit[u]);
  return text;
}
