# SPDX-License-Identifier: ISC
"""The far end: an SMTP server that records what Postfix delivers, and when."""

import asyncio
import smtplib
import socket
import threading
import time
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP
from waiting import PATIENCE


@dataclass(frozen=True)
class Delivery:
    """One message as it came in. Times are seconds since the epoch."""

    began: float  # MAIL FROM: the earliest sign of it
    ended: float  # the final dot
    sender: str  # "" for a bounce
    recipients: tuple
    content: bytes


class Sink:
    """An SMTP server on a free port of 127.0.0.1, in a thread of its own."""

    def __init__(self):
        self._news = threading.Condition()
        self._deliveries = []
        self._by_recipient = {}
        self._deferred = set()
        self._deferrals = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(
            self._loop.create_server(self._new_session, "127.0.0.1", 0)
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def close(self):
        """Stop listening and end the thread."""
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(5)

    def _new_session(self):
        return SMTP(self, hostname="sink.test", ident="sink", loop=self._loop)

    # What tests ask

    def defer(self, recipient):
        """Answer 451 for this recipient from now on."""
        self._deferred.add(recipient)

    def accept(self, recipient):
        """Take mail for this recipient again."""
        self._deferred.discard(recipient)

    def was_tried(self, recipient):
        """True when a delivery to a deferred recipient was attempted."""
        return recipient in self._deferrals

    def deliveries(self, recipient=None):
        """All deliveries so far, or those to one recipient."""
        with self._news:
            if recipient is None:
                return list(self._deliveries)
            return list(self._by_recipient.get(recipient, ()))

    def wait_for(self, recipient, timeout_s=10):
        """The first delivery to recipient; fails when there is none in time."""
        timeout_s *= PATIENCE
        with self._news:
            if not self._news.wait_for(
                lambda: recipient in self._by_recipient, timeout_s
            ):
                raise AssertionError(f"no delivery to {recipient} within {timeout_s} s")
            return self._by_recipient[recipient][0]

    # What aiosmtpd calls; the names are its own

    async def handle_MAIL(self, _server, _session, envelope, address, options):
        envelope.began = time.time()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self._deferred:
            self._deferrals.append(address)
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server, _session, envelope):
        delivery = Delivery(
            envelope.began,
            time.time(),
            envelope.mail_from.strip("<>"),
            tuple(envelope.rcpt_tos),
            envelope.original_content,
        )
        with self._news:
            self._deliveries.append(delivery)
            for recipient in delivery.recipients:
                self._by_recipient.setdefault(recipient, []).append(delivery)
            self._news.notify_all()
        return "250 2.0.0 Ok: taken"


class Silent:
    """A server on a free port of 127.0.0.1 that takes connections and says nothing."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def close(self):
        """From now on connections are refused, and those that wait are cut."""
        self._listener.close()


class Filter(Sink):
    """A content filter: hands what it gets on to another port of 127.0.0.1."""

    def __init__(self, onward_port):
        self._onward_port = onward_port
        super().__init__()

    async def handle_DATA(self, server, session, envelope):
        reply = await super().handle_DATA(server, session, envelope)
        await self._loop.run_in_executor(None, self._hand_on, envelope)
        return reply

    def _hand_on(self, envelope):
        with smtplib.SMTP("127.0.0.1", self._onward_port, timeout=10) as onward:
            onward.sendmail(
                envelope.mail_from, envelope.rcpt_tos, envelope.original_content
            )
