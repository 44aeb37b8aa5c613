# SPDX-License-Identifier: ISC
"""Who runs, as /proc says. A zombie is gone: only its parent has not noticed."""

import os
import re
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from waiting import wait_until


@dataclass(frozen=True)
class Process:
    """One line of /proc/PID/stat."""

    pid: int
    name: str
    parent: int
    group: int


def running():
    """All processes but zombies."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = Path(f"/proc/{entry}/stat").read_text(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        head, tail = stat.rsplit(")", 1)
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


def status(pid, name):
    """One line of /proc/PID/status, without its name."""
    text = Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{name}:[ \t]*(.*)", text, re.MULTILINE)[1].split()


def _numbers(pid, name):
    """Those of that line, without units."""
    return [int(word) for word in status(pid, name) if word.isdigit()]


def links(pid):
    """What the descriptors of a process are, by number."""
    return {int(fd.name): os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()}


@contextmanager
def bounded_memory(*pids, growth_max_kib=64 * 1024):
    """At no time meanwhile has one of these so much more memory than at first.

    How much more comes into the dictionary.
    """
    before = {pid: _numbers(pid, "VmRSS")[0] for pid in pids}
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # forget what the peak was
    growth = {}
    yield growth
    for pid, at_first in before.items():
        growth[pid] = _numbers(pid, "VmHWM")[0] - at_first
        assert growth[pid] < growth_max_kib


def _state(pid):
    """One letter: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


@contextmanager
def frozen(pid):
    """One process stands still meanwhile, if it lives that long."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(f"{pid} is stopped", lambda: _state(pid) == "T")
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _limit_descriptors(pid, soft):
    """As the user of the process: root may not, without CAP_SYS_RESOURCE."""
    subprocess.run(
        ["prlimit", f"--pid={pid}", f"--nofile={soft}:"],
        user=_numbers(pid, "Uid")[0],
        group=_numbers(pid, "Gid")[0],
        extra_groups=[],
        check=True,
    )


@contextmanager
def _descriptors_below(pid, number):
    """The process gets no descriptor from number on meanwhile, if it lives so long."""
    limits = Path(f"/proc/{pid}/limits").read_text()
    soft = re.search(r"^Max open files +(\w+)", limits, re.MULTILINE)[1]
    _limit_descriptors(pid, number)
    try:
        yield
    finally:
        if Path(f"/proc/{pid}").exists():
            _limit_descriptors(pid, soft)


def _used_descriptors(pid):
    return {int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()}


@contextmanager
def no_descriptor_left(pid):
    """The process has no free descriptor meanwhile, unless it closes one."""
    used = _used_descriptors(pid)
    with _descriptors_below(pid, min(set(range(len(used) + 1)) - used)):
        yield


@contextmanager
def no_more_descriptors(pid):
    """It gets none above those it has: between them a few may be free.

    Unlike the above it never has more than it is allowed, which poll(2) refuses: that
    is what the portable build waits by.
    """
    with _descriptors_below(pid, max(_used_descriptors(pid)) + 1):
        yield
