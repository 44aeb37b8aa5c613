# SPDX-License-Identifier: ISC
"""25. Events: what the engine did, for whoever reads it, and nobody is waited for."""

import re
import time
from datetime import datetime, timezone

import pytest
from control import (
    Control,
    ask,
    control_socket,
    events,
    following,
    next_event,
    pause,
    reschedule,
    resume,
    status,
    walk,
)
from harness import deliver_at, due_in
from peers import Peer
from rules import ask as ask_policy
from rules import policy_socket, reload, request, start
from waiting import wait_for_clock, wait_until

FAR_S = 3600
SHUT = 'shut recipient=shut@sink.test : reject 5.7.1 we are "shut"'
FREEZE = "freeze sender=frozen@old.test : hold"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
READERS_MAX = 16
BEHIND_MAX = 2 * 1024 * 1024


def utc(moment):
    """As events tell a due time."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def without_time(event):
    """What can be said before of an event; its time is one of now."""
    assert re.fullmatch(TIME, event["time"]), event
    when = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    assert abs(when.timestamp() - time.time()) < 60
    return {name: value for name, value in event.items() if name != "time"}


def test_a_script_of_all_kinds(ruled_site):
    """Each told once, in its order, with all its members."""
    site = ruled_site
    start(site, SHUT, FREEZE)
    far, soon = due_in(FAR_S), due_in(4)
    mail = site.send(deliver_at(far))
    frozen = site.send(sender="frozen@old.test")
    walk(site)
    wait_until("both are read", lambda: len(events(site)) == 2)
    assert ask_policy(site, recipient="shut@sink.test").startswith("REJECT")
    pause(site, b"why")
    resume(site)
    reschedule(site, soon, mail)
    wait_for_clock(soon)
    site.sink.wait_for(mail.recipient)
    reload(site, SHUT)
    site.sink.wait_for(frozen.recipient)
    wait_until("all is told", lambda: len(events(site)) >= 10)
    found = [without_time(event) for event in events(site)]
    late = [event.pop("late") for event in found if event["event"] == "released"]
    assert len(late) == 2 and all(0 <= one < 60 for one in late)
    # The rule said nothing of when, so that its mail is due since it arrived.
    left = [event.pop("due") for event in found if event.get("rule") == "freeze"]
    assert len(left) == 1
    freed = [e for e in found if e.get("queue_id") == frozen.queue_id][-1]
    freed.pop("due")
    assert found == [
        {"event": "held", "queue_id": mail.queue_id, "due": utc(far)},
        {"event": "held", "queue_id": frozen.queue_id, "due": "never"},
        {
            "event": "refused",
            "queue_id": None,
            "rule": "shut",
            "reply": '5.7.1 we are "shut"',
            "sender": "",
            "recipient": "shut@sink.test",
        },
        {"event": "paused", "reason": "why"},
        {"event": "resumed"},
        {"event": "rescheduled", "queue_id": mail.queue_id, "due": utc(soon)},
        {
            "event": "released",
            "queue_id": mail.queue_id,
            "queue_id_after": mail.queue_id,
            "due": utc(soon),
            "method": "release",
        },
        {"event": "reload", "ok": True, "text": "configuration read again"},
        {"event": "rule_gone", "queue_id": frozen.queue_id, "rule": "freeze"},
        {
            "event": "released",
            "queue_id": frozen.queue_id,
            "queue_id_after": frozen.queue_id,
            "method": "release",
        },
    ]


@pytest.mark.settings(requeue_after="0s")
def test_a_requeue_of_ours(site):
    """The new id is known to Postfix's log alone."""
    with following(site) as control:
        mail = site.send(deliver_at(due_in(2)))
        event = next_event(control, "released")
    assert event["method"] == "requeue"
    assert (event["queue_id"], event["queue_id_after"]) == (mail.queue_id, None)
    site.sink.wait_for(mail.recipient)


def test_a_requeue_of_somebody(site):
    """Its id before and after."""
    with following(site) as control:
        mail = site.send(deliver_at(due_in(FAR_S)))
        next_event(control, "held")
        site.postfix.requeue(mail.queue_id)
        site.postfix.wake_pickup()
        event = without_time(next_event(control, "requeued"))
        anew = site.wait_until_held_anew(mail)
    assert event == {
        "event": "requeued",
        "queue_id": mail.queue_id,
        "queue_id_after": anew.queue_id,
    }
    site.discard(anew)


