# SPDX-License-Identifier: ISC
"""One moment written in all the ways the header takes."""

from datetime import datetime, timedelta, timezone

NAMED = {"GMT": 0, "UT": 0, "EST": -5, "EDT": -4, "PST": -8, "PDT": -7, "Z": 0}


def written(moment, form, hours_east):
    """moment (whole seconds since the epoch) in that form and zone."""
    return _FORMS[form](moment, hours_east)


def _local(moment, hours, minutes=0):
    zone = timezone(timedelta(hours=hours, minutes=minutes))
    return datetime.fromtimestamp(moment, zone)


def _numeric(moment, hours):
    return f"{_local(moment, hours):%a, %d %b %Y %H:%M:%S %z}"


def _half_hours(moment, hours):
    return f"{_local(moment, hours, 30):%a, %d %b %Y %H:%M:%S %z}"


def _named(moment, hours):
    name = sorted(NAMED)[hours % len(NAMED)]
    return f"{_local(moment, NAMED[name]):%a, %d %b %Y %H:%M:%S} {name}"


def _short_year(moment, hours):
    at = _local(moment, hours)
    form = "%d %b %y" if 1951 <= at.year <= 2048 else "%d %b %Y"
    return at.strftime(f"{form} %H:%M:%S %z")


def _no_day(moment, hours):
    return f"{_local(moment, hours):%d %b %Y %H:%M:%S %z}"


def _comment(moment, hours):
    at = _local(moment, hours)
    return f"{at:%a, %d (the day) %b %Y %H:%M:%S %z} (tea (and cake))"


def _folded(moment, hours):
    return f"{_local(moment, hours):%a,%n %d %b %Y%n\t%H:%M:%S %z}".replace(
        "\n", "\r\n"
    )


def _zulu(moment, _hours):
    return f"{_local(moment, 0):%Y-%m-%dT%H:%M:%SZ}"


def _rfc3339(moment, hours):
    return _local(moment, hours).isoformat()


def _fraction(moment, hours):
    """It counts: held until the whole second after it."""
    return _local(moment - 1, hours).isoformat().replace("T", "t", 1)[:19] + (
        ".25" + _local(moment, hours).isoformat()[19:]
    )


_FORMS = {
    "numeric": _numeric,
    "half hours": _half_hours,
    "named": _named,
    "short year": _short_year,
    "no day": _no_day,
    "comment": _comment,
    "folded": _folded,
    "zulu": _zulu,
    "rfc3339": _rfc3339,
    "fraction": _fraction,
}
