/* SPDX-License-Identifier: ISC */
/*
 * target - what the fuzz targets share
 *
 * A target is one function that reads bytes somebody else chose, and stops the
 * program when a property does not hold. libFuzzer calls it ("make fuzz"), or
 * replay() with the files of corpus/ ("make check"). An input is the bytes of a
 * real file or request; where it is cut in pieces is drawn from its own bytes,
 * so it is always the same.
 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include "hdrcheck/base/buf.h"
#include "hdrcheck/base/conn.h"
#include "hdrcheck/base/span.h"
#include "policyd/condition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what does not hold, and where, and aborts; NDEBUG or not. */
#define must(condition) must_hold((condition), #condition, __FILE__, __LINE__)
void must_hold(bool holds, const char *what, const char *file, int line);

/* s in a heap block of its own size, so that a byte too far is noticed. */
struct span block_of(struct span s);
void block_free(struct span s);

/* Numbers that an input draws from itself. */
struct dice {
	uint64_t state;
};

struct dice dice_of(struct span input);

/* 0 to max. */
size_t dice_roll(struct dice *dice, size_t max);

/* Cuts a stream in pieces, most of them short. False at its end. */
bool next_piece(struct span *rest, struct dice *dice, struct span *piece);

/*
 * What a decoder says of the request at the front of in: 0 when it needs more,
 * else its verdict, and in *used how many bytes that took.
 */
typedef int front_fn(void *ctx, struct span in, size_t *used);

/*
 * Checks that a decoder asks for more of each front part of in up to a length,
 * and says the same of each one from there on. Returns that; *used as it said.
 */
int must_settle(front_fn *decode, void *ctx, struct span in, size_t *used);

/*
 * What a server answers to a stream that comes whole, or in pieces when dice is
 * not NULL: appended to out. Returns how many requests were handled.
 */
size_t serve(conn_handle_fn *handle, void *ctx, struct span stream,
    struct dice *dice, struct buf *out);

/* Printable ASCII and nothing else. */
bool is_printable(struct span s);

bool is_inside(struct span part, struct span whole);

/* An error is "FILE:LINE: what" with a line that text has; returns the line. */
size_t must_be_place(const char *error, const char *file, struct span text);

/* A list of two addresses for each path, and one time zone for each name. */
extern const struct source target_source;

/* The file of that zone, Amsterdam's rule. */
struct span target_zone(void);

#endif
