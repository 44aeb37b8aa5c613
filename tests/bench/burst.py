# SPDX-License-Identifier: ISC
"""A burst: all mail due in one second, beside postsuper releasing as much."""

import time
from statistics import median

from harness import due_in
from mail import inject, is_empty, mail_site
from table import Row, ratio_at_most
from waiting import wait_for_clock

MESSAGES = 10_000
ROUNDS = 3
AIM = 1.5
TIMEOUT_S = 60
LOOK_S = 0.001  # hold is looked at so often


def hold_ids(site):
    """The ids on hold, all of them."""
    ids = [e["queue_id"] for e in site.postfix.queue() if e["queue_name"] == "hold"]
    assert len(ids) == MESSAGES, f"{len(ids)} of {MESSAGES} are held"
    return ids


def seconds_until_hold_is_empty(site, began):
    """How long after began the last message left hold."""
    hold = site.postfix.queue_folder / "hold"
    while not is_empty(hold):
        assert time.time() < began + TIMEOUT_S, "hold does not empty"
        time.sleep(LOOK_S)
    return time.time() - began


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
    took_s = seconds_until_hold_is_empty(site, due)
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
            ours.append(release_all(site, submitting_s * 1.5 + 3) * 1000)
    name = f"burst_{MESSAGES}_ms"
    yield Row(name, median(ours), median(theirs), ratio_at_most(AIM))
