# SPDX-License-Identifier: ISC
"""Lookups: hdrcheck beside a bare echo server on the same loop."""

import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from daemons import PROGRAMS, Daemon
from harness import deliver_at
from interrupts import held_back
from table import Row, ratio_at_least, ratio_at_most
from waiting import somebody_listens, wait_until

BENCH_PROGRAMS = PROGRAMS.parent / "bench"
CONNECTIONS = (1, 50)
ROUNDS = 9
ROUND_MS = 1000
AIM = 0.8
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
def echo(folder):
    """The echo server; its socket."""
    socket = folder / "echo"
    with held_back():
        server = subprocess.Popen([BENCH_PROGRAMS / "echo", f"unix:{socket}"])
    try:
        wait_until("the echo server is ready", lambda: somebody_listens(socket))
        yield socket
    finally:
        server.kill()
        server.wait()


def load(socket, connections, asked, answer):
    """One round: requests a second, and the 99th percentile in microseconds."""
    arguments = [f"unix:{socket}", str(connections), str(ROUND_MS), asked, answer]
    done = subprocess.run(
        [BENCH_PROGRAMS / "load", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    per_s, p99_us = done.stdout.split()
    return float(per_s), float(p99_us)


def medians(rounds):
    """The median of each figure."""
    return [median(figures) for figures in zip(*rounds)]


def lookups():
    """Requests a second and p99, by number of connections."""
    asked, answer = question_and_answer()
    with tempfile.TemporaryDirectory(prefix="dat-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.chown(folder, "nobody")
        with hdrcheck(folder) as ours, echo(folder) as theirs:
            for n in CONNECTIONS:
                at_ours, at_theirs = [], []
                for _ in range(ROUNDS):
                    at_ours.append(load(ours, n, asked, answer))
                    at_theirs.append(load(theirs, n, asked, asked))
                pairs = zip(medians(at_ours), medians(at_theirs))
                per_s, p99_us = pairs
                yield Row(f"lookups_per_s_{n}_conn", *per_s, ratio_at_least(AIM))
                yield Row(f"lookup_p99_us_{n}_conn", *p99_us, ratio_at_most(1 / AIM))
