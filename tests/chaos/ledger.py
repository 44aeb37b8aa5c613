# SPDX-License-Identifier: ISC
"""What must become of each message, written down while it happens.

"Early" is judged by the clock of the daemons. It is stepped in a run, Postfix's and
the sink's are not: with a clock that was ahead by x at some time while a message
waited, it may have left x earlier.
"""

import threading
import time
from bisect import bisect_right
from dataclasses import dataclass, field

FOR_EVER = float("inf")

WAITING, REFUSED, UNKNOWN, ACCEPTED = "not sent", "refused", "unknown", "accepted"


@dataclass
class Override:
    """Another moment than before, by an administrator.

    It may count from asked on; certain: from answered on nothing else does.
    """

    due: float  # None: what the headers say; a new queue id has no other
    asked: float
    answered: float = FOR_EVER
    certain: bool = False


@dataclass
class Message:
    """One message of the run and what is known about it."""

    number: int
    kind: str
    recipient: str
    dues: tuple = ()  # of its own headers
    content: bytes = b""
    state: str = WAITING
    began: float = 0.0  # its session with Postfix
    accepted: float = 0.0
    queue_id: str = None  # None: not known (any more)
    ids: set = field(default_factory=set)  # all that are known
    busy: bool = False  # an administrator has it in hand
    overrides: list = field(default_factory=list)
    removals: list = field(default_factory=list)  # when somebody tried to
    removed: bool = False  # for sure; False: the log may say so
    fingerprint: tuple = None  # of mail on hold that nobody may touch
    story: list = field(default_factory=list)

    def tell(self, what):
        """One more line of its story."""
        self.story.append((time.time(), what))

    @property
    def due(self):
        """The latest of its own dates."""
        return max(self.dues, default=0)


class Timeline:
    """A value that changes now and then, and what it was in between."""

    def __init__(self, value):
        self._lock = threading.Lock()
        self._times = [0.0]
        self._values = [value]

    def set(self, value, at=None):
        """From now on it is that."""
        with self._lock:
            self._times.append(time.time() if at is None else at)
            self._values.append(value)

    def between(self, since, until):
        """All its values in that time."""
        with self._lock:
            first = max(bisect_right(self._times, since) - 1, 0)
            last = bisect_right(self._times, until)
            return self._values[first:last]

    def first_moment(self, value, since):
        """The first moment from since on with that value; FOR_EVER: none."""
        with self._lock:
            for index, start in enumerate(self._times):
                is_last = index + 1 == len(self._times)
                end = FOR_EVER if is_last else self._times[index + 1]
                if self._values[index] == value and end > since:
                    return max(start, since)
        return FOR_EVER


class Ledger:
    """All messages, the daemons' clock, and whether the rule that holds is there."""

    def __init__(self):
        self._lock = threading.Lock()
        self.messages = []
        self.offsets = Timeline(0)
        self.frozen = Timeline(True)
        self.stops = []  # of Postfix: (began, ended)

    def new_message(self, kind):
        """One more, to a recipient of its own."""
        with self._lock:
            number = len(self.messages)
            message = Message(number, kind, f"m{number}@sink.test")
            self.messages.append(message)
        return message

    def step_clock(self, clock, offset):
        """Have it be offset ahead; whatever it says meanwhile is accounted for."""
        if offset > clock.offset:
            self.offsets.set(offset)
            clock.step_to(offset)
        else:
            clock.step_to(offset)
            self.offsets.set(offset)

    def take_waiting(self, pick, is_delivered, now):
        """A message on hold, as far as is known, for an administrator to treat.

        pick (0 to 1) says which. It is his until give_back(). None: there is none.
        """
        with self._lock:
            candidates = [
                message
                for message in self.messages
                if message.state == ACCEPTED
                and message.kind != "foreign"
                and message.queue_id
                and not message.busy
                and not message.removals
                and (message.due > now + 2 or message.kind in ("delayed", "frozen"))
                and not is_delivered(message.recipient)
            ]
            if not candidates:
                return None
            message = candidates[int(pick * len(candidates))]
            message.busy = True
            return message

    def give_back(self, message):
        """Others may treat it again."""
        with self._lock:
            message.busy = False

    # When a message may leave

    def due_by_headers(self, message, postponements, offset=0):
        """Its own dates and those of rules, all of which must be over.

        By a clock that is so much ahead; when a rule was taken away no clock says.
        """
        dues = [message.due]
        for one in postponements:
            if one.until is None:
                thawed = self.frozen.first_moment(False, message.began)
                dues.append(thawed + offset)
            else:
                dues.append(one.until)
        return max(dues)

    def earliest(self, message, postponements, at):
        """The earliest moment it may have left, for a delivery that began at.

        By the machine's clock; what was open at that time counts in its favour.
        """
        offset = max(self.offsets.between(message.began, at))
        by_headers = self.due_by_headers(message, postponements, offset)
        dues = [by_headers]
        for override in message.overrides:
            if override.asked > at:
                continue
            # What was due before the answer came may have been on its way.
            due_by_then = [due for due in dues if due - offset <= override.answered]
            is_certain = override.certain and override.answered <= at
            due = by_headers if override.due is None else override.due
            dues = (due_by_then if is_certain else dues) + [due]
        return min(dues) - offset

    def latest(self, message, postponements):
        """The moment from which on it is late, whatever counts."""
        by_headers = self.due_by_headers(message, postponements)
        dues = [by_headers]
        for override in message.overrides:
            due = by_headers if override.due is None else override.due
            dues = [due] if override.certain else [*dues, due]
        return max(*dues, message.accepted)
