/* SPDX-License-Identifier: ISC */
/*
 * fake_queue postqueue|postcat COUNT ARRIVAL DUE REAL -c DIR OPTION [ID...]
 *
 * Stands in for one of Postfix's commands: COUNT messages are on hold that have
 * no file, beside the real ones. ARRIVAL and DUE are seconds since the epoch;
 * the messages are due over SPREAD_S from DUE on. postqueue lists them, and
 * then is REAL, the real command. postcat tells of those that the ids name what
 * the real one tells with -qeh, and then is REAL for the other ids.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "hdrcheck/base/span.h"

/* No real id begins so: that would be microsecond 1048575 of a second. */
#define ID_PREFIX "FFFFF"
#define ID_FORMAT ID_PREFIX "%06" PRIX64

enum {
	COUNT_MAX = 10 * 1000 * 1000,
	PREFIX_LEN = sizeof(ID_PREFIX) - 1,
	ID_LEN = PREFIX_LEN + 6,
	ID_FIRST = 0x100000, /* the inode number in the first id */
	SPREAD_S = 30 * 24 * 60 * 60,
	STEP_S =
	    61, /* from the due moment of one message to that of the next */
	SENDERS = 1000,
	SIZE = 359, /* bytes of the smallest message */
	SIZES = 1000,
	OUTPUT_SIZE = 64 * 1024, /* bytes, as postqueue writes */
	OPTIONS = 3, /* -c DIR OPTION */
	FIRST_ARG = 5, /* the one that REAL begins with */
	DATE_SIZE = 64,
};

struct fake {
	uint64_t count;
	int64_t arrival_s;
	int64_t due_s;
};

static struct tm
utc(int64_t moment_s)
{
	time_t t = (time_t)moment_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	return tm;
}

/* As postcat prints it. */
static void
format_record(char *out, int64_t moment_s)
{
	struct tm tm = utc(moment_s);

	strftime(out, DATE_SIZE, "%a %b %e %H:%M:%S %Y", &tm);
}

/* As a header has it. */
static void
format_date(char *out, int64_t moment_s)
{
	struct tm tm = utc(moment_s);

	strftime(out, DATE_SIZE, "%a, %d %b %Y %H:%M:%S +0000", &tm);
}

static void
list(const struct fake *f)
{
	for (uint64_t i = 0; i < f->count; i++)
		printf("{\"queue_name\": \"hold\", \"queue_id\": \"" ID_FORMAT
		       "\", \"arrival_time\": %" PRId64
		       ", \"message_size\": %" PRIu64
		       ", \"forced_expire\": false, \"sender\": \"ann-%" PRIu64
		       "@sender.test\", \"recipients\": [{\"address\": "
		       "\"ben@sink.test\"}]}\n",
		    ID_FIRST + i, f->arrival_s, SIZE + i % SIZES, i % SENDERS);
}

static void
tell_envelope(const struct fake *f, const char *id, uint64_t i)
{
	char arrival[DATE_SIZE];

	format_record(arrival, f->arrival_s);
	printf("*** ENVELOPE RECORDS hold/%s ***\n"
	       "message_size: %15" PRIu64 "             638               1    "
	       "           0 %15" PRIu64 "               0\n"
	       "message_arrival_time: %s\ncreate_time: %s\n"
	       "named_attribute: log_ident=%s\n"
	       "named_attribute: rewrite_context=local\n"
	       "sender: ann-%" PRIu64 "@sender.test\n",
	    id, SIZE + i % SIZES, SIZE + i % SIZES, arrival, arrival, id,
	    i % SENDERS);
	fputs("named_attribute: log_client_name=unknown\n"
	      "named_attribute: log_client_address=127.0.0.1\n"
	      "named_attribute: log_client_port=43148\n"
	      "named_attribute: log_message_origin=unknown[127.0.0.1]\n"
	      "named_attribute: log_helo_name=client.test\n"
	      "named_attribute: log_protocol_name=SMTP\n"
	      "named_attribute: client_name=unknown\n"
	      "named_attribute: reverse_client_name=unknown\n"
	      "named_attribute: client_address=127.0.0.1\n"
	      "named_attribute: client_port=43148\n"
	      "named_attribute: server_address=127.0.0.1\n"
	      "named_attribute: server_port=25\n"
	      "named_attribute: helo_name=client.test\n"
	      "named_attribute: protocol_name=SMTP\n"
	      "named_attribute: client_address_type=2\n"
	      "named_attribute: dsn_orig_rcpt=rfc822;ben@sink.test\n"
	      "original_recipient: ben@sink.test\nrecipient: ben@sink.test\n",
	    stdout);
}

