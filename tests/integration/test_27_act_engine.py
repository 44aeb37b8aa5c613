# SPDX-License-Identifier: ISC
"""27. policyctl pause, resume, status, events, sweep and reload."""

import json
import re

import pytest
from ctl import (
    BAD_CONFIGURATION,
    CTRL_C,
    INTERRUPTED,
    NOT_ALL,
    OK,
    UNAVAILABLE,
    WRONG_USE,
    Policyctl,
)
from harness import deliver_at, due_in
from rules import start
from waiting import wait_for_clock, wait_until

FAR_S = 3600
MEMBERS = {
    "policyd",
    "hdrcheck",
    "postfix",
    "paused",
    "waiting",
    "waiting_bytes",
    "frozen",
    "overdue",
    "oldest_overdue",
    "foreign",
    "unreadable",
    "rescheduled",
    "next_due",
}


@pytest.fixture(name="ctl")
def _ctl(cold_site):
    return Policyctl(cold_site)


def test_pause_and_resume(site, ctl):
    """Nothing leaves, not after a crash either, and all at its end."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    assert "nothing is released" in ctl.ok("pause", "relay is down;", "Ann \x1b[2J")
    (status,) = ctl.json("status")
    assert status["paused"]["reason"].startswith("relay is down; Ann ")
    site.daemons.policyd.kill()
    said = ctl.fails(NOT_ALL, "status")
    paused = r"^PAUSED +since .*(ago|now)\): relay is down; Ann "
    assert re.search(paused, said, re.MULTILINE)
    assert "\x1b" not in said
    site.daemons.policyd.start()
    wait_for_clock(due + 1)
    site.assert_held(mail)
    assert "resumed" in ctl.ok("resume")
    site.sink.wait_for(mail.recipient)
    assert ctl.json("status")[0]["paused"] is None


def test_dry_runs(site, ctl):
    """Nothing is done, and policyd is not even needed."""
    assert ctl.ok("pause", "--dry-run").startswith("would pause")
    assert ctl.json("status")[0]["paused"] is None
    site.daemons.policyd.stop()
    for verb in ("pause", "resume", "sweep", "reload"):
        assert ctl.ok(verb, "--dry-run").startswith("would ")


def test_wrong_use(cold_site, ctl):
    """Words that are not expected, a reason that is too long."""
    assert not cold_site.daemons.policyd.is_running()
    for verb in ("resume", "sweep", "reload", "status", "events"):
        assert "not expected here" in ctl.fails(WRONG_USE, verb, "x")
    assert "longer than 200 bytes" in ctl.fails(WRONG_USE, "pause", "x" * 201)
    assert "not running" in ctl.fails(UNAVAILABLE, "pause", "x" * 200)


def test_status(site, ctl):
    """Both daemons, Postfix, and what waits; the same with policyd down."""
    mails = [site.send(deliver_at(due_in(FAR_S))) for _ in range(3)]
    ctl.ok("reschedule", "never", mails[2].queue_id)
    ctl.ok("sweep")
    wait_until("all are known", lambda: ctl.json("status")[0]["waiting"] == 2)
    (up,) = ctl.json("status")
    assert set(up) == MEMBERS
    assert up["policyd"]["pid"] > 0 and up["policyd"]["waiting"] == 2
    assert up["hdrcheck"]["hold"] == 3 and up["postfix"] == {"running": True}
    assert (up["waiting"], up["frozen"], up["rescheduled"]) == (2, 1, 1)
    assert up["waiting_bytes"] > 0 and up["overdue"] == up["foreign"] == 0
    page = ctl.ok("status")
    assert re.search(r"^policyd +runs, pid \d+, since ", page, re.MULTILINE)
    assert re.search(r"^hdrcheck +runs: \d+ lookups, ", page, re.MULTILINE)
    assert re.search(r"^Postfix +runs$", page, re.MULTILINE)
    waiting = r"^waiting +2 .*, the next leaves .*\(in (59m|1h)"
    assert re.search(waiting, page, re.MULTILINE)
    assert re.search(r"^last walk +20.*(ago|now)\), took 0\.\d+ s", page, re.MULTILINE)

    site.daemons.policyd.stop()
    done = ctl.run("status", "--json")
    assert done.returncode == NOT_ALL
    down = json.loads(done.stdout)
    assert set(down) == MEMBERS and down["policyd"] is None
    same = MEMBERS - {"policyd", "hdrcheck"}
    assert {name: down[name] for name in same} == {name: up[name] for name in same}
    assert "systemctl start deliver-at-policyd" in ctl.fails(NOT_ALL, "status")
    site.discard(*mails)


def test_status_of_what_is_down(cold_site, ctl):
    """hdrcheck as well, and a queue without mail."""
    said = ctl.fails(NOT_ALL, "status")
    assert re.search(r"^hdrcheck +DOWN \(unix:.*: No such file", said, re.MULTILINE)
    assert re.search(r"^waiting +0 ", said, re.MULTILINE)
    cold_site.daemons.start()
    assert "DOWN" not in ctl.ok("status")


def test_status_of_a_tcp_table(shared_postfix, ctl, cold_site):
    """Of hdrcheck can only be told whether somebody listens."""
    daemons = cold_site.daemons
    daemons.configure(socketmap_listen="(off)", tcp_table_listen="inet:127.0.0.1:1")
    said = ctl.fails(NOT_ALL, "status")
    assert "inet:127.0.0.1:1: Connection refused" in said
    port = shared_postfix.port
    daemons.configure(
        socketmap_listen="(off)", tcp_table_listen=f"inet:127.0.0.1:{port}"
    )
    assert f"hdrcheck     listens on inet:127.0.0.1:{port}" in ctl.fails(
        NOT_ALL, "status"
    )


def test_events(site, ctl):
    """What was, what comes, for people and for programs; to the end of policyd."""
    mail = site.send(deliver_at(due_in(1)))
    site.sink.wait_for(mail.recipient)
    with ctl.live("events", "--follow", "--json") as follow:
        line = json.loads(follow.line_with('"released"'))
        assert line["queue_id"] == mail.queue_id
        assert line["method"] == "release" and line["late"] < 1
        other = site.send(deliver_at(due_in(1)))
        assert other.queue_id in follow.line_with('"held"')
        assert other.queue_id in follow.line_with('"released"')
        lines = [json.loads(line) for line in ctl.ok("events", "--json").splitlines()]
        names = [line["event"] for line in lines]
        assert names.count("held") == names.count("released") == 2
        text = ctl.ok("events")
        assert len(text.splitlines()) == len(lines)
        released = rf"^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d  {mail.queue_id} +released, due "
        assert re.search(released, text, re.MULTILINE)
        site.daemons.policyd.stop()
        code, rest = follow.end()
    assert (code, rest) == (OK, "")


def test_events_until_ctrl_c(site, ctl):
    """Without a word."""
    ctl.ok("pause")
    with ctl.on_terminal("events", "--follow") as terminal:
        terminal.read_until("paused")
        terminal.type(CTRL_C)
        assert terminal.end() == INTERRUPTED
    assert "policyctl" not in terminal.said
    ctl.ok("resume")
    assert not site.postfix.queue()


def test_sweep(standin_site, standins):
    """A walk now, long before sweep_interval is over."""
    ctl = Policyctl(standin_site)
    walks = len(standins.calls("postqueue"))
    assert ctl.ok("sweep") == "policyd walks the queue now\n"
    standins.wait_for_calls("postqueue", walks + 1)


def test_reload(site, ctl):
    """What came of it; with a mistake policyd goes on with what it had."""
    said = ctl.ok("reload")
    assert said.startswith("policyd: configuration read again")
    assert "systemctl reload deliver-at-hdrcheck" in said
    site.daemons.configure(sweep_interval="often")
    file = site.daemons.configuration
    said = ctl.fails(BAD_CONFIGURATION, "reload")
    assert re.search(rf"^{file}:\d+: sweep_interval: ", said, re.MULTILINE)
    site.daemons.configure()
    ctl.ok("reload")
    mail = site.send(deliver_at(due_in(1)))
    site.sink.wait_for(mail.recipient)


def test_reload_of_rules(ruled_site):
    """What only policyd reads; a mistake there is told as well."""
    ctl = Policyctl(ruled_site)
    rules = ruled_site.postfix.rules_file
    start(ruled_site, "later sender=later@sender.test : delay 1h")
    rules.write_text("later sender=x@y.test : sing\n")
    said = ctl.fails(BAD_CONFIGURATION, "reload")
    assert f"{rules}:1: " in said
    assert "goes on with what it had" in said
    rules.write_text("later sender=x@y.test : delay 1h\n")
    ctl.ok("reload")
