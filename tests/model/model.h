/* SPDX-License-Identifier: ISC */
/*
 * model - the scheduler against a Postfix that is made up
 *
 * A history is a few minutes of a mail system: mail comes, is held, leaves; an
 * administrator, other people and faults of all kinds interfere; the engine
 * ends and starts again. The scheduler of policyd sees of that what it sees of
 * a real Postfix: what the commands print, how they end, and news. The truth
 * about each message is the model's own, and so is the reading of DESIGN that
 * says what may leave. Nothing here reads a clock or a file.
 *
 * All functions of the model stop the history by model_fail().
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "policyd/stream.h"

#define SEC  CLOCK_NS_PER_S
#define MSEC CLOCK_NS_PER_MS

enum {
	MAIL_MAX = 24, /* messages of a history; a mask has a bit for each */
	HEADS_MAX = 3, /* X-Deliver-At lines, of rules or of the sender */
	FORMER_MAX = 3, /* requeues of a message */
	RULES = 3, /* that may hold mail: "a", "b", "c" */
	NEWS_MAX = 64, /* that wait; more are lost */
	JOB_IDS = 64,
	ID_SIZE = 33,
	WRONG_SIZE = 256,
	REQUEUE_UID = 102,
	ACTIVE_LIMIT = 6, /* of qmgr, for release_rate = auto */
};

#define KERNEL_TICK_NS (4 * MSEC) /* time(2) lags behind by that */

/* What may go wrong, and what people do; each is counted. */
enum kind {
	K_LIST_FAILS,
	K_LIST_CUT,
	K_LIST_MISSES,
	K_LIST_REPEATS,
	K_LIST_LATE, /* read long after it was printed */
	K_READ_FAILS,
	K_READ_MISSES,
	K_READ_SPOILT, /* by one message */
	K_LEAVE_FAILS,
	K_LEAVE_SOME,
	K_LEAVE_SILENT,
	K_LEAVE_DIES, /* having done it, or some of it */
	K_LEAVE_SPOILT,
	K_KICK_FAILS,
	K_KICK_LOST,
	K_NOT_RUN,
	K_SLOW,
	K_ORPHAN, /* a command outlives the engine */
	K_NEWS_LOST,
	K_NEWS_LATE,
	K_RESTART,
	K_STOP,
	K_CLOCK_FORWARD,
	K_CLOCK_BACK,
	K_POSTFIX_STOPS,
	K_DISK_FULL,
	K_ID_REUSED,
	K_HOLD_AGAIN,
	K_RELEASE,
	K_DROP,
	K_FAIL,
	K_REQUEUE,
	K_RESCHEDULE,
	K_RELEASE_NOW,
	K_NEVER,
	K_PAUSE,
	K_RULES,
	K_RELOAD,
	K_PEEK,
	K_TOO_LATE, /* to reschedule it: it is leaving */
	/* What came of it. */
	K_MAIL,
	K_FOREIGN,
	K_WALKS,
	K_RELEASED,
	K_REQUEUED,
	K_DELIVERED,
	K_UNKNOWABLE, /* a mix-up that nobody could have noticed in time */
	K_KINDS,
};

/* Numbers that look random, the same in each run (splitmix64). */
struct dice {
	uint64_t state;
};

enum place {
	P_NOWHERE,
	P_HOLD,
	P_DEFERRED,
	P_ACTIVE,
	P_MAILDROP,
	P_DELIVERED,
	P_REMOVED, /* by an administrator */
};

enum head_kind { H_DATE, H_NEVER, H_BROKEN };

/* A line X-Deliver-At. */
struct head {
	enum head_kind kind;
	int64_t at_s;
	char rule; /* in its comment; 0: none */
};

struct mail {
	enum place place;
	struct qid qid;
	char id[ID_SIZE];
	char former[FORMER_MAX][ID_SIZE]; /* from the first on */
	size_t n_former;
	int64_t arrival_s;
	int64_t created_s;
	uint64_t size;
	struct head rule[HEADS_MAX]; /* above the topmost Received */
	struct head own[HEADS_MAX];
	size_t n_rule, n_own;
	bool vetoed;
	bool filtered;
	bool empty_sender;
	bool login;

	bool tried;
	int64_t next_ns; /* ACTIVE: when it is tried */
	bool spoils_reads;
	bool spoils_leaving;
	bool moved_by_us; /* DEFERRED: by a release since all is calm */
	int64_t touched_ns; /* when its place last changed */

	bool rescheduled;
	int64_t override_s;
	bool followed; /* requeued since it was rescheduled */
	bool vague; /* what was said of it may be forgotten by now */

	unsigned asked_by; /* the engine that told a command to release it */
	int64_t flight_ns; /* until then that command ran */
	bool held_again; /* by somebody */
	unsigned released_by; /* the engine that did, last; 0: none */
	bool left_known; /* to that one */
	bool walk_known; /* a whole walk has seen it as it is */
	unsigned missed; /* by whole walks in a row */
	bool was_skipped; /* by a fault, of the last walk */
	bool exposed; /* the engine may take it for another of its id */
	size_t other; /* which */
	bool mixed_up; /* and did, so that it went the other's way */
	unsigned deliveries;
};

enum fate {
	FATE_FINE,
	FATE_NOT_RUN,
	FATE_FAILS, /* having done nothing */
	FATE_DIES, /* having done some or all, without a word */
	FATE_SILENT, /* without a word */
};