static void
tell_headers(const struct fake *f, const char *id, uint64_t i)
{
	int64_t due_s = f->due_s + (int64_t)(i * STEP_S % SPREAD_S);
	char arrival[DATE_SIZE], due[DATE_SIZE];

	format_date(arrival, f->arrival_s);
	format_date(due, due_s);
	printf("*** MESSAGE CONTENTS hold/%s ***\n"
	       "Received: from client.test (unknown [127.0.0.1])\n"
	       "\tby private.test (Postfix) with SMTP id %s\n"
	       "\tfor <ben@sink.test>; %s (UTC)\n"
	       "From: Ann <ann@sender.test>\nTo: Ben <ben@sink.test>\n"
	       "X-Deliver-At: %s\nSubject: tea\n"
	       "Message-ID: <tea@sender.test>\n"
	       "Date: Mon, 05 Jan 2026 08:00:00 +0000\n"
	       "*** HEADER EXTRACTED hold/%s ***\n"
	       "*** MESSAGE FILE END hold/%s ***\n",
	    id, id, arrival, due, id, id);
}

/* Is it the id of one of ours? Sets which. */
static bool
is_ours(const struct fake *f, const char *id, uint64_t *i)
{
	if (strlen(id) != ID_LEN || strncmp(id, ID_PREFIX, PREFIX_LEN) != 0)
		return false;
	*i = strtoull(id + PREFIX_LEN, NULL, 16) - ID_FIRST;
	return *i < f->count;
}

/* Tells of ours among the ids and takes them out of the list. */
static void
tell(const struct fake *f, char **ids)
{
	char **kept = ids;
	uint64_t i;

	for (; *ids != NULL; ids++) {
		if (!is_ours(f, *ids, &i)) {
			*kept++ = *ids;
			continue;
		}
		tell_envelope(f, *ids, i);
		tell_headers(f, *ids, i);
	}
	*kept = NULL;
}

static bool
parse_numbers(char **argv, struct fake *f)
{
	uint64_t arrival_s, due_s;

	if (!span_to_u64(span_str(argv[2]), COUNT_MAX, &f->count) ||
	    !span_to_u64(span_str(argv[3]), INT64_MAX, &arrival_s) ||
	    !span_to_u64(span_str(argv[4]), INT64_MAX, &due_s))
		return false;
	f->arrival_s = (int64_t)arrival_s;
	f->due_s = (int64_t)due_s;
	return true;
}

int
main(int argc, char **argv)
{
	static char output[OUTPUT_SIZE];
	bool reads = argc > 1 && strcmp(argv[1], "postcat") == 0;
	struct fake f;

	if (argc < FIRST_ARG + 1 + OPTIONS || !parse_numbers(argv, &f)) {
		fputs("usage: fake_queue postqueue|postcat COUNT ARRIVAL DUE "
		      "REAL -c DIR OPTION [ID...]\n",
		    stderr);
		return EX_USAGE;
	}
	setvbuf(stdout, output, _IOFBF, sizeof(output));
	if (reads)
		tell(&f, argv + FIRST_ARG + 1 + OPTIONS);
	else
		list(&f);
	if (fflush(stdout) != 0)
		return EX_IOERR;
	if (reads && argv[FIRST_ARG + 1 + OPTIONS] == NULL)
		return EX_OK;
	execv(argv[FIRST_ARG], argv + FIRST_ARG);
	return EX_OSERR;
}
