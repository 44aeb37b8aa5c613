# SPDX-License-Identifier: ISC
"""26. policyctl show; what an administrator said; rules that cannot be read."""

import os
import time
from datetime import datetime

import pytest
from harness import Mail, deliver_at, due_in, message, new_recipient, rfc5322
from policyctl import (
    NOTHING_FOUND,
    OK,
    WRONG_USE,
    listed,
    policyctl,
    rfc3339,
    said,
    shown,
)
from rules import start
from waiting import wait_for_clock

HOUR = 3600
DAY = 24 * HOUR
RULES = (
    'undo   sasl_username=cy : delay 30m reason="second thoughts"',
    'freeze sender=@old.test : hold reason="ticket 4711"',
)
NOWHERE = "4F3A2B1C0D"  # a queue id
SINCE = 1780000000


@pytest.fixture
def show_site(ruled_site):
    """A site with daemons that run; what is on hold at the end is deleted."""
    start(ruled_site, *RULES)
    yield ruled_site
    ruled_site.postfix.delete("ALL")


def send(site, *headers, sender="ann@corp.test", recipients=None, login=None):
    """A message; its Mail."""
    recipients = recipients or [new_recipient()]
    xclient = f"LOGIN={login} ADDR=192.0.2.7 NAME=pc.corp.test" if login else None
    reply = site.postfix.smtp(
        message(*headers), recipients, sender=sender, xclient=xclient
    )
    assert reply.code == 250, reply
    return Mail(recipients[0], reply.queue_id, time.time())


def local(moment):
    """By the clock of this machine, with its zone."""
    return f"{datetime.fromtimestamp(moment).astimezone():%a %Y-%m-%d %H:%M:%S %z}"


def date_line(moment):
    """As deliver_at() writes it."""
    return f"X-Deliver-At: {rfc5322(moment)}"


@pytest.mark.parametrize("running", [True, False], ids=["up", "down"])
def test_own_date(show_site, running):
    """When, how, who, and which header says so."""
    site = show_site
    due = due_in(3 * HOUR + 30)
    recipients = [new_recipient(), new_recipient()]
    mail = send(site, deliver_at(due), recipients=recipients, login="ben")
    if not running:
        site.daemons.policyd.stop()
    told = shown(site, mail.queue_id)
    assert told["Queue id"] == [mail.queue_id]
    assert told["Leaves"][0] == f"{local(due)}, in 3h"
    assert told["Leaves"][1] == rfc3339(due)
    assert told["How"] == [
        "released (postsuper -H), 3h old then:",
        "younger than requeue_after",
    ]
    assert told["Sender"] == ["ann@corp.test"]
    assert told["Recipients"] == recipients
    assert told["Login"] == ["ben"]
    assert told["Client"] == ["192.0.2.7 (pc.corp.test)"]
    assert told["Subject"] == ["tea"]
    assert told["Headers"] == [date_line(due), "  by its sender; this decides"]
    assert "Rule" not in told
    (entry,) = listed(site, mail.queue_id)
    assert told["Size"] == [f"{entry['message_size']} bytes"]


def test_two_dates(show_site):
    """The latest decides."""
    site = show_site
    dues = [due_in(3 * HOUR), due_in(5 * HOUR), due_in(4 * HOUR)]
    mail = send(site, *map(deliver_at, dues))
    told = shown(site, mail.queue_id)
    assert told["Leaves"][0].startswith(local(dues[1]))
    assert told["Headers"] == [
        date_line(dues[0]),
        "  by its sender",
        date_line(dues[1]),
        "  by its sender; this decides",
        date_line(dues[2]),
        "  by its sender",
    ]


def test_rule_with_a_reason(show_site):
    """A rule's date against the sender's."""
    site = show_site
    due = due_in(60)
    mail = send(site, deliver_at(due), login="cy")
    told = shown(site, mail.queue_id)
    assert told["Rule"] == ["undo (delay): second thoughts"]
    assert told["Headers"][0].endswith(" (rule undo)")
    assert told["Headers"][1] == "  by rule undo; this decides"
    assert told["Headers"][2:] == [date_line(due), "  by its sender"]


