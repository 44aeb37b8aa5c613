# SPDX-License-Identifier: ISC
"""dates.py PROGRAM COUNT [SEED]

Makes up COUNT header bodies, and compares what PROGRAM (dates.c, hdrcheck's own
reader) makes of each with what Python's email.utils and datetime do. The same
ones each time. Exit 1 when one differs without being known to.

Python reads less strictly, so three kinds are told apart by how they were made:
those that are right, where the moments must be the same; those that are wrong,
which must be refused, whatever Python says, with Python's view counted; and
those that the RFCs allow and Python does not know, where the moment is what
they were made from.
"""

import collections
import datetime
import email.utils
import random
import re
import subprocess
import sys

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6,
    "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
COMMENTS = ["(x)", "(a (b) c)", "()", "(rule undo)", "(Fri, 1 Jan 1999)", "((()))", "(\\))", "(\\\\)"]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
BATCH = 100000


def any_case(rng, word):
    return rng.choice([word, word, word.lower(), word.upper()])


class Moment:
    """A moment as its parts."""

    def __init__(self, rng):
        self.year = rng.choice([rng.randint(1900, 9998), rng.randint(1990, 2060)])
        self.month = rng.randint(1, 12)
        leap = self.year % 4 == 0 and (self.year % 100 != 0 or self.year % 400 == 0)
        last = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        self.last = last[self.month - 1]
        self.day = rng.choice([1, self.last, rng.randint(1, self.last)])
        self.hour = rng.randint(0, 23)
        self.minute = rng.randint(0, 59)
        self.second = rng.choice([None, 0, 59, rng.randint(0, 59)])
        self.offset = 0  # minutes

    def date(self):
        return datetime.date(self.year, self.month, self.day)

    def seconds(self):
        """Since 1970, by another way than the C code's."""
        day = self.date().toordinal() - datetime.date(1970, 1, 1).toordinal()
        minute = day * 1440 + self.hour * 60 + self.minute - self.offset
        return minute * 60 + (self.second or 0)


def offset_of(rng, moment, colon):
    """A zone of digits, noted in the moment."""
    hours, minutes = rng.randint(0, 23), rng.choice([0, 0, 30, 45, rng.randint(0, 59)])
    sign = rng.choice("+-")
    moment.offset = (hours * 60 + minutes) * (-1 if sign == "-" else 1)
    return f"{sign}{hours:02}{':' if colon else ''}{minutes:02}"


def zone_of(rng, moment):
    if rng.random() < 0.6:
        return offset_of(rng, moment, False)
    name = rng.choice(list(ZONES))
    moment.offset = ZONES[name] * 60
    return any_case(rng, name)


def blank(rng):
    """What may stand between two words."""
    text = rng.choice([" ", " ", " ", "  ", "\t", "\n ", "\r\n\t"])
    if rng.random() < 0.1:
        text += rng.choice(COMMENTS) + " "
    return text


def year_of(rng, moment):
    """All ways to write a year; obsolete ones are for some years only."""
    ways = [f"{moment.year:04}"] * 8
    if 1969 <= moment.year <= 2049:
        ways.append(f"{moment.year % 100:02}")
    return rng.choice(ways)


def rfc5322(rng):
    moment = Moment(rng)
    zone = zone_of(rng, moment)
    parts = []
    if rng.random() < 0.6:
        parts.append(any_case(rng, DAYS[moment.date().weekday()]) + ",")
    parts.append(rng.choice([f"{moment.day}", f"{moment.day:02}"]))
    parts.append(any_case(rng, MONTHS[moment.month - 1]))
    parts.append(year_of(rng, moment))
    time = f"{moment.hour:02}:{moment.minute:02}"
    if moment.second is not None:
        time += f":{moment.second:02}"
    parts += [time, zone]
    text = parts[0]
    for part in parts[1:]:
        text += blank(rng) + part
    if rng.random() < 0.2:
        text = blank(rng) + text + blank(rng)
    return text, moment.seconds()


def rfc3339(rng):
    moment = Moment(rng)
    moment.second = moment.second or 0
    zone = rng.choice(["Z", "z", None]) or offset_of(rng, moment, True)
    text = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
    text += rng.choice("TTt") + f"{moment.hour:02}:{moment.minute:02}"
    text += f":{moment.second:02}"
    fraction = rng.choice(["", "", ".5", ".000", ".000001", ".999999", ".25"])
    late = 1 if fraction.strip(".0") else 0
    return text + fraction + zone, moment.seconds() + late


# --- What Python makes of it ------------------------------------------------


def without_comments(text):
    """email.utils knows comments at the end only, and blanks but no folding."""
    before = None
    while before != text:
        before = text
        text = re.sub(r"\((?:[^()\\]|\\.)*\)", " ", text, flags=re.DOTALL)
    return " ".join(text.split())


def python_5322(text):
    # Of -0000 Python makes a time of no known zone, we make UTC.
    plain = re.sub(" -0000$", " +0000", without_comments(text))
    when = email.utils.parsedate_to_datetime(plain)
    if when.tzinfo is None:
        raise ValueError(text)
    return (when - EPOCH) // datetime.timedelta(seconds=1)


