# SPDX-License-Identifier: ISC
"""The lines that make bench prints: name ours theirs ratio aim ok|short noise."""

from dataclasses import dataclass
from statistics import median, quantiles
from typing import Callable, Optional

LINE = "{:<32} {:>10} {:>10} {:>8} {:>20} {:<8} {}"
NOT_THERE = "-"


@dataclass(frozen=True)
class Figures:
    """The medians of a row. Without a yardstick theirs and ratio are None."""

    ours: float
    theirs: Optional[float]
    ratio: Optional[float]


@dataclass(frozen=True)
class Aim:
    """What is wanted, as it is printed (one word), and whether Figures are that."""

    text: str
    is_met: Callable[[Figures], bool]


def ratio_at_least(limit):
    """Ours is at least so many times theirs."""
    return Aim(f">={limit:.2f}", lambda row: row.ratio >= limit)


def ratio_at_most(limit):
    """Ours is at most so many times theirs."""
    return Aim(f"<={limit:.2f}", lambda row: row.ratio <= limit)


def ours_at_least(limit):
    """Ours is at least so much, whatever theirs is."""
    return Aim(f"ours>={limit}", lambda row: row.ours >= limit)


def ours_at_most(limit):
    """Ours is at most so much, whatever theirs is."""
    return Aim(f"ours<={limit}", lambda row: row.ours <= limit)


def ours_below(limit):
    """Ours is less than so much, whatever theirs is."""
    return Aim(f"ours<{limit}", lambda row: row.ours < limit)


def both_below(limit):
    """Ours and theirs are each less than so much."""
    return Aim(f"both<{limit}", lambda row: max(row.ours, row.theirs) < limit)


def above_theirs_at_most(limit):
    """Ours is at most so much more than theirs, in the unit of the row."""
    return Aim(f"theirs+{limit}", lambda row: row.ours - row.theirs <= limit)


def all_of(*aims):
    """Each of these is met."""
    text = ",".join(aim.text for aim in aims)
    return Aim(text, lambda row: all(aim.is_met(row) for aim in aims))


def any_of(*aims):
    """One of these is met."""
    text = "|".join(aim.text for aim in aims)
    return Aim(text, lambda row: any(aim.is_met(row) for aim in aims))


def no_aim():
    """Whatever it is; it tells something about another line."""
    return Aim(NOT_THERE, lambda _row: True)


def row(name, ours, theirs, aim):
    """The line of one figure; ours and theirs are lists, one value a round.

    It shows medians. The ratio is the median of the rounds' own, ours / theirs, so
    that a machine which is busier for a while does not count. The noise is that of
    the ratio. theirs is None where there is no yardstick: the noise is that of ours,
    and the aim is one for ours alone.
    """
    if theirs is None:
        ratios = None
        figures = Figures(median(ours), None, None)
    else:
        ratios = [mine / other for mine, other in zip(ours, theirs)]
        figures = Figures(median(ours), median(theirs), median(ratios))
    met = "ok" if aim.is_met(figures) else "short"
    shown = (_figure(figures.ours), _figure(figures.theirs), _ratio(figures.ratio))
    return LINE.format(name, *shown, aim.text, met, _noise(ratios or ours))


def _figure(value):
    """Three digits or more of it, never in powers of ten."""
    if value is None:
        return NOT_THERE
    decimals = 0 if value >= 1000 else 1 if value >= 10 else 2
    return f"{value:.{decimals}f}"


def _ratio(value):
    return NOT_THERE if value is None else f"{value:.3f}"


def _noise(values):
    """Half the range of the middle half of the rounds, in percent of the median."""
    if len(values) < 2:
        return "1_round"
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return f"±{(high - low) / 2 / abs(middle) * 100:.0f}%" if middle else NOT_THERE


def heading():
    """The line above the rows."""
    return LINE.format("name", "ours", "theirs", "ratio", "aim", "ok|short", "noise")


def percentile(values, part):
    """The smallest value that this part of all is not above."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]
