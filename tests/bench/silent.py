# SPDX-License-Identifier: ISC
"""New mail while much postponed mail leaves for a destination that stays silent."""

import os
import time

from fill import any_held, fill
from harness import due_in, message, new_recipient
from mail import mail_site
from parts import sizes
from sink import Silent, Sink
from synthetic import status
from table import ratio_at_most, row
from waiting import wait_for_clock, wait_until

MAILS = 40
AIM = ratio_at_most(2)
LEAD_S = 10
FILL_PER_S = 1000
DELIVERY_S = 60


def count(site, queue):
    """How many files there are in a queue that is not hashed."""
    return len(os.listdir(site.postfix.queue_folder / queue))


def deliver_new(site, sink):
    """How long each of some new messages takes from its submission, in ms."""
    took = []
    for _ in range(MAILS):
        recipient = new_recipient()
        began = time.time()
        site.postfix.smtp(message(), [recipient])
        took.append((sink.wait_for(recipient, DELIVERY_S).ended - began) * 1000)
    return took


def remove_all(site):
    """Whatever is left, wherever it is."""

    def is_empty():
        site.postfix.command("postsuper", "-d", "ALL")
        return not site.postfix.queue()

    wait_until("all is removed", is_empty, DELIVERY_S)


@sizes(short=(5_000, 1_000), large=(100_000, 20_000))
def silent(size):
    """Before anything is released, and while all that may be on its way is."""
    total, limit = size
    with Sink() as sink, Silent() as nobody:
        lines = (
            f"qmgr_message_active_limit = {limit}\n"
            "transport_maps = inline:{"
            f" {{silent.test = smtp:[127.0.0.1]:{nobody.port}}}"
            f" {{sink.test = smtp:[127.0.0.1]:{sink.port}}} }}\n"
        )
        with mail_site(main_cf=lines, release_rate="auto") as site:
            site.daemons.start()
            theirs = deliver_new(site, sink)
            due = due_in(LEAD_S + total / FILL_PER_S)
            fill(site, due, total, "ben@silent.test")
            wait_until(
                "all wait",
                lambda: status(site)["waiting"] == total,
                due - time.time(),
            )
            assert time.time() < due, "too slow for this bench"
            wait_for_clock(due)
            wait_until(
                "half of active is used",
                lambda: count(site, "active") >= limit / 2,
                DELIVERY_S,
            )
            ours = deliver_new(site, sink)
            assert any_held(site), "all left: new mail had nothing beside it"
            site.daemons.stop()
            nobody.close()
            remove_all(site)
    yield row(f"silent_{total}_new_mail_ms", ours, theirs, AIM)
