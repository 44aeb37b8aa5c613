# SPDX-License-Identifier: ISC
"""An undo delay of 10 s, beside a crowd that waits and beside nothing."""

import re
import time
from contextlib import contextmanager
from datetime import datetime

from harness import message
from lookups import new_folder
from mail import ActiveFollower, Arrivals, mail_site
from parts import sizes
from synthetic import crowded_site
from table import above_theirs_at_most, any_of, percentile, ratio_at_most, row
from waiting import wait_until

RULE = "undo : delay 10s\n"
MAIN_CF = """\
smtpd_recipient_restrictions = check_policy_service unix:deliver-at/policy
"""
PER_S = 20  # messages, on each of the two
SWEEP_INTERVAL = "5s"  # it walks meanwhile
WALKS, WALKS_S = 2, 400  # so many at least, in that time
BEHIND_S = 20  # it goes on: what arrives during the last walk has to leave
LAST_S = 30  # for the last ones to leave
HELD_LINE = r": (\w+): hold: header .*: until (\S+)$"
AIM = any_of(ratio_at_most(1.5), above_theirs_at_most(5))


@contextmanager
def undo_settings():
    """How to make a site with that rule."""
    with new_folder() as folder:
        rules = folder / "rules"
        rules.write_text(RULE)
        settings = {"rules_file": rules, "sweep_interval": SWEEP_INTERVAL}
        yield {"main_cf": MAIN_CF, **settings}


def due_moments(site):
    """When each message is due, as the log says of those that were held."""
    lines = re.findall(HELD_LINE, site.postfix.maillog(), re.MULTILINE)
    return {i: datetime.fromisoformat(until).timestamp() for i, until in lines}


def wait_for_walks(site):
    """While mail comes: until some walks were made, and nobody asked policyd."""
    walks = site.postfix.walks() + WALKS
    wait_until("walks", lambda: site.postfix.walks() >= walks, WALKS_S)
    time.sleep(BEHIND_S)


@sizes(short=100_000, large=1_000_000)
def undo(size):
    """Both in the same minutes, each on a Postfix of its own, with mail by SMTP."""
    with undo_settings() as settings, mail_site(**settings) as alone:
        alone.daemons.start()
        with crowded_site(size, **settings) as crowded:
            both = (crowded, alone)
            with ActiveFollower(crowded.postfix) as ours:
                with ActiveFollower(alone.postfix) as theirs:
                    with Arrivals(crowded, message(), PER_S):
                        with Arrivals(alone, message(), PER_S):
                            wait_for_walks(crowded)
                    late = [
                        follower.late_ms(due_moments(site), LAST_S)
                        for follower, site in zip((ours, theirs), both)
                    ]
    for part in (50, 99):
        figures = ([percentile(values, part / 100)] for values in late)
        yield row(f"undo_{size}_p{part}_ms", *figures, AIM)
