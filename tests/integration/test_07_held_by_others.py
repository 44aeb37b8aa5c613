# SPDX-License-Identifier: ISC
"""7. Mail that somebody else holds stays where it is, with a date or without."""

import pytest
from harness import HEADER, QUARANTINE, deliver_at, due_in
from processes import frozen
from waiting import wait_until

# Walk often, so that a release by a walk cannot hide behind the usual minute.
pytestmark = pytest.mark.settings(sweep_interval="1s")

STRANGER = "ADDR=203.0.113.9"
ANN = "LOGIN=ann ADDR=203.0.113.9"
PERMITTED_NET = "ADDR=192.0.2.7"


# Held by an administrator


def test_held_by_an_administrator_stays(site):
    """No date: not ours."""
    mail = site.send_and_defer()
    site.postfix.hold(mail.queue_id)
    site.assert_stays_held(mail)
    site.discard(mail)


def test_held_untried_by_an_administrator_stays(site):
    """No date, never tried: held the moment it came in."""
    with frozen(site.postfix.daemon("qmgr").pid):
        mail = site.send()
        site.postfix.hold(mail.queue_id)
    site.assert_stays_held(mail)
    site.discard(mail)


def test_past_date_held_by_an_administrator_stays(site):
    """hdrcheck let it pass, so it was not hdrcheck who held it."""
    with frozen(site.postfix.daemon("qmgr").pid):
        mail = site.send(deliver_at(due_in(-3600)))
        site.postfix.hold(mail.queue_id)
    site.assert_stays_held(mail)
    site.discard(mail)


# Ours, released, and then held by an administrator


def test_released_tried_and_held_stays(site):
    """postsuper -h ALL after a first attempt."""
    mail = site.send_and_defer(deliver_at(due_in(1)))
    site.postfix.hold("ALL")
    site.assert_stays_held(mail)
    site.discard(mail)


def test_released_tried_and_held_stays_after_a_restart(site):
    """policyd has forgotten that it released it; the delay reason tells."""
    mail = site.send_and_defer(deliver_at(due_in(1)))
    site.postfix.hold("ALL")
    site.daemons.policyd.stop()
    site.daemons.policyd.start()
    site.assert_stays_held(mail)
    site.discard(mail)


def test_released_untried_and_held_stays(site):
    """postsuper -h ALL between the release and the first attempt."""
    mail = site.send(deliver_at(due_in(1)))
    site.assert_held(mail)
    with frozen(site.postfix.daemon("qmgr").pid):
        wait_until(
            "policyd releases it",
            lambda: site.postfix.queue_name(mail.queue_id) == "deferred",
        )
        site.postfix.hold("ALL")
    assert "delay_reason" not in site.postfix.find(mail.recipient)["recipients"][0]
    site.assert_stays_held(mail)
    site.discard(mail)


def test_postponed_mail_does_not_heed_postsuper_hold(site):
    """postsuper -h skips what is on hold already: a postponed message still leaves."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.postfix.hold("ALL")
    site.assert_on_time(mail, due)


# Held by check_sender_access HOLD, with a date


def quarantined(site, line, **connection):
    """A message on which the quarantine and our header both asked for hold."""
    return site.send(line, sender=QUARANTINE, **connection)


def test_quarantined_without_a_future_date_stays(site):
    """The plain quarantine: none of our business; nor is a date that was over."""
    plain = site.send(sender=QUARANTINE)
    past = quarantined(site, deliver_at(due_in(-3600)))
    site.assert_stays_held(plain, past)
    site.discard(plain, past)


# permit_postpone, and how somebody submits whom it permits
PERMISSIONS = {
    "authenticated": ("authenticated", ANN),
    "local": ("local", "sendmail"),
    "both": ("authenticated, local", ANN),
    "an address": ("192.0.2.7", PERMITTED_NET),
    "a network": ("2001:db8::/32 192.0.2.0/24", PERMITTED_NET),
}


@pytest.mark.parametrize(
    "permitted",
    [
        pytest.param(
            permitted, id=name, marks=pytest.mark.settings(permit_postpone=permit)
        )
        for name, (permit, permitted) in PERMISSIONS.items()
    ],
)
def test_submitter_not_permitted_stays(site, permitted):
    """A stranger's date does not open the quarantine; permitted mail leaves on time."""
    due = due_in(1)
    mail = quarantined(site, deliver_at(due), xclient=STRANGER)
    assert_leaves_at(site, due + 1, permitted)
    site.assert_held(mail)
    site.discard(mail)


