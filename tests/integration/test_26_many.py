# SPDX-License-Identifier: ISC
"""26. policyctl list, count and timeline with five hundred messages."""

import time

import pytest
from harness import deliver_at, due_in, message, open_site
from policyctl import columns_of, listed, on_terminal, policyctl, said

MANY = 500
SENDERS = 10
MINUTE = 60
PROMPT_S = 5


@pytest.fixture(scope="module")
def many_site(shared_postfix, shared_sink):
    """A site without policyd, and the messages on hold: due each five minutes."""
    with open_site(shared_postfix, shared_sink) as site:
        site.daemons.hdrcheck.start()
        first = due_in(60 * MINUTE)
        with site.postfix.connect() as session:
            for number in range(MANY):
                due = first + number * 7919 % MANY * 5 * MINUTE
                session.sendmail(
                    f"s{number % SENDERS}@corp.test",
                    [f"r{number}@sink.test"],
                    message(deliver_at(due), f"X-Number: {number}"),
                )
        yield site
        shared_postfix.delete("ALL")


def test_all_are_listed(many_site):
    """Each once, in order; and promptly."""
    began = time.time()
    entries = listed(many_site)
    assert time.time() - began < PROMPT_S
    assert len({entry["queue_id"] for entry in entries}) == MANY
    assert {entry["recipients"][0] for entry in entries} == {
        f"r{number}@sink.test" for number in range(MANY)
    }
    dues = [entry["due"] for entry in entries]
    assert dues == sorted(dues)
    assert listed(many_site, "-n", "20") == entries[:20]


def test_by_sender(many_site):
    """Sorted, filtered, counted."""
    senders = [entry["sender"] for entry in listed(many_site, "--sort", "sender")]
    assert senders == sorted(senders)
    share = MANY // SENDERS
    assert len(listed(many_site, "--sender", "s3@corp.test")) == share
    assert said(many_site, "count", "--sender", "s3@corp.test").startswith(f"{share} ")


def test_ids(many_site):
    """All of them on the command line."""
    ids = [entry["queue_id"] for entry in listed(many_site)]
    assert said(many_site, "count", *ids[:400]).startswith("400 messages")


@pytest.mark.parametrize("words", [("--hours", "48"), ("--days", "3"), ()])
def test_timeline(many_site, words):
    """All messages are in it, and bars are as wide as they may be."""
    lines = on_terminal(many_site, 60, "timeline", *words)
    slots = lines[: lines.index("")]
    assert sum(int(line[16:].split()[0]) for line in slots) == MANY
    assert max(map(len, lines)) <= 60
    longest = max(slots, key=lambda line: int(line[16:].split()[0]))
    assert longest.endswith("#")
    assert lines[-1] == f"{MANY} messages"


def test_table(many_site):
    """Of 20 of them."""
    lines = on_terminal(many_site, 80, "list", "-n", "20")
    assert len(lines) == 1 + 20 + 2
    assert lines[-1] == f"20 of {MANY} messages"
    assert max(map(columns_of, lines)) <= 80


def test_they_leave_meanwhile(many_site):
    """What is gone between listing and reading is no error."""
    gone = [entry["queue_id"] for entry in listed(many_site, "-n", "50")]
    many_site.postfix.command(
        "postsuper", "-d", "-", stdin="\n".join(gone).encode() + b"\n"
    )
    done = policyctl(many_site, "count")
    assert done.stdout.startswith(f"{MANY - 50} messages")
