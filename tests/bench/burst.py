# SPDX-License-Identifier: ISC
"""A burst: all mail due in one second, beside postsuper releasing as much."""

import time

from harness import due_in
from mail import inject, mail_site, wait_until_empty
from table import ratio_at_most, row
from waiting import wait_for_clock

MESSAGES = 10_000
ROUNDS = 3
AIM = ratio_at_most(1.5)


def hold_ids(site):
    """The ids on hold, all of them."""
    ids = [e["queue_id"] for e in site.postfix.queue() if e["queue_name"] == "hold"]
    assert len(ids) == MESSAGES, f"{len(ids)} of {MESSAGES} are held"
    return ids


def bare_postsuper(site):
    """The yardstick, with policyd away; also how long submitting took."""
    began = time.time()
    inject(site, due_in(3600), MESSAGES)
    submitting_s = time.time() - began
    ids = "".join(f"{queue_id}\n" for queue_id in hold_ids(site)).encode()
    began = time.time()
    site.postfix.command("postsuper", "-H", "-", "hold", stdin=ids)
    took_s = time.time() - began
    site.postfix.delete("ALL")
    return took_s, submitting_s


def release_all(site, lead_s):
    """From the due moment until the last has left hold."""
    policyd = site.daemons.policyd
    before = len(policyd.logged(r": released, "))
    policyd.start()
    due = due_in(lead_s)
    inject(site, due, MESSAGES)
    ids = set(hold_ids(site))
    assert time.time() < due - 0.5, "submitting took too long"
    wait_for_clock(due)
    wait_until_empty(site, "hold")
    took_s = time.time() - due
    policyd.stop()
    released = policyd.logged(r": released, ")[before:]
    missing = ids - {line.split(": released, ")[0].split()[-1] for line in released}
    assert not missing, f"{len(missing)} left hold, but not by policyd"
    site.postfix.delete("ALL")
    return took_s


def burst():
    """Both by turns on one Postfix."""
    ours, theirs = [], []
    with mail_site() as site:
        site.daemons.hdrcheck.start()
        for _ in range(ROUNDS):
            took_s, submitting_s = bare_postsuper(site)
            theirs.append(took_s * 1000)
            ours.append(release_all(site, submitting_s * 2 + 3) * 1000)
    yield row(f"burst_{MESSAGES}_ms", ours, theirs, AIM)
