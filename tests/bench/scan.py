# SPDX-License-Identifier: ISC
"""Reading a listing: ours beside jq and python's json, CPU by bytes."""

import json
import os
import subprocess
import time

from listings import listing
from lookups import BENCH_PROGRAMS, new_folder
from parts import sizes
from table import all_of, no_aim, ours_at_least, ratio_at_least, row

ROUNDS = 5
TIMES = 20  # that ours reads it a round: it is so much faster
JQ = ["jq", "-c", "[.queue_name,.queue_id,.arrival_time,.message_size]"]
AIM = all_of(ours_at_least(1500), ratio_at_least(40))
NS_PER_S = 1_000_000_000
BYTES_PER_MB = 1_000_000


def ours(mode, file, wanted):
    """MB a second of CPU by scan.c; it must have understood that many messages."""
    command = [BENCH_PROGRAMS / "scan", mode, file, str(TIMES)]
    done = subprocess.run(command, check=True, capture_output=True)
    ns, messages = map(int, done.stdout.split())
    assert messages == wanted, f"scan {mode}: {messages} messages, not {wanted}"
    return file.stat().st_size * TIMES / ns * NS_PER_S / BYTES_PER_MB


def by_jq(file, lines):
    """Likewise by jq, with the four members that we need of each line."""
    with subprocess.Popen([*JQ, file], stdout=subprocess.PIPE) as jq:
        told = sum(block.count(b"\n") for block in iter(jq.stdout.read1, b""))
        _, status, used = os.wait4(jq.pid, 0)
        jq.returncode = os.waitstatus_to_exitcode(status)
    assert (jq.returncode, told) == (0, lines), f"jq told of {told} messages"
    return file.stat().st_size / (used.ru_utime + used.ru_stime) / BYTES_PER_MB


def by_python(file, lines):
    """Likewise by json.loads() of each line in memory."""
    content = file.read_bytes()
    began = time.process_time()
    told = sum(1 for line in content.splitlines() if json.loads(line)["queue_id"])
    took = time.process_time() - began
    assert told == lines, f"json told of {told} messages"
    return len(content) / took / BYTES_PER_MB


@sizes(short=50_000, large=1_000_000)
def scan(size):
    """All by turns on the same file."""
    content, held = listing(size)
    mb_per_s = {"alone": [], "known": [], "jq": [], "python": []}
    with new_folder() as folder:
        file = folder / "listing"
        file.write_bytes(content)
        for _ in range(ROUNDS):
            mb_per_s["alone"].append(ours("alone", file, size * TIMES))
            mb_per_s["jq"].append(by_jq(file, size))
            mb_per_s["known"].append(ours("known", file, held))
            mb_per_s["python"].append(by_python(file, size))
    alone = mb_per_s["alone"]
    yield row("scan_mb_per_s", alone, mb_per_s["jq"], AIM)
    yield row("scan_python_mb_per_s", alone, mb_per_s["python"], no_aim())
    yield row("scan_known_mb_per_s", mb_per_s["known"], alone, no_aim())
