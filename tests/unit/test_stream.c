/* SPDX-License-Identifier: ISC */
/*
 * What commands print becomes what the scheduler knows: real output, in pieces
 * of every size.
 */
#include "tests/unit/sweep_support.h"

#include "hdrcheck/base/lines.h"
#include "policyd/sched/submitter.h"
#include "policyd/stream.h"

/* 2026-12-25T09:00:00Z, the date in most captures. */
#define NINE_S INT64_C(1798189200)

static void
feed_listing(struct stream_listing *l, struct span bytes, struct sim *sim)
{
	char *room = stream_listing_room(l);

	assert_true(room != NULL && bytes.len <= STREAM_READ_SIZE);
	if (bytes.len > 0)
		memcpy(room, bytes.data, bytes.len);
	stream_listing_take(l, bytes.len, &sim->sweep, &sim->now);
}

static void
feed_headers(struct stream_headers *h, struct span bytes, struct sim *sim)
{
	char *room = stream_headers_room(h);

	assert_true(room != NULL && bytes.len <= STREAM_READ_SIZE);
	if (bytes.len > 0)
		memcpy(room, bytes.data, bytes.len);
	stream_headers_take(h, bytes.len, &sim->sweep, &sim->now);
}

/* The listing. */

/* Begins a walk, and tells which ids it made the scheduler read. */
static const char *
read_after_walk(struct sim *sim, const struct stream_listing *l)
{
	static char ids[1024];
	const struct sweep_command *c = &sim->in_flight[SWEEP_READ];
	size_t used = 0;

	ids[0] = '\0';
	sweep_end(
	    &sim->sweep, SWEEP_LIST, stream_listing_is_whole(l), &sim->now);
	if (index_count(&sim->sweep.index) == 0)
		return ids;
	sim_expect(sim, SWEEP_READ);
	for (size_t i = 0; i < c->n; i++) {
		used += qid_format(&c->ids[i], ids + used);
		ids[used++] = ' ';
	}
	ids[used] = '\0';
	return ids;
}

static const char held[] =
    "C6E8EA720E5 C9FEFA720E8 5BF67A72562 D73C9A72535 CBF98A720EB "
    "CDDC8A72107 CD87CA72106 CC6FEA720EF C5A28A72512 7E92DA72642 "
    "D3B8AA72534 CEB05A72513 CD335A72105 BC7D8A72645 CCD11A72104 "
    "C67E1A720E4 ";

static void
check_listing(struct span listing, size_t piece)
{
	struct sim *sim = sim_open("");
	struct stream_listing l;

	stream_listing_init(&l);
	sim_expect(sim, SWEEP_LIST);
	for (size_t at = 0; at < listing.len; at += piece)
		feed_listing(&l,
		    span_of(listing.data + at,
			listing.len - at < piece ? listing.len - at : piece),
		    sim);
	assert_true(stream_listing_is_whole(&l));
	check_string("held", read_after_walk(sim, &l), held);
	stream_listing_free(&l);
	sim_close(sim);
}

static void
a_real_listing_is_understood_in_pieces_of_any_size(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 7, 64, 199, 1000, 5000, 64000};
	struct span listing = read_data("postqueue/listing.json");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		check_listing(listing, sizes[i]);
	exact_free(listing);
}

static void
a_listing_is_whole_only_at_the_end_of_a_line(void **state)
{
	struct span listing = read_data("postqueue/listing.json");
	struct sim *sim = sim_open("");
	struct stream_listing l;

	(void)state;
	stream_listing_init(&l);
	assert_true(stream_listing_is_whole(&l));
	for (size_t at = 0; at < listing.len; at++) {
		feed_listing(&l, span_of(listing.data + at, 1), sim);
		assert_int_equal(
		    stream_listing_is_whole(&l), listing.data[at] == '\n');
	}
	stream_listing_free(&l);
	sim_close(sim);
	exact_free(listing);
}

#define GOOD                                                                   \
	"{\"queue_name\": \"hold\", \"queue_id\": \"AAAAAA\", "                \
	"\"arrival_time\": 1795297489, \"message_size\": 300}\n"

