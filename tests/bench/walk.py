# SPDX-License-Identifier: ISC
"""A walk without news: CPU of policyd beside that of postqueue itself."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from control import ask
from fill import fill, held_names
from harness import due_in
from instance import SYSTEM_PATH
from mail import mail_site
from parts import sizes
from processes import descendants
from table import ratio_at_most, row
from waiting import wait_until

ROUNDS = 5
AIM = ratio_at_most(0.05)
AHEAD_S = 86400
LOOK_S = 0.02
QUIET_S = 0.2  # without any work of the engine: it is done
NS_PER_MS = 1_000_000
WALK_TIMEOUT_S = 300  # with the rest before it


def cpu_ms(pid):
    """What the process has used so far, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / NS_PER_MS


def status(site):
    """What policyd says of itself."""
    return json.loads(ask(site, "status"))


def keeper_ms(runner):
    """Of the process between the runner and postqueue; None: none runs."""
    for process in descendants(runner):
        if process.name == "postqueue":
            try:
                return cpu_ms(process.parent)
            except OSError:
                break
    return None


def follow_walk(runner, engine):
    """Until a walk has come and gone, and the engine is quiet; its keeper's CPU."""
    wait_until("it walks", lambda: keeper_ms(runner) is not None, WALK_TIMEOUT_S)
    used = 0
    while (now := keeper_ms(runner)) is not None:
        used = now
        time.sleep(LOOK_S)

    def is_quiet():
        before = cpu_ms(engine)
        time.sleep(QUIET_S)
        return cpu_ms(engine) == before

    wait_until("the engine is quiet", is_quiet)
    return used


def our_ms(site, size):
    """CPU of runner, engine and the process that keeps postqueue, for one walk."""
    runner, engine = site.daemons.policyd.pid, site.daemons.policyd.child().pid
    walks = status(site)["walks"]
    began = cpu_ms(runner) + cpu_ms(engine)
    ask(site, "sweep")
    keeper = follow_walk(runner, engine)
    used = cpu_ms(runner) + cpu_ms(engine) - began + keeper
    now = status(site)
    known = now["walks"], now["waiting"], now["unread"]
    assert known == (walks + 1, size, 0), f"a walk told of {known}"
    return used


def their_ms(site, size):
    """CPU of postqueue -j alone, showq's not counted."""
    program = shutil.which("postqueue", path=SYSTEM_PATH)
    command = [program, "-c", site.postfix.config_folder, "-j"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={}) as postqueue:
        told = sum(part.count(b"\n") for part in iter(postqueue.stdout.read1, b""))
        _, code, used = os.wait4(postqueue.pid, 0)
        postqueue.returncode = os.waitstatus_to_exitcode(code)
    assert (postqueue.returncode, told) == (0, size), f"postqueue listed {told}"
    return (used.ru_utime + used.ru_stime) * 1000


def wait_until_known(site, size):
    """The first walk is over, and all is read."""

    def is_known():
        now = status(site)
        return now["walks"] > 0 and (now["waiting"], now["unread"]) == (size, 0)

    wait_until(f"{size} wait", is_known, 60 + size / 1000)


@sizes(short=20_000, large=100_000)
def walk(size):
    """By turns on the same queue."""
    ours, theirs = [], []
    with mail_site(sweep_interval="1h") as site:
        site.daemons.hdrcheck.start()
        fill(site, due_in(AHEAD_S), size)
        site.daemons.policyd.start()
        wait_until_known(site, size)
        for _ in range(ROUNDS):
            theirs.append(their_ms(site, size))
            ours.append(our_ms(site, size))
        site.daemons.policyd.stop()
        for name in held_names(site):
            (site.postfix.queue_folder / "hold" / name).unlink()
    yield row(f"walk_cpu_ms_{size}", ours, theirs, AIM)