def test_frozen(show_site):
    """As long as its rule holds."""
    site = show_site
    mail = send(site, sender="eve@old.test")
    told = shown(site, mail.queue_id)
    assert told["Leaves"] == ["not as long as its rule is there and holds"]
    assert told["Rule"] == ["freeze (hold): ticket 4711"]


def test_sendmail(show_site):
    """No client, no login."""
    site = show_site
    mail = site.sendmail(deliver_at(due_in(HOUR)))
    told = shown(site, mail.queue_id)
    assert told["Client"] == ["none: sendmail(1) of this machine"]
    assert "Login" not in told


def test_old_by_then(show_site):
    """Requeued, or released with a warning."""
    site = show_site
    mail = send(site, deliver_at(due_in(20 * DAY)))
    told = shown(site, mail.queue_id)
    assert told["How"][0] == "requeued (postsuper -r), 20d old then:"
    assert "WARNING" not in told
    site.daemons.configure(release_method="release")
    told = shown(site, mail.queue_id)
    assert told["How"] == [
        "released (postsuper -H), 20d old then:",
        "release_method = release",
    ]
    assert "maximal_queue_lifetime is 5d" in told["WARNING"][0]


def test_foreign(show_site):
    """Somebody else's is not listed, and shown with the reason."""
    site = show_site
    tried = site.send_and_defer()
    site.postfix.hold(tried.queue_id)
    told = shown(site, tried.queue_id)
    assert told["Leaves"] == ["not by itself: it is not ours"]
    command = f"postsuper -c {site.postfix.config_folder} -H {tried.queue_id} hold"
    assert told["Why"][1] == f"released by: {command}"
    assert listed(site) == []
    assert said(site, "count").startswith("0 messages")


def test_not_permitted(show_site):
    """A date that does not count."""
    site = show_site
    mail = send(site, deliver_at(due_in(HOUR)))
    site.daemons.configure(permit_postpone="authenticated")
    told = shown(site, mail.queue_id)
    assert "permit_postpone" in told["Why"][0]
    assert "may not postpone" in told["Headers"][1]
    assert listed(site) == []


def test_hostile(show_site):
    """Nothing of it reaches the terminal."""
    site = show_site
    forged = "X-Deliver-At: never\x1b[2J (rule freeze)"
    mail = send(
        site,
        deliver_at(due_in(HOUR)),
        "X-Deliver-At: 2026-01-01T00:00:00Z (rule freeze) (\x1b[31m)",
    )
    told = shown(site, mail.queue_id)
    assert told["Headers"][2].endswith("(\\x1B[31m)")
    assert told["Headers"][3] == "  by its sender"
    assert site.submit(message(forged)).code == 550


def test_not_on_hold(show_site):
    """Exit 1; what is there is shown all the same."""
    site = show_site
    done = policyctl(site, "show", NOWHERE)
    assert (done.returncode, done.stdout) == (NOTHING_FOUND, "")
    assert NOWHERE in done.stderr
    mail = send(site, deliver_at(due_in(HOUR)))
    done = policyctl(site, "show", NOWHERE, mail.queue_id)
    assert done.returncode == NOTHING_FOUND
    assert f"Queue id      {mail.queue_id}\n" in done.stdout
    done = policyctl(site, "show", "--sender", "nobody@corp.test")
    assert (done.returncode, done.stdout) == (NOTHING_FOUND, "")


def test_several(show_site):
    """By ids, and by filters; an empty line between them."""
    site = show_site
    mails = [send(site, deliver_at(due_in(HOUR))) for _ in range(3)]
    ids = [mail.queue_id for mail in mails]
    text = said(site, "show", *ids[:2])
    assert text.count("Queue id  ") == 2 and text.count("\n\n") == 1
    assert said(site, "show", "--sender", "ann@corp.test").count("Queue id  ") == 3


@pytest.mark.parametrize("words", [(), ("x",), ("--json",)], ids=" ".join)
def test_wrong_use(show_site, words):
    """Exit 64."""
    done = policyctl(show_site, "show", *words)
    assert (done.returncode, done.stdout) == (WRONG_USE, "")


# What an administrator said


def write_state(site, name, text):
    """A file of state_directory, as policyd keeps it; policyd is down."""
    path = site.daemons.configuration.parent / "state" / name
    path.write_text(text)
    path.chmod(0o644)


