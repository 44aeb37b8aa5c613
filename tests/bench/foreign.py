# SPDX-License-Identifier: ISC
"""What releases cost qmgr beside much deferred mail of others: each kick scans it."""

import os
import time

from fill import FIRST_ID, copies, held_names
from harness import deliver_at, due_in, message, new_recipient
from mail import count_sent, mail_site
from parts import sizes
from synthetic import status
from table import above_theirs_at_most, row
from waiting import wait_for_clock, wait_until

SECONDS = 10  # of a round, with a message in each
ROUNDS = 2
AIM = above_theirs_at_most(150)  # ms a second: a tenth of a core, and the rest
LEAD_S = 3
AHEAD_S = 86400
FOREIGN_TIMEOUT_S = 120


def qmgr_cpu_ms(site):
    """How much CPU time qmgr has used."""
    pid = site.postfix.daemon("qmgr").pid
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0]) / 1e6


def defer_many(site, count):
    """So many files in deferred whose next try is a day away."""
    site.postfix.smtp(message(deliver_at(due_in(AHEAD_S))), [new_recipient()])
    wait_until("one is held", lambda: held_names(site))
    (name,) = held_names(site)
    held = site.postfix.queue_folder / "hold" / name
    folder = site.postfix.queue_folder / "deferred" / f"{FIRST_ID:X}"[0]
    folder.mkdir(mode=0o700, exist_ok=True)
    os.chown(folder, held.stat().st_uid, -1)
    template = folder / "template"
    template.write_bytes(held.read_bytes())
    later = time.time() + AHEAD_S
    for queue_id in copies(site, template, count):
        os.utime(folder / queue_id, (later, later))
    template.unlink()
    site.postfix.command("postsuper", "-d", name, "hold")


def one_a_second(site, due_ones):
    """qmgr's ms a second while a message leaves in each: postponed, or new."""
    first = due_in(LEAD_S)
    sent_before = count_sent(site)
    if due_ones:
        for second in range(SECONDS):
            content = message(deliver_at(first + second))
            site.postfix.smtp(content, [new_recipient()])
    wait_for_clock(first - 0.5)
    before = qmgr_cpu_ms(site)
    for second in range(SECONDS):
        wait_for_clock(first + second)
        if not due_ones:
            site.postfix.smtp(message(), [new_recipient()])
    wait_until("all are sent", lambda: count_sent(site) == sent_before + SECONDS, 30)
    return (qmgr_cpu_ms(site) - before) / SECONDS


@sizes(short=5_000, large=100_000)
def foreign(size):
    """By turns, with both daemons running all the time."""
    ours, theirs = [], []
    with mail_site() as site:
        site.daemons.hdrcheck.start()
        defer_many(site, size)
        site.daemons.policyd.start()
        wait_until("a walk", lambda: status(site)["walks"] > 0, FOREIGN_TIMEOUT_S)
        for _ in range(ROUNDS):
            theirs.append(one_a_second(site, False))
            ours.append(one_a_second(site, True))
        site.daemons.stop()
        site.postfix.command("postsuper", "-d", "ALL", "deferred")
    yield row(f"foreign_{size}_qmgr_ms_a_s", ours, theirs, AIM)
