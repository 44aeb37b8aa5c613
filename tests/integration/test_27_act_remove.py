# SPDX-License-Identifier: ISC
"""27. policyctl fail and drop, which need no policyd; and how messages are chosen."""

import re

import pytest
from ctl import (
    CTRL_C,
    CTRL_D,
    INTERRUPTED,
    NOT_ALL,
    OK,
    WRONG_USE,
    Policyctl,
    on_hold,
)
from harness import QUARANTINE, deliver_at, due_in
from waiting import wait_until

ACTING = [["fail"], ["drop"], ["release"], ["reschedule", "+1h"]]
FAR_S = 3600
ANN, BEN = "ann@one.test", "ben@two.test"


@pytest.fixture(name="quiet_site")
def _quiet_site(cold_site):
    """Only hdrcheck runs."""
    cold_site.daemons.hdrcheck.start()
    return cold_site


@pytest.fixture(name="ctl")
def _ctl(quiet_site):
    return Policyctl(quiet_site)


def hold(site, *, sender=ANN, after=FAR_S, headers=(), **how):
    """A message that is held; its queue id."""
    return site.send(deliver_at(due_in(after)), *headers, sender=sender, **how).queue_id


@pytest.fixture(name="ids")
def _ids(quiet_site):
    """Three messages on hold, the last of Ben; all are removed at the end."""
    ids = [hold(quiet_site), hold(quiet_site), hold(quiet_site, sender=BEN)]
    yield ids
    for queue_id in on_hold(quiet_site):
        quiet_site.postfix.delete(queue_id)


def test_drop_leaves_nothing(quiet_site, ctl, ids):
    """Not in the queue, not at the far end; others stay."""
    before = len(quiet_site.sink.deliveries())
    assert ctl.ok("drop", ids[0], ids[2]) == "dropped 2 of 2\n"
    assert list(on_hold(quiet_site)) == [ids[1]]
    assert len(quiet_site.sink.deliveries()) == before


def test_fail_returns_it_to_its_sender(quiet_site, ctl):
    """At once, with a notification that has the message's headers."""
    sender = "returned@sender.test"
    queue_id = hold(quiet_site, sender=sender)
    assert ctl.ok("fail", queue_id) == "failed 1 of 1\n"
    bounce = quiet_site.sink.wait_for(sender, 5)
    assert bounce.sender == ""
    assert b"Action: failed" in bounce.content
    assert b"administratively expired" in bounce.content
    assert queue_id.encode() in bounce.content


def test_fail_while_postfix_is_stopped(quiet_site, ctl, shared_postfix):
    """It is said that the senders hear of it later; and they do."""
    sender = "returned-later@sender.test"
    queue_id = hold(quiet_site, sender=sender)
    shared_postfix.stop()
    (shared_postfix.folder / "maillog").chmod(0o666)  # no postlogd writes for it
    try:
        done = ctl.run("fail", queue_id)
    finally:
        shared_postfix.start()
    assert done.returncode == OK, done
    assert "Postfix does not run" in done.stderr
    assert quiet_site.sink.wait_for(sender).sender == ""


def test_ids_that_are_not_on_hold(quiet_site, ctl, ids):
    """They are named, the others are done, exit 1."""
    done = ctl.run("drop", "ABCDEF0123", ids[0])
    assert done.returncode == NOT_ALL
    assert done.stdout == "dropped 1 of 2\n"
    assert done.stderr == "policyctl: ABCDEF0123: is not on hold\n"
    assert sorted(on_hold(quiet_site)) == sorted(ids[1:])


@pytest.mark.parametrize(
    "words, option",
    [
        (["fail"], "-f"),
        (["drop"], "-d"),
        (["release"], "-H"),
        (["reschedule", "+1h"], None),
    ],
)
def test_mail_that_somebody_else_holds_is_refused(quiet_site, ctl, words, option):
    """With the command that would do it."""
    if option in ("-H", None):
        quiet_site.daemons.policyd.start()
    mail = quiet_site.send(sender=QUARANTINE)
    said = ctl.fails(NOT_ALL, *words, mail.queue_id)
    assert f"{mail.queue_id}: not ours: somebody else put it on hold" in said
    folder = quiet_site.postfix.config_folder
    if option:
        assert f"postsuper -c {folder} {option} {mail.queue_id} hold" in said
    quiet_site.assert_held(mail)
    quiet_site.discard(mail)


def test_a_filter_passes_over_mail_of_others(quiet_site, ctl):
    """It is not chosen, so there is nothing to refuse."""
    mail = quiet_site.send(sender=QUARANTINE)
    assert ctl.ok("drop", "--yes", "--sender", QUARANTINE) == "no message fits\n"
    quiet_site.assert_held(mail)
    quiet_site.discard(mail)


FILTERS = [
    (["--sender", BEN], [2]),
    (["--sender", "@one.test"], [0, 1]),
    (["--sender", "@one.test,@two.test"], [0, 1, 2]),
    (["--recipient", "carol@sink.test"], [1]),
    (["--due", "<2h"], [0, 2]),
    (["--due", ">2h"], [1]),
    (["--age", "<1h"], [0, 1, 2]),
    (["--age", ">1h"], []),
    (["--size", ">10k"], [1]),
    (["--size", "<10k"], [0, 2]),
    (["--subject", "INVOICE"], [2]),
    (["--login", "*"], []),
    (["--rule", "*"], []),
    (["--sender", "@one.test", "--size", "<10k"], [0]),
]


