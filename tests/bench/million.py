# SPDX-License-Identifier: ISC
"""A million messages on hold: memory, and how long the engine's loop is held up."""

import subprocess

from daemons import PROGRAMS
from table import no_aim, ours_at_most, ours_below, row

MESSAGES = 1_000_000
ROUNDS = 3
DEADLINE_S = 300
NS_PER_MS = 1e6
AIM_BYTES = ours_at_most(64)
AIM_STALL_MS = ours_below(5)
STEPS = ("walk", "learn", "status", "reload", "release")


def measure():
    """What the program says of MESSAGES on hold: {name: number}."""
    program = PROGRAMS.parent / "bench" / "million"
    said = subprocess.run(
        [program, str(MESSAGES)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=DEADLINE_S,
    )
    lines = (line.split() for line in said.stdout.splitlines())
    return {name: int(value) for name, value in lines}


def memory():
    """Bytes a message beside those of its line in the listing; no rounds differ."""
    said = measure()
    ours, theirs = said["anon_bytes"], said["listing_bytes"]
    yield row(
        "memory_bytes_a_message", [ours / MESSAGES], [theirs / MESSAGES], AIM_BYTES
    )


def stall():
    """The longest step of each kind, beside what the machine itself takes away."""
    rounds = [measure() for _ in range(ROUNDS)]
    machine = [said["machine_step_ns"] / NS_PER_MS for said in rounds]
    for step in STEPS:
        ours = [said[f"{step}_step_ns"] / NS_PER_MS for said in rounds]
        yield row(f"stall_{step}_ms", ours, machine, AIM_STALL_MS)
    walk = [said["walk_ns"] / MESSAGES for said in rounds]
    yield row("stall_walk_ns_a_message", walk, None, no_aim())