def python_3339(text):
    when = datetime.datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    return -((EPOCH - when) // datetime.timedelta(seconds=1))


# --- The kinds --------------------------------------------------------------


def right_5322(rng):
    text, seconds = rfc5322(rng)
    return text, seconds, python_5322


def right_3339(rng):
    text, seconds = rfc3339(rng)
    # fromisoformat() wants three or six digits, if any, before 3.11.
    padded = text.replace(".5", ".500000").replace(".25", ".250000")
    return text, seconds, lambda _: python_3339(padded)


def unknown_to_python(rng):
    """Right by the RFCs; Python takes it for something else, or for nothing."""
    kind = rng.randrange(4)
    moment = Moment(rng)
    zone = offset_of(rng, moment, False)
    day = moment.date()
    if kind == 0:  # a leap second is the next second
        moment.second = 60
        text = f"{day.day} {MONTHS[day.month - 1]} {day.year} "
        text += f"{moment.hour:02}:{moment.minute:02}:60 {zone}"
    elif kind == 1:  # blanks and comments inside of the time of day
        moment.second = 7
        text = f"{day.day} {MONTHS[day.month - 1]} {day.year} "
        text += f"{moment.hour:02} : {moment.minute:02}(x): 07 {zone}"
    else:  # two and three digits of a year: RFC 5322, 4.3; Python has POSIX's
        moment.year = rng.choice([rng.randint(1950, 1968), rng.randint(2000, 2899)])
        moment.day = min(moment.day, 28)
        text = f"{moment.day} {MONTHS[moment.month - 1]} {moment.year - 1900} "
        text += f"{moment.hour:02}:{moment.minute:02} {zone}"
        moment.second = 0
    return text, moment.seconds(), None


def wrong_moment(rng):
    """A right text but for one part."""
    moment = Moment(rng)
    day, month = moment.day, MONTHS[moment.month - 1]
    year, time = f"{moment.year:04}", f"{moment.hour:02}:{moment.minute:02}:00"
    zone, name = offset_of(rng, moment, False), ""
    kind = rng.randrange(10)
    if kind == 0:
        day = rng.choice([0, moment.last + 1, 32, 99])
    elif kind == 1:
        time = rng.choice(["24:00:00", "23:60:00", "23:59:61", "99:00", "1:00", "12"])
    elif kind == 2:
        zone = rng.choice(["+2400", "-0060", "+9999", "A", "J", "M", "Y", "CET", ""])
    elif kind == 3:
        name = DAYS[(moment.date().weekday() + rng.randint(1, 6)) % 7] + ", "
    elif kind == 4:
        month = rng.choice(["Foo", "13", "Janu", "J", "Dez"])
    elif kind == 5:
        year = rng.choice(["1899", "0000", "1", "0999"])
    elif kind == 6:
        zone += rng.choice([" x", " +0100", " 1", ",", " (open"])
    elif kind == 7:
        zone = rng.choice(["0100", "+100", "+01:00", "+010", "+01000", "EST+1"])
    elif kind == 8:
        name = rng.choice(["Foo, ", "Monday, ", "1, ", "Mo, "])
    else:
        name = DAYS[moment.date().weekday()] + " "  # no comma
    return f"{name}{day} {month} {year} {time} {zone}", None, python_5322


def wrong_iso(rng):
    text, _ = rfc3339(rng)
    head, time, zone = text[:10], text[11:19], text[19:].lstrip(".0123456789")
    kind = rng.randrange(6)
    if kind == 0:
        text = f"{head} {time}{zone}"
    elif kind == 1:
        text = f"{head}T{time}"
    elif kind == 2:
        text = f"{head}T{time[:5]}{zone}"
    elif kind == 3:
        text = f"{head[:8]}{rng.choice(['00', '32', '1'])}T{time}{zone}"
    elif kind == 4:
        text = f"{head}T{rng.choice(['24:00:00', '12:60:00', '12:00:61'])}{zone}"
    else:
        text = f"{head}T{time}{rng.choice(['+0100', '+24:00', '+01', 'A', '+01:60'])}"
    return text, None, python_3339


KINDS = [
    (40, right_5322),
    (25, right_3339),
    (10, unknown_to_python),
    (17, wrong_moment),
    (8, wrong_iso),
]


def read(program, texts):
    said = subprocess.run(
        [program],
        input="".join(text + "\0" for text in texts).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    lines = said.stdout.decode().splitlines()
    assert len(lines) == len(texts)
    return lines


def python_says(reader, text):
    try:
        return reader(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def judge(kind, row, said, counts):
    """None, or what is wrong."""
    text, seconds, reader = row
    ours = None if said.startswith("- ") else int(said)
    theirs = python_says(reader, text) if reader else None
    counts[kind.__name__] += 1
    if seconds is None and theirs is not None:
        counts["wrong, read by Python"] += 1
    if ours != seconds:
        return f"{text!r}: {said}, made from {seconds}, Python: {theirs}"
    if seconds is not None and reader and theirs != ours:
        return f"{text!r}: {said}, Python: {theirs}"
    return None


def main():
    program, count = sys.argv[1], int(sys.argv[2])
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    counts = collections.Counter()
    wrong = 0
    for start in range(0, count, BATCH):
        many = min(BATCH, count - start)
        kinds = rng.choices([k for _, k in KINDS], [w for w, _ in KINDS], k=many)
        rows = [kind(rng) for kind in kinds]
        for kind, row, said in zip(kinds, rows, read(program, [r[0] for r in rows])):
            complaint = judge(kind, row, said, counts)
            wrong += complaint is not None
            if complaint and wrong <= 20:
                print(complaint)
    print(f"{count} dates, {wrong} differ; " + ", ".join(
        f"{name} {n}" for name, n in sorted(counts.items())))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
