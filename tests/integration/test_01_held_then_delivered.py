# SPDX-License-Identifier: ISC
"""1. Held, then delivered at the due second, never before; content unchanged."""

import re
import time

from harness import deliver_at, due_in, message, new_recipient
from waiting import wait_for_clock, wait_until

# Everything a mail system is tempted to touch: 8-bit text, blanks at line ends,
# tabs, a lone dot, a "From " line, long lines, blank lines at the end.
BODY = (
    "Gr\xfc\xdfe \xe4\xf6\xfc\r\n"
    "trailing blanks   \r\n"
    "\ttab\t\r\n"
    ".\r\n"
    "..two dots\r\n"
    "From here on\r\n" + "long " * 180 + "\r\n"
    "\r\n\r\n\r\n"
)
ODD_HEADERS = (
    "x-CASE:no blank after the colon",
    "X-Folded: one\r\n\ttwo\r\n   three  ",
    "X-Twice: first",
    "X-Twice: second",
    "X-Empty:",
)


def without_trace(content):
    """The content without the Received: header this Postfix put on top."""
    assert content.startswith(b"Received: ")
    return re.sub(rb"\AReceived: .*\r\n(?:[ \t].*\r\n)*", b"", content)


def test_is_held_when_accepted(site):
    """250 is said once the message is safe on hold, and the log says until when."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.assert_held(mail)
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(due))
    wait_until(
        "cleanup logs the hold",
        lambda: site.postfix.logged(f" {mail.queue_id}: hold: .*until {until}"),
    )
    site.assert_on_time(mail, due)


def test_is_delivered_in_the_due_second(site):
    """Neither qmgr nor the sink sees it before; both see it in that second."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.assert_on_time(mail, due)


def test_is_still_held_just_before_it_is_due(site):
    """A tenth of a second before the moment it is on hold."""
    due = due_in(2)
    mail = site.send(deliver_at(due))
    wait_for_clock(due - 0.1)
    held = site.is_held(mail)
    if time.time() < due:
        assert held
    site.assert_on_time(mail, due)


def test_many_due_times_none_early(site):
    """Thirty messages over three seconds, sent in no order: each in its second."""
    start = due_in(2)
    dues = [start + 7 * number % 3 for number in range(30)]
    mails = [(site.send(deliver_at(due)), due) for due in dues]
    for mail, due in mails:
        site.assert_on_time(mail, due)


def test_content_is_unchanged(site):
    """Byte for byte the message that passed without our header, plus that line."""
    due = due_in(1)
    held = site.send(deliver_at(due), *ODD_HEADERS, body=BODY)
    plain = site.send(*ODD_HEADERS, body=BODY)
    site.assert_on_time(held, due)
    line = f"{deliver_at(due)}\r\n".encode()
    got = without_trace(site.sink.wait_for(held.recipient).content)
    want = without_trace(site.sink.wait_for(plain.recipient).content)
    assert got.count(line) == 1
    assert got.replace(line, b"") == want
    assert want == message(*ODD_HEADERS, body=BODY)


def test_envelope_is_unchanged(site):
    """The sender and all recipients, in one delivery."""
    due = due_in(1)
    recipients = [new_recipient(), new_recipient(), new_recipient()]
    content = message(deliver_at(due))
    reply = site.postfix.smtp(content, recipients, sender="odd+one@sender.test")
    assert reply.code == 250
    delivery = site.assert_not_early(recipients[0], due)
    assert delivery.sender == "odd+one@sender.test"
    assert sorted(delivery.recipients) == sorted(recipients)
    site.assert_once(*recipients)


def test_release_is_logged_with_the_queue_id(site):
    """grep for the queue id tells when it was due and how late it left."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.assert_on_time(mail, due)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(due))
    pattern = (
        rf"{mail.queue_id}: released, due={stamp}, late=(\d+\.\d+)s, method=release"
    )
    (line,) = wait_until(
        "policyd logs the release", lambda: site.daemons.policyd.logged(pattern)
    )
    assert float(re.search(pattern, line).group(1)) < 1