def assert_leaves_at(site, due, submitter):
    """Postponed mail of this submitter is delivered in that second."""
    line = deliver_at(due)
    by_sendmail = submitter == "sendmail"
    mail = site.sendmail(line) if by_sendmail else site.send(line, xclient=submitter)
    site.assert_on_time(mail, due)


@pytest.mark.settings(permit_postpone="authenticated")
def test_forged_never_of_a_stranger_stays(site):
    """Nor does a forged never: it would be due at once."""
    mail = quarantined(site, f"{HEADER}: never (rule x)", xclient=STRANGER)
    assert_leaves_at(site, due_in(1), ANN)
    site.assert_held(mail)
    site.discard(mail)


@pytest.mark.settings(permit_postpone="authenticated")
def test_permitted_submitter_leaves_on_time(site):
    """Why a quarantine that holds needs veto_headers: who else asked is not known."""
    due = due_in(1)
    mail = quarantined(site, deliver_at(due), xclient=ANN)
    site.assert_on_time(mail, due)


@pytest.mark.settings(permit_postpone="authenticated", unpermitted="release")
def test_unpermitted_release_lets_it_go(site):
    """The date is ignored: it leaves at once, not at its moment."""
    mail = quarantined(site, deliver_at(due_in(3600)), xclient=STRANGER)
    delivery = site.sink.wait_for(mail.recipient)
    site.assert_soon(mail.sent, delivery.began)
    site.assert_once(mail.recipient)


@pytest.mark.settings(permit_postpone="authenticated", unpermitted="release")
def test_unpermitted_release_keeps_what_has_no_date(site):
    """Only a date that is not permitted is let go; a quarantine without stays."""
    plain = site.send(sender=QUARANTINE, xclient=STRANGER)
    canary = quarantined(site, deliver_at(due_in(3600)), xclient=STRANGER)
    site.sink.wait_for(canary.recipient)
    site.assert_held(plain)
    site.discard(plain)


@pytest.mark.settings(veto_headers="X-Spam-Quarantine, X-Quarantine")
@pytest.mark.parametrize("veto", ["X-Quarantine: yes", "x-spam-QUARANTINE:"])
def test_veto_header_stays(site, veto):
    """The quarantine's own mark outweighs the date of anybody."""
    due = due_in(1)
    mail = site.send(deliver_at(due), veto, sender=QUARANTINE)
    site.assert_stays_held(mail, after=due)
    site.discard(mail)


@pytest.mark.settings(veto_headers="X-Quarantine", unpermitted="release")
def test_veto_header_stays_with_unpermitted_release(site):
    """Letting unpermitted dates go does not let vetoed mail go."""
    due = due_in(1)
    mail = site.send(deliver_at(due), "X-Quarantine: yes", sender=QUARANTINE)
    site.assert_stays_held(mail, after=due)
    site.discard(mail)


@pytest.mark.settings(veto_headers="X-Quarantine")
def test_near_veto_headers_veto_nothing(site):
    """Only that very name, and only in the outer header."""
    due = due_in(1)
    mail = site.send(
        deliver_at(due),
        "X-Quarantine-Not: yes",
        body="X-Quarantine: yes\r\n\r\nTea?\r\n",
    )
    site.assert_on_time(mail, due)
