/* SPDX-License-Identifier: ISC */
/*
 * sweep_model - a queue in which everything goes on at the same time
 *
 * Mail arrives and is delivered, an administrator holds, releases and deletes,
 * clocks are set, commands take their time and fail, news are lost, and the
 * scheduler is killed and started anew. The model knows of each message whose
 * it is and what was done with it, and stops the test when the scheduler asks
 * for what it must not.
 */
#ifndef UNIT_SWEEP_MODEL_H
#define UNIT_SWEEP_MODEL_H

#include "tests/unit/sched_support.h"

#include "policyd/sched/sweep.h"

#define SEC  CLOCK_NS_PER_S
#define MSEC CLOCK_NS_PER_MS

enum {
	MODEL_MAIL = 160, /* messages there are at a time, at most */
	MODEL_NEWS = 64, /* that wait to be delivered; more are lost */
	MODEL_LINES = 2 * MODEL_MAIL,
};

enum model_queue { M_GONE, M_HOLD, M_DEFERRED };

enum model_inotify { M_NONE, M_RELIABLE, M_LOSSY };

struct model_mail {
	struct qid id;
	enum model_queue queue;
	struct facts facts;
	bool ours;
	bool tried;
	bool bad; /* cannot be read, for a while */
	bool spoils; /* no command that names it succeeds, for a while */
	bool held_again; /* by the administrator */
	bool released; /* by this scheduler */
	uint64_t touched_walk; /* when somebody last moved it: walks begun */
	uint64_t touched_ok; /* and walks that ended well */
};

/* A line of a listing that was written and not read yet. */
struct model_line {
	struct qid id;
	bool on_hold;
	bool tried;
	int64_t arrival_s;
	uint64_t size;
};

struct model_job {
	bool running;
	bool refused; /* the runner will not start it */
	struct sweep_command command;
	size_t at; /* ids done, or mail looked at */
	bool in_hold; /* of a listing: its second half */
	size_t n_lines;
	size_t n_read;
	uint64_t began_walk; /* walks begun before this one */
	struct model_line lines[MODEL_LINES];
};

struct model {
	struct dice dice;
	struct settings settings;
	struct sweep sweep;
	struct clock_now now;
	enum model_inotify inotify;
	bool deaf; /* postsuper tells nothing */
	bool calm; /* nothing fails any more, nobody interferes */
	struct model_mail mail[MODEL_MAIL];
	struct model_job jobs[SWEEP_VERBS];
	struct {
		struct qid id;
		bool arrived;
	} news[MODEL_NEWS];
	size_t n_news;
	unsigned next_id;
	uint64_t walks_begun;
	uint64_t last_ok_walk; /* the number of the last that ended well */
	uint64_t walks_ok;
	uint64_t arrivals;
	uint64_t releases;
	uint64_t restarts;
};

#endif