static const struct {
	const char *row;
	const char *text;
	bool whole;
	const char *read;
} listings[] = {
    {"nothing", "", true, ""},
    {"one line", GOOD, true, "AAAAAA "},
    {"the same line twice", GOOD GOOD, true, "AAAAAA "},
    {"an empty line", GOOD "\n", false, "AAAAAA "},
    {"a complaint", "postqueue: warning: x\n", false, ""},
    {"a complaint in between", GOOD "x\n" GOOD, false, "AAAAAA "},
    {"no line end", "{", false, ""},
    {"what mailq prints", "Mail queue is empty\n", false, ""},
    {"a line end too few",
	"{\"queue_name\": \"hold\", \"queue_id\": \"AAAAAA\", " GOOD, false,
	""},
};

static void
anything_else_is_no_whole_listing(void **state)
{
	struct stream_listing l;

	(void)state;
	stream_listing_init(&l);
	for (size_t i = 0; i < COUNT_OF(listings); i++) {
		struct sim *sim = sim_open("");

		stream_listing_reset(&l);
		sim_expect(sim, SWEEP_LIST);
		feed_listing(&l, span_str(listings[i].text), sim);
		check_bool(listings[i].row, stream_listing_is_whole(&l),
		    listings[i].whole);
		check_string(listings[i].row, read_after_walk(sim, &l),
		    listings[i].read);
		sim_close(sim);
	}
	stream_listing_free(&l);
}

enum { NONE_TRIED = -1 };

/* A message on hold with so many recipients, one of whom was tried. */
static void
write_long_line(struct script *line, int recipients, int tried)
{
	char to[64];

	line->used = 0;
	script_add(line,
	    "{\"queue_name\": \"hold\", \"queue_id\": \"MAILAAA\", "
	    "\"arrival_time\": 1795299900, \"message_size\": 359, "
	    "\"sender\": \"\\\"delay_reason\\\":\", "
	    "\"recipients\": [");
	for (int i = 0; i < recipients; i++) {
		snprintf(to, sizeof(to), "{\"address\": \"ben%d@sink.test\"%s}",
		    i, i == tried ? ", \"delay_reason\": \"x\"" : "");
		script_add(line, i == 0 ? "" : ", ");
		script_add(line, to);
	}
	script_add(line, "]}\n");
}

static const struct {
	const char *row;
	int recipients;
	int tried;
} long_lines[] = {
    {"short, not tried", 3, NONE_TRIED},
    {"short, tried", 3, 2},
    {"longer than a line may be, not tried", 3000, NONE_TRIED},
    {"longer than a line may be, the first tried", 3000, 0},
    {"longer than a line may be, the last tried", 3000, 2999},
    {"twice as long, not tried", 6000, NONE_TRIED},
    {"twice as long, the first tried", 6000, 0},
    {"twice as long, the last tried", 6000, 5999},
};

static void
check_long_line(size_t i, size_t piece)
{
	static struct script line;
	struct sim *sim = sim_open("");
	struct stream_listing l;

	sim_add(sim, 100);
	write_long_line(&line, long_lines[i].recipients, long_lines[i].tried);
	stream_listing_init(&l);
	sim_expect(sim, SWEEP_LIST);
	for (size_t at = 0; at < line.used; at += piece)
		feed_listing(&l,
		    span_of(line.text + at,
			line.used - at < piece ? line.used - at : piece),
		    sim);
	check_string(long_lines[i].row, read_after_walk(sim, &l), "MAILAAA ");
	sim_end(sim, SWEEP_READ, true);
	check_log(long_lines[i].row, sim,
	    long_lines[i].tried != NONE_TRIED
		? "list\nread MAILAAA\n* foreign MAILAAA\n"
		: "list\nread MAILAAA\n");
	stream_listing_free(&l);
	sim_close(sim);
}

