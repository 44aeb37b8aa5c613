/* SPDX-License-Identifier: ISC */
/*
 * The engine around the scheduler: its start and its end, what it keeps on the
 * disk, news, and what an administrator tells it.
 */
#include "tests/model/model.h"

#include <string.h>

enum { PUMP_MOST = 64 /* commands at a moment */ };

static void
on_event(void *ctx, const struct sweep_event *event)
{
	static const char *const names[] = {"released", "released old",
	    "still held", "unreadable", "foreign", "rule gone", "failed",
	    "held", "rescheduled", "requeued", "walks"};
	const struct model *m = ctx;
	char id[QID_SIZE] = "-";

	if (!m->verbose)
		return;
	if (event->kind != SWEEP_FAILED && event->kind != SWEEP_WALKS)
		qid_format(&event->id, id);
	model_trace(m, "engine tells: %s %s", names[event->kind], id);
}

static bool
holds(void *ctx, struct span rule)
{
	const struct model *m = ctx;

	return rule.len == 1 && rule.data[0] >= 'a' &&
	    rule.data[0] < 'a' + RULES && m->stands[rule.data[0] - 'a'];
}

static void
write_overrides(struct model *m)
{
	buf_clear(&m->disk);
	if (!overrides_print(&m->overrides, &m->disk))
		model_fail(m, "the overrides cannot be printed");
	m->overrides.changed = false;
}

static void
read_overrides(struct model *m)
{
	char error[OVERRIDE_ERROR_SIZE];

	overrides_init(&m->overrides);
	if (buf_len(&m->disk) > 0 &&
	    !overrides_parse(&m->overrides, buf_span(&m->disk), "disk", error))
		model_fail(m, "%s", error);
}

/* Nothing is known to it; what it might mix up, it has forgotten. */
static void
forget_what_it_knew(struct model *m)
{
	for (size_t i = 0; i < m->n_mail; i++) {
		m->mail[i].exposed = m->mail[i].walk_known = false;
		m->mail[i].left_known = false;
		m->mail[i].flight_ns = 0;
	}
}

void
engine_start(struct model *m)
{
	struct sweep_options options = {
	    .settings = &m->settings,
	    .postfix = m->postfix,
	    .requeue_uid = REQUEUE_UID,
	    .tell = on_event,
	    .tell_ctx = m,
	    .holds = holds,
	    .holds_ctx = m,
	    .overrides = &m->overrides,
	};

	m->instance++;
	model_trace(m, "engine %u starts", m->instance);
	m->stopping = false;
	m->n_news = 0;
	m->walk_failed = false;
	read_overrides(m);
	forget_what_it_knew(m);
	sweep_init(&m->sweep, &options);
	m->sweep.slice = m->slice;
	sweep_pause(&m->sweep, m->paused);
	sweep_kick(&m->sweep);
	stream_listing_init(&m->listing);
	stream_headers_init(&m->headers);
	for (int i = 0; i < SWEEP_VERBS; i++)
		stream_errors_init(&m->errors[i]);
}

void
engine_end(struct model *m)
{
	runner_engine_is_gone(m);
	sweep_free(&m->sweep);
	overrides_free(&m->overrides);
	stream_listing_free(&m->listing);
	stream_headers_free(&m->headers);
	for (int i = 0; i < SWEEP_VERBS; i++)
		stream_errors_free(&m->errors[i]);
}

static void
set_alarm(struct model *m)
{
	int64_t wall_ns, mono_ns;

	sweep_wait(&m->sweep, &m->now, &wall_ns, &mono_ns);
	m->wake_ns = mono_ns;
	if (wall_ns != INT64_MAX) {
		wall_ns += KERNEL_TICK_NS - (m->now.wall_ns - m->now.mono_ns);
		m->wake_ns = wall_ns < mono_ns ? wall_ns : mono_ns;
	}
}

static void
stop_when_done(struct model *m)
{
	if (!m->stopping ||
	    (!sweep_stop(&m->sweep) && m->now.mono_ns < m->stop_by_ns))
		return;
	if (m->overrides.changed)
		write_overrides(m);
	engine_end(m);
	engine_start(m);
}

void
engine_pump(struct model *m)
{
	struct sweep_command command;

	for (int i = 0; sweep_next(&m->sweep, &m->now, &command); i++) {
		if (i == PUMP_MOST) {
			model_fail(m, "no end of commands");
			return;
		}
		runner_begin(m, &command);
	}
	if (sweep_ends_peek(&m->sweep, &m->now))
		runner_end_read(m);
	if (m->overrides.changed && (m->calm || model_percent(m, 60)))
		write_overrides(m);
	stop_when_done(m);
	set_alarm(m);
}

/* False: it is too late, or cannot be written. */
bool
engine_reschedule(struct model *m, struct mail *mail, int64_t due_s)
{
	struct override override = {.id = mail->qid,
	    .arrival_s = mail->arrival_s,
	    .due_s = due_s,
	    .set_s = model_wall_s(m)};

	if (!sweep_may_reschedule(&m->sweep, &mail->qid)) {
		m->count[K_TOO_LATE]++;
		return false;
	}
	if (model_happens(m, K_DISK_FULL, 10))
		return false;
	if (!overrides_set(&m->overrides, &override))
		model_fail(m, "no room for an override");
	write_overrides(m);
	sweep_reschedule(&m->sweep, &mail->qid);
	mail->rescheduled = true;
	mail->override_s = due_s < 0 ? 0 : due_s;
	mail->followed = mail->vague = false;
	mail->released_by = mail->asked_by = 0;
	model_trace(m, "%s is to leave at %lld", mail->id, (long long)due_s);
	return true;
}

/* inotify. */

void
engine_add_news(struct model *m, enum news_kind kind, struct mail *mail)
{
	struct news *news = &m->news[m->n_news];
	int64_t last_ns = m->n_news > 0 ? news[-1].at_ns : 0;

	if (!m->inotify ||
	    (kind == N_LEFT_ACTIVE &&
		m->settings.release_rate != SETTINGS_AUTO))
		return;
	if (m->n_news == NEWS_MAX || model_happens(m, K_NEWS_LOST, 3)) {
		m->n_news = 0;
		sweep_want_walk(&m->sweep);
		return;
	}
	*news = (struct news){.kind = kind,
	    .qid = mail->qid,
	    .mail = queue_index(m, mail),
	    .at_ns = m->now.mono_ns + dice_below(&m->dice, 20) * MSEC};
	if (model_happens(m, K_NEWS_LATE, 3))
		news->at_ns += dice_below(&m->dice, 3000) * MSEC;
	if (news->at_ns < last_ns)
		news->at_ns = last_ns;
	m->n_news++;
}

static void
hear(struct model *m, const struct news *news)
{
	struct mail *mail = &m->mail[news->mail];

	if (news->kind == N_ARRIVED) {
		sweep_arrived(&m->sweep, &news->qid);
	} else if (news->kind == N_LEFT_ACTIVE) {
		sweep_left_active(&m->sweep, &news->qid, &m->now);
	} else {
		sweep_departed(&m->sweep, &news->qid, &m->now);
		if (mail->released_by == m->instance)
			mail->left_known = true;
	}
}

void
engine_hear_news(struct model *m)
{
	while (m->n_news > 0 && m->news[0].at_ns <= m->now.mono_ns) {
		struct news news = m->news[0];

		m->n_news--;
		memmove(m->news, m->news + 1, m->n_news * sizeof(m->news[0]));
		hear(m, &news);
	}
}
