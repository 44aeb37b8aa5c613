# SPDX-License-Identifier: ISC
"""How long this machine kept its processes waiting for a CPU.

A test that says "within a second" is about our programs. What others on the same
cores take, or the host takes from a virtual machine, is not theirs to answer for.
"""

import os
import threading
import time
from collections import deque
from pathlib import Path

INTERVAL_S = 0.1
KEPT = 6000  # samples: ten minutes
PRESSURE = Path("/proc/pressure/cpu")
STAT = Path("/proc/stat")
STEAL = 8  # a field of the first line
TICKS = os.sysconf("SC_CLK_TCK")


def _waited_s():
    """Since the start: with something waiting for a CPU, or for the host."""
    stolen = int(STAT.read_text().split("\n", 1)[0].split()[STEAL]) / TICKS
    if not PRESSURE.exists():
        return stolen
    total = PRESSURE.read_text().split("\n", 1)[0].rsplit("total=", 1)[1]
    return stolen + int(total) / 1e6


class Waits:
    """Looks every now and then, from its making on."""

    def __init__(self):
        self._samples = deque(maxlen=KEPT)  # of (moment, waited so far)
        self._look()
        threading.Thread(target=self._watch, daemon=True).start()

    def _look(self):
        self._samples.append((time.time(), _waited_s()))

    def _watch(self):
        while True:
            time.sleep(INTERVAL_S)
            self._look()

    def between(self, since, until):
        """How much of that time it was, by the samples around it."""
        samples = list(self._samples)
        before = [one for one in samples if one[0] <= since][-1:] or samples[:1]
        after = [one for one in samples if one[0] >= until][:1] or samples[-1:]
        return max(after[0][1] - before[0][1], 0)
