# SPDX-License-Identifier: ISC
"""Postfix's throughput of mail without the header, with and without the recipe."""

import time
from statistics import median

from harness import message
from instance import Recipe
from mail import mail_site, smtp_source, wait_until_queue_is_empty
from table import Row, ratio_at_least

MESSAGES = 3000
ROUNDS = 5
AIM = 0.95
NO_RECIPE = Recipe("")
# As many header lines as mail has that has come some way.
HEADERS = [
    "Received: from a.test (a.test [192.0.2.1]) by b.test (Postfix) with ESMTPS\r\n"
    f"\tid 4cXy{i}; Mon, 05 Jan 2026 08:00:00 +0000"
    for i in range(4)
] + [f"X-Mailer-Detail-{i}: {'a' * 60}" for i in range(12)]
BODY = "A line of some length in the body of an ordinary message.\r\n" * 40


def messages_per_s(site):
    """One round: from the first connection until the last message is gone."""
    began = time.monotonic()
    smtp_source(site, message(*HEADERS, body=BODY), "ann@sender.test", MESSAGES)
    accepted = time.monotonic() - began
    wait_until_queue_is_empty(site)
    all_s = time.monotonic() - began
    import sys
    print(f"{MESSAGES/accepted:.0f} {MESSAGES/all_s:.0f}", file=sys.stderr)
    return MESSAGES / all_s


def throughput():
    """By turns; the one without twice, to see what difference means nothing."""
    with mail_site() as ours, mail_site(NO_RECIPE) as theirs:
        ours.daemons.start()
        sites = [("with", ours), ("without", theirs), ("again", theirs)]
        per_s = {name: [] for name, _ in sites}
        for turn in range(ROUNDS):
            for name, site in sites[turn % 3 :] + sites[: turn % 3]:
                per_s[name].append(messages_per_s(site))
    rate = {name: median(rates) for name, rates in per_s.items()}
    yield Row("postfix_msgs_per_s", rate["with"], rate["without"], ratio_at_least(AIM))
    yield Row(
        "postfix_msgs_per_s_noise", rate["again"], rate["without"], ratio_at_least(AIM)
    )
