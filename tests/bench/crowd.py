# SPDX-License-Identifier: ISC
"""Lateness beside a crowd that waits and mail that arrives, and beside nothing."""

from contextlib import ExitStack

from harness import deliver_at, due_in, message
from mail import ActiveFollower, Arrivals, inject_spread, mail_site
from parts import sizes
from synthetic import crowded_site
from table import both_below, percentile, row
from waiting import wait_for_clock

MESSAGES = 1000
SECONDS = 20
LEAD_S = 15  # to submit them on both
ARRIVING_PER_S = 200
ARRIVING_AHEAD_S = 3600
ENOUGH = 0.9  # of those that should have arrived
LAST_S = 30
AIM = both_below(50)


def late_ms(site, arriving_per_s):
    """How late each message is, while so many others come in."""
    first = due_in(LEAD_S)
    due = inject_spread(site, first, SECONDS, MESSAGES)
    arriving = message(deliver_at(first + ARRIVING_AHEAD_S))
    with ActiveFollower(site.postfix) as follower, ExitStack() as until_then:
        wait_for_clock(first - 1)
        if arriving_per_s:
            until_then.enter_context(Arrivals(site, arriving, arriving_per_s))
        wait_for_clock(first + SECONDS)
        late = follower.late_ms(due, LAST_S)
    arrived = site.postfix.count_held() / SECONDS
    assert arrived >= ENOUGH * arriving_per_s, f"only {arrived:.0f} a second arrived"
    site.postfix.delete("ALL")
    return late


@sizes(short=100_000, large=1_000_000)
def crowd(size):
    """One after the other, each on a Postfix of its own."""
    with mail_site() as alone:
        alone.daemons.start()
        theirs = late_ms(alone, 0)
    with crowded_site(size) as crowded:
        ours = late_ms(crowded, ARRIVING_PER_S)
    for part in (50, 99):
        figures = ([percentile(late, part / 100)] for late in (ours, theirs))
        yield row(f"crowd_{size}_p{part}_ms", *figures, AIM)
