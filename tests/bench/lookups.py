# SPDX-License-Identifier: ISC
"""Lookups: hdrcheck beside a bare echo server on the same loop, and postsrsd."""

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from daemons import PROGRAMS, Daemon
from harness import deliver_at
from instance import free_port
from interrupts import held_back
from postsrsd import postsrsd
from table import no_aim, ratio_at_least, ratio_at_most, row
from waiting import somebody_listens, wait_until

BENCH_PROGRAMS = PROGRAMS.parent / "bench"
CONNECTIONS = (1, 50)
ROUNDS = 9
ROUND_MS = 1000
AIM_OF_ECHO = ratio_at_least(0.9), ratio_at_most(1 / 0.9)  # a second, p99
AIM_OF_POSTSRSD = ratio_at_least(1.5), no_aim()
AHEAD_S = 86400


def netstring(text):
    """text as a netstring."""
    return f"{len(text)}:{text},"


def line_and_action():
    """The header of a postponed message, and what is to be done with it."""
    due = int(time.time()) + AHEAD_S
    until = datetime.fromtimestamp(due, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return deliver_at(due), f"HOLD until {until}"


def question_and_answer():
    """What Postfix asks about a postponed message, and what it must hear."""
    line, action = line_and_action()
    return netstring(f"deliver-at {line}"), netstring(f"OK {action}")


def tcp_question_and_answer():
    """The same over tcp_table."""
    line, action = line_and_action()
    return f"get {quote(line, safe=':,+')}\n", f"200 {quote(action, safe=':')}\n"


@contextmanager
def processors_for(connections):
    """What is started meanwhile has one processor, if it is for one connection."""
    before = os.sched_getaffinity(0)
    if connections == 1:
        os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def new_folder():
    """A temporary folder of nobody's."""
    with tempfile.TemporaryDirectory(prefix="dat-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.chown(folder, "nobody")
        yield folder


@contextmanager
def hdrcheck(folder, *settings):
    """hdrcheck alone; its socket."""
    socket = folder / "hdrcheck"
    configuration = folder / "deliver-at.conf"
    listen = f"socketmap_listen = unix:{socket}"
    lines = ("user = nobody", "socket_group = nogroup", listen, *settings)
    configuration.write_text("".join(f"{line}\n" for line in lines))
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


def load(address, connections, asked, answer):
    """One round: requests a second, and the 99th percentile in microseconds.

    address is a path, or as in deliver-at.conf.
    """
    if isinstance(address, Path):
        address = f"unix:{address}"
    arguments = [address, str(connections), str(ROUND_MS), asked, answer]
    done = subprocess.run(
        [BENCH_PROGRAMS / "load", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    per_s, p99_us, _longest_us = done.stdout.split()
    return float(per_s), float(p99_us)


def compare(name, connections, ours, theirs, aims):
    """The lines of two that are asked by turns; each: address, question, answer."""
    (address, *dialogue), (their_address, *theirs) = ours, theirs
    rounds = [
        (
            *load(address, connections, *dialogue),
            *load(their_address, connections, *theirs),
        )
        for _ in range(ROUNDS)
    ]
    per_s, p99_us, their_per_s, their_p99_us = zip(*rounds)
    aim_per_s, aim_p99 = aims
    name = name, connections
    yield row("{}s_per_s_{}_conn".format(*name), per_s, their_per_s, aim_per_s)
    yield row("{}_p99_us_{}_conn".format(*name), p99_us, their_p99_us, aim_p99)


def beside_echo():
    """socketmap on unix sockets."""
    asked, answer = question_and_answer()
    with new_folder() as folder, hdrcheck(folder) as ours, echo(folder) as theirs:
        for n in CONNECTIONS:
            both = (ours, asked, answer), (theirs, asked, asked)
            yield from compare("lookup", n, *both, AIM_OF_ECHO)


def beside_postsrsd(connections):
    """tcp_table on TCP of loopback."""
    address = f"inet:127.0.0.1:{free_port()}"
    setting = f"tcp_table_listen = {address}"
    ours = address, *tcp_question_and_answer()
    with new_folder() as folder, hdrcheck(folder, setting), postsrsd(folder) as theirs:
        yield from compare("tcp_lookup", connections, ours, theirs, AIM_OF_POSTSRSD)


def lookups():
    """Requests a second and p99, by number of connections."""
    yield from beside_echo()
    for n in CONNECTIONS:
        with processors_for(n):
            yield from beside_postsrsd(n)