static void
a_delay_reason_is_found_however_long_the_line(void **state)
{
	static const size_t pieces[] = {1000, 4096, 65535, 65536};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(long_lines); i++)
		for (size_t p = 0; p < COUNT_OF(pieces); p++)
			check_long_line(i, pieces[p]);
}

static void
a_long_line_that_is_none_breaks_only_the_walk(void **state)
{
	static char junk[STREAM_READ_SIZE];
	struct sim *sim = sim_open("");
	struct stream_listing l;

	(void)state;
	memset(junk, 'x', sizeof(junk));
	stream_listing_init(&l);
	sim_expect(sim, SWEEP_LIST);
	for (int i = 0; i < 50; i++)
		feed_listing(&l, span_of(junk, sizeof(junk)), sim);
	assert_false(stream_listing_is_whole(&l));
	feed_listing(&l, span_str("\n" GOOD), sim);
	assert_false(stream_listing_is_whole(&l));
	check_string("the next line", read_after_walk(sim, &l), "AAAAAA ");
	stream_listing_free(&l);
	sim_close(sim);
}

/* Ids come twice, off hold and on it, and as those of other messages. */
static size_t
put_lines(char *text, size_t size, int n)
{
	static const char *const queues[] = {"hold", "deferred", "hold"};
	size_t used = 0;

	for (int i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, size - used,
		    "{\"queue_name\": \"%s\", \"queue_id\": \"ABCD%02d\", "
		    "\"arrival_time\": %d, \"message_size\": 300, "
		    "\"forced_expire\": false, \"sender\": \"\", "
		    "\"recipients\": [{\"address\": \"ben@sink.test\"}]}\n",
		    queues[i % 3], i * 7 % 11, 1795297489 + i % 5);
	return used;
}

/* What a walk makes of lines that come so many at once. */
static const char *
read_after_lines(struct span text, size_t piece)
{
	struct sim *sim = sim_open("");
	struct stream_listing l;
	const char *read;

	stream_listing_init(&l);
	sim_expect(sim, SWEEP_LIST);
	while (text.len > 0) {
		size_t n = text.len < piece ? text.len : piece;

		feed_listing(&l, span_head(text, n), sim);
		text = span_skip(text, n);
	}
	read = read_after_walk(sim, &l);
	stream_listing_free(&l);
	sim_close(sim);
	return read;
}

static void
many_lines_at_once_are_as_many_one_by_one(void **state)
{
	static const int counts[] = {15, 16, 17, 31, 32, 33, 100};
	static char text[32 * 1024];
	char want[1024];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		struct span lines =
		    span_of(text, put_lines(text, sizeof(text), counts[i]));

		snprintf(
		    want, sizeof(want), "%s", read_after_lines(lines, 100));
		check_string(
		    "at once", read_after_lines(lines, lines.len), want);
	}
}

/* The headers. */

/* A simulation in which these ids were listed and are being read. */
static struct sim *
reading(const char *const *ids, size_t n)
{
	struct sim *sim = sim_open("");

	sim_expect(sim, SWEEP_LIST);
	for (size_t i = 0; i < n; i++) {
		struct qmsg msg = {.queue_name = span_str("hold"),
		    .id = qid_of(ids[i]),
		    .arrival_s = 1795297489,
		    .size = i == 0 ? 359
			: i == 1   ? 302
				   : 376};

		sweep_listed(&sim->sweep, &msg, &sim->now);
	}
	sweep_end(&sim->sweep, SWEEP_LIST, true, &sim->now);
	sim_expect(sim, SWEEP_READ);
	return sim;
}

static void
check_due(const char *row, struct sim *sim, uint32_t n)
{
	uint32_t top = index_heap_top(&sim->sweep.index);

	check_int(row, sim->sweep.index.n_heap, n);
	if (n > 0)
		check_int(
		    row, index_due_s(index_at(&sim->sweep.index, top)), NINE_S);
}

static const char *const three_ids[] = {
    "C5A28A72512", "D3B8AA72534", "C67E1A720E4"};

