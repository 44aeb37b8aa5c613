# SPDX-License-Identifier: ISC
"""What a run does and when: a pure function of its seed and its length.

Moments are seconds since the beginning. Which message an administrator's action
hits depends on what is on hold by then; all else is fixed here.
"""

from dataclasses import dataclass, field
from random import Random

RATE = 8  # messages a second
AHEAD_MAX_S = 60
LOCAL_AHEAD_MIN_S = 10  # by sendmail: it may take a while until it has arrived
FAULT_EVERY_S = 2.0
ACTION_EVERY_S = 1.5
THAW_EVERY_S = 20  # the rule that holds goes away, and comes back
HOLDS = 8  # of mail that was tried, by an administrator, in a run
FOREIGN_MAX = 40
# The rule that delays does so for longer than a clock is ever behind: a date that is
# not after the arrival is anybody's, and such mail stays (DESIGN section 5).
CLOCK_BEHIND_MAX_S = 15
CLOCK_AHEAD_MAX_S = 40

MESSAGES = {  # how often each kind comes
    "dated": 54,
    "several": 12,
    "past": 7,
    "plain": 7,
    "broken": 4,
    "too far": 2,
    "delayed": 5,
    "frozen": 5,
    "foreign": 1,
    "local": 3,
}
FORMS = (
    "numeric",
    "half hours",
    "named",
    "short year",
    "no day",
    "comment",
    "folded",
    "zulu",
    "rfc3339",
    "fraction",
)
BROKEN = (
    "",
    "tomorrow",
    "+2h",
    "1893456000",
    "25 Dec 2030 09:00:00",
    "Wed, 31 Feb 2029 09:00:00 +0000",
    "25 Dec 2030 09:00:00 +0100 sharp",
    "2030-12-25 09:00:00Z",
    "25 Dec 2030 09:00:00 A",
    "never",
)

VICTIMS = ("hdrcheck", "engine", "runner", "page")
COMMANDS = ("postqueue", "postcat", "postsuper", "postkick")
MISHAPS = (
    "fails",
    "is killed",
    "prints rubbish",
    "works and fails",
    "works and is killed",
    "is cut off",
    "is slow",
    "hangs",
)
# kind: how often, for how long (seconds), and what it must not share a moment with.
FAULTS = {
    "kill": (10, (0.1, 3.0), ()),
    "freeze": (5, (0.5, 6.0), ()),
    "postfix stop": (2, (0.1, 4.0), ("postfix",)),
    "postfix reload": (2, (0.0, 0.0), ("postfix",)),
    "reload": (3, (0.0, 0.0), ()),
    "commands": (6, (1.0, 6.0), ("commands",)),
    "full disk": (3, (1.0, 6.0), ("disk",)),
    "full state": (2, (2.0, 8.0), ("state",)),
    # A preloaded clock needs a descriptor to tell the time.
    "no descriptors": (3, (0.5, 4.0), ("clock",)),
    "clock": (4, (2.0, 12.0), ("clock",)),
    "flood": (3, (0.5, 5.0), ("flood",)),
}
ACTIONS = {
    "requeue": 4,
    "release": 2,
    "delete": 2,
    "ctl reschedule": 6,
    "ctl release": 3,
    "ctl drop": 2,
}


@dataclass(frozen=True)
class Planned:
    """One thing to do. what is a key of the tables above."""

    at: float
    what: str
    lasts_s: float = 0.0
    details: dict = field(default_factory=dict)

    def __str__(self):
        details = " ".join(f"{k}={v}" for k, v in self.details.items())
        lasts = f" for {self.lasts_s:.1f} s" if self.lasts_s else ""
        return f"{self.at:8.2f} {self.what}{lasts} {details}".rstrip()


@dataclass(frozen=True)
class Schedule:
    """All of a run."""

    length_s: float
    messages: tuple
    faults: tuple
    actions: tuple


