# SPDX-License-Identifier: ISC
"""A burst: all mail due in one second, beside postsuper releasing as much."""

import time

from fill import any_held, fill, held_names
from harness import due_in
from mail import count_sent, mail_site
from parts import sizes
from synthetic import status
from table import ratio_at_most, row
from waiting import wait_for_clock, wait_until

ROUNDS = 3
AIM = ratio_at_most(1.1)
PER_S = 500  # messages: at least so fast are copies made, read and delivered
LEAD_S = 10
LOOK_S = 0.05


def left_at(site):
    """When the last has left hold: then its folder has changed for the last time."""
    while any_held(site):
        time.sleep(LOOK_S)
    return (site.postfix.queue_folder / "hold").stat().st_mtime


def bare_postsuper(site, count):
    """The yardstick, with policyd away. Nothing wakes qmgr; all is held again."""
    ids = "".join(f"{queue_id}\n" for queue_id in held_names(site)).encode()
    began = time.time()
    site.postfix.command("postsuper", "-H", "-", "hold", stdin=ids)
    took_s = left_at(site) - began
    site.postfix.command("postsuper", "-h", "-", "deferred", stdin=ids)
    assert len(held_names(site)) == count
    return took_s


def release_all(site, due, count):
    """From the due moment until the last has left hold."""
    sent_before = count_sent(site)
    site.daemons.policyd.start()
    wait_until(
        "all wait", lambda: status(site)["waiting"] == count, LEAD_S + count / PER_S
    )
    assert time.time() < due - 1, "too slow for this bench"
    wait_for_clock(due)
    took_s = left_at(site) - due
    wait_until(
        "all are delivered",
        lambda: count_sent(site) - sent_before >= count,
        LEAD_S + count / PER_S * 2,
    )
    site.daemons.policyd.stop()
    sent = count_sent(site) - sent_before
    assert sent == count, f"{sent} of {count} were delivered"
    return took_s


@sizes(short=10_000, large=100_000)
def burst(size):
    """Both on the same messages."""
    ours, theirs = [], []
    with mail_site() as site:
        site.daemons.hdrcheck.start()
        for _ in range(ROUNDS):
            due = due_in(LEAD_S + size / PER_S)
            fill(site, due, size)
            theirs.append(bare_postsuper(site, size) * 1000)
            ours.append(release_all(site, due, size) * 1000)
    yield row(f"burst_{size}_ms", ours, theirs, AIM)