def arrival(site, mail):
    """As postqueue tells it."""
    (entry,) = [e for e in site.postfix.queue() if e["queue_id"] == mail.queue_id]
    return entry["arrival_time"]


def test_rescheduled(show_site):
    """Other moments, and never; a star marks them."""
    site = show_site
    mails = [send(site, deliver_at(due_in(9 * HOUR))) for _ in range(3)]
    due = due_in(2 * HOUR)
    site.daemons.policyd.stop()
    lines = [
        "deliver-at overrides 1",
        f"{mails[0].queue_id} {arrival(site, mails[0])} {due} {SINCE}",
        f"{mails[1].queue_id} {arrival(site, mails[1])} never {SINCE}",
        f"{mails[2].queue_id} {arrival(site, mails[2]) - 1} {due} {SINCE}",
    ]
    write_state(site, "overrides", "\n".join(lines) + "\n")
    entries = {entry["queue_id"]: entry for entry in listed(site)}
    told = [entries[mail.queue_id] for mail in mails]
    assert [entry["due"] == "never" for entry in told] == [False, True, False]
    assert told[0]["due"] == rfc3339(due)
    since = rfc3339(SINCE)
    assert [entry["rescheduled"] for entry in told] == [since, since, None]
    table = said(site, "list")
    marked = [line for line in table.splitlines()[1:] if "*" in line[:19]]
    assert [mails[0].queue_id in line for line in marked] == [True, False, False]
    assert table.endswith("\n3 messages\n* rescheduled by policyctl\n")
    told = shown(site, mails[0].queue_id)
    assert told["Leaves"][0].startswith(local(due))
    assert told["Rescheduled"][0].startswith(local(SINCE))
    told = shown(site, mails[1].queue_id)
    assert told["Leaves"] == ["never, as an administrator said"]


def test_paused(show_site):
    """Said on top; programs get the same lines as ever."""
    site = show_site
    mail = send(site, deliver_at(due_in(HOUR)))
    before = listed(site)
    site.daemons.policyd.stop()
    write_state(site, "paused", f"{SINCE} spam run\n")
    since = datetime.fromtimestamp(SINCE)
    for verb in ("list", "timeline"):
        first = said(site, verb).splitlines()[0]
        assert first.startswith(f"PAUSED since {since:%Y-%m-%d %H:%M} (")
        assert first.endswith(" ago), nothing leaves: spam run")
    assert "PAUSED" in said(site, "count")
    assert "spam run" in shown(site, mail.queue_id)["Leaves"][-1]
    assert listed(site) == before


def test_overdue(show_site):
    """Due while policyd is down."""
    site = show_site
    site.daemons.policyd.stop()
    due = due_in(1)
    mail = send(site, deliver_at(due))
    wait_for_clock(due + 1)
    assert "  overdue " in said(site, "list")
    assert said(site, "count").startswith("1 message, 1 overdue\n")
    assert said(site, "timeline").startswith("overdue           1  #\n")
    assert "Overdue" in shown(site, mail.queue_id)


# Files that cannot be read


def test_bad_rules(show_site):
    """Told of, and each rule counts as one that stands."""
    site = show_site
    mail = send(site, sender="eve@old.test")
    site.postfix.write_rules("bad sender=* : fly")
    done = policyctl(site, "list")
    assert done.returncode == OK and mail.queue_id in done.stdout
    assert "rules:1: " in done.stderr
    assert "\nnever  " in done.stdout


def test_message_that_cannot_be_read(show_site):
    """It is not known whose it is; the others are shown."""
    site = show_site
    mails = [send(site, deliver_at(due_in(HOUR))) for _ in range(2)]
    site.daemons.policyd.stop()
    path = site.postfix.queue_folder / "hold" / mails[0].queue_id
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    os.chmod(path, 0o700)
    for words in (
        ["list"],
        ["list", "--json"],
        ["timeline"],
        ["drop", "--dry-run", "--age", "<1h"],
    ):
        done = policyctl(site, *words)
        assert done.returncode == OK
        assert mails[0].queue_id not in done.stdout
        assert "1 file on hold cannot be read, and is left out" in done.stderr
        assert mails[1].queue_id in done.stdout or words == ["timeline"]
    refused = policyctl(site, "drop", mails[0].queue_id)
    assert "not ours: its file cannot be read; " in refused.stderr
