# SPDX-License-Identifier: ISC
"""A whole site for a test: private Postfix, both daemons, a sink, and messages."""

import itertools
import math
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from busy import Waits
from daemons import Daemons
from instance import EVERYTHING, Postfix
from waiting import PATIENCE, wait_until

LATE_S = 1.0  # "in that second"
BUSY_MAX_S = 4 * PATIENCE  # of waiting for a CPU that counts as an excuse; see busy.py
SWEEP_S = 1  # where policyd must walk to see new mail, it may be late by one walk

# NO_INOTIFY=1: the programs were built without it
NO_INOTIFY = os.environ.get("NO_INOTIFY") == "1"
HEADER = "X-Deliver-At"
TEXT = "Good morning.\r\n"
SENDERS = 4  # connections at once
LISTED = 5  # of what is there and should not be
QUARANTINE = "quarantine@sender.test"  # check_sender_access says HOLD (conftest)

_numbers = itertools.count(1)
_waits = Waits()


def due_in(seconds):
    """The first whole second (since the epoch) at least so far ahead.

    What is less than a minute ahead is due soon: PATIENCE puts it farther ahead.
    """
    if 0 < seconds < 60:
        seconds *= PATIENCE
    return math.ceil(time.time() + seconds)


def rfc5322(moment, hours_east=0):
    """An RFC 5322 date-time in a numeric zone."""
    zone = timezone(timedelta(hours=hours_east))
    return format_datetime(datetime.fromtimestamp(moment, zone))


def deliver_at(moment):
    """The header line that asks for delivery at moment."""
    return f"{HEADER}: {rfc5322(moment)}"


def message(*headers, body=TEXT):
    """A small message with these header lines between its own."""
    lines = (
        "From: Ann <ann@sender.test>",
        "To: Ben <ben@sink.test>",
        *headers,
        "Subject: tea",
        "Message-ID: <tea@sender.test>",
        "Date: Mon, 05 Jan 2026 08:00:00 +0000",
        "",
        body,
    )
    return "\r\n".join(lines).encode("latin-1")


def new_recipient(stem="ben"):
    """An address no other message of this run goes to."""
    return f"{stem}-{next(_numbers)}@sink.test"


@dataclass(frozen=True)
class Mail:
    """A message that was accepted: how to find it at either end."""

    recipient: str
    queue_id: str
    sent: float = 0.0  # when it was accepted, seconds since the epoch


