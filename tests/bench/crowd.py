# SPDX-License-Identifier: ISC
"""Lateness beside a crowd that waits and mail that arrives, and beside nothing."""

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


@sizes(short=100_000, large=1_000_000)
def crowd(size):
    """Both in the same seconds, each on a Postfix of its own."""
    with mail_site() as alone, crowded_site(size) as crowded:
        alone.daemons.start()
        sites = (crowded, alone)
        first = due_in(LEAD_S)
        due = [inject_spread(site, first, SECONDS, MESSAGES) for site in sites]
        arriving = message(deliver_at(first + ARRIVING_AHEAD_S))
        with ActiveFollower(crowded.postfix) as ours:
            with ActiveFollower(alone.postfix) as theirs:
                wait_for_clock(first - 1)
                with Arrivals(crowded, arriving, ARRIVING_PER_S):
                    wait_for_clock(first + SECONDS)
                followers = zip((ours, theirs), due)
                late = [one.late_ms(moments, LAST_S) for one, moments in followers]
        arrived = crowded.postfix.count_held() / (SECONDS * ARRIVING_PER_S)
        assert arrived > ENOUGH, f"only {arrived:.2f} of the mail arrived in time"
        crowded.postfix.delete("ALL")
    for part in (50, 99):
        figures = ([percentile(values, part / 100)] for values in late)
        yield row(f"crowd_{size}_p{part}_ms", *figures, AIM)
