# SPDX-License-Identifier: ISC
"""Listings as postqueue -j prints them, of mail that does not exist."""

import json
import random

ARRIVAL = 1_795_000_000
DIGITS = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
REASON = 'connect to mx.{0}[192.0.2.{1}]:25: timed out; "mx" of {0} does not answer'
WORDS = "anna ben clara department example customer sales north holding office".split()


def _encode(number, base, length):
    """Postfix's safe_ultostr(), filled up."""
    text = ""
    while number or len(text) < length:
        number, digit = divmod(number, base)
        text = DIGITS[digit] + text
    return text


def _queue_id(number, dice):
    """A long one (enable_long_queue_ids): seconds, microseconds, z, inode."""
    second = _encode(ARRIVAL + number // 10, 52, 6)
    micros = _encode(number % 10 * 100_000 + dice.randrange(100_000), 52, 4)
    return f"{second}{micros}z{_encode(1_000_000 + number, 51, 4)}"


def _address(dice):
    local, *domain = dice.choices(WORDS, k=4)
    return f"{local}.{dice.randrange(1000)}@{'.'.join(domain)}.test"


def _recipient(dice, tried):
    entry = {"address": _address(dice)}
    if tried:
        reason = REASON.format(dice.choice(WORDS), dice.randrange(256))
        entry["delay_reason"] = reason
    return entry


def message(number, dice):
    """One message: nine of ten wait, each hundredth has 50 recipients."""
    held = dice.random() < 0.9
    many = dice.random() < 0.01
    return {
        "queue_name": "hold" if held else "deferred",
        "queue_id": _queue_id(number, dice),
        "arrival_time": ARRIVAL + number // 10,
        "message_size": dice.randrange(800, 200_000),
        "forced_expire": False,
        "sender": _address(dice),
        "recipients": [_recipient(dice, not held) for _ in range(50 if many else 1)],
    }


def listing(count):
    """That many lines, and how many of them are held; the same in each run."""
    dice = random.Random(count)
    lines, held = [], 0
    for number in range(count):
        one = message(number, dice)
        held += one["queue_name"] == "hold"
        lines.append(json.dumps(one))
    return "\n".join([*lines, ""]).encode(), held