/* A command that runs. */
struct job {
	bool running;
	enum sweep_verb verb;
	enum fate fate;
	bool killed; /* its end is that of a signal */
	int64_t begun_ns;
	int64_t next_ns; /* its next step */
	size_t n, at, dies_at;
	struct qid ids[JOB_IDS];
	int mail[JOB_IDS]; /* which one an id meant at the beginning, or -1 */
	uint64_t shown; /* LIST: mail in it */
	uint64_t skipped; /* LIST: by a fault */
	uint64_t told; /* mail whose leave it has written of */
	bool cut;
	bool late;
	struct buf out; /* written, not read yet */
};

enum news_kind { N_ARRIVED, N_DEPARTED, N_LEFT_ACTIVE };

struct news {
	enum news_kind kind;
	struct qid qid;
	size_t mail;
	int64_t at_ns;
};

struct model {
	struct dice dice;
	bool verbose;
	char wrong[WRONG_SIZE]; /* "": nothing */
	uint64_t *count; /* by kind */
	uint64_t kinds; /* that may happen in this history */
	uint32_t trouble; /* of a hundred commands */
	bool calm; /* nothing goes wrong any more */

	struct clock_now now;
	int64_t stepped_back_ns; /* CLOCK_MONOTONIC, when last */
	int64_t calm_ns;
	int64_t kick_lost_ns; /* the last that was lost, without a word */
	bool quiet; /* nothing goes wrong, nobody interferes, in all of it */
	uint64_t walks_wanted;
	int64_t rest_ns; /* until what is gone must be forgotten */

	struct mail mail[MAIL_MAX];
	size_t n_mail, most_mail;
	unsigned next_id;
	bool long_ids;
	bool postfix_up;
	int64_t scan_ns; /* when qmgr looks at deferred mail by itself */
	int64_t pickup_ns;
	int64_t happen_ns;

	struct settings settings;
	bool permit_any;
	struct plan_postfix postfix;
	bool stands[RULES];
	bool paused;

	bool inotify;
	struct news news[NEWS_MAX];
	size_t n_news;

	struct job job[SWEEP_VERBS];
	struct job orphan;
	bool walk_failed; /* the last one */

	unsigned instance;
	bool stopping;
	int64_t stop_by_ns;
	int64_t wake_ns;
	uint32_t slice;
	struct overrides overrides;
	struct buf disk; /* the file of overrides */
	struct stream_listing listing;
	struct stream_headers headers;
	struct stream_errors errors[SWEEP_VERBS];
	struct sweep sweep; /* last, being large: see model_run() */
};

/* One history; false: model_fail() has said what is wrong. */
bool model_run(struct model *m, uint64_t seed, uint64_t history);

const char *model_kind_name(enum kind kind);

/* The first thing that is wrong ends the history. */
__attribute__((format(printf, 2, 3))) void model_fail(
    struct model *m, const char *format, ...);

/* What happens, for a replay. */
__attribute__((format(printf, 2, 3))) void model_trace(
    const struct model *m, const char *format, ...);

/* 0 to n - 1. */
uint32_t dice_below(struct dice *d, uint32_t n);

bool model_percent(struct model *m, uint32_t percent);

/* Does it happen now, being of those that may in this history? Counts. */
bool model_happens(struct model *m, enum kind kind, uint32_t percent);

int64_t model_wall_s(const struct model *m);

/* Postfix: queue.c. */

/* The message on hold or elsewhere in the queue that has this id, or NULL. */
struct mail *queue_find(struct model *m, const struct qid *id);
size_t queue_index(const struct model *m, const struct mail *mail);
bool queue_is_in(const struct mail *mail);
void queue_new_id(struct model *m, struct mail *mail);
void queue_move(struct model *m, struct mail *mail, enum place to);
void queue_arrive(struct model *m);

/* Envelope and headers as postcat shows them, and a line of postqueue -j. */
void queue_print_file(const struct mail *mail, struct buf *out);
void queue_print_line(
    struct model *m, const struct mail *mail, struct buf *out);

void queue_scan(struct model *m); /* qmgr looks at deferred mail */
void queue_pick_up(struct model *m);
void queue_work(struct model *m); /* what Postfix does by itself, by now */
int64_t queue_next_ns(const struct model *m);

/* The commands: runner.c. */
void runner_begin(struct model *m, const struct sweep_command *command);
void runner_work(struct model *m);
void runner_end_read(struct model *m);
void runner_engine_is_gone(struct model *m);
int64_t runner_next_ns(const struct model *m);

/* The engine: engine.c. */
void engine_start(struct model *m);
void engine_end(struct model *m);
void engine_pump(struct model *m);
bool engine_reschedule(struct model *m, struct mail *mail, int64_t due_s);
void engine_add_news(struct model *m, enum news_kind kind, struct mail *mail);
void engine_hear_news(struct model *m);

/* What is right: law.c, from DESIGN. */
struct truth {
	bool ours; /* by its headers */
	bool kept; /* by a rule, or the administrator's never */
	int64_t due_s;
	bool all_due; /* no header is ahead, or none to be understood */
};
struct truth law_judge(const struct model *m, const struct mail *mail);

/* Would hdrcheck answer HOLD to one of its headers at that moment? */
bool law_is_held(const struct mail *mail, int64_t at_s);

/* A command is told to let it go. */
void law_check_command(
    struct model *m, struct mail *mail, enum sweep_verb verb);

/* It leaves hold by our hand. */
void law_check_leave(struct model *m, struct mail *mail, const struct job *job);

/* It is due, and nothing keeps it, and it is still there. */
bool law_is_overdue(const struct model *m, const struct mail *mail);

/* Some time after the last fault, Postfix was kicked for what we released. */
void law_check_kicks(struct model *m);

/* After all that time something is overdue, or has not been read. */
void law_check_overdue(struct model *m);
void law_check_end(struct model *m);

#endif
