# SPDX-License-Identifier: ISC
"""18. hdrcheck as a command: a filter for messages, a judge of one line."""

import subprocess

import pytest
from daemons import PROGRAMS

DUE = "2026-12-25T08:00:00Z"
BEFORE = "2026-12-25T07:59:59Z"
HEADER = b"X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0100\n"
MIB = 1024 * 1024

COPIED, POSTPONED, UNREADABLE, WRONG_USE = 0, 75, 65, 64

MESSAGES = {
    "an ordinary one": HEADER + b"Subject: tea\n\nGood morning.\n",
    "with CRLF": (HEADER + b"Subject: tea\n\nGood morning.\n").replace(b"\n", b"\r\n"),
    "folded": b"X-Deliver-At: Fri,\n 25 Dec 2026\n\t09:00:00 +0100\n\nGood morning.\n",
    "from an mbox": b"From ann@sender.test Mon Jan  5 09:00:00 2026\n" + HEADER + b"\n.",
    "without a body": HEADER,
    "without a last line end": HEADER[:-1],
    "with NUL bytes": b"Subject: a\0b\n" + HEADER + b"\n\0\0\n",
    "with bytes of all kinds": HEADER + b"\n" + bytes(range(256)) * 4000,
    "with a header of 10 MB": b"X: " + b"y" * (10 * MIB) + b"\n" + HEADER + b"\n.\n",
}


def run(*arguments, stdin=b""):
    """hdrcheck with these arguments."""
    return subprocess.run(
        [PROGRAMS / "hdrcheck", *arguments], input=stdin, capture_output=True, cwd="/"
    )


@pytest.mark.parametrize("name", MESSAGES)
def test_filter(name):
    """Byte for byte when it is due, nothing a second before."""
    message = MESSAGES[name]
    due = run("-t", "--now", DUE, stdin=message)
    assert (due.returncode, due.stdout == message, due.stderr) == (COPIED, True, b"")
    early = run("-t", "--now", BEFORE, stdin=message)
    assert (early.returncode, early.stdout) == (POSTPONED, b"")
    assert DUE.encode() in early.stderr


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"Subject: tea\n\nX-Deliver-At: soon\n",
        b"no header\n" + HEADER,
        b"Content-Type: message/rfc822\n\n" + HEADER + b"\n",
    ],
    ids=["empty", "in the body", "behind what is no header", "in an attachment"],
)
def test_filter_without_a_date(message):
    """What stands in the body, or in a message inside, does not matter."""
    done = run("-t", "--now", BEFORE, stdin=message)
    assert (done.returncode, done.stdout, done.stderr) == (COPIED, message, b"")


@pytest.mark.parametrize(
    "message, reason",
    [
        (b"X-Deliver-At: soon\n\n", b"not a date"),
        (HEADER + b"X-Deliver-At:\n\n", b"empty"),
        (b"X-Deliver-At: Fri, 25 Dec 2099 09:00:00 +0000\n\n", b"more than 366 days"),
        (b"X: " + b"y" * (64 * MIB) + b"\n\n", b"64 MiB"),
    ],
    ids=["no date", "one of two", "too far ahead", "too long"],
)
def test_filter_refuses(message, reason):
    """Nothing is copied, and the reason told."""
    done = run("-t", "--now", BEFORE, stdin=message)
    assert (done.returncode, done.stdout) == (UNREADABLE, b"")
    assert reason in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("-t", "-n"),
        ("-t", "-q", "X: y"),
        ("-s", "smtp"),
        ("-s", "socketmap", "-t"),
        ("-t", "--now", "tomorrow"),
        ("-t", "--now", "2300-01-01T00:00:00Z"),
        ("--now", DUE),
        ("-t", "file"),
    ],
)
def test_wrong_use(arguments):
    """Exit 64, a word on standard error, nothing on standard output."""
    done = run(*arguments)
    assert (done.returncode, done.stdout, bool(done.stderr)) == (WRONG_USE, b"", True)
