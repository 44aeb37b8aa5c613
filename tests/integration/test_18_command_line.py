# SPDX-License-Identifier: ISC
"""18. hdrcheck as a command: a filter for messages, a judge of one line."""

import re
import subprocess

import pytest
from daemons import PROGRAMS

DUE = "2026-12-25T08:00:00Z"
BEFORE = "2026-12-25T07:59:59Z"
HEADER = b"X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0100\n"
MIB = 1024 * 1024

COPIED, POSTPONED, UNREADABLE, WRONG_USE = 0, 75, 65, 64
WRONG_CONFIGURATION = 78

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


LINE = HEADER.decode().strip()


@pytest.mark.parametrize(
    "line, now, code, said",
    [
        (LINE, DUE, COPIED, "DUNNO"),
        (LINE, BEFORE, POSTPONED, f"HOLD until {DUE}"),
        ("x-deliver-at:2026-12-25T08:00:00Z", BEFORE, POSTPONED, f"HOLD until {DUE}"),
        (
            "X-Deliver-At: never (rule freeze)",
            DUE,
            POSTPONED,
            "HOLD until its rule is gone",
        ),
        ("X-Deliver-At: soon", DUE, UNREADABLE, "REJECT 5.6.0 X-Deliver-At: .*"),
        ("X-Deliver-At:", DUE, UNREADABLE, "REJECT 5.6.0 X-Deliver-At: .*"),
        (
            "X-Deliver-At: 2027-12-26T08:00:01Z",
            DUE,
            UNREADABLE,
            "REJECT 5.7.1 X-Deliver-At: more than 366 days ahead",
        ),
        ("Subject: tea", DUE, COPIED, "NOTFOUND"),
        ("", DUE, COPIED, "NOTFOUND"),
    ],
)
def test_one_line(line, now, code, said):
    """What hdrcheck would answer, and an exit code for scripts."""
    done = run("-q", line, "--now", now)
    assert (done.returncode, done.stderr) == (code, b"")
    assert re.fullmatch(said + "\n", done.stdout.decode())


def test_one_line_now():
    """Without --now it is the present."""
    assert run("-q", "X-Deliver-At: 2001-01-01T00:00:00Z").stdout == b"DUNNO\n"
    done = run("-q", "X-Deliver-At: 2201-01-01T00:00:00Z")
    assert done.stdout.startswith(b"REJECT 5.7.1 ")


@pytest.mark.parametrize("name", ["hdrcheck", "policyd", "policyctl"])
def test_help_and_version(name):
    """On standard output, exit 0."""
    for option in ("--help", "--version"):
        done = subprocess.run([PROGRAMS / name, option], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (COPIED, "")
        assert name in done.stdout


@pytest.mark.parametrize(
    "arguments", [["-n"], ["-q", LINE], ["-t"], ["-d"], ["-d", "-s", "socketmap"]]
)
def test_a_configuration_that_is_wrong(tmp_path, arguments):
    """Exit 78, and where it is wrong; nothing on standard output."""
    file = tmp_path / "deliver-at.conf"
    done = run("-c", file, *arguments)
    assert (done.returncode, done.stdout) == (WRONG_CONFIGURATION, b"")
    assert f"{file}: No such file".encode() in done.stderr
    file.write_text("max_postpone = soon\n")
    done = run("-c", file, *arguments)
    assert (done.returncode, done.stdout) == (WRONG_CONFIGURATION, b"")
    assert f"{file}:1: max_postpone: ".encode() in done.stderr


def test_a_configuration_that_is_right(tmp_path):
    """Not a word."""
    file = tmp_path / "deliver-at.conf"
    file.write_text("max_postpone = 7d\n")
    done = run("-c", file, "-n")
    assert (done.returncode, done.stdout, done.stderr) == (COPIED, b"", b"")


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
