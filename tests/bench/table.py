# SPDX-License-Identifier: ISC
"""The lines that make bench prints: name ours theirs ratio aim ok|short."""

from dataclasses import dataclass
from typing import Callable

LINE = "{:<30} {:>10} {:>10} {:>8} {:>10} {}"


@dataclass(frozen=True)
class Aim:
    """What is wanted, as it is printed, and whether (ours, ratio) is that."""

    text: str
    is_met: Callable[[float, float], bool]


def ratio_at_least(limit):
    """Ours is at least so many times theirs."""
    return Aim(f">={limit:.2f}", lambda _ours, ratio: ratio >= limit)


def ratio_at_most(limit):
    """Ours is at most so many times theirs."""
    return Aim(f"<={limit:.2f}", lambda _ours, ratio: ratio <= limit)


def ours_at_least(limit):
    """Ours is at least so much, whatever theirs is."""
    return Aim(f"ours>={limit}", lambda ours, _ratio: ours >= limit)


def ours_below(limit):
    """Ours is less than so much, whatever theirs is."""
    return Aim(f"ours<{limit}", lambda ours, _ratio: ours < limit)


@dataclass(frozen=True)
class Row:
    """One figure beside its yardstick; the ratio is ours / theirs."""

    name: str
    ours: float
    theirs: float
    aim: Aim

    def __str__(self):
        ratio = self.ours / self.theirs if self.theirs else float("inf")
        met = "ok" if self.aim.is_met(self.ours, ratio) else "short"
        numbers = (_figure(self.ours), _figure(self.theirs), f"{ratio:.3f}")
        return LINE.format(self.name, *numbers, self.aim.text, met)


def _figure(value):
    """About four digits of it, never in powers of ten."""
    return f"{value:.{0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2}f}"


def heading():
    """The line above the rows."""
    return LINE.format("name", "ours", "theirs", "ratio", "aim", "ok|short")


def percentile(values, part):
    """The smallest value that this part of all is not above."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]
