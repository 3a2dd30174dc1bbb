/* SPDX-License-Identifier: BSD-2-Clause */
/* Method: a ring of requests under one mutex. A request is empty, asked, being read, or ready; the
 *   thread takes the oldest that is asked; fill() waits for its own. A second mutex lets one thread
 *   at a time into the inner source.
 * Cost: copies of what is read, once; two lock operations per request and thread. */
#include "io/prefetch.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

enum { DEPTH = 3, MESSAGE = 1024 };

enum state { EMPTY, ASKED, READING, READY };

struct request {
  enum state state;
  uint64_t number; /* in the order of announcements */
  size_t count;
  size_t *sample;        /* [most] */
  float **data;          /* [fields][most x points] */
  uint64_t taken;        /* bit f: field f was filled from here */
  graft_status status;   /* of reading it */
  char message[MESSAGE]; /* if that failed */
};

struct prefetch {
  graft_source inner; /* without its info, which the wrapper has */
  size_t fields, most;
  graft_prefetch_field *field;
  struct request request[DEPTH];
  uint64_t announced;
  pthread_mutex_t lock, reading; /* of the requests; of the inner source */
  pthread_cond_t changed;
  pthread_t thread;
  bool over;
};

size_t graft_prefetch_samples(size_t most) { return DEPTH * most; }

static graft_status read_request(struct prefetch *p, struct request *r) {
  for (size_t f = 0; f < p->fields; f++) {
    GRAFT_TRY(p->inner.fill(p->inner.ctx, p->field[f].name, r->sample, r->count, r->data[f]));
  }
  return GRAFT_OK;
}

/* The oldest request that is asked, or NULL. */
static struct request *next_request(struct prefetch *p) {
  struct request *oldest = NULL;
  for (size_t i = 0; i < DEPTH; i++) {
    struct request *r = &p->request[i];
    if (r->state == ASKED && (!oldest || r->number < oldest->number)) oldest = r;
  }
  return oldest;
}

static void *run(void *ctx) {
  struct prefetch *p = ctx;
  pthread_mutex_lock(&p->lock);
  while (!p->over) {
    struct request *r = next_request(p);
    if (!r) {
      pthread_cond_wait(&p->changed, &p->lock);
      continue;
    }
    r->state = READING;
    pthread_mutex_unlock(&p->lock);
    pthread_mutex_lock(&p->reading);
    graft_status status = read_request(p, r);
    pthread_mutex_unlock(&p->reading);
    pthread_mutex_lock(&p->lock);
    r->status = status;
    if (status != GRAFT_OK) snprintf(r->message, sizeof r->message, "%s", graft_error_message());
    r->state = READY;
    pthread_cond_broadcast(&p->changed);
  }
  pthread_mutex_unlock(&p->lock);
  return NULL;
}

static struct request *find_request(struct prefetch *p, const size_t *sample, size_t count) {
  for (size_t i = 0; i < DEPTH; i++) {
    struct request *r = &p->request[i];
    if (r->state != EMPTY && r->count == count &&
        memcmp(r->sample, sample, count * sizeof *sample) == 0) {
      return r;
    }
  }
  return NULL;
}

static void expect(void *ctx, const size_t *sample, size_t count) {
  struct prefetch *p = ctx;
  struct request *r = NULL;
  if (count == 0 || count > p->most) return;
  pthread_mutex_lock(&p->lock);
  if (!find_request(p, sample, count)) {
    for (size_t i = 0; i < DEPTH; i++) { /* an empty one, else the oldest that is ready */
      struct request *s = &p->request[i];
      if (s->state != EMPTY && s->state != READY) continue;
      if (!r || (r->state == READY && (s->state == EMPTY || s->number < r->number))) r = s;
    }
  }
  if (r) {
    r->state = ASKED;
    r->number = p->announced++;
    r->count = count;
    r->taken = 0;
    memcpy(r->sample, sample, count * sizeof *sample);
    pthread_cond_broadcast(&p->changed);
  }
  pthread_mutex_unlock(&p->lock);
}

/* Take a field of a request that was found. The lock is held. */
static graft_status take(struct prefetch *p, struct request *r, size_t f, float *out) {
  while (r->state != READY) pthread_cond_wait(&p->changed, &p->lock);
  if (r->status != GRAFT_OK) {
    r->state = EMPTY;
    return graft_error_set(r->status, __FILE__, __LINE__, "%s", r->message);
  }
  memcpy(out, r->data[f], r->count * p->field[f].points * sizeof *out);
  r->taken |= UINT64_C(1) << f;
  if (r->taken == (UINT64_C(1) << p->fields) - 1) r->state = EMPTY;
  return GRAFT_OK;
}

