# SPDX-License-Identifier: ISC
"""How time and memory grow with the number of messages that wait: a walk in step
with it, all else hardly. With a plot, bench/growth.svg in the build folder."""

import math
import re
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import linear_regression, median

from control import ask
from harness import due_in
from lookups import BENCH_PROGRAMS, load, new_folder, question_and_answer
from mail import ActiveFollower, inject_spread
from parts import sizes
from rulesets import policy_reply, policy_request
from stall_policy import RULE, wait_until_rested
from synthetic import crowded_site, status
from table import no_aim, ours_at_most, percentile, row

SMALLEST = 1000
ROUNDS = 5
STATUS_ASKS = 9
LATE_MESSAGES, LATE_S, LATE_LEAD_S = 250, 5, 6
LAST_S = 30
WALK_MIN_S = 0.5  # to wait for one
LONGER = 4  # than the last walk the next one may take
IN_STEP = ours_at_most(1.1)
FLAT = ours_at_most(0.2)
EXPONENTS = {
    "walk_cpu_ms": IN_STEP,
    "walk_ms": IN_STEP,
    "memory_kib": IN_STEP,
    "policy_us": FLAT,
    "lookup_us": FLAT,
    "status_ms": FLAT,
    "late_p99_ms": FLAT,
}
PLOT = """\
set terminal svg noenhanced size 800,600 background "white"
set output "growth.svg"
set logscale xy
set xlabel "messages on hold"
set ylabel "times as much as with {smallest}"
set key left top
set grid
plot [{smallest}:] x / {smallest} title "in step" dashtype 2 linecolor "gray", \\
    for [i=2:{columns}] "growth.dat" using 1:i with linespoints linewidth 2 \\
        title columnhead(i)
"""


def cpu_ms(site):
    """What runner and engine of policyd have used so far."""
    policyd = site.daemons.policyd
    pids = (policyd.pid, policyd.child().pid)
    spent = (Path(f"/proc/{pid}/schedstat").read_text().split()[0] for pid in pids)
    return sum(map(int, spent)) / 1e6


def memory_kib(site):
    """What the engine has of its own."""
    text = Path(f"/proc/{site.daemons.policyd.child().pid}/status").read_text()
    return float(re.search(r"^RssAnon:\s+(\d+)", text, re.MULTILINE)[1])


def walk_costs(site):
    """CPU and time, in ms, of one walk without news; nobody else asks meanwhile."""
    cost_s = wait_until_rested(site)
    walks = status(site)["walks"]
    before = cpu_ms(site)
    assert ask(site, "sweep") == "ok"
    time.sleep(WALK_MIN_S + LONGER * cost_s)
    used = cpu_ms(site) - before
    now = status(site)
    assert now["walks"] == walks + 1, "a walk took far longer than the one before"
    return used, now["last_walk"]["cost"] * 1000


def request_us(socket, asked, answer):
    """The mean time of a request, one after the other."""
    return 1e6 / load(socket, 1, asked, answer)[0]


def status_ms(site):
    """How long an administrator waits for status."""
    took = []
    for _ in range(STATUS_ASKS):
        began = time.monotonic()
        status(site)
        took.append((time.monotonic() - began) * 1000)
    return median(took)


def late_p99_ms(site):
    """Of mail that is due while nothing else happens."""
    due = inject_spread(site, due_in(LATE_LEAD_S), LATE_S, LATE_MESSAGES)
    with ActiveFollower(site.postfix) as follower:
        return percentile(follower.late_ms(due, LATE_LEAD_S + LAST_S), 0.99)


def one_round(site):
    """Everything of one site, by name."""
    walk_cpu, walk = walk_costs(site)
    policy = policy_request(), policy_reply("DUNNO")
    return {
        "walk_cpu_ms": walk_cpu,
        "walk_ms": walk,
        "memory_kib": memory_kib(site),
        "policy_us": request_us(site.postfix.socket_folder / "policy", *policy),
        "lookup_us": request_us(site.daemons.socketmap, *question_and_answer()),
        "status_ms": status_ms(site),
        "late_p99_ms": late_p99_ms(site),
    }


def plot(rounds, counts):
    """What a count takes, in terms of what the smallest takes; medians."""
    folder = BENCH_PROGRAMS
    lines = [" ".join(["messages", *EXPONENTS])]
    for count in counts:
        medians = (
            median(one[count][what] / one[counts[0]][what] for one in rounds)
            for what in EXPONENTS
        )
        lines.append(" ".join(map(str, [count, *medians])))
    (folder / "growth.dat").write_text("\n".join(lines) + "\n")
    script = PLOT.format(smallest=counts[0], columns=1 + len(EXPONENTS))
    subprocess.run(["gnuplot"], input=script, text=True, check=True, cwd=folder)


def exponent(one, what):
    """Of the power of the count that fits best, in one round."""
    counts = [math.log(count) for count in one]
    values = [math.log(figures[what]) for figures in one.values()]
    return linear_regression(counts, values).slope


@sizes(large=1_000_000)
def growth(size):
    """From SMALLEST on ten times as many, up to size; by turns."""
    counts = [SMALLEST * 10**i for i in range(round(math.log10(size / SMALLEST)) + 1)]
    with ExitStack() as running:
        rules = running.enter_context(new_folder()) / "rules"
        rules.write_text(RULE)
        settings = {"rules_file": rules, "sweep_interval": "1h"}
        sites = {
            count: running.enter_context(crowded_site(count, **settings))
            for count in counts
        }
        rounds = [
            {count: one_round(site) for count, site in sites.items()}
            for _ in range(ROUNDS)
        ]
    plot(rounds, counts)
    for what, aim in EXPONENTS.items():
        largest, smallest = (
            [one[count][what] for one in rounds] for count in (size, SMALLEST)
        )
        yield row(f"growth_{what}", largest, smallest, no_aim())
        exponents = [exponent(one, what) for one in rounds]
        yield row(f"growth_{what}_exponent", exponents, None, aim)
