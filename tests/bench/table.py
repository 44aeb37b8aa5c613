# SPDX-License-Identifier: ISC
"""The lines that make bench prints: name ours theirs ratio aim ok|short."""

from dataclasses import dataclass
from statistics import median
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


def ours_at_most(limit):
    """Ours is not more than so much, whatever theirs is."""
    return Aim(f"ours<={limit}", lambda ours, _ratio: ours <= limit)


def ours_below(limit):
    """Ours is less than so much, whatever theirs is."""
    return Aim(f"ours<{limit}", lambda ours, _ratio: ours < limit)


def no_aim():
    """Whatever it is; it tells something about another line."""
    return Aim("-", lambda _ours, _ratio: True)


def row(name, ours, theirs, aim):
    """The line of one figure; ours and theirs are lists, one value a round.

    It shows medians. The ratio is the median of the rounds' own, ours / theirs, so
    that a machine which is busier for a while does not count.
    """
    ratio = median(mine / other for mine, other in zip(ours, theirs))
    ours, theirs = median(ours), median(theirs)
    met = "ok" if aim.is_met(ours, ratio) else "short"
    figures = (_figure(ours), _figure(theirs), f"{ratio:.3f}")
    return LINE.format(name, *figures, aim.text, met)


def _figure(value):
    """Three digits or more of it, never in powers of ten."""
    decimals = 0 if value >= 1000 else 1 if value >= 10 else 2
    return f"{value:.{decimals}f}"


def heading():
    """The line above the rows."""
    return LINE.format("name", "ours", "theirs", "ratio", "aim", "ok|short")


def percentile(values, part):
    """The smallest value that this part of all is not above."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]
