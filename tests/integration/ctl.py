# SPDX-License-Identifier: ISC
"""policyctl on a private instance: run to its end, live, or on a terminal."""

import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import termios

from daemons import PROGRAMS
from interrupts import held_back
from processes import kill_all

OK, NOT_ALL, WRONG_USE, UNAVAILABLE, BAD_CONFIGURATION = 0, 1, 64, 69, 78
TIMEOUT_S = 60


def on_hold(site):
    """The queue ids of all mail on hold, each with its arrival time."""
    return {
        entry["queue_id"]: entry["arrival_time"]
        for entry in site.postfix.queue()
        if entry["queue_name"] == "hold"
    }


class Policyctl:
    """policyctl with the configuration of a site's daemons."""

    def __init__(self, site):
        self._command = [PROGRAMS / "policyctl", "-c", site.daemons.configuration]

    def run(self, *words):
        """Run a verb to its end, without a terminal."""
        return subprocess.run(
            [*self._command, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            timeout=TIMEOUT_S,
        )

    def ok(self, *words):
        """The same; it succeeds. Its standard output."""
        done = self.run(*words)
        assert done.returncode == OK, done
        return done.stdout

    def fails(self, code, *words):
        """The same; it ends with this code. All it says."""
        done = self.run(*words)
        assert done.returncode == code, done
        return done.stdout + done.stderr

    def json(self, *words):
        """What a verb prints, an object a line."""
        return [json.loads(line) for line in self.ok(*words, "--json").splitlines()]

    def live(self, *words):
        """A verb that runs on, as a context; lines can be read as they come."""
        return Live([*self._command, *words])

    def on_terminal(self, *words):
        """A verb on a terminal of its own, as a context."""
        return Terminal([*self._command, *words])


class Live:
    """A running verb, its output a pipe."""

    def __init__(self, command):
        with held_back():
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd="/",
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        with held_back():
            kill_all([self.process.pid])
            self.process.stdout.close()
            self.process.wait()

    def line_with(self, pattern):
        """The next line that pattern is found in."""
        for line in self.process.stdout:
            if re.search(pattern, line):
                return line
        raise AssertionError(f"it ended without a line of {pattern}")

    def end(self):
        """It ends by itself: its exit code and the rest of what it says."""
        text = self.process.communicate(timeout=TIMEOUT_S)[0]
        return self.process.returncode, text


def _take_terminal():
    """In the child: standard input is the controlling terminal."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A running verb on a terminal; what it says there comes in `said`."""

    def __init__(self, command):
        self.said = ""
        self._end, slave = pty.openpty()
        with held_back():
            self._process = subprocess.Popen(
                command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                cwd="/",
                preexec_fn=_take_terminal,
            )
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        with held_back():
            kill_all([self._process.pid])
            self._process.wait()
        os.close(self._end)

    def _read(self):
        try:
            piece = os.read(self._end, 4096)
        except OSError:  # EIO: nobody has it open any more
            return False
        self.said += piece.decode()
        return bool(piece)

    def read_until(self, text):
        """Wait until it has said that."""
        while text not in self.said:
            assert self._read(), self.said

    def type(self, text):
        """What somebody types."""
        os.write(self._end, text.encode())

    def end(self):
        """It ends by itself: its exit code, -SIGINT for ctrl-C."""
        while self._read():
            pass
        return self._process.wait(TIMEOUT_S)


CTRL_C, CTRL_D = "\x03", "\x04"
INTERRUPTED = -signal.SIGINT
