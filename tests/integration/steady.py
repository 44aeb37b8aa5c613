# SPDX-License-Identifier: ISC
"""steady.py PROTOCOL ADDRESS: the client that behaves, while others do not.

Asks the same question every millisecond on one connection, demands the very same
answer, and prints a line of JSON for each SLICE of them: when it began
(CLOCK_MONOTONIC) and how many microseconds answers took. Ends when its standard
input does.

It is a process of its own, so that nobody's lock of Python is in the figures, and
it has a real-time priority where it may: what is measured is how long the daemon
takes, not how long the kernel lets somebody else run before the answer is looked at.
"""

import gc
import json
import os
import select
import sys
import time
from contextlib import suppress

from peers import PROTOCOLS, Peer, address_of

PACE_S = 0.001
SLICE = 100  # moments at which to ask; one takes longer than p99


class Steady:
    """Asks one question at a fixed pace."""

    def __init__(self, protocol, peer):
        self._protocol = protocol
        self._peer = peer

    def measure(self):
        """When a slice began, and how long each of its answers took, in seconds.

        Moments that pass during a wait count as if it had been asked then, else the
        longest waits would have the fewest samples.
        """
        began = moment = time.monotonic()
        took = []
        while len(took) < SLICE:
            time.sleep(max(moment - time.monotonic(), 0))
            asked = time.monotonic()
            self._peer.ask(self._protocol)
            answered = time.monotonic()
            took.append(answered - asked)
            moment += PACE_S
            while moment < answered:
                took.append(answered - moment)
                moment += PACE_S
        return began, took


def summary(began, took):
    """One slice in a line."""
    took.sort()
    us = [round(seconds * 1e6, 1) for seconds in took]
    p50, p99 = us[-(len(us) // 2) - 1], us[-(len(us) // 100) - 1]
    return json.dumps({"began": began, "p50": p50, "p99": p99, "max": us[-1]})


def main():
    """The program."""
    name, address = sys.argv[1:]
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2))
    gc.disable()
    with Peer(address_of(address)) as peer:
        steady = Steady(PROTOCOLS[name], peer)
        while not select.select([sys.stdin], [], [], 0)[0]:
            print(summary(*steady.measure()), flush=True)


if __name__ == "__main__":
    main()
