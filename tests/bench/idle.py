# SPDX-License-Identifier: ISC
"""Idle memory: what each of our processes has for itself, beside Postfix's."""

import re
from contextlib import contextmanager
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
DEFAULT, WITH_PAGE = "default", "with_page"
LINES = (  # ours, in which setting, theirs, aim in kB
    ("hdrcheck", DEFAULT, "pickup", ours_at_most(512)),
    ("engine", DEFAULT, "qmgr", ours_at_most(1024)),
    ("runner", DEFAULT, "master", ours_at_most(512)),
    ("engine", WITH_PAGE, "qmgr", no_aim()),
    ("page", WITH_PAGE, "pickup", no_aim()),
)


def anonymous_kb(pid):
    """What of its memory is in no file."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1])


def idle_processes(site):
    """The process ids by name, ours after their first answers and first walk."""
    daemons = site.daemons
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
        "master": master,
        **{name: child_of(master, name).pid for name in ("qmgr", "pickup")},
    }


def commands_of(policyd):
    """What it runs besides its own processes."""
    return [p for p in policyd.processes() if p.group != policyd.pid]


@contextmanager
def running_daemons(site, **settings):
    """Both, started anew."""
    site.daemons.configure(**settings)
    site.daemons.start()
    try:
        yield idle_processes(site)
    finally:
        site.daemons.stop()


def measure(site):
    """One round: kB by process and setting."""
    metrics = f"inet:127.0.0.1:{free_port()}"
    kb = {}
    with running_daemons(site) as pids:
        kb[DEFAULT] = {name: anonymous_kb(pid) for name, pid in pids.items()}
    with running_daemons(site, metrics_listen=metrics) as pids:
        pids["page"] = site.daemons.policyd.page().pid
        kb[WITH_PAGE] = {name: anonymous_kb(pid) for name, pid in pids.items()}
    return kb


def idle():
    """RssAnon in kB, by process."""
    with mail_site() as site:
        rounds = [measure(site) for _ in range(ROUNDS)]
    for ours, setting, theirs, aim in LINES:
        both = ([one[setting][name] for one in rounds] for name in (ours, theirs))
        name = ours if setting == DEFAULT else f"{ours}_{setting}"
        yield row(f"idle_kb_{name}", *both, aim)
