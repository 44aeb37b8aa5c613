# SPDX-License-Identifier: ISC
"""Policy requests: policyd beside a bare echo server and beside postfwd."""

import time
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone

from harness import rfc5322
from lookups import echo, load, new_folder, processors_for
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
BESIDE_ECHO = (
    ("policy_echo_1_conn", "echo", FEW, ONE, AIM_OF_ECHO),
    ("policy_echo_50_conn", "echo", FEW, SOME, AIM_OF_ECHO),
    ("policy_echo_prepend_1_conn", "echo", HELD, ONE, no_aim()),
)
BESIDE_POSTFWD = {
    ONE: (
        ("policy_postfwd_10_1_conn", "postfwd", FEW, ONE, AIM_OF_POSTFWD),
        ("policy_postfwd_1000_1_conn", "postfwd", MANY, ONE, AIM_OF_POSTFWD),
    ),
    SOME: (("policy_postfwd_10_50_conn", "postfwd", FEW, SOME, AIM_OF_POSTFWD),),
}
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


class Servers:
    """What is compared, each started when it is first asked for."""

    def __init__(self, running):
        self._running = running
        self._started = {}
        due = int(time.time()) + AHEAD_S
        self._moment = rfc5322(due)
        self._until = datetime.fromtimestamp(due, timezone.utc).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )

    def _start(self, server, what):
        if (server, what) not in self._started:
            folder = self._running.enter_context(new_folder())
            address = self._running.enter_context(server(folder, what))
            self._started[server, what] = address
        return self._started[server, what]

    def load(self, name, kind, connections):
        """The arguments of load."""
        if kind == HELD:
            asked = policy_request(sasl_username=POSTPONED_LOGIN)
            answer = policy_reply(PREPEND.format(moment=self._moment, name="undo"))
            kind = FEW
        else:
            asked, answer = policy_request(), policy_reply("DUNNO")
        server, what = {
            "policyd": (policyd, policyd_rules(kind, self._until)),
            "echo": (echo, answer),
            "postfwd": (postfwd, postfwd_rules(kind, self._until, self._moment)),
        }[name]
        return self._start(server, what), connections, asked, answer


def measure(lines):
    """Requests a second of each server in lines, by rounds."""
    with ExitStack() as running:
        servers = Servers(running)
        loads = {
            (server, kind, connections): servers.load(server, kind, connections)
            for _, yardstick, kind, connections, _ in lines
            for server in ("policyd", yardstick)
        }
        rounds = [
            {what: load(*asked)[0] for what, asked in loads.items()}
            for _ in range(ROUNDS)
        ]
    return {what: [one[what] for one in rounds] for what in loads}


def rows(lines, per_s):
    """One for each line."""
    for name, yardstick, kind, connections, aim in lines:
        ours = per_s["policyd", kind, connections]
        yield row(name, ours, per_s[yardstick, kind, connections], aim)


def ns_a_rule(few_per_s, many_per_s):
    """What one rule more costs a request, by rounds."""
    return [
        NS_PER_S * (1 / many - 1 / few) / (MANY - FEW)
        for few, many in zip(few_per_s, many_per_s)
    ]


def policy():
    """Requests a second by rules, connections and replies; the cost of a rule."""
    yield from rows(BESIDE_ECHO, measure(BESIDE_ECHO))
    per_s = {}
    for connections, lines in BESIDE_POSTFWD.items():
        with processors_for(connections):
            per_s.update(measure(lines))
        yield from rows(lines, per_s)
    ours, theirs = (
        ns_a_rule(per_s[server, FEW, ONE], per_s[server, MANY, ONE])
        for server in ("policyd", "postfwd")
    )
    yield row("policy_ns_a_rule", ours, theirs, AIM_NS_A_RULE)