static void
real_headers_are_understood_in_pieces_of_any_size(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 7, 64, 199, 1000, 4000};
	struct span bytes = read_data("postcat/three.txt");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct sim *sim = reading(three_ids, 3);
		struct stream_headers h;

		stream_headers_init(&h);
		for (size_t at = 0; at < bytes.len; at += sizes[i])
			feed_headers(&h,
			    span_of(bytes.data + at,
				bytes.len - at < sizes[i] ? bytes.len - at
							  : sizes[i]),
			    sim);
		check_due("three wait", sim, 3);
		stream_headers_free(&h);
		sim_close(sim);
	}
	exact_free(bytes);
}

/* All three files name one sender. */
static void
mail_counts_by_the_key_of_the_sweep(void **state)
{
	static const struct hash_key other = {{1, 2}};
	struct span ann = span_str("ann@sender.test");
	struct span bytes = read_data("postcat/three.txt");
	struct sim *sim = reading(three_ids, 3);
	struct stream_headers h;
	uint64_t plain = submitter_of_sender(&sim->sweep.o.hash_key, ann);

	(void)state;
	sim->sweep.o.hash_key = other;
	stream_headers_init(&h);
	feed_headers(&h, bytes, sim);
	check_int("by the key",
	    (int64_t)sweep_postponed(
		&sim->sweep, submitter_of_sender(&other, ann)),
	    3);
	check_int(
	    "by another", (int64_t)sweep_postponed(&sim->sweep, plain), 0);
	stream_headers_free(&h);
	sim_close(sim);
	exact_free(bytes);
}

static const struct {
	const char *row;
	const char *file;
	uint32_t waiting;
} partial[] = {
    {"an id is missing", "postcat/missing.txt", 1},
    {"a file is half written", "postcat/half.txt", 1},
    {"a file is not on hold", "postcat/not_hold.txt", 0},
    {"nobody asked for it", "postcat/hashed.txt", 0},
};

static void
what_was_not_told_whole_is_not_believed(void **state)
{
	struct stream_headers h;

	(void)state;
	stream_headers_init(&h);
	for (size_t i = 0; i < COUNT_OF(partial); i++) {
		struct span bytes = read_data(partial[i].file);
		struct sim *sim = reading(three_ids, 3);

		stream_headers_reset(&h);
		feed_headers(&h, bytes, sim);
		check_due(partial[i].row, sim, partial[i].waiting);
		sim_close(sim);
		exact_free(bytes);
	}
	stream_headers_free(&h);
}

/* No fact of a file that has no end goes over to the next one. */
static void
facts_of_one_file_stay_its_own(void **state)
{
	struct span bytes = read_data("postcat/smtp.txt");
	struct sim *sim = reading(three_ids, 1);
	struct stream_headers h;

	(void)state;
	stream_headers_init(&h);
	feed_headers(&h,
	    span_str("*** ENVELOPE RECORDS hold/ABCDEF12345 ***\n"
		     "content_filter: x\n"
		     "*** MESSAGE CONTENTS hold/ABCDEF12345 ***\n"
		     "X-Deliver-At: Fri, 01 Jan 2027 09:00:00 +0000\n"),
	    sim);
	feed_headers(&h, bytes, sim);
	check_due("its own date", sim, 1);
	stream_headers_free(&h);
	sim_close(sim);
	exact_free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_real_listing_is_understood_in_pieces_of_any_size),
	    cmocka_unit_test(a_listing_is_whole_only_at_the_end_of_a_line),
	    cmocka_unit_test(anything_else_is_no_whole_listing),
	    cmocka_unit_test(a_delay_reason_is_found_however_long_the_line),
	    cmocka_unit_test(a_long_line_that_is_none_breaks_only_the_walk),
	    cmocka_unit_test(many_lines_at_once_are_as_many_one_by_one),
	    cmocka_unit_test(real_headers_are_understood_in_pieces_of_any_size),
	    cmocka_unit_test(mail_counts_by_the_key_of_the_sweep),
	    cmocka_unit_test(what_was_not_told_whole_is_not_believed),
	    cmocka_unit_test(facts_of_one_file_stay_its_own),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
