# SPDX-License-Identifier: ISC
"""Postfix's throughput of mail without the header, with and without the recipe."""

import time

from harness import message
from instance import Recipe
from mail import count_sent, mail_site, smtp_source, wait_until_empty
from table import ratio_at_least, row

MESSAGES = 1500
ROUNDS = 9
AIM = ratio_at_least(0.95)
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
    before = count_sent(site)
    began = time.monotonic()
    smtp_source(site, message(*HEADERS, body=BODY), "ann@sender.test", MESSAGES)
    wait_until_empty(site, "incoming", "active")
    took_s = time.monotonic() - began
    site.assert_queue_empty()
    sent = count_sent(site) - before
    assert sent == MESSAGES, f"{sent} of {MESSAGES} messages were delivered"
    return MESSAGES / took_s


def throughput():
    """By turns; the one without twice, to see how much difference means nothing."""
    with mail_site() as ours, mail_site(NO_RECIPE) as theirs:
        ours.daemons.start()
        turns = [("with", ours), ("without", theirs), ("again", theirs)]
        per_s = {name: [] for name, _ in turns}
        for _ in range(ROUNDS):
            for name, site in turns:
                per_s[name].append(messages_per_s(site))
            turns = turns[1:] + turns[:1]
    yield row("postfix_msgs_per_s", per_s["with"], per_s["without"], AIM)
    yield row("postfix_msgs_per_s_noise", per_s["again"], per_s["without"], AIM)
