# SPDX-License-Identifier: ISC
"""Who runs, as /proc says. A zombie is gone: only its parent has not noticed."""

import os
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One line of /proc/PID/stat."""

    pid: int
    name: str
    parent: int
    group: int


def running():
    """All processes but zombies."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, tail = stat.read_text(errors="replace").rsplit(")", 1)
        except OSError:
            continue
        state, parent, group = tail.split()[:3]
        if state != "Z":
            pid, name = head.split("(", 1)
            yield Process(int(pid), name, int(parent), int(group))


def in_group(group):
    """The running processes of one process group."""
    return [process for process in running() if process.group == group]


def working_in(folder):
    """The ids of processes in a folder or with arguments that name it."""
    for process in running():
        entry = Path(f"/proc/{process.pid}")
        try:
            arguments = (entry / "cmdline").read_bytes().decode(errors="replace")
            current = os.readlink(entry / "cwd")
        except OSError:
            continue
        if f"{current}/".startswith(f"{folder}/") or f"{folder}/" in arguments:
            yield process.pid


def child_of(parent, name):
    """The one running child of parent with this name."""
    (child,) = (p for p in running() if (p.parent, p.name) == (parent, name))
    return child


def descendants(ancestor):
    """All running processes below this one, but not itself."""
    everybody = list(running())
    found, parents = [], {ancestor}
    while parents:
        children = [p for p in everybody if p.parent in parents]
        found += children
        parents = {child.pid for child in children}
    return found


def kill_all(pids):
    """kill -9, as quickly as may be; some may be gone already."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def frozen(pid):
    """One process stands still meanwhile, if it lives that long."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
