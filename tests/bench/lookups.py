# SPDX-License-Identifier: ISC
"""Lookups: hdrcheck beside a bare echo server on the same loop."""

import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from pathlib import Path

from daemons import PROGRAMS, Daemon
from harness import deliver_at
from interrupts import held_back
from table import ratio_at_least, ratio_at_most, row
from waiting import somebody_listens, wait_until

BENCH_PROGRAMS = PROGRAMS.parent / "bench"
CONNECTIONS = (1, 50)
ROUNDS = 9
ROUND_MS = 1000
AIM_PER_S = ratio_at_least(0.8)
AIM_P99 = ratio_at_most(1 / 0.8)
AHEAD_S = 86400


def netstring(text):
    """text as a netstring."""
    return f"{len(text)}:{text},"


def question_and_answer():
    """What Postfix asks about a postponed message, and what it must hear."""
    due = int(time.time()) + AHEAD_S
    until = datetime.fromtimestamp(due, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = netstring(f"deliver-at {deliver_at(due)}")
    return asked, netstring(f"OK HOLD until {until}")


@contextmanager
def new_folder():
    """A temporary folder of nobody's."""
    with tempfile.TemporaryDirectory(prefix="dat-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.chown(folder, "nobody")
        yield folder


@contextmanager
def hdrcheck(folder):
    """hdrcheck alone; its socket."""
    socket = folder / "hdrcheck"
    configuration = folder / "deliver-at.conf"
    configuration.write_text(f"user = nobody\nsocketmap_listen = unix:{socket}\n")
    daemon = Daemon("hdrcheck", configuration, socket, folder / "hdrcheck.log")
    try:
        daemon.start()
        yield socket
        daemon.stop()
    finally:
        daemon.kill()


@contextmanager
def echo(folder, *answer):
    """The echo server, or what answers so whatever it is asked; its socket."""
    socket = folder / "echo"
    with ExitStack() as ending:
        with held_back():
            command = [BENCH_PROGRAMS / "echo", f"unix:{socket}", *answer]
            server = ending.enter_context(subprocess.Popen(command))
            ending.callback(server.kill)
        wait_until("the echo server is ready", lambda: somebody_listens(socket))
        yield socket


def load(socket, connections, asked, answer):
    """One round: requests a second, and the 99th percentile in microseconds."""
    arguments = [f"unix:{socket}", str(connections), str(ROUND_MS), asked, answer]
    done = subprocess.run(
        [BENCH_PROGRAMS / "load", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    per_s, p99_us, _longest_us = done.stdout.split()
    return float(per_s), float(p99_us)


def lookups():
    """Requests a second and p99, by number of connections."""
    asked, answer = question_and_answer()
    with new_folder() as folder, hdrcheck(folder) as ours, echo(folder) as theirs:
        for n in CONNECTIONS:
            rounds = [
                (*load(ours, n, asked, answer), *load(theirs, n, asked, asked))
                for _ in range(ROUNDS)
            ]
            per_s, p99_us, echo_per_s, echo_p99_us = zip(*rounds)
            yield row(f"lookups_per_s_{n}_conn", per_s, echo_per_s, AIM_PER_S)
            yield row(f"lookup_p99_us_{n}_conn", p99_us, echo_p99_us, AIM_P99)
