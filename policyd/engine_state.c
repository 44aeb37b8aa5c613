/* SPDX-License-Identifier: ISC */
/*
 * What the administrator said and must not be forgotten: read at the start,
 * and written when the scheduler follows or forgets a message.
 */
#include <stdio.h>
#include <sysexits.h>

#include "policyd/engine_private.h"

/*
 * Writing takes a fifth of the time at most. What waits for it is no loss: the
 * headers of a requeued message tell its former id again.
 */
enum { SAVE_REST = 4 };

int
engine_control_read(struct engine *g)
{
	const char *directory = g->o.settings->state_directory;
	struct engine_control *c = &g->control;
	char error[STATE_ERROR_SIZE];

	overrides_init(&c->overrides);
	if (g->o.looks)
		return 0;
	if (state_read_overrides(directory, &c->overrides, error) &&
	    state_read_pause(directory, &c->pause, error)) {
		if (!state_is_there(directory))
			log_warnx(g->o.log,
			    "state_directory %s is missing: policyctl pause "
			    "and reschedule will not work; policyctl setup "
			    "makes it",
			    directory);
		return 0;
	}
	log_error(g->o.log,
	    "%s; repair or remove it: mail may leave too early without", error);
	overrides_free(&c->overrides);
	return EX_CONFIG;
}

const char *
engine_paused_text(const struct engine *g, char out[ENGINE_PAUSED_SIZE])
{
	const struct pause *pause = &g->control.pause;
	char since[CLOCK_UTC_SIZE];

	out[0] = '\0';
	if (pause->on)
		snprintf(out, ENGINE_PAUSED_SIZE, ", paused since %s%s%s",
		    clock_format_utc(pause->since_s, since),
		    pause->reason[0] != '\0' ? ": " : "", pause->reason);
	return out;
}

bool
engine_control_write(
    struct engine *g, struct overrides *o, char error[STATE_ERROR_SIZE])
{
	struct engine_control *c = &g->control;
	int64_t begin_ns = clock_mono_ns(), end_ns;

	if (!state_write_overrides(g->o.settings->state_directory, o, error))
		return false;
	o->changed = false;
	end_ns = clock_mono_ns();
	c->save_at_ns = end_ns + SAVE_REST * (end_ns - begin_ns);
	c->save_failed_at = 0;
	return true;
}

/* How many walks there were, and one, so that it is never 0. */
static uint64_t
walks(const struct engine *g)
{
	return g->sweep.counts.walks + g->sweep.counts.walks_failed + 1;
}

static void
save(struct engine *g)
{
	struct engine_control *c = &g->control;
	char error[STATE_ERROR_SIZE];

	if (engine_control_write(g, &c->overrides, error))
		return;
	if (c->save_failed_at == 0) {
		log_warnx(g->o.log, "%s; tried again after each walk", error);
		engine_tell_fault(g, error);
	}
	c->save_failed_at = walks(g);
}

void
engine_control_save(struct engine *g)
{
	struct engine_control *c = &g->control;

	if (!c->overrides.changed || c->save_failed_at == walks(g))
		return;
	if (clock_mono_ns() < c->save_at_ns)
		loop_arm(&c->save, c->save_at_ns);
	else
		save(g);
}

void
engine_control_save_last(struct engine *g)
{
	if (g->control.overrides.changed)
		save(g);
}
