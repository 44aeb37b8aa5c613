# SPDX-License-Identifier: ISC
"""A cold start: until all that is on hold is read and judged."""

import subprocess
import time

from fill import fill, held_names
from harness import due_in
from instance import SYSTEM_PATH
from mail import mail_site
from parts import sizes
from synthetic import status
from table import ratio_at_most, row

ROUNDS = 5
AIM = ratio_at_most(1.1)
AHEAD_S = 86400
LOOK_S = 0.005
TIMEOUT_S = 300


def list_and_read(site):
    """The yardstick: one postqueue -j, and all ids given to postcat by xargs."""
    config = str(site.postfix.config_folder)
    ids = "\n".join(held_names(site)).encode()
    environment = {"PATH": SYSTEM_PATH}
    quiet = {"stdout": subprocess.DEVNULL, "env": environment, "check": True}
    began = time.monotonic()
    subprocess.run(["postqueue", "-c", config, "-j"], **quiet)
    subprocess.run(["xargs", "postcat", "-c", config, "-qeh"], input=ids, **quiet)
    return time.monotonic() - began


def start_cold(site, count):
    """From the start of policyd until all wait."""
    began = time.monotonic()
    site.daemons.policyd.start()
    while status(site)["waiting"] < count:
        assert time.monotonic() < began + TIMEOUT_S, "not all was read"
        time.sleep(LOOK_S)
    took_s = time.monotonic() - began
    site.daemons.policyd.stop()
    return took_s


@sizes(short=10_000, large=100_000)
def cold(size):
    """By turns, on the same messages."""
    ours, theirs = [], []
    with mail_site() as site:
        site.daemons.hdrcheck.start()
        fill(site, due_in(AHEAD_S), size)
        for _ in range(ROUNDS):
            theirs.append(list_and_read(site) * 1000)
            ours.append(start_cold(site, size) * 1000)
        site.postfix.command("postsuper", "-d", "ALL", "hold")
    yield row(f"cold_{size}_ms", ours, theirs, AIM)
