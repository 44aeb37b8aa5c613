# SPDX-License-Identifier: ISC
"""Policy requests: policyd beside a bare echo server and beside postfwd."""

import time
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone

from harness import rfc5322
from lookups import echo, load, new_folder
from mail import mail_site
from postfwd import postfwd
from rulesets import (
    POSTPONED_LOGIN,
    PREPEND,
    policy_reply,
    policy_request,
    policyd_rules,
    postfwd_rules,
)
from table import no_aim, ours_below, ratio_at_least, row

FEW, MANY = 10, 1000  # rules
ONE, SOME = 1, 50  # connections
ROUNDS = 9
AIM_OF_ECHO = ratio_at_least(0.8)
AIM_OF_POSTFWD = ratio_at_least(20)
AIM_NS_A_RULE = ours_below(100)
HELD = "held"  # few rules, and one of them postpones
LINES = (
    ("policy_echo_1_conn", "echo", FEW, ONE, AIM_OF_ECHO),
    ("policy_echo_50_conn", "echo", FEW, SOME, AIM_OF_ECHO),
    ("policy_echo_prepend_1_conn", "echo", HELD, ONE, no_aim()),
    ("policy_postfwd_10_1_conn", "postfwd", FEW, ONE, AIM_OF_POSTFWD),
    ("policy_postfwd_10_50_conn", "postfwd", FEW, SOME, AIM_OF_POSTFWD),
    ("policy_postfwd_1000_1_conn", "postfwd", MANY, ONE, AIM_OF_POSTFWD),
)
AHEAD_S = 86400
NS_PER_S = 1_000_000_000


@contextmanager
def policyd(folder, rules):
    """policyd on these rules, beside a Postfix without mail; its socket."""
    rules_file = folder / "rules"
    rules_file.write_text(rules)
    with mail_site(rules_file=rules_file) as site:
        site.daemons.policyd.start()
        yield site.postfix.socket_folder / "policy"


def start_all(running):
    """Start what is compared; how load asks it, by server, kind and connections."""
    due = int(time.time()) + AHEAD_S
    moment = rfc5322(due)
    until = datetime.fromtimestamp(due, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def start(server, what):
        folder = running.enter_context(new_folder())
        return running.enter_context(server(folder, what))

    passed = policy_request(), policy_reply("DUNNO")
    header = PREPEND.format(moment=moment, name="undo")
    held = policy_request(sasl_username=POSTPONED_LOGIN), policy_reply(header)
    ours = {n: start(policyd, policyd_rules(n, until)) for n in (FEW, MANY)}
    theirs = {n: start(postfwd, postfwd_rules(n, until, moment)) for n in (FEW, MANY)}
    passing, holding = (start(echo, reply) for _, reply in (passed, held))
    return {
        ("policyd", FEW, ONE): (ours[FEW], ONE, *passed),
        ("echo", FEW, ONE): (passing, ONE, *passed),
        ("postfwd", FEW, ONE): (theirs[FEW], ONE, *passed),
        ("policyd", FEW, SOME): (ours[FEW], SOME, *passed),
        ("echo", FEW, SOME): (passing, SOME, *passed),
        ("postfwd", FEW, SOME): (theirs[FEW], SOME, *passed),
        ("policyd", MANY, ONE): (ours[MANY], ONE, *passed),
        ("postfwd", MANY, ONE): (theirs[MANY], ONE, *passed),
        ("policyd", HELD, ONE): (ours[FEW], ONE, *held),
        ("echo", HELD, ONE): (holding, ONE, *held),
    }


def measure():
    """Requests a second of each, by rounds."""
    with ExitStack() as running:
        loads = start_all(running)
        rounds = [
            {what: load(*asked)[0] for what, asked in loads.items()}
            for _ in range(ROUNDS)
        ]
    return {what: [one[what] for one in rounds] for what in loads}


def ns_a_rule(few_per_s, many_per_s):
    """What one rule more costs a request, by rounds."""
    return [
        NS_PER_S * (1 / many - 1 / few) / (MANY - FEW)
        for few, many in zip(few_per_s, many_per_s)
    ]


def policy():
    """Requests a second by rules, connections and replies; the cost of a rule."""
    per_s = measure()
    for name, yardstick, kind, connections, aim in LINES:
        ours = per_s["policyd", kind, connections]
        yield row(name, ours, per_s[yardstick, kind, connections], aim)
    ours, theirs = (
        ns_a_rule(per_s[server, FEW, ONE], per_s[server, MANY, ONE])
        for server in ("policyd", "postfwd")
    )
    yield row("policy_ns_a_rule", ours, theirs, AIM_NS_A_RULE)
