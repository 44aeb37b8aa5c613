# SPDX-License-Identifier: ISC
"""4. A date that cannot be honoured: 550 over SMTP with the reason; a local bounce."""

import re
import time

import pytest
from harness import HEADER, deliver_at, due_in, message, new_recipient

YEAR_S = 366 * 86400
WRONG_DAY = "Mon, 25 Dec 2026 09:00:00 +0000"  # a Friday
ZONELESS = "Fri, 25 Dec 2026 09:00:00"

# One of each kind: every kind has a reason of its own.
KINDS = {
    "empty": "",
    "no zone": ZONELESS,
    "unknown zone": "Fri, 25 Dec 2026 09:00:00 CEST",
    "military zone": "Fri, 25 Dec 2026 09:00:00 A",
    "wrong day name": WRONG_DAY,
    "impossible date": "31 Feb 2027 09:00:00 +0000",
    "trailing junk": "Fri, 25 Dec 2026 09:00:00 +0000 sharp",
    "bare number": "1798189200",
    "relative time": "+2h",
    "blank for T": "2026-12-25 09:00:00Z",
    "never": "never",
}
MORE = {
    "words": "tomorrow morning",
    "hour 24": "Fri, 25 Dec 2026 24:00:00 +0000",
    "impossible zone": "Fri, 25 Dec 2026 09:00:00 +2500",
    "zoneless RFC 3339": "2026-12-25T09:00:00",
    "comment only": "(soon)",
    "bytes": "\xff\xfe\x80",
    "control bytes": "\x01\x02\x1b[31m",
}
LOCAL = {name: KINDS[name] for name in ("no zone", "wrong day name", "relative time")}


def far(seconds):
    """A header that many seconds behind the furthest permitted moment."""
    return deliver_at(int(time.time()) + YEAR_S + seconds)


def assert_refused(site, reply, status="5.6.0"):
    """550, enhanced status, our reason, and nothing taken. Returns the reason."""
    match = re.fullmatch(rf"{re.escape(status)} X-Deliver-At: ([ -~]+)", reply.text)
    assert reply.code == 550 and match, reply
    assert not site.postfix.queue()
    return match.group(1)


@pytest.mark.parametrize("name", [*KINDS, *MORE])
def test_refused_over_smtp(site, name):
    """550 5.6.0 with a reason that repeats none of the sender's words."""
    value = {**KINDS, **MORE}[name]
    reason = assert_refused(site, site.submit(message(f"{HEADER}: {value}")))
    words = set(re.findall(r"[^\s:,]{3,}", value)) - {"never"}
    assert not [word for word in words if word in reason]


def test_each_kind_has_its_own_reason(site):
    """No two kinds of mistake are told in the same words."""
    replies = [site.submit(message(f"{HEADER}: {value}")) for value in KINDS.values()]
    reasons = [assert_refused(site, reply) for reply in replies]
    assert len(set(reasons)) == len(KINDS), reasons


@pytest.mark.parametrize(
    "value, word", [(ZONELESS, "zone"), (WRONG_DAY, "day"), ("", "empty")]
)
def test_the_reason_says_what_is_wrong(site, value, word):
    """A sender can tell from it what to mend."""
    assert word in assert_refused(site, site.submit(message(f"{HEADER}: {value}")))


def test_too_far(site):
    """550 5.7.1: policy, not spelling. The limit is named."""
    reason = assert_refused(site, site.submit(message(far(60))), "5.7.1")
    assert reason == "more than 366 days ahead"


def test_far_but_permitted(site):
    """Some seconds inside the limit it is held."""
    mail = site.send(far(-60))
    site.assert_held(mail)
    site.discard(mail)


@pytest.mark.settings(max_postpone="1h")
def test_the_limit_is_a_setting(site):
    """max_postpone moves it."""
    assert_refused(site, site.submit(message(deliver_at(due_in(3700)))), "5.7.1")
    mail = site.send(deliver_at(due_in(3500)))
    site.assert_held(mail)
    site.discard(mail)


def test_line_too_long(site):
    """2,000 characters and more never reach hdrcheck: the recipe refuses them."""
    padded = deliver_at(due_in(60)) + " (" + "\r\n x" * 1000 + ")"
    reason = assert_refused(site, site.submit(message(padded)))
    assert reason == "line too long"


def test_one_bad_header_among_good_ones(site):
    """A good date beside it saves nothing."""
    reply = site.submit(message(deliver_at(due_in(60)), f"{HEADER}: {ZONELESS}"))
    assert_refused(site, reply)


def test_nobody_gets_anything(site):
    """Refused is refused, for each of several recipients."""
    recipients = [new_recipient(), new_recipient()]
    reply = site.postfix.smtp(message(f"{HEADER}: soon"), recipients)
    assert_refused(site, reply)
    site.assert_passes_at_once(site.send())
    assert not any(site.sink.deliveries(to) for to in recipients)


def assert_bounced(site, header, reason):
    """sendmail(1) takes it; the sender gets it back with the reason."""
    sender, recipient = new_recipient("ann"), new_recipient()
    content = message(header).replace(b"\r\n", b"\n")
    site.postfix.sendmail(content, [recipient], sender=sender)
    bounce = site.sink.wait_for(sender)
    assert bounce.sender == ""
    assert reason in " ".join(bounce.content.decode("latin-1").split())
    assert not site.sink.deliveries(recipient)


@pytest.mark.parametrize("name", LOCAL)
def test_local_submission_bounces(site, name):
    """The same reason as over SMTP, in a message to the sender."""
    header = f"{HEADER}: {LOCAL[name]}"
    reason = assert_refused(site, site.submit(message(header)))
    assert_bounced(site, header, reason)


def test_local_submission_too_far_bounces(site):
    """Likewise for a date beyond the limit."""
    assert_bounced(site, far(60), "more than 366 days ahead")
