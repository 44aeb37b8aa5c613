# SPDX-License-Identifier: ISC
"""policyctl on the queue of a private Postfix, as programs and as people call it."""

import fcntl
import json
import os
import struct
import subprocess
import termios
import unicodedata
from contextlib import closing
from datetime import datetime, timezone

from daemons import PROGRAMS

OK, NOTHING_FOUND, WRONG_USE = 0, 1, 64
UTF8, ASCII = "C.UTF-8", "C"
TIMEOUT_S = 30
LINES = 1000  # of a terminal


def _command(site, arguments):
    program = PROGRAMS / "policyctl"
    return [str(program), "-c", str(site.daemons.configuration), *arguments]


def _environment(locale):
    return {"PATH": os.environ["PATH"], "LC_ALL": locale}


def policyctl(site, *arguments, locale=UTF8):
    """Run it without a terminal; what became of it, with its output as text."""
    return subprocess.run(
        _command(site, arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        cwd="/",
        env=_environment(locale),
    )


def said(site, *arguments, **how):
    """It succeeds and complains about nothing; its standard output."""
    done = policyctl(site, *arguments, **how)
    assert (done.returncode, done.stderr) == (OK, ""), done
    return done.stdout


def listed(site, *arguments):
    """The messages that "list --json" tells of, in that order."""
    lines = said(site, "list", "--json", *arguments).splitlines()
    return [json.loads(line) for line in lines]


def shown(site, queue_id):
    """What "show" says of a message, by its labels; lines without one go on."""
    labels, label = {}, ""
    for line in said(site, "show", queue_id).splitlines():
        label = line[:14].strip() or label
        labels.setdefault(label, []).append(line[14:])
    return labels


def on_terminal(site, columns, *arguments, locale=UTF8):
    """Run it on a terminal so wide; the lines it printed. It must succeed."""
    ours, theirs = os.openpty()
    with closing(os.fdopen(ours, "rb", buffering=0)) as terminal:
        size = struct.pack("HHHH", LINES, columns, 0, 0)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
        process = subprocess.Popen(
            _command(site, arguments),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd="/",
            env=_environment(locale),
        )
        os.close(theirs)
        output = b"".join(_until_closed(terminal))
        assert process.wait(TIMEOUT_S) == OK, output
    return output.decode("utf-8").replace("\r\n", "\n").split("\n")[:-1]


def _until_closed(terminal):
    """What is read; the end of a terminal's other side is an error here."""
    while True:
        try:
            piece = terminal.read(65536)
        except OSError:
            return
        yield piece


def rfc3339(moment):
    """Seconds since the epoch in UTC, as programs get it."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def columns_of(text):
    """How many columns a terminal needs for text, by Unicode's own tables."""
    width = 0
    for character in text:
        if unicodedata.combining(character):
            continue
        assert unicodedata.category(character)[0] not in "C", repr(text)
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return width
