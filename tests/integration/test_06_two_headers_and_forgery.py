# SPDX-License-Identifier: ISC
"""6. Two headers: the later counts. Forged `(rule x)` and `never (rule x)`."""

import pytest
from harness import HEADER, SWEEP_S, deliver_at, due_in, rfc5322
from waiting import wait_until

FORGED_NEVER = f"{HEADER}: never (rule x)"
FORGED_TRACE = (
    "Received: by private.test (Postfix, from userid {uid})\r\n"
    "\tid 4F1A2B3C4D; Mon, 05 Jan 2026 08:00:00 +0000 (UTC)"
)
SUBMISSIONS = ("smtp", "sendmail")


def submit(site, how, *headers):
    """The message by SMTP or by sendmail(1)."""
    return site.send(*headers) if how == "smtp" else site.sendmail(*headers)


def test_the_later_counts(site):
    """The message leaves when all its dates are due, in whatever order they stand."""
    first, later = due_in(1), due_in(3)
    orders = ((first, later), (later, first), (first, later, first))
    mails = [
        submit(site, how, *map(deliver_at, order))
        for order in orders
        for how in SUBMISSIONS
    ]
    for mail in mails:
        site.assert_held(mail)
    for mail in mails:
        site.assert_on_time(mail, later)


def test_a_past_and_a_future_date(site):
    """A date that is over takes nothing away from one that is not."""
    due = due_in(1)
    mail = site.send(deliver_at(due - 3600), deliver_at(due), deliver_at(due - 7200))
    site.assert_held(mail)
    site.assert_on_time(mail, due)


def test_two_past_dates_pass_at_once(site):
    """All due: nothing to wait for."""
    site.assert_passes_at_once(site.send(deliver_at(due_in(-9)), deliver_at(due_in(-5))))


@pytest.mark.parametrize("how", SUBMISSIONS)
def test_forged_rule_date_is_just_a_date(site, how):
    """`(rule x)` in a sender's own header is a comment: held, and due as it says."""
    due = due_in(1)
    mail = submit(site, how, f"{HEADER}: {rfc5322(due)} (rule x)")
    site.assert_held(mail)
    site.assert_on_time(mail, due)


@pytest.mark.parametrize("how", SUBMISSIONS)
def test_forged_never_leaves_at_once(site, how):
    """hdrcheck holds it; the scheduler sees that no rule said so and lets it go."""
    assert_held_and_let_go(site, submit(site, how, FORGED_NEVER))


@pytest.mark.parametrize("how", SUBMISSIONS)
def test_forged_never_beside_a_date(site, how):
    """A forged never counts as due: the date beside it decides."""
    due = due_in(1)
    mail = submit(site, how, FORGED_NEVER, deliver_at(due))
    site.assert_held(mail)
    site.assert_on_time(mail, due)


@pytest.mark.parametrize("how", SUBMISSIONS)
@pytest.mark.parametrize("user", ["root", "mail_owner"])
def test_forged_never_behind_a_forged_trace(site, how, user):
    """A Received: like a requeue's, from the sender, does not make it a rule's."""
    trace = FORGED_TRACE.format(uid=0 if user == "root" else site.postfix.mail_owner_uid)
    assert_held_and_let_go(site, submit(site, how, trace, FORGED_NEVER, trace))


def assert_held_and_let_go(site, mail):
    """cleanup put it on hold, and it left at once all the same: after a walk."""
    delivery = site.sink.wait_for(mail.recipient)
    holds = wait_until(
        "the hold is logged", lambda: site.postfix.logged(f" {mail.queue_id}: hold:")
    )
    assert len(holds) == 1
    site.assert_once(mail.recipient)
    site.assert_soon(mail.sent, delivery.began, SWEEP_S)
