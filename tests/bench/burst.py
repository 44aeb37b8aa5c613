# SPDX-License-Identifier: ISC
"""A burst: all mail due in one second, beside postsuper releasing as much."""

import time

from harness import due_in
from mail import count_sent, inject, mail_site, wait_until_empty
from table import ratio_at_most, row
from waiting import wait_for_clock, wait_until

MESSAGES = 10_000
ROUNDS = 3
AIM = ratio_at_most(1.5)
READING_S = 5  # for policyd to read all headers in
DELIVERY_S = 120


def held_ids(site):
    """The ids on hold, as postsuper reads them."""
    ids = [e["queue_id"] for e in site.postfix.queue() if e["queue_name"] == "hold"]
    assert len(ids) == MESSAGES, f"{len(ids)} of {MESSAGES} are held"
    return "".join(f"{queue_id}\n" for queue_id in ids).encode()


def lead_s(site):
    """How far ahead of the due moment a round has to begin."""
    began = time.monotonic()
    inject(site, 0, MESSAGES // 10)
    took_s = time.monotonic() - began
    wait_until_empty(site, "incoming", "active")
    return took_s * 10 * 1.5 + 2 * READING_S


def bare_postsuper(site):
    """The yardstick, with policyd away. Nothing wakes qmgr; all is held again."""
    ids = held_ids(site)
    began = time.monotonic()
    site.postfix.command("postsuper", "-H", "-", "hold", stdin=ids)
    took_s = time.monotonic() - began
    site.postfix.command("postsuper", "-h", "-", "deferred", stdin=ids)
    return took_s


def release_all(site, due):
    """From the due moment until the last has left hold."""
    sent_before = count_sent(site)
    site.daemons.policyd.start()
    assert held_ids(site) and time.time() < due - READING_S, "too slow for this bench"
    wait_for_clock(due)
    wait_until_empty(site, "hold")
    took_s = time.time() - due
    wait_until("all are delivered", lambda: not site.postfix.queue(), DELIVERY_S)
    site.daemons.policyd.stop()
    sent = count_sent(site) - sent_before
    assert sent == MESSAGES, f"{sent} of {MESSAGES} were delivered"
    return took_s


def burst():
    """Both on the same messages."""
    ours, theirs = [], []
    with mail_site() as site:
        site.daemons.hdrcheck.start()
        for _ in range(ROUNDS):
            due = due_in(lead_s(site))
            inject(site, due, MESSAGES)
            theirs.append(bare_postsuper(site) * 1000)
            ours.append(release_all(site, due) * 1000)
    yield row(f"burst_{MESSAGES}_ms", ours, theirs, AIM)