def test_every_filter(quiet_site, ctl):
    """What each chooses of the same three messages; together they are ANDed."""
    ids = [
        hold(quiet_site),
        hold(
            quiet_site,
            after=3 * FAR_S,
            recipient="carol@sink.test",
            body="x" * 20000,
        ),
        hold(quiet_site, sender=BEN, headers=["Subject: your invoice"]),
    ]
    for words, chosen in FILTERS:
        lines = ctl.ok("drop", "--dry-run", *words).splitlines()
        assert lines[0].split()[:3] == ["would", "drop", str(len(chosen))], words
        got = {line.split()[0] for line in lines[1:]}
        assert got == {ids[i] for i in chosen}, words
    assert ctl.ok("drop", "--sender", BEN, *ids) == "dropped 1 of 1\n"
    assert ctl.ok("drop", "--yes", "--age", "<1h") == "dropped 2 of 2\n"
    assert not on_hold(quiet_site)


@pytest.mark.parametrize("verb", ACTING)
def test_dry_run_changes_nothing(quiet_site, ctl, ids, verb):
    """Also with policyd down; it names the messages."""
    before = on_hold(quiet_site)
    said = ctl.ok(*verb, "--dry-run", *ids)
    to = " to [A-Z][a-z][a-z] .*" if verb[0] == "reschedule" else ""
    assert re.match(f"would {verb[0]} 3 messages{to}\n", said)
    assert all(queue_id in said for queue_id in ids)
    assert on_hold(quiet_site) == before


@pytest.mark.parametrize("verb", ACTING)
def test_wrong_use(quiet_site, ctl, ids, verb):
    """Neither ids nor a filter; a filter that nobody can be asked about; no ids."""
    assert "needs queue ids" in ctl.fails(WRONG_USE, *verb)
    assert "needs queue ids" in ctl.fails(WRONG_USE, *verb, "--yes")
    assert "--yes" in ctl.fails(WRONG_USE, *verb, "--sender", ANN)
    assert "not a queue id" in ctl.fails(WRONG_USE, *verb, "../hold")
    assert "not a queue id" in ctl.fails(WRONG_USE, *verb, "ALL")
    assert "no such option" in ctl.fails(WRONG_USE, *verb, "--everything")
    assert sorted(on_hold(quiet_site)) == sorted(ids)


@pytest.mark.parametrize(
    "typed, code, left",
    [
        ("y\n", OK, 1),
        ("Yes\n", OK, 1),
        ("n\n", NOT_ALL, 3),
        ("\n", NOT_ALL, 3),
        ("yesterday\n", NOT_ALL, 3),
        (CTRL_D, NOT_ALL, 3),
        (CTRL_C, INTERRUPTED, 3),
    ],
)
def test_confirmation(quiet_site, ctl, ids, typed, code, left):
    """A filter alone is asked about on a terminal; only a clear yes counts."""
    with ctl.on_terminal("drop", "--sender", ANN) as terminal:
        terminal.read_until("drop 2 messages? [y/N] ")
        assert sorted(on_hold(quiet_site)) == sorted(ids)
        terminal.type(typed)
        assert terminal.end() == code
    assert len(on_hold(quiet_site)) == left


def test_what_leaves_while_it_is_asked(quiet_site, ctl, ids):
    """It is no message of ours any more; what comes meanwhile is not chosen."""
    with ctl.on_terminal("drop", "--sender", ANN) as terminal:
        terminal.read_until("drop 2 messages? [y/N] ")
        quiet_site.postfix.delete(ids[0])
        late = hold(quiet_site)
        terminal.type("y\n")
        assert terminal.end() == NOT_ALL
    assert "dropped 1 of 2" in terminal.said
    assert f"{ids[0]}: has left meanwhile" in terminal.said
    assert sorted(on_hold(quiet_site)) == sorted([ids[2], late])


def test_more_than_one_command_takes(quiet_site, ctl):
    """1,950 messages, of which postsuper gets 1,900 at a time."""
    count = len(quiet_site.send_many(due_in(FAR_S), 1950))
    assert quiet_site.postfix.count_held() == count
    said = ctl.ok("drop", "--yes", "--sender", "@sender.test")
    assert said == f"dropped {count} of {count}\n"
    wait_until("none is left", lambda: quiet_site.postfix.count_held() == 0)


# From its second call on: another message has this queue id.
ANOTHER = """\
if [ $call -gt 1 ]; then
    $real "$@" | sed 's/"arrival_time": [0-9]*/"arrival_time": 1700000000/'
    exit
fi"""


@pytest.mark.parametrize("verb", ["fail", "drop"])
def test_a_queue_id_that_is_used_again(cold_standin_site, standins, verb):
    """Between the listing and the command: that message is not touched."""
    cold_standin_site.daemons.hdrcheck.start()
    queue_id = hold(cold_standin_site)
    standins.behave("postqueue", ANOTHER)
    said = Policyctl(cold_standin_site).fails(NOT_ALL, verb, queue_id)
    assert f"{queue_id}: has left meanwhile" in said
    standins.restore("postqueue")
    assert list(on_hold(cold_standin_site)) == [queue_id]
    cold_standin_site.postfix.delete(queue_id)


def test_dry_run_tells_when_and_in_which_order(quiet_site, ctl):
    """What leaves first comes first, and to when it would be rescheduled."""
    ids = [hold(quiet_site, after=hours * FAR_S) for hours in (3, 1, 2)]
    said = ctl.ok("reschedule", "+30h", "--dry-run", *ids)
    first, *lines = said.splitlines()
    assert first.startswith("would reschedule 3 messages to ")
    assert [line.split()[0] for line in lines] == [ids[1], ids[2], ids[0]]
    said = ctl.ok("reschedule", "never", "--dry-run", ids[0])
    assert said.startswith("would reschedule 1 message to never\n")
    for queue_id in ids:
        quiet_site.postfix.delete(queue_id)
