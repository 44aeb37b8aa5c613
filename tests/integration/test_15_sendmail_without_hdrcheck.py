# SPDX-License-Identifier: ISC
"""15. sendmail(1) while hdrcheck is down, and then up."""

import pytest
from harness import Mail, deliver_at, due_in, message, new_recipient
from waiting import wait_for_clock, wait_until


@pytest.fixture
def half_site(cold_site):
    """policyd runs, hdrcheck does not."""
    cold_site.daemons.policyd.start()
    return cold_site


def submit(site, *headers):
    """sendmail(1) takes it, and pickup has tried in vain; no queue id lasts yet."""
    recipient = new_recipient()
    failures = len(site.postfix.logged("pickup.*: warning: maildrop/"))
    site.postfix.sendmail(message(*headers).replace(b"\r\n", b"\n"), [recipient])
    wait_until(
        "pickup has tried",
        lambda: len(site.postfix.logged("pickup.*: warning: maildrop/")) > failures,
    )
    return recipient


def in_queue(site, recipient, name):
    """The message to recipient, once it is in the queue of this name."""

    def there():
        entry = site.postfix.find(recipient)
        return entry and entry["queue_name"] == name and entry

    return Mail(recipient, wait_until(f"it is in {name}", there)["queue_id"])


def bring_hdrcheck_up(site):
    """Start it, and let pickup try again now rather than in a minute."""
    site.daemons.hdrcheck.start()
    site.postfix.wake_pickup()


def assert_waits_in_maildrop(site, *recipients):
    """There, once pickup has ended its last attempt; nothing was delivered."""
    for recipient in recipients:
        in_queue(site, recipient, "maildrop")
        assert not site.sink.deliveries(recipient)


def test_a_date_that_is_ahead_waits_in_maildrop_and_is_held_then(half_site):
    """Neither lost nor early; on hold once hdrcheck is back, and on time."""
    site = half_site
    due = due_in(4)
    recipients = [submit(site, deliver_at(due)) for _ in range(2)]
    assert_waits_in_maildrop(site, *recipients)
    bring_hdrcheck_up(site)
    for mail in [in_queue(site, recipient, "hold") for recipient in recipients]:
        site.assert_on_time(mail, due)
        assert len(site.hold_lines(mail.recipient)) == 1


def test_a_date_that_came_meanwhile_passes(half_site):
    """Due before hdrcheck is back: delivered then, once, and never on hold."""
    site = half_site
    due = due_in(1)
    dates = (deliver_at(due), deliver_at(due - 3600))
    recipients = [submit(site, date) for date in dates]
    wait_for_clock(due + 1)
    assert_waits_in_maildrop(site, *recipients)
    bring_hdrcheck_up(site)
    for recipient in recipients:
        site.sink.wait_for(recipient)
    site.assert_queue_empty()
    for recipient in recipients:
        site.assert_once(recipient)
        assert not site.hold_lines(recipient)


def test_mail_without_the_header_passes_meanwhile(half_site):
    """Also mail that was submitted behind what has to wait."""
    site = half_site
    waiting = submit(site, deliver_at(due_in(3600)))
    for _ in range(2):
        site.assert_passes_at_once(site.sendmail())
    assert_waits_in_maildrop(site, waiting)
    site.discard(in_queue(site, waiting, "maildrop"))


def test_a_date_that_cannot_be_honoured_is_returned_when_hdrcheck_is_back(half_site):
    """Nobody is connected any more: the sender gets it back with the reason."""
    site = half_site
    sender = new_recipient("ann")
    recipient = new_recipient()
    content = message("X-Deliver-At: soon").replace(b"\r\n", b"\n")
    site.postfix.sendmail(content, [recipient], sender=sender)
    in_queue(site, recipient, "maildrop")
    bring_hdrcheck_up(site)
    returned = site.sink.wait_for(sender)
    assert b"X-Deliver-At: " in returned.content
    assert not site.sink.deliveries(recipient)
