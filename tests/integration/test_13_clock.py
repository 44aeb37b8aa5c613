# SPDX-License-Identifier: ISC
"""13. The wall clock of the daemons is stepped; Postfix and the sink keep theirs."""

import re
import time

import pytest
from faketime import SteppedClock
from harness import deliver_at, due_in, open_site
from waiting import wait_until

AN_HOUR = 3600
NOTICED_S = 1.0  # the daemons look at the wall clock each second at least


@pytest.fixture
def site(clock, shared_postfix, shared_sink, settings):
    """A site whose daemons go by that clock."""
    with open_site(shared_postfix, shared_sink, **settings) as stepped_site:
        daemons = stepped_site.daemons
        clock.give_to(daemons.hdrcheck, daemons.policyd)
        daemons.start()
        yield stepped_site


def assert_on_time(site, clock, mail, due):
    """Delivered once, not before that clock reached due, and soon after."""
    delivery = site.sink.wait_for(mail.recipient)
    early = due - (delivery.began + clock.offset)
    assert early <= 0, f"delivered {early:.3f} s early"
    site.assert_soon(due - clock.offset, delivery.ended, NOTICED_S)
    wait_until("it has left the queue", lambda: not site.postfix.find(mail.recipient))
    site.assert_once(mail.recipient)
    (line,) = site.daemons.policyd.logged(f"{mail.queue_id}: released")
    assert float(re.search(r"late=(-?[\d.]+)s", line).group(1)) >= 0


def test_stepped_forward(site, clock):
    """What is due by then leaves within a second of the step, the rest stays."""
    due = due_in(AN_HOUR)
    mail = site.send(deliver_at(due))
    clock.step_to(AN_HOUR - 30)
    sooner = due_in(clock.offset + 1)
    canary = site.send(deliver_at(sooner))
    assert_on_time(site, clock, canary, sooner)
    site.assert_held(mail)
    stepped = time.time()
    clock.step_to(due - int(stepped))
    delivery = site.sink.wait_for(mail.recipient)
    assert delivery.began >= stepped
    assert_on_time(site, clock, mail, due)


def test_stepped_back(site, clock):
    """Mail waits until the clock reaches its moment again, however long that is."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    clock.step_to(-3)
    assert_on_time(site, clock, mail, due)


def test_stepped_back_while_policyd_is_down(site, clock):
    """It starts with a clock that is behind the arrival of the mail."""
    site.daemons.policyd.kill()
    due = due_in(1)
    mail = site.send(deliver_at(due))
    clock.step_to(-3)
    site.daemons.policyd.start()
    assert_on_time(site, clock, mail, due)


@pytest.mark.settings(sweep_interval="1s")
def test_held_for_a_date_that_was_over_on_arrival(site, clock):
    """hdrcheck's clock was behind Postfix's: not ours for sure, so it stays; told once.

    A date that is not after the arrival may be anybody's (DESIGN section 5).
    """
    clock.step_to(-AN_HOUR)
    mail = site.send(deliver_at(due_in(-60)))
    site.assert_held(mail)
    clock.step_to(0)
    site.assert_stays_held(mail)
    site.assert_stays_held(mail)
    assert len(site.daemons.policyd.logged(f"{mail.queue_id}: stays on hold")) == 1
    site.discard(mail)
