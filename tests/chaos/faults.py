# SPDX-License-Identifier: ISC
"""What goes wrong in a run: each fault begins, lasts for a while, and is over.

The clock that is stepped is that of hdrcheck and policyd alone (libfaketime, a
preloaded library); Postfix, the sink and the run keep the machine's. Postfix's own
processes are stopped in order, never killed: it may then deliver twice by itself.
A command that hangs is killed at the end of its fault, as its deadline of up to ten
minutes would be longer than a run.
"""

import errno
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import ExitStack

from daemons import PAGE
from peers import POLICY, SOCKETMAP, Peer
from processes import (
    frozen,
    in_group,
    kill_all,
    no_more_descriptors,
    working_in,
)
from waiting import POLL_S

CONNECTIONS = 20  # that take the last descriptors; policyd's runner has its own use
START_MAX_S = 180  # of Postfix, faults of its own commands included
FLOODERS = 150  # connections at once: more than are allowed

# A shell script before the real command; it may hang where nobody ever writes.
SCRIPTS = {
    "fails": "exit 1",
    "is killed": "kill -9 $$",
    "prints rubbish": "head -c 100000 /dev/urandom; exit 1",
    "works and fails": '$real "$@"; exit 1',
    "works and is killed": '$real "$@"; kill -9 $$',
    "is cut off": '$real "$@" 2>&1 | head -c 150; exit 0',
    "is slow": "sleep 1",
    "hangs": "read -r line <$never; exit 1",
}
# A kick that says it is done and is not: nobody could know.
SCRIPTS_OF_KICK = {"is cut off": "exit 1"}

# In vain, where what is to be broken is just not there.
NOT_THERE = (OSError, AssertionError, subprocess.SubprocessError, ValueError)


class Faults:
    """Begins faults; each ends by itself, or when all end."""

    def __init__(self, stage, book, seed):
        self._stage = stage
        self._book = book
        self._seed = seed
        self._ended = threading.Event()
        self._threads = []
        self.done = Counter()
        self.in_vain = Counter()

    def begin(self, planned):
        """Begin one of the schedule."""
        thread = threading.Thread(target=self._run, args=(planned,))
        thread.start()
        self._threads.append(thread)

    def close(self):
        """End all of them and wait until they are over."""
        self._ended.set()
        self.finish()

    def finish(self):
        """Wait until all are over."""
        for thread in self._threads:
            thread.join()

    def _run(self, planned):
        fault = getattr(self, "_" + planned.what.replace(" ", "_"))
        try:
            fault(planned.lasts_s, **planned.details)
            self.done[planned.what] += 1
        except NOT_THERE as failure:
            self.in_vain[f"{planned.what}: {type(failure).__name__}"] += 1

    def _wait(self, seconds):
        self._ended.wait(seconds)

    # Processes

    def _pid(self, whom):
        """The process of that name, as far as it runs."""
        daemon = "hdrcheck" if whom == "hdrcheck" else "policyd"
        pid = self._stage.keepers[daemon].daemon.pid
        if whom in ("hdrcheck", "runner"):
            return pid
        children = [p for p in in_group(pid) if p.parent == pid]
        wanted = [p for p in children if (p.name == PAGE) == (whom == "page")]
        return min(process.pid for process in wanted)

    def _kill(self, down_s, whom):
        pid = self._pid(whom)
        if whom != "page":
            name = "hdrcheck" if whom == "hdrcheck" else "policyd"
            self._stage.expect_end(name, down_s)
        os.kill(pid, signal.SIGKILL)

    def _freeze(self, lasts_s, whom):
        with frozen(self._pid(whom)):
            self._wait(lasts_s)

    def _no_descriptors(self, lasts_s, whom):
        """None above those it has, and connections that take what is between."""
        site = self._stage.site
        name = "socketmap" if whom == "hdrcheck" else "policy"
        address = site.postfix.socket_folder / name
        with no_more_descriptors(self._pid(whom)), ExitStack() as peers:
            for _ in range(CONNECTIONS):
                peers.enter_context(Peer(address))
            self._wait(lasts_s)

    def _reload(self, _lasts_s, whom):
        os.kill(self._pid(whom), signal.SIGHUP)

    # Postfix

    def _postfix_stop(self, down_s):
        postfix = self._stage.site.postfix
        began = time.time()
        try:
            postfix.stop_in_order()
        finally:
            self._book.stops.append((began, time.time()))
            self._wait(down_s)
            self.start_postfix()

    def start_postfix(self):
        """Until it runs: what it needs for that may fail, too, but not for ever."""
        postfix = self._stage.site.postfix
        deadline = time.monotonic() + START_MAX_S
        while not postfix.is_running():
            try:
                postfix.start()
            except NOT_THERE as failure:
                if time.monotonic() > deadline:
                    raise RuntimeError("Postfix does not start") from failure

    def _postfix_reload(self, _lasts_s):
        self._stage.site.postfix.command("postfix", "reload")

    def _commands(self, lasts_s, name, how):
        standins = self._stage.site.postfix.standins
        script = SCRIPTS[how]
        if name == "postkick":
            script = SCRIPTS_OF_KICK.get(how, script)
        standins.behave(name, script)
        self._wait(lasts_s)
        standins.restore(name)
        if how == "hangs":
            self._end_calls()

    def _end_calls(self):
        """Those of policyd, and those of Postfix's own scripts."""
        postfix = self._stage.site.postfix
        for folder in (postfix.folder, postfix.queue_folder / ".."):
            kill_all(working_in(folder / "commands"))

    # The machine

    def _full_disk(self, lasts_s):
        self._fill(self._stage.site.postfix.queue_folder, lasts_s)

    def _full_state(self, lasts_s):
        self._fill(self._stage.site.daemons.state_folder, lasts_s)

    def _fill(self, folder, lasts_s):
        """No room there; what others give up meanwhile is taken, too."""
        path = folder / "filler"
        deadline = time.monotonic() + lasts_s
        with ExitStack() as ending, open(path, "wb", buffering=0) as filler:
            ending.callback(path.unlink)
            while time.monotonic() < deadline and not self._ended.is_set():
                _write_until_full(filler)
                self._wait(POLL_S)

    def _clock(self, lasts_s, offset):
        clock = self._stage.clock
        self._book.step_clock(clock, offset)
        try:
            self._wait(lasts_s)
        finally:
            self._book.step_clock(clock, 0)

    def _flood(self, lasts_s, where):
        """Connections that stall, ask without a pause, lie, or say nothing."""
        site = self._stage.site
        protocol = SOCKETMAP if where == "socketmap" else POLICY
        address = site.postfix.socket_folder / where
        deadline = time.monotonic() + lasts_s
        rng = random.Random(f"flood {self._seed}")
        with ExitStack() as peers:
            for _ in range(FLOODERS):
                peers.enter_context(_Flooder(address, protocol, rng))
                if self._ended.is_set() or time.monotonic() > deadline:
                    return
            self._wait(max(deadline - time.monotonic(), 0))


class _Flooder(Peer):
    """A connection that is up to no good."""

    def __init__(self, address, protocol, rng):
        super().__init__(address)
        contents = (
            protocol.request[:-1],
            protocol.request * 500,
            rng.choice(protocol.malformed),
            b"",
        )
        self.send_what_fits(rng.choice(contents))


def _write_until_full(filler):
    piece = bytes(65536)
    while piece:
        try:
            filler.write(piece)
        except OSError as failure:
            if failure.errno != errno.ENOSPC:
                raise
            piece = piece[: len(piece) // 2]
