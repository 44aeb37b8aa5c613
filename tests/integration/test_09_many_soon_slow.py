# SPDX-License-Identifier: ISC
"""9. Two thousand at once, very short waits, slow DATA; with and without inotify.

Without inotify means hash_queue_names with hold: policyd must find new mail by
walking, and may then be late by one sweep.
"""

import math
import time

import pytest
from harness import (
    NO_INOTIFY,
    deliver_at,
    due_in,
    message,
    new_recipient,
    open_site,
)
from instance import Postfix
from waiting import wait_for_clock, wait_until

MANY = 2000
PADDING = b"All work and no play makes Jack a dull boy.\r\n" * 1500


@pytest.fixture(scope="module")
def hashed_postfix(shared_sink):
    """A Postfix whose hold queue is hashed: inotify on hold/ shows nothing."""
    with Postfix(shared_sink.port, hashed_hold=True) as postfix:
        postfix.start()
        yield postfix


@pytest.fixture(params=["walk"] if NO_INOTIFY else ["inotify", "walk"])
def either_site(request, shared_sink):
    """A site with inotify and the usual minute between walks, or one that walks."""
    walks = request.param == "walk"
    postfix = request.getfixturevalue("hashed_postfix" if walks else "shared_postfix")
    with open_site(postfix, shared_sink, walks=walks) as site:
        site.daemons.start()
        yield site


# Two thousand messages due in the same second


def test_two_thousand_in_one_second(either_site):
    """All leave hold in that second; each is delivered once and none before."""
    site = either_site
    due = due_in(8)
    recipients = site.send_many(due, MANY)
    assert site.postfix.count_held() == MANY
    assert time.time() < due, "sending took too long to tell anything"
    wait_for_clock(due)
    wait_until("all have left hold", lambda: site.postfix.count_held() == 0)
    site.assert_soon(due, time.time())
    for recipient in recipients:
        site.assert_not_early(recipient, due, 60)
    site.assert_queue_empty()
    site.assert_once(*recipients)


# Due soon after they were accepted


def test_due_some_seconds_after_acceptance(either_site):
    """Hardly accepted, and due: one, two and three seconds ahead."""
    dues = [due_in(seconds) for seconds in (1, 2, 3)]
    mails = [either_site.send(deliver_at(due)) for due in dues]
    for mail, due in zip(mails, dues):
        either_site.assert_on_time(mail, due)


def test_due_within_the_second(either_site):
    """At the next full second, from all distances to it: never early, never lost."""
    start = due_in(0.1)
    mails = []
    for number in range(20):
        wait_for_clock(start + number / 9.7)
        due = math.floor(time.time()) + 1
        mails.append((either_site.send(deliver_at(due)), due))
    for mail, due in mails:
        either_site.assert_on_time(mail, due)


# Slow DATA


def test_data_that_ends_after_the_moment(either_site):
    """The header was looked up in time, the message arrives 5 s after its moment."""
    site = either_site
    due = due_in(1)
    recipient = new_recipient("slow")
    data = site.postfix.open_data([recipient])
    data.write(message(deliver_at(due)) + PADDING)
    wait_until("the header is looked up", lambda: site.hold_lines(recipient))
    assert time.time() < due
    wait_for_clock(due + 5)
    assert not site.sink.deliveries(recipient)
    reply = data.finish()
    ended = time.time()
    assert reply.code == 250, reply
    delivery = site.assert_not_early(recipient, due)
    site.assert_soon(ended, delivery.ended)
    site.assert_once(recipient)
