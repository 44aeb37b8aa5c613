# SPDX-License-Identifier: ISC
"""The longest wait for an answer of policyd's policy service while it walks."""

import subprocess
import time
from datetime import datetime

from control import ask
from lookups import BENCH_PROGRAMS, echo, new_folder
from parts import sizes
from rulesets import policy_reply, policy_request
from synthetic import crowded_site, status
from table import no_aim, ours_below, row
from waiting import wait_for_clock, wait_until

RULE = "rest : pass\n"
ROUNDS = 7
REST = 10  # walks take a tenth of the time at most
START_MS = 300  # of what is measured with
LONGER = 3  # than the last walk the next one may take
WALK_S = 60
AIM = ours_below(5)


def wait_until_rested(site):
    """Until policyd may walk again; how long its last walk took, in seconds."""
    walk = status(site)["last_walk"]
    ended = datetime.fromisoformat(walk["ended"]).timestamp() + 1
    wait_for_clock(ended + walk["cost"] * REST)
    return walk["cost"]


def start_load(socket, duration_ms):
    """One that asks on one connection for so long."""
    question = (policy_request(), policy_reply("DUNNO"))
    command = [BENCH_PROGRAMS / "load", f"unix:{socket}", "1", str(duration_ms)]
    return subprocess.Popen([*command, *question], stdout=subprocess.PIPE, text=True)


def longest_ms(load):
    """What it saw in the end."""
    figures, _ = load.communicate()
    assert load.returncode == 0, "an answer was wrong or late"
    return float(figures.split()[2]) / 1000


def one_round(site, sockets, walks):
    """The longest answer time of each of the sockets; policyd walks, or not."""
    duration_ms = START_MS + int(LONGER * wait_until_rested(site) * 1000)
    before = status(site)["walks"]
    loads = [start_load(socket, duration_ms) for socket in sockets]
    if walks:
        time.sleep(START_MS / 2000)
        assert ask(site, "sweep") == "ok"
    longest = [longest_ms(load) for load in loads]
    wanted = before + walks
    wait_until("it has walked", lambda: status(site)["walks"] == wanted, WALK_S)
    return longest


@sizes(short=100_000, large=1_000_000)
def stall_policy(size):
    """Rounds with and without a walk by turns, an echo server asked beside it."""
    with new_folder() as folder, echo(folder, policy_reply("DUNNO")) as echoes:
        rules = folder / "rules"
        rules.write_text(RULE)
        settings = {"rules_file": rules, "sweep_interval": "1h"}
        with crowded_site(size, **settings) as site:
            sockets = (site.postfix.socket_folder / "policy", echoes)
            rounds = [
                [one_round(site, sockets, walks) for walks in (True, False)]
                for _ in range(ROUNDS)
            ]
    for i, (name, aim) in enumerate((("policy", AIM), ("machine", no_aim()))):
        walking, still = ([one[turn][i] for one in rounds] for turn in (0, 1))
        yield row(f"stall_{name}_{size}_ms", walking, still, aim)