def make_schedule(seed, minutes):
    """The schedule of this seed; each part has a generator of its own."""
    length_s = minutes * 60.0
    actions = _actions(Random(f"actions {seed}"), length_s)
    holds = _holds(Random(f"holds {seed}"), length_s)
    return Schedule(
        length_s,
        tuple(_messages(Random(f"messages {seed}"), length_s)),
        tuple(_faults(Random(f"faults {seed}"), length_s)),
        (*actions, *holds),
    )


def _pick(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


def _moments(rng, every_s, length_s):
    at = rng.expovariate(1 / every_s)
    while at < length_s:
        yield at
        at += rng.expovariate(1 / every_s)


def _messages(rng, length_s):
    foreign = 0
    for at in _moments(rng, 1 / RATE, length_s):
        kind = _pick(rng, MESSAGES)
        if kind == "foreign":
            foreign += 1
            if foreign > FOREIGN_MAX:
                kind = "plain"
        yield Planned(at, kind, details=_message(rng, kind))


def _message(rng, kind):
    """Its dates: how far ahead each is, how it is written, in which zone."""
    if kind == "broken":
        return {"text": rng.choice(BROKEN)}
    number = {"several": rng.randint(2, 4), "dated": 1, "past": 1, "local": 1}
    least = LOCAL_AHEAD_MIN_S if kind == "local" else 1
    dates = []
    for _ in range(number.get(kind, 1 if kind == "too far" else 0)):
        ahead = rng.randint(least, AHEAD_MAX_S)
        if kind == "past" or (kind == "several" and rng.random() < 0.2):
            ahead = -rng.randint(3600, 10**8)
        if kind == "too far":
            ahead = rng.randint(400, 3000) * 86400
        dates.append((ahead, rng.choice(FORMS), rng.randint(-11, 13)))
    return {"dates": tuple(dates)}


def _faults(rng, length_s):
    """No two share what they must not; what would last too long ends in time."""
    taken = {}
    for at in _moments(rng, FAULT_EVERY_S, length_s - 1):
        kind = _pick(rng, {one: row[0] for one, row in FAULTS.items()})
        _, (least, most), resources = FAULTS[kind]
        lasts_s = min(rng.uniform(least, most), length_s - at)
        details = _fault(rng, kind)
        if any(taken.get(resource, 0) > at for resource in resources):
            continue
        for resource in resources:
            taken[resource] = at + lasts_s + 1
        yield Planned(at, kind, lasts_s, details)


def _fault(rng, kind):
    details = {
        "kill": {"whom": rng.choice(VICTIMS)},
        "freeze": {"whom": rng.choice(VICTIMS)},
        "no descriptors": {"whom": rng.choice(VICTIMS[:3])},
        "reload": {"whom": rng.choice(("hdrcheck", "runner"))},
        "commands": {"name": rng.choice(COMMANDS), "how": rng.choice(MISHAPS)},
        "clock": {"offset": _offset(rng)},
        "flood": {"where": rng.choice(("socketmap", "policy"))},
    }
    return details.get(kind, {})


def _offset(rng):
    if rng.random() < 0.5:
        return -rng.randint(1, CLOCK_BEHIND_MAX_S)
    return rng.randint(1, CLOCK_AHEAD_MAX_S)


def _actions(rng, length_s):
    thaw, thawed = THAW_EVERY_S, False
    for at in _moments(rng, ACTION_EVERY_S, length_s):
        if at > thaw:
            thawed = not thawed
            yield Planned(at, "thaw" if thawed else "freeze rule")
            thaw = at + (THAW_EVERY_S if not thawed else THAW_EVERY_S / 4)
            continue
        kind = _pick(rng, ACTIONS)
        details = {"pick": rng.random()}
        if kind == "ctl reschedule":
            details["ahead"] = rng.randint(2, AHEAD_MAX_S)
        yield Planned(at, kind, details=details)


def _holds(rng, length_s):
    for _ in range(HOLDS):
        yield Planned(rng.uniform(0, length_s), "hold")