static graft_status fill(void *ctx, const char *field, const size_t *sample, size_t count,
                         float *out) {
  struct prefetch *p = ctx;
  size_t f = 0;
  while (f < p->fields && strcmp(p->field[f].name, field) != 0) f++;
  pthread_mutex_lock(&p->lock);
  struct request *r = f < p->fields ? find_request(p, sample, count) : NULL;
  graft_status status = r ? take(p, r, f, out) : GRAFT_OK;
  pthread_mutex_unlock(&p->lock);
  if (r) return status;
  pthread_mutex_lock(&p->reading);
  status = p->inner.fill(p->inner.ctx, field, sample, count, out);
  pthread_mutex_unlock(&p->reading);
  return status;
}

/* Nodes are read when they are asked for. */
static graft_status fill_nodes(void *ctx, size_t sample, const graft_source_nodes *nodes) {
  struct prefetch *p = ctx;
  pthread_mutex_lock(&p->reading);
  graft_status status = p->inner.nodes(p->inner.ctx, sample, nodes);
  pthread_mutex_unlock(&p->reading);
  return status;
}

static void release(struct prefetch *p) {
  for (size_t i = 0; i < DEPTH; i++) {
    struct request *r = &p->request[i];
    for (size_t f = 0; r->data && f < p->fields; f++) graft_free(r->data[f]);
    graft_free(r->data);
    graft_free(r->sample);
  }
  graft_free(p->field);
  graft_free(p);
}

static void destroy(void *ctx) {
  struct prefetch *p = ctx;
  pthread_mutex_lock(&p->lock);
  p->over = true;
  pthread_cond_broadcast(&p->changed);
  pthread_mutex_unlock(&p->lock);
  pthread_join(p->thread, NULL);
  pthread_cond_destroy(&p->changed);
  pthread_mutex_destroy(&p->reading);
  pthread_mutex_destroy(&p->lock);
  if (p->inner.destroy) p->inner.destroy(p->inner.ctx);
  release(p);
}

static graft_status allocate(struct prefetch *p, const graft_prefetch_field *field) {
  GRAFT_TRY(graft_alloc(&p->field, p->fields, sizeof *field));
  memcpy(p->field, field, p->fields * sizeof *field);
  for (size_t i = 0; i < DEPTH; i++) {
    struct request *r = &p->request[i];
    GRAFT_TRY(graft_alloc(&r->sample, p->most, sizeof *r->sample));
    GRAFT_TRY(graft_alloc(&r->data, p->fields, sizeof *r->data));
    for (size_t f = 0; f < p->fields; f++) {
      GRAFT_TRY(graft_alloc(&r->data[f], p->most * field[f].points, sizeof(float)));
    }
  }
  return GRAFT_OK;
}

/* The thread takes no signals: they are for the one that runs the training. */
static graft_status start(struct prefetch *p) {
  sigset_t all, before;
  pthread_mutex_init(&p->lock, NULL);
  pthread_mutex_init(&p->reading, NULL);
  pthread_cond_init(&p->changed, NULL);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&p->thread, NULL, run, p);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  GRAFT_CHECK(error == 0, MEMORY, "no thread for reading ahead: %s", strerror(error));
  return GRAFT_OK;
}

graft_status graft_prefetch_create(graft_source *source, const graft_prefetch_field *field,
                                   size_t fields, size_t most) {
  struct prefetch *p;
  GRAFT_CHECK(fields >= 1 && fields < 64 && most >= 1, INTERNAL,
              "reading ahead: expected 1 to 63 fields and at least 1 sample");
  GRAFT_TRY(graft_alloc(&p, 1, sizeof *p));
  p->fields = fields;
  p->most = most;
  p->inner = *source;
  p->inner.info = (graft_source_info){0};
  graft_status status = allocate(p, field);
  if (status == GRAFT_OK) status = start(p);
  if (status != GRAFT_OK) {
    release(p);
    return status;
  }
  source->ctx = p;
  source->fill = fill;
  if (p->inner.nodes) source->nodes = fill_nodes;
  source->expect = expect;
  source->ahead = graft_prefetch_samples(most);
  source->destroy = destroy;
  return GRAFT_OK;
}
