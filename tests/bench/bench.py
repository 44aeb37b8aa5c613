# SPDX-License-Identifier: ISC
"""make bench: figures beside yardsticks measured in the same run; see README here.

bench.py short|large [PART...]. Exit 0 when all was measured, good or not; 1 when a
measurement was broken (mail lost, a wrong answer), 64 for an unknown part, 77
without root.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from burst import burst
from cold import cold
from crowd import crowd
from foreign import foreign
from growth import growth
from idle import idle
from interrupts import Ended, raise_on_ending_signals
from lateness import lateness
from lookups import lookups
from million import memory, stall
from parts import LARGE, SHORT, rows_of
from pipeline import pipeline
from policy import policy
from scan import scan
from silent import silent
from stall_policy import stall_policy
from start import start
from table import heading
from throughput import throughput
from undo import undo
from walk import walk

ALL = (
    lookups,
    policy,
    scan,
    walk,
    memory,
    stall,
    stall_policy,
    idle,
    start,
    lateness,
    undo,
    crowd,
    burst,
    cold,
    pipeline,
    silent,
    foreign,
    throughput,
    growth,
)
PARTS = {part.__name__: part for part in ALL}
EXIT_BROKEN = 1
EXIT_USAGE = 64
EXIT_NOT_ROOT = 77
EXIT_SIGNAL = 128


def complain(text):
    """One line to standard error."""
    print(f"bench: {text}", file=sys.stderr)


def run(names, form):
    """The table, line by line as it is measured."""
    print(heading(), flush=True)
    for name in names:
        began = time.monotonic()
        for line in rows_of(PARTS[name], form):
            print(line, flush=True)
        complain(f"{name}: {time.monotonic() - began:.0f} s")


def main(form, *names):
    """Exit codes as in the head of this file."""
    there = [name for name in PARTS if rows_of(PARTS[name], form)]
    if unknown := [name for name in names if name not in there]:
        complain(f"no {form} part {' '.join(unknown)}; there are: {' '.join(there)}")
        return EXIT_USAGE
    if os.geteuid() != 0:
        complain("needs root, as a private Postfix does; try: sudo make bench")
        return EXIT_NOT_ROOT
    raise_on_ending_signals()
    try:
        run(names or there, form)
    except Ended as ended:
        complain(f"interrupted ({ended}); all is stopped and removed")
        return EXIT_SIGNAL + ended.number
    except (AssertionError, subprocess.SubprocessError) as failure:
        complain(f"broken: {failure}")
        return EXIT_BROKEN
    return 0


if len(sys.argv) < 2 or sys.argv[1] not in (SHORT, LARGE):
    complain(f"usage: bench.py {SHORT}|{LARGE} [PART...]")
    sys.exit(EXIT_USAGE)
sys.exit(main(*sys.argv[1:]))
