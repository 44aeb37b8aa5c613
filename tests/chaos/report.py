# SPDX-License-Identifier: ISC
"""What a run says in the end: figures, and the story of what went wrong."""

import time
from collections import Counter

import ledger as books

QUANTILES = (0.5, 0.9, 0.99, 1.0)
AROUND_S = 5
STORIES_MAX = 10
LATEST = 3  # that are named
LINES_MAX = 60


def _counted(counter):
    return ", ".join(f"{n} {what}" for what, n in sorted(counter.items())) or "none"


def print_summary(run, verdict):
    """Figures of all kinds."""
    messages = run.book.messages
    states = Counter(message.state for message in messages)
    kinds = Counter(m.kind for m in messages if m.state == books.ACCEPTED)
    removed = sum(1 for message in messages if verdict.is_removed(message))
    late = verdict.lateness()
    print(f"messages: {_counted(states)}; {run.load.left_out} left out")
    print(f"accepted: {_counted(kinds)}")
    print(f"delivered: {len(late)}; removed by the administrator: {removed}")
    print(f"faults: {_counted(run.faults.done)}")
    print(f"in vain: {_counted(run.faults.in_vain)}")
    print(f"administrator: {_counted(run.administrator.done)}")
    print(f"not done: {_counted(run.administrator.failed)}")
    for name, keeper in run.stage.keepers.items():
        failures = keeper.start_failures
        print(f"{name}: {keeper.restarts} restarts, {failures} starts in vain")
    if late:
        at = [late[min(int(q * len(late)), len(late) - 1)] for q in QUANTILES]
        figures = ", ".join(
            f"{q:.0%} {s:.2f} s" for q, (s, _) in zip(QUANTILES, at, strict=True)
        )
        print(f"late, faults and all: {figures}")
        latest = (f"{s:.2f} s {messages[n].kind} m{n}" for s, n in late[-LATEST:])
        print(f"the latest: {', '.join(latest)}")
    print(f"bound on lateness after the last fault: {run.late_max_s:.0f} s")
    print(f"delivered twice by a Postfix that was stopped: {verdict.excused}")
    print(f"held by a clock that was behind Postfix's: {len(verdict.out_of_step)}")


def print_findings(run, verdict, found, seed, minutes):
    """Each with its story, as far as there is room."""
    for finding in found[:STORIES_MAX]:
        print(f"\n=== {finding.what}")
        if finding.message:
            _print_story(run, verdict, finding.message)
    for finding in found[STORIES_MAX:]:
        name = finding.message.recipient if finding.message else ""
        print(f"also: {name} {finding.what}")
    for title, text in run.site.logs().items():
        print(f"\n--- the end of {title}", *text.splitlines()[-LINES_MAX:], sep="\n")
    print(f"\n{len(found)} findings; again: make chaos SEED={seed} MINUTES={minutes:g}")


def _stamp(run, moment):
    return f"{time.strftime('%H:%M:%S', time.gmtime(moment))} {moment - run.began:8.2f}"


def _print_story(run, verdict, message):
    """Times are UTC, and seconds since the beginning."""
    print(f"{message.recipient} {message.kind} {message.state} due {message.dues}")
    deliveries = verdict.deliveries.get(message.recipient, [])
    story = list(message.story)
    story += [(one.began, "the sink: MAIL FROM") for one in deliveries]
    story += [(one.ended, f"the sink has it: {one.content!r}") for one in deliveries]
    story += [(due, "due by a header of its own") for due in message.dues]
    first = min(at for at, _ in story if at >= message.began) - AROUND_S
    last = max((at for at, _ in story), default=first) + AROUND_S
    for planned in run.schedule.faults:
        at = run.began + planned.at
        if first <= at + planned.lasts_s and at <= last:
            story.append((at, f"fault: {str(planned)[9:]}"))
    for at, what in sorted(story):
        print(f"  {_stamp(run, at)} {what}")
    ids = verdict.log.ids(message)
    for title, lines in (
        ("maillog", verdict.log.lines(ids)),
        ("hdrcheck", _about(ids, run.site.daemons.hdrcheck)),
        ("policyd", _about(ids, run.site.daemons.policyd)),
    ):
        print(f"  --- {title}")
        for line in lines[:LINES_MAX]:
            print(f"  {line}")


def _about(ids, daemon):
    return daemon.logged("|".join(sorted(ids))) if ids else []
