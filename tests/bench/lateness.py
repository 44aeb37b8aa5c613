# SPDX-License-Identifier: ISC
"""Lateness: from the due moment to qmgr's "queue active", beside cron each minute."""

import re
from email.utils import parsedate_to_datetime

from harness import HEADER, due_in
from mail import ActiveFollower, inject_spread, mail_site
from table import ours_at_least, ours_below, percentile, row
from waiting import wait_for_clock

MESSAGES = 1000
OURS_S = 20
CRON_S = 60
LEAD_S = 12  # to submit all mail in
NEVER_EARLY = ours_at_least(0)
AIM = ours_below(50)


def cron_pass(site, now):
    """What a script run by cron would do, at its best: few calls for all mail."""
    postfix = site.postfix
    listing = postfix.queue()
    held = [entry["queue_id"] for entry in listing if entry["queue_name"] == "hold"]
    headers = postfix.command("postcat", "-qeh", *held)
    due = []
    for part in headers.split("*** MESSAGE CONTENTS hold/")[1:]:
        date = re.search(rf"^{HEADER}: (.*)$", part, re.M)[1]
        if parsedate_to_datetime(date).timestamp() <= now:
            due.append(part.split()[0])
    postfix.command("postsuper", "-H", "-", "hold", stdin="\n".join(due).encode())
    postfix.command("postqueue", "-f")


def lateness():
    """Both in the same minute, each on a Postfix of its own."""
    with mail_site() as ours, mail_site() as cron:
        ours.daemons.start()
        cron.daemons.hdrcheck.start()
        cron_first = due_in(LEAD_S)
        cron_due = inject_spread(cron, cron_first, CRON_S, MESSAGES)
        our_due = inject_spread(ours, due_in(LEAD_S), OURS_S, MESSAGES)
        with ActiveFollower(ours.postfix) as follower:
            our_late = follower.late_ms(our_due, LEAD_S + OURS_S + 30)
        full_minute = cron_first + CRON_S - 1
        wait_for_clock(full_minute)
        with ActiveFollower(cron.postfix) as follower:
            cron_pass(cron, full_minute)
            cron_late = follower.late_ms(cron_due, 30)
    yield row("lateness_min_ms", [min(our_late)], [min(cron_late)], NEVER_EARLY)
    for part in (50, 99):
        both = ([percentile(late, part / 100)] for late in (our_late, cron_late))
        yield row(f"lateness_p{part}_ms", *both, AIM)
