# SPDX-License-Identifier: ISC
"""The end of a run: every message is accounted for, by the sink and Postfix's log."""

import re
from dataclasses import dataclass
from datetime import datetime

import ledger as books
from load import fingerprint
from rules import postponements

NOT_ACCEPTED = ("broken", "too far")
HELD = r"^(\w+ +\d+ [\d:]+) .*\]: (\w+): hold: header .*: until (\S+)$"
RELOADED_S = 15  # after its file was written, a rule is there for sure
CUT_OFF_S = 2  # from a delivery to the stop of Postfix that cut it off


@dataclass(frozen=True)
class Finding:
    """Something that must not be."""

    message: object
    what: str


class Log:
    """Postfix's log, by queue id."""

    def __init__(self, text):
        self._lines = text.splitlines()
        self.removed = set()  # by an administrator
        self.deferred = set()
        self.out_of_step = set()  # held until a moment that had come, for Postfix
        self._ids = {}  # by recipient
        for line in self._lines:
            self._note(line)

    def _note(self, line):
        if match := re.search(r"postsuper\[\d+\]: (\w+): removed", line):
            self.removed.add(match[1])
        if match := re.search(r"\]: (\w+): (?:to|.* to)=<(m\d+@sink\.test)>", line):
            self._ids.setdefault(match[2], set()).add(match[1])
            if "status=deferred" in line:
                self.deferred.add(match[1])
        if match := re.search(HELD, line):
            until = datetime.fromisoformat(match[3])
            logged = f"{until.year} {match[1]} +0000"
            if datetime.strptime(logged, "%Y %b %d %H:%M:%S %z") >= until:
                self.out_of_step.add(match[2])

    def ids(self, message):
        """All queue ids a message ever had, as far as is known."""
        return message.ids | self._ids.get(message.recipient, set())

    def lines(self, ids):
        """All that is said about these."""
        pattern = re.compile(rf"\b({'|'.join(sorted(ids))})\b") if ids else None
        return [line for line in self._lines if pattern and pattern.search(line)]


class Verdict:
    """What became of all messages, so far."""

    def __init__(self, stage, book):
        self._site = stage.site
        self._book = book
        self.log = Log(stage.site.postfix.maillog())
        self.deliveries = {}
        for delivery in self._site.sink.deliveries():
            for recipient in delivery.recipients:
                self.deliveries.setdefault(recipient, []).append(delivery)
        self.excused = 0  # second deliveries that Postfix made
        on_hold = (e for e in self._site.postfix.queue() if e["queue_name"] == "hold")
        self.out_of_step = self.log.out_of_step & {e["queue_id"] for e in on_hold}

    def is_removed(self, message):
        """An administrator's removal has met it, for sure.

        The log alone does not tell all: without Postfix nobody writes it.
        """
        logged = self.log.ids(message) & self.log.removed
        return message.removed or bool(message.removals and logged)

    def missing(self):
        """Messages that must still come.

        Not what somebody has tried to remove: what of that is in the queue yet is
        seen there. Not what hdrcheck held, when its clock was set back, for a date
        that Postfix's clock had reached: to policyd it is as mail with an old date
        that somebody put on hold, and stays there. With one clock for all, as
        everywhere else, that cannot be.
        """
        return [
            message
            for message in self._book.messages
            if message.state == books.ACCEPTED
            and message.kind != "foreign"
            and message.recipient not in self.deliveries
            and not message.removals
            and not self.log.ids(message) & self.out_of_step
        ]

    def findings(self, since, late_max_s):
        """All that must not be. Late: more than that after its due or since(it)."""
        known = {message.recipient for message in self._book.messages}
        for recipient in self.deliveries.keys() - known:
            if recipient.startswith("m") or "sender" in recipient:
                yield Finding(None, f"a delivery to {recipient}, whom nobody wrote to")
        for message in self._book.messages:
            for what in self._faults_of(message, since(message), late_max_s):
                yield Finding(message, what)

    def _faults_of(self, message, since, late_max_s):
        deliveries = self.deliveries.get(message.recipient, [])
        if message.kind == "foreign":
            yield from self._faults_of_foreign(message, deliveries)
            return
        if message.state == books.ACCEPTED and message.kind in NOT_ACCEPTED:
            yield "ACCEPTED although its date cannot be honoured"
        if message.state == books.REFUSED and deliveries:
            yield "DELIVERED although it was refused"
        if self.is_removed(message) and deliveries:
            yield "DELIVERED although it was removed"
        if message in self.missing():
            yield "LOST: it was not delivered"
        if len(deliveries) > 1 and not self._is_by_postfix(deliveries):
            yield f"TWICE: {len(deliveries)} deliveries"
        for delivery in deliveries:
            yield from self._faults_of_delivery(message, delivery, since, late_max_s)

    def _faults_of_delivery(self, message, delivery, since, late_max_s):
        if not delivery.content.endswith(message.content):
            yield f"ALTERED: {delivery.content!r}"
        earliest = self._book.earliest(message, _rules(delivery), delivery.began)
        if delivery.began < earliest:
            yield f"EARLY by {earliest - delivery.began:.3f} s"
        if self._had_a_rule(message) and not _rules(delivery):
            yield "WITHOUT the header of its rule"
        late_s = delivery.ended - max(self._latest(message, delivery), since)
        if late_s > late_max_s:
            yield f"LATE by {late_s:.3f} s after the last fault"

    def _faults_of_foreign(self, message, deliveries):
        if deliveries:
            yield "FOREIGN mail was delivered"
        elif message.state == books.ACCEPTED:
            now = fingerprint(self._site.postfix, message.queue_id)
            if now is None or now != message.fingerprint:
                yield f"FOREIGN mail was touched: {message.fingerprint}, now {now}"

    def _is_by_postfix(self, deliveries):
        """A delivery was cut off by a stop of Postfix, after the sink had it all.

        Then it comes again under the same queue id.
        """
        *earlier, last = sorted(deliveries, key=lambda one: one.ended)
        for one in earlier:
            cut_off = any(
                began - CUT_OFF_S <= one.ended <= ended + CUT_OFF_S
                for began, ended in self._book.stops
            )
            queue_id = _queue_id(one)
            sent = [x for x in self.log.lines({queue_id}) if "status=sent" in x]
            if not cut_off or queue_id != _queue_id(last):
                return False
            if len(sent) >= len(deliveries):
                return False
        self.excused += 1
        return True

    def _had_a_rule(self, message):
        """Certainly; a reload takes a moment."""
        if message.kind != "frozen":
            return message.kind == "delayed"
        since = message.began - RELOADED_S
        return all(self._book.frozen.between(since, message.accepted))

    def _latest(self, message, delivery):
        return self._book.latest(message, _rules(delivery))

    def lateness(self):
        """How late each delivery was, in seconds, and whose it was, in order.

        Not what a rule held: a policyd that was down or stopped may miss that its
        file was without the rule for a few seconds, and need not know.
        """
        return sorted(
            (max(0.0, one.ended - self._latest(message, one)), message.number)
            for message in self._book.messages
            if message.state == books.ACCEPTED and message.kind != "frozen"
            for one in self.deliveries.get(message.recipient, [])
        )


def _rules(delivery):
    return postponements(delivery.content.decode("latin-1"))


def _queue_id(delivery):
    """Of the last queue it was in: the topmost of Postfix's own lines."""
    match = re.search(rb"\n\t(?:.*\s)?id (\w+)", delivery.content)
    return match[1].decode() if match else None
