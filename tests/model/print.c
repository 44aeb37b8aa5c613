/* SPDX-License-Identifier: ISC */
/*
 * What postqueue -j and postcat -qeh print of a message (DESIGN facts 12, 13).
 */
#include "tests/model/model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum { DATE_SIZE = 64, LINE_SIZE = 512 };

__attribute__((format(printf, 2, 3))) static void
put(struct buf *out, const char *format, ...)
{
	char *room = buf_reserve(out, LINE_SIZE);
	va_list ap;
	int n;

	assert(room != NULL);
	va_start(ap, format);
	n = vsnprintf(room, LINE_SIZE, format, ap);
	va_end(ap);
	assert(n >= 0 && n < LINE_SIZE);
	buf_commit(out, (size_t)n);
}

/* As ctime(3) has it, as RFC 3339, or as RFC 5322. */
enum form { CTIME, RFC3339, RFC5322 };

static const char *
format_time(int64_t s, enum form form, char out[DATE_SIZE])
{
	time_t t = (time_t)s;
	struct tm tm;

	gmtime_r(&t, &tm);
	if (form == CTIME)
		strftime(out, DATE_SIZE, "%a %b %e %H:%M:%S %Y", &tm);
	else if (form == RFC3339)
		strftime(out, DATE_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
	else
		strftime(out, DATE_SIZE, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	return out;
}

static void
put_head(struct buf *out, const struct head *head)
{
	char date[DATE_SIZE];

	put(out, "X-Deliver-At: ");
	if (head->kind == H_DATE)
		put(out, "%s",
		    format_time(head->at_s,
			head->at_s % 3 == 0 ? RFC3339 : RFC5322, date));
	else
		put(out, head->kind == H_NEVER ? "never" : "tomorrow");
	if (head->rule != 0)
		put(out, " (rule %c)", head->rule);
	put(out, "\n");
}

static void
put_envelope(const struct mail *mail, struct buf *out)
{
	char date[DATE_SIZE];

	put(out, "*** ENVELOPE RECORDS hold/%s ***\n", mail->id);
	put(out, "message_size: %" PRIu64 " 200 1 0 %" PRIu64 " 0\n",
	    mail->size, mail->size);
	put(out, "message_arrival_time: %s\n",
	    format_time(mail->arrival_s, CTIME, date));
	put(out, "create_time: %s\n",
	    format_time(mail->created_s, CTIME, date));
	if (mail->filtered)
		put(out, "content_filter: smtp:[127.0.0.1]:10025\n");
	put(out, "sender: %s\n", mail->empty_sender ? "" : "ann@sender.test");
	if (mail->login)
		put(out, "named_attribute: sasl_username=ann\n");
	put(out, "named_attribute: client_address=192.0.2.1\n");
}

/* The id that it had before the requeue with that number; 0: at first. */
static const char *
id_before(const struct mail *mail, size_t requeue)
{
	return requeue < mail->n_former ? mail->former[requeue] : mail->id;
}

static void
put_headers(const struct mail *mail, struct buf *out)
{
	put(out, "*** MESSAGE CONTENTS hold/%s ***\n", mail->id);
	for (size_t i = mail->n_former; i > 0; i--)
		put(out,
		    "Received: by mx.test (Postfix, from userid %d)\n"
		    "\tid %s; Sun, 22 Nov 2026 10:00:00 +0000 (UTC)\n",
		    REQUEUE_UID, id_before(mail, i));
	for (size_t i = 0; i < mail->n_rule; i++)
		put_head(out, &mail->rule[i]);
	put(out,
	    "Received: from c.test (c.test [192.0.2.1])\n"
	    "\tby mx.test (Postfix) with ESMTP id %s\n"
	    "\tfor <b@x.test>; Sun, 22 Nov 2026 10:00:00 +0000 (UTC)\n",
	    id_before(mail, 0));
	for (size_t i = 0; i < mail->n_own; i++)
		put_head(out, &mail->own[i]);
	if (mail->vetoed)
		put(out, "X-Quarantine: yes\n");
	put(out, "Subject: hello\n");
}

void
queue_print_file(const struct mail *mail, struct buf *out)
{
	/* Of a file that is elsewhere the marker says so. */
	if (mail->place != P_HOLD) {
		put(out,
		    "*** ENVELOPE RECORDS deferred/%s ***\n"
		    "*** MESSAGE FILE END deferred/%s ***\n",
		    mail->id, mail->id);
		return;
	}
	put_envelope(mail, out);
	put_headers(mail, out);
	put(out,
	    "*** HEADER EXTRACTED hold/%s ***\n"
	    "*** MESSAGE FILE END hold/%s ***\n",
	    mail->id, mail->id);
}

static const char *
queue_name(struct model *m, const struct mail *mail)
{
	if (mail->place == P_HOLD)
		return "hold";
	if (mail->place == P_MAILDROP)
		return "maildrop";
	if (mail->place == P_DEFERRED)
		return "deferred";
	return model_percent(m, 20) ? "incoming" : "active";
}

void
queue_print_line(struct model *m, const struct mail *mail, struct buf *out)
{
	put(out,
	    "{\"queue_name\": \"%s\", \"queue_id\": \"%s\", "
	    "\"arrival_time\": %" PRId64 ", \"message_size\": %" PRIu64
	    ", \"forced_expire\": false, \"sender\": \"%s\", \"recipients\": "
	    "[{\"address\": \"b@x.test\"%s}]}\n",
	    queue_name(m, mail), mail->id, mail->arrival_s, mail->size,
	    mail->empty_sender ? "MAILER-DAEMON" : "ann@sender.test",
	    mail->tried ? ", \"delay_reason\": \"timed out\"" : "");
}