def test_foreign_mail(site):
    """It has a date, and is not ours."""
    with following(site) as control:
        mail = site.send_and_defer(deliver_at(time.time() - 60))
        site.postfix.hold(mail.queue_id)
        walk(site)
        event = without_time(next_event(control, "foreign"))
    assert event["queue_id"] == mail.queue_id
    assert "somebody held it again" in event["text"] or "date" in event["text"]
    site.discard(mail)


def test_a_fault(standin_site, standins):
    """A command that fails is told of."""
    site = standin_site
    standins.behave("postqueue", "exit 1")
    with following(site) as control:
        assert ask(site, "sweep") == "ok"
        event = without_time(next_event(control, "fault"))
    assert event["queue_id"] is None
    assert event["text"].startswith("postqueue -j failed")


# Hostile words

HOSTILE = (
    b'a"b\\c',
    b"\x1b]0;x\x07\x7f\x01",
    b"\xff\xfe\xed\xa0\x80\xc0\x80",
    "gr\u00fc\u00df \u009b31m".encode(),
    b"x" * 3000,
    b"\x01" * 3000,
)


def test_hostile_words(ruled_site):
    """Each line is JSON, whatever a client said."""
    site = ruled_site
    start(site, "shut : reject 5.7.1 no")
    with Peer(policy_socket(site)) as peer, following(site) as control:
        for words in HOSTILE:
            content = request(sender="S", recipient="R", queue_id="Q")
            for letter in (b"sender=S", b"recipient=R", b"queue_id=Q"):
                content = content.replace(letter, letter[:-1] + words)
            peer.send(content)
            peer.receive_until(b"\n\n")
            event = next_event(control, "refused")
            assert event["rule"] == "shut"
            said = words.decode(errors="replace")
            assert event["sender"] and said.startswith(event["sender"][:8])


# Those who read


def fill(site, count):
    """So many events of two thousand bytes each."""
    content = request(helo_name="noisy", sender="s" * 900, recipient="r" * 900)
    with Peer(policy_socket(site)) as peer:
        for _ in range(count):
            peer.send(content)
            peer.receive_until(b"\n\n")


def test_a_slow_reader_is_dropped(ruled_site):
    """It reads nothing, and is ended; one that reads gets all; mail is on time."""
    site = ruled_site
    start(site, "shut helo_name=noisy : reject 5.7.1 no")
    count = 2 * BEHIND_MAX // 1900
    with following(site) as slow:
        with following(site) as quick:
            due = due_in(4)
            mail = site.send(deliver_at(due))
            for _ in range(count // 50):
                fill(site, 50)
                for _ in range(50):
                    next_event(quick, "refused")
            site.assert_on_time(mail, due)
        got = slow.read_end()
    assert len(got) < count
    assert status(site)["pid"] == site.daemons.policyd.child().pid
    kept = events(site)
    assert 100 < len(kept) < 256 * 1024 // 1900 + 10
    assert {event["event"] for event in kept} <= {"refused", "released", "held"}


def test_too_many_readers(site):
    """One more is turned away; the others stay; places that are left are free."""
    controls = []
    for number in range(READERS_MAX + 1):
        control = Control(control_socket(site))
        controls.append(control)
        control.send(b"sweep\nfollow\n")
        assert control.read_line() == "ok", number
    assert controls.pop().read_end() == ["error too many read events already"]
    pause(site)
    for control in controls:
        next_event(control, "paused")
    controls.pop().close()
    with following(site) as another:
        resume(site)
        next_event(another, "resumed")
    for control in controls:
        next_event(control, "resumed")
        control.close()


def test_readers_that_hang_up(site):
    """Many times more than there are places, without a word."""
    for number in range(5 * READERS_MAX):
        with Control(control_socket(site)) as control:
            control.send(b"sweep\nfollow\n")
            assert control.read_line() == "ok", number
    with following(site) as control:
        pause(site)
        next_event(control, "paused")
    resume(site)


def test_readers_see_the_end(site):
    """A stop of the daemon is the end of the stream."""
    with following(site) as control:
        site.daemons.policyd.stop()
        assert control.read_line() == ""