class Site:
    """One Postfix, its daemons and its sink, and what tests say about mail.

    late_s is how late a delivery may be here.
    """

    def __init__(self, postfix, daemons, sink, late_s):
        self.late_s = late_s
        self.postfix = postfix
        self.daemons = daemons
        self.sink = sink

    # Mail in

    def submit(self, content, **connection):
        """Submit content by SMTP to a new recipient, and give the final reply."""
        return self.postfix.smtp(content, [new_recipient()], **connection)

    def send(self, *headers, body=TEXT, recipient=None, **connection):
        """Submit a message with these header lines by SMTP; it must be accepted."""
        recipient = recipient or new_recipient()
        content = message(*headers, body=body)
        reply = self.postfix.smtp(content, [recipient], **connection)
        assert reply.code == 250, reply
        return Mail(recipient, reply.queue_id, time.time())

    def send_many(self, due, count):
        """count messages due at once, over a few connections; their recipients."""
        recipients = [new_recipient("many") for _ in range(count)]
        content = message(deliver_at(due))
        ended = threading.Event()

        def send_share(first):
            """One connection's share, unless all this is given up meanwhile."""
            with self.postfix.connect() as session:
                for recipient in recipients[first::SENDERS]:
                    if ended.is_set():
                        break
                    session.sendmail("ann@sender.test", recipient, content)

        with ThreadPoolExecutor(SENDERS) as pool:
            try:
                list(pool.map(send_share, range(SENDERS)))
            finally:
                ended.set()
        return recipients

    def sendmail(self, *headers, recipient=None):
        """Submit a message with these header lines by sendmail(1)."""
        recipient = recipient or new_recipient()
        self.postfix.sendmail(message(*headers).replace(b"\r\n", b"\n"), [recipient])
        sent = time.time()
        return Mail(recipient, self._logged_queue_id(recipient), sent)

    def _logged_queue_id(self, recipient):
        lines = wait_until(
            f"the log names {recipient}",
            lambda: self.postfix.logged(rf"to=<{re.escape(recipient)}>"),
        )
        return re.search(r"\]: (\w+): ", lines[0]).group(1)

    def send_and_defer(self, *headers):
        """A message the far end puts off: in the deferred queue at last, tried once."""
        recipient = new_recipient("later")
        self.sink.defer(recipient)
        mail = self.send(*headers, recipient=recipient)
        wait_until("it is tried and deferred", lambda: self.is_deferred(mail))
        return mail

    def wait_until_held_anew(self, mail):
        """Requeued, it is on hold under another queue id; the Mail it is now."""

        def held_anew():
            entry = self.postfix.find(mail.recipient)
            if not entry or entry["queue_name"] != "hold":
                return None
            return entry["queue_id"] if entry["queue_id"] != mail.queue_id else None

        return replace(mail, queue_id=wait_until("it is held anew", held_anew))

    def logs(self):
        """The logs that tell what happened, by title."""
        return {
            "maillog": self.postfix.maillog(),
            "hdrcheck": self.daemons.hdrcheck.log(),
            "policyd": self.daemons.policyd.log(),
        }

    # What became of it

    def hold_lines(self, recipient):
        """What cleanup logged when it put mail to recipient on hold."""
        return self.postfix.logged(rf": hold: .* to=<{re.escape(recipient)}>")

    def is_held(self, mail):
        """True when the message is on hold."""
        return self.postfix.queue_name(mail.queue_id) == "hold"

    def is_deferred(self, mail):
        """True when it is in the deferred queue after an attempt."""
        entry = self.postfix.find(mail.recipient)
        if not entry or entry["queue_name"] != "deferred":
            return False
        return "delay_reason" in entry["recipients"][0]

    def assert_held(self, mail):
        """The message is on hold, and nothing of it has reached the sink."""
        assert self.is_held(mail), self.postfix.queue()
        assert not self.sink.deliveries(mail.recipient)

    def assert_not_early(self, recipient, due, timeout_s=10):
        """The first delivery to recipient, timeout_s after due (or now) at most."""
        timeout_s += max(due - time.time(), 0)
        delivery = self.sink.wait_for(recipient, timeout_s)
        assert delivery.began >= due, f"{due - delivery.began:.3f} s early"
        return delivery

    def assert_once(self, *recipients):
        """Each of them got one delivery so far."""
        for recipient in recipients:
            assert len(self.sink.deliveries(recipient)) == 1, recipient

    def assert_on_time(self, mail, due):
        """Delivered once, not before due, and less than late_s after it."""
        delivery = self.assert_not_early(mail.recipient, due, self.late_s + 10)
        self.assert_soon(due, delivery.ended)
        self.assert_not_active_before(mail, due)
        self.assert_once(mail.recipient)

    def assert_soon(self, since, until, more_s=0):
        """Less than late_s and more_s apart, but for what the machine was busy."""
        waited = min(_waits.between(since, until), BUSY_MAX_S)
        late = until - since
        assert late < self.late_s + more_s + waited, (
            f"{late:.3f} s late, {waited:.3f} s of it busy"
        )

    def assert_delivered_once(self, mail, due, timeout_s=10):
        """Late at worst, and gone from the queue, whatever its id is now."""
        delivery = self.assert_not_early(mail.recipient, due, timeout_s)
        wait_until(
            "it has left the queue", lambda: not self.postfix.find(mail.recipient)
        )
        self.assert_once(mail.recipient)
        return delivery

    def assert_not_active_before(self, mail, due):
        """qmgr took the message into its active queue, not before due."""
        seconds = wait_until(
            f"{mail.queue_id} is logged as active",
            lambda: self.postfix.active_seconds(mail.queue_id),
        )
        assert min(seconds) >= due

    def assert_passes_at_once(self, mail):
        """Delivered although nothing released it: it never was on hold."""
        self.sink.wait_for(mail.recipient)
        assert not self.postfix.logged(f" {mail.queue_id}: hold:")

    def assert_stays_held(self, *mails, after=0):
        """These stay on hold while other mail is released, later than after."""
        canary_due = max(due_in(1), after + 1)
        canary = self.send(deliver_at(canary_due))
        self.assert_on_time(canary, canary_due)
        for mail in mails:
            self.assert_held(mail)

    def discard(self, *mails):
        """Remove mail that was to stay, so that the queue is empty again."""
        for mail in mails:
            self.postfix.delete(mail.queue_id)

    def assert_queue_empty(self):
        """Nothing is left in any queue."""
        try:
            wait_until("the queue is empty", lambda: not self.postfix.queue(), 5)
        except AssertionError:
            listing = self.postfix.queue()
            self.postfix.delete("ALL")
            some = f"{len(listing)} left in the queue: {listing[:LISTED]}"
            raise AssertionError(some) from None


@contextmanager
def open_site(postfix, sink, walks=NO_INOTIFY, **settings):
    """A Site with its daemons not started yet, whose end is checked.

    walks says that policyd cannot be told of new mail here: it walks each second.
    At the end daemons that still run must stop cleanly, no sanitizer may have
    complained, and the queue must be empty.
    """
    if walks:
        settings.setdefault("sweep_interval", f"{SWEEP_S}s")
    late_s = LATE_S + SWEEP_S if walks else LATE_S
    with ExitStack() as ending:
        daemons = ending.enter_context(Daemons(postfix, **settings))
        site = Site(postfix, daemons, sink, late_s)
        yield site
        # Only now: an exception is not to be hidden behind what these find.
        ending.callback(site.assert_queue_empty)
        ending.callback(daemons.close)
        ending.callback(daemons.check_sanitizers)
        ending.callback(daemons.stop)


@contextmanager
def private_site(sink, *, recipe=EVERYTHING, main_cf="", chroot=False, **settings):
    """A Site with a Postfix of its own, all of it running."""
    with Postfix(sink.port, recipe=recipe, main_cf=main_cf, chroot=chroot) as postfix:
        postfix.start()
        with open_site(postfix, sink, **settings) as site:
            site.daemons.start()
            yield site
