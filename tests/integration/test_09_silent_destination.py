# SPDX-License-Identifier: ISC
"""9. Much postponed mail for a destination that stays silent, and new mail.

A qmgr whose active queue is full of it takes in nothing else.
"""

from contextlib import contextmanager

import pytest
from harness import deliver_at, due_in, message, new_recipient, private_site
from sink import Silent
from waiting import wait_until

ACTIVE_LIMIT = 20
MANY = 2 * ACTIVE_LIMIT
NEW_MAIL_S = 20  # it takes a second at most
IN_VAIN_S = 5
# What leaves active is told by walks alone then.
HASHED_ACTIVE = "hash_queue_names = active\n"


def count(site, queue):
    """How many files there are in a queue, hashed or not."""
    folder = site.postfix.queue_folder / queue
    return sum(1 for path in folder.rglob("*") if path.is_file())


def remove_all(site):
    """Once nothing waits on hold; what moves meanwhile is found at another try."""

    def is_empty():
        site.postfix.command("postsuper", "-d", "ALL")
        return not site.postfix.queue()

    wait_until("all left hold", lambda: site.postfix.count_held() == 0, 90)
    wait_until("all is removed", is_empty, 30)


@contextmanager
def silent_site(sink, main_cf="", **settings):
    """Many messages are about to leave for a destination that says nothing."""
    with Silent() as silent:
        lines = (
            f"qmgr_message_active_limit = {ACTIVE_LIMIT}\n"
            "transport_maps ="
            f" inline:{{ {{silent.test = smtp:[127.0.0.1]:{silent.port}}} }}\n"
        )
        with private_site(sink, main_cf=lines + main_cf, **settings) as site:
            due = due_in(4)
            for number in range(MANY):
                site.postfix.smtp(
                    message(deliver_at(due)), [f"ben{number}@silent.test"]
                )
            assert site.postfix.count_held() == MANY, "too slow for this test"
            yield site, silent


@pytest.mark.parametrize("main_cf", ["", HASHED_ACTIVE], ids=["inotify", "walk"])
def test_new_mail_gets_through_with_auto(shared_sink, main_cf):
    """Half of active is left to it; the others leave when the first are tried."""
    with silent_site(shared_sink, main_cf, release_rate="auto") as (site, silent):
        wait_until(
            "half of active is used", lambda: count(site, "active") >= ACTIVE_LIMIT / 2
        )
        new = site.send()
        site.sink.wait_for(new.recipient, NEW_MAIL_S)
        wait_until("it is gone", lambda: count(site, "active") == ACTIVE_LIMIT / 2)
        assert site.postfix.count_held() == MANY - ACTIVE_LIMIT / 2
        silent.close()
        remove_all(site)


def test_new_mail_does_not_without_it(shared_sink):
    """So that the test above tells something."""
    with silent_site(shared_sink) as (site, silent):
        wait_until("active is full", lambda: count(site, "active") >= ACTIVE_LIMIT)
        recipient = new_recipient()
        site.postfix.smtp(message(), [recipient])
        with pytest.raises(AssertionError):
            site.sink.wait_for(recipient, IN_VAIN_S)
        silent.close()
        site.sink.wait_for(recipient, NEW_MAIL_S)
        remove_all(site)
