# SPDX-License-Identifier: ISC
"""Idle memory: what each of our processes has for itself, beside Postfix's."""

import re
from contextlib import ExitStack
from pathlib import Path

from instance import free_port
from lookups import question_and_answer
from mail import mail_site
from processes import child_of
from rulesets import policy_reply, policy_request
from start import ask
from table import no_aim, ours_at_most, row
from waiting import wait_until

ROUNDS = 5
LINES = (  # ours, theirs, aim in kB
    ("hdrcheck", "pickup", ours_at_most(512)),
    ("engine", "qmgr", ours_at_most(1024)),
    ("runner", "master", ours_at_most(512)),
    ("page", "pickup", no_aim()),
)


def anonymous_kb(pid):
    """What of its memory is in no file."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1])


def idle_processes(site):
    """The process ids by name, of ours after their first answers and first walk."""
    daemons = site.daemons
    daemons.start()
    asked, answer = question_and_answer()
    assert ask(daemons.socketmap, asked) == answer
    policy = site.postfix.socket_folder / "policy"
    assert ask(policy, policy_request()) == policy_reply("DUNNO")
    policyd = daemons.policyd
    # The runner asks for the listing; its child is gone when it was read.
    wait_until("the first walk is over", lambda: not commands_of(policyd))
    master = int((site.postfix.queue_folder / "pid/master.pid").read_text())
    return {
        "hdrcheck": daemons.hdrcheck.pid,
        "runner": policyd.pid,
        "engine": policyd.child().pid,
        "page": policyd.page().pid,
        "master": master,
        **{name: child_of(master, name).pid for name in ("qmgr", "pickup")},
    }


def commands_of(policyd):
    """What it runs besides its own processes."""
    return [p for p in policyd.processes() if p.group != policyd.pid]


def measure():
    """kB by name; everything is started anew."""
    metrics = f"inet:127.0.0.1:{free_port()}"
    with ExitStack() as running:
        site = running.enter_context(mail_site(metrics_listen=metrics))
        pids = idle_processes(site)
        return {name: anonymous_kb(pid) for name, pid in pids.items()}


def idle():
    """RssAnon in kB, by process."""
    rounds = [measure() for _ in range(ROUNDS)]
    for ours, theirs, aim in LINES:
        both = ([one[name] for one in rounds] for name in (ours, theirs))
        yield row(f"idle_kb_{ours}", *both, aim)
