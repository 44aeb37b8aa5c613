# SPDX-License-Identifier: ISC
"""One sweep of a full hold queue by the usual shell pipeline, and by policyd."""

import subprocess
import time

from fill import any_held, fill
from harness import HEADER, due_in
from instance import SYSTEM_PATH
from mail import mail_site
from parts import sizes
from table import ratio_at_most, row
from waiting import wait_for_clock, wait_until

AIM = ratio_at_most(1 / 50)
LEAD_S = 5
FILL_PER_S = 1000
LOOK_S = 0.01
DELIVERY_S = 120

# What people write: a look at each message, and a command for each that is due.
SCRIPT = f"""\
now=$(date +%s)
postqueue -c "$1" -j | jq -r 'select(.queue_name == "hold").queue_id' |
while read -r id; do
	at=$(postcat -c "$1" -qh "$id" | sed -n 's/^{HEADER}: //p')
	[ "$(date -d "$at" +%s)" -le "$now" ] && postsuper -c "$1" -H "$id"
done
postqueue -c "$1" -f
"""


def by_shell(site):
    """Until the script has let all go."""
    config = str(site.postfix.config_folder)
    began = time.monotonic()
    subprocess.run(
        ["sh", "-c", SCRIPT, "sh", config],
        env={"PATH": SYSTEM_PATH},
        capture_output=True,
        check=True,
    )
    assert not any_held(site), "the script has left mail on hold"
    return time.monotonic() - began


def by_policyd(site):
    """From its start until nothing is on hold any more."""
    began = time.monotonic()
    site.daemons.policyd.start()
    while any_held(site):
        assert time.monotonic() < began + DELIVERY_S, "policyd has left mail on hold"
        time.sleep(LOOK_S)
    took_s = time.monotonic() - began
    wait_until("all are delivered", lambda: not site.postfix.queue(), DELIVERY_S)
    site.daemons.policyd.stop()
    return took_s


@sizes(short=1_000, large=20_000)
def pipeline(size):
    """One after the other, on as many messages that are due."""
    took = {}
    with mail_site() as site:
        site.daemons.hdrcheck.start()
        for sweep in (by_shell, by_policyd):
            due = due_in(LEAD_S + size / FILL_PER_S)
            fill(site, due, size)
            wait_for_clock(due)
            took[sweep] = sweep(site) * 1000
            wait_until("all left", lambda: not site.postfix.queue(), DELIVERY_S)
    yield row(f"pipeline_{size}_ms", [took[by_policyd]], [took[by_shell]], AIM)
