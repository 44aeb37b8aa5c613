# SPDX-License-Identifier: ISC
"""8. Postfix and policyd stop, start and die in any order while mail waits."""

import time

import pytest
from daemons import Daemon
from harness import deliver_at, due_in, message, open_site
from instance import Postfix
from waiting import wait_for_clock, wait_until

PROMPT_S = 2.0  # from the start of what was missing to the delivery


@pytest.fixture(scope="module")
def own_postfix(shared_sink):
    """A Postfix these tests may stop."""
    with Postfix(shared_sink.port) as postfix:
        yield postfix


@pytest.fixture
def own_site(own_postfix, shared_sink, settings):
    """That Postfix, running, with daemons not started yet."""
    own_postfix.start()
    with open_site(own_postfix, shared_sink, **settings) as site:
        yield site
    own_postfix.stop()


@pytest.fixture
def running_site(own_site):
    """That Postfix with daemons that run."""
    own_site.daemons.start()
    return own_site


def assert_prompt(site, mail, due):
    """Overdue mail leaves as soon as it can, not before its moment, and once."""
    began = time.time()
    assert began >= due
    delivery = site.assert_not_early(mail.recipient, due)
    assert delivery.ended - began < PROMPT_S
    site.assert_once(mail.recipient)


def test_postfix_restarted_before_the_moment(running_site):
    """It was down for a while; the moment is kept."""
    site = running_site
    due = due_in(3)
    mail = site.send(deliver_at(due))
    site.postfix.stop()
    site.postfix.start()
    assert time.time() < due, "Postfix took too long to start to tell anything"
    site.assert_held(mail)
    site.assert_on_time(mail, due)
    assert site.daemons.policyd.is_running()


def test_postfix_down_at_the_moment(running_site):
    """Due while Postfix is down: delivered as soon as it is back, once."""
    site = running_site
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.postfix.stop()
    wait_for_clock(due + 1)
    site.postfix.start()
    assert_prompt(site, mail, due)


def test_new_mail_after_a_postfix_restart(running_site):
    """The daemons need no restart of their own."""
    site = running_site
    site.postfix.stop()
    site.postfix.start()
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.assert_on_time(mail, due)


def test_policyd_started_before_postfix_was_ever_started(shared_sink):
    """Not even the queue's folders are there yet."""
    with Postfix(shared_sink.port) as postfix, open_site(postfix, shared_sink) as site:
        assert not (postfix.queue_folder / "hold").exists()
        site.daemons.start()
        postfix.start()
        assert_works(site)


def test_policyd_started_while_postfix_is_down(own_site):
    """The queue is there, its owner is not; it holds mail that is overdue by then."""
    site = own_site
    site.daemons.hdrcheck.start()
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.postfix.stop()
    wait_for_clock(due)
    site.daemons.policyd.start()
    site.postfix.start()
    assert_prompt(site, mail, due)
    assert_works(site)


def assert_works(site):
    """A message from now on is on time."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.assert_held(mail)
    site.assert_on_time(mail, due)


def test_policyd_started_late(own_site):
    """Overdue mail leaves at once, the rest on time; nothing needs to be remembered."""
    site = own_site
    site.daemons.hdrcheck.start()
    due = due_in(1)
    overdue = [site.send(deliver_at(due)) for _ in range(5)]
    later = due + 3
    waiting = site.send(deliver_at(later))
    wait_for_clock(due + 1)
    for mail in overdue:
        site.assert_held(mail)
    site.daemons.policyd.start()
    for mail in overdue:
        assert_prompt(site, mail, due)
    site.assert_on_time(waiting, later)


@pytest.mark.parametrize("end", [Daemon.kill, Daemon.stop])
def test_policyd_ended_and_started_while_mail_waits(running_site, end):
    """kill -9 of all of it, or an orderly end: neither early nor lost nor twice."""
    site = running_site
    due = due_in(2)
    mail = site.send(deliver_at(due))
    end(site.daemons.policyd)
    site.daemons.policyd.start()
    site.assert_on_time(mail, due)


def test_reload_while_mail_waits(running_site):
    """SIGHUP loses nothing, and brings the new limit into force."""
    site = running_site
    due = due_in(2)
    mail = site.send(deliver_at(due))
    site.daemons.configure(max_postpone="1h")
    site.daemons.hdrcheck.reload()
    site.daemons.policyd.reload()
    wait_until("the new limit is in force", lambda: _refuses_two_hours(site))
    site.assert_on_time(mail, due)


def _refuses_two_hours(site):
    reply = site.submit(message(deliver_at(due_in(7200))))
    if reply.code == 250:
        site.postfix.delete(reply.queue_id)
    return reply.code == 550
