# SPDX-License-Identifier: ISC
"""19. Delivery rules, asked by a real Postfix: each action."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from harness import deliver_at, due_in, new_recipient
from rules import (
    assert_nothing_was_done,
    delay,
    delayed,
    only_postponement,
    send_to,
    start,
)

AN_HOUR = 3600
SOON_S = 5
ZONES = ("Asia/Kathmandu", "Europe/Amsterdam", "America/New_York", "Pacific/Apia")


def rfc3339(moment):
    """A moment as rules write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


@pytest.mark.parametrize(
    "rules",
    [
        ["other recipient=other@sink.test : hold"],
        ["exempt sender=ann@sender.test : pass", "all sender=* : hold"],
        ["moved recipient=@sink.test : until 2020-01-01T00:00:00Z"],
        ["always sender=* : window Mon-Sun 00:00-24:00"],
    ],
    ids=["no match", "pass", "until what is past", "window that is open"],
)
def test_nothing_to_do(ruled_site, rules):
    """The message leaves at once, without a header."""
    start(ruled_site, *rules)
    assert_nothing_was_done(ruled_site, ruled_site.send().recipient)


def test_delay(ruled_site):
    """From the moment Postfix asks; on time to the second; the log tells why."""
    site = ruled_site
    start(site, f'undo sender=* : {delay(2)} reason="undo send"')
    with delayed(2) as moments:
        mail = site.send()
        moments.append(only_postponement(site, mail, "undo"))
    site.assert_on_time(mail, *moments)
    (line,) = site.daemons.policyd.logged("rule undo: until")
    for said in (
        f"until {rfc3339(moments[0])}",
        "sender=<ann@sender.test>",
        f"recipient=<{mail.recipient}>",
        "undo send",
    ):
        assert said in line
    (delivery,) = site.sink.deliveries(mail.recipient)
    assert b"undo send" not in delivery.content


def test_until(ruled_site):
    """A moment is kept exactly, in whatever zone it was written."""
    site = ruled_site
    due = due_in(3)
    in_india = rfc3339(due + 5 * AN_HOUR + AN_HOUR // 2).replace("Z", "+05:30")
    start(site, f"moving recipient=@sink.test : until {in_india}")
    mail = site.send()
    assert only_postponement(site, mail, "moving") == due
    site.assert_on_time(mail, due)


@pytest.mark.parametrize("zone", ZONES)
def test_window_that_is_closed(ruled_site, zone):
    """Held until its next opening, days ahead, as clocks show it there."""
    site = ruled_site
    here = ZoneInfo(zone)
    opening = datetime.now(here) + timedelta(days=3)
    opening = opening.replace(hour=12, minute=0, second=0, microsecond=0)
    excepted = (opening - timedelta(days=1)).date()
    days = f"{opening - timedelta(days=1):%a}-{opening:%a}"
    hours = f"12:00-12:01 tz={zone} except={excepted}"
    start(site, f"noon sender=* : window {days} {hours}")
    mail = site.send()
    assert only_postponement(site, mail, "noon") == opening.timestamp()
    site.discard(mail)


def test_window_that_opens(clock, ruled_site):
    """In the first second of its minute; the daemons' clock is a little before it."""
    site = ruled_site
    opening = due_in(SOON_S) // 60 * 60 + 60
    clock.step_to(opening - due_in(SOON_S))
    clock.give_to(site.daemons.hdrcheck, site.daemons.policyd)
    hours = [time.strftime("%H:%M", time.gmtime(opening + s)) for s in (0, 60)]
    start(site, f"quiet sender=* : window {'-'.join(hours)} tz=UTC")
    mail = site.send()
    assert only_postponement(site, mail, "quiet") == opening
    site.assert_on_time(mail, opening - clock.offset)


@pytest.mark.settings(requeue_after="0s")
def test_requeued_when_it_is_old(ruled_site):
    """A rule's header is no hindrance, and holds nothing a second time."""
    site = ruled_site
    start(site, f"undo sender=* : {delay(2)}")
    mail = site.send()
    site.assert_delivered_once(mail, only_postponement(site, mail, "undo"))
    (line,) = site.daemons.policyd.logged(f"{mail.queue_id}: released")
    assert "method=requeue" in line


def test_hold(ruled_site):
    """Held without an end, while other mail comes and goes."""
    site = ruled_site
    start(site, "freeze recipient=frozen@sink.test : hold")
    mail = site.send(recipient="frozen@sink.test")
    assert only_postponement(site, mail, "freeze") is None
    site.assert_stays_held(mail)
    site.discard(mail)


@pytest.mark.parametrize(
    "action, code",
    [("reject 5.7.1 not in this house", 554), ("defer 4.7.1 come back later", 450)],
)
def test_refusals(ruled_site, action, code):
    """The recipient is told the code and the text; the others get the mail."""
    site = ruled_site
    refused, other = new_recipient("refused"), new_recipient()
    start(site, f"no recipient={refused} : {action}")
    replies, end = send_to(site, refused, other)
    _verb, enhanced, text = action.split(None, 2)
    assert replies[refused].code == code
    assert replies[refused].text.startswith(enhanced)
    assert text in replies[refused].text
    assert end.code == 250
    assert_nothing_was_done(site, other)
    assert site.daemons.policyd.logged(f"rule no: {action}")


@pytest.mark.settings(permit_postpone="authenticated", unpermitted="release")
def test_a_rule_needs_no_permission(ruled_site):
    """Who may not postpone is postponed by a rule all the same, not by a date."""
    site = ruled_site
    start(site, f"undo sender=* : {delay(2)}", "freeze recipient=frozen@sink.test : hold")
    frozen = site.send(recipient="frozen@sink.test")
    mail = site.send(deliver_at(due_in(AN_HOUR)))
    site.assert_on_time(mail, only_postponement(site, mail, "undo"))
    site.assert_held(frozen)
    site.discard(frozen)


@pytest.mark.settings(max_postpone="1h")
def test_as_far_ahead_as_allowed(ruled_site):
    """hdrcheck takes what a rule says, whatever part of a second it is."""
    site = ruled_site
    start(site, "far sender=* : delay 59m59s")
    site.discard(*[site.send() for _ in range(5)])
