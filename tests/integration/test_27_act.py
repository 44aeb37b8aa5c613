# SPDX-License-Identifier: ISC
"""27. policyctl release and reschedule: moments that policyd keeps."""

import re
import socket
import time
from contextlib import ExitStack

import pytest
from ctl import NOT_ALL, UNAVAILABLE, WRONG_USE, Policyctl, on_hold
from harness import Mail, deliver_at, due_in, message, new_recipient, rfc5322
from waiting import wait_for_clock, wait_until

FAR_S = 3600
MANY = 500
SENDERS = 5
READERS_MAX = 16  # FEED_READERS_MAX


@pytest.fixture(name="ctl")
def _ctl(cold_site):
    return Policyctl(cold_site)


def send_share(site, sender, count):
    """count messages of one sender, due far ahead; their recipients."""
    recipients = [new_recipient("held") for _ in range(count)]
    content = message(deliver_at(due_in(FAR_S)))
    with site.postfix.connect() as session:
        for recipient in recipients:
            session.sendmail(sender, recipient, content)
    return recipients


def send_held(site):
    """MANY messages of s0@sender.test and so on; recipients by sender."""
    shares = {f"s{n}@sender.test": MANY // SENDERS for n in range(SENDERS)}
    sent = {sender: send_share(site, sender, n) for sender, n in shares.items()}
    wait_until("all are on hold", lambda: site.postfix.count_held() == MANY)
    return sent


def delivered(site, recipients):
    """How many of them have got mail."""
    return sum(1 for recipient in recipients if site.sink.deliveries(recipient))


def hold(site, **how):
    """A message that is due in an hour."""
    return site.send(deliver_at(due_in(FAR_S)), **how)


def test_each_verb_on_its_share_of_many(site, ctl):
    """Five senders, five fates; nothing lost, nothing twice, nothing beside."""
    sent = send_held(site)
    share = MANY // SENDERS
    shares = list(sent)
    assert ctl.ok("drop", "--yes", "--sender", shares[0]) == (
        f"dropped {share} of {share}\n"
    )
    assert ctl.ok("fail", "--yes", "--sender", shares[1]) == (
        f"failed {share} of {share}\n"
    )
    said = ctl.ok("reschedule", "never", "--yes", "--sender", shares[2])
    assert f"rescheduled {share} of {share}\n" in said
    said = ctl.ok("release", "--yes", "--sender", f"{shares[3]},{shares[2]}")
    assert said == f"released {2 * share} of {2 * share}\n"
    gone = sent[shares[2]] + sent[shares[3]]
    wait_until("all are delivered", lambda: delivered(site, gone) == len(gone))
    site.assert_once(*gone)
    wait_until(
        "each sender heard of it",
        lambda: len(site.sink.deliveries(shares[1])) == share,
    )
    assert not delivered(site, sent[shares[0]] + sent[shares[1]])
    assert site.postfix.count_held() == share
    said = ctl.ok("release", "--yes", "--age", "<1h")
    assert said == f"released {share} of {share}\n"
    rest = sent[shares[4]]
    wait_until("the rest is delivered", lambda: delivered(site, rest) == len(rest))
    site.assert_once(*gone, *rest)


@pytest.mark.settings(release_rate=150)
def test_policyd_killed_while_many_are_released(site, ctl):
    """From its answer on none is forgotten; each leaves once."""
    sent = send_held(site)
    everybody = [recipient for share in sent.values() for recipient in share]
    with ctl.live("release", "--yes", "--age", "<1h") as live:
        wait_until("some have left", lambda: delivered(site, everybody) > 30)
        site.daemons.policyd.kill()
        code, said = live.end()
    assert code == NOT_ALL, said
    assert "policyd has ended: it leaves when it runs again" in said
    released = int(re.search(r"^released (\d+) of 500$", said, re.MULTILINE)[1])
    left = on_hold(site)
    assert 0 < len(left) < MANY
    assert released <= MANY - len(left)
    assert all(f"{queue_id}: " in said for queue_id in left)
    site.daemons.policyd.start()
    wait_until(
        "all are delivered", lambda: delivered(site, everybody) == MANY, timeout_s=20
    )
    site.assert_queue_empty()
    site.assert_once(*everybody)


def test_policyd_is_down(cold_site, ctl):
    """Said before anything is asked, with what starts it."""
    cold_site.daemons.hdrcheck.start()
    mail = hold(cold_site)
    for words in (["release"], ["reschedule", "+2h"], ["pause"], ["sweep"], ["events"]):
        words += [mail.queue_id] if len(words) > 1 or words == ["release"] else []
        said = ctl.fails(UNAVAILABLE, *words)
        assert "policyd is not running" in said
        assert "systemctl start deliver-at-policyd" in said
    cold_site.assert_held(mail)
    cold_site.discard(mail)


def test_release_by_id(site, ctl):
    """Delivered under its own id; who is not on hold is named."""
    mail = hold(site)
    done = ctl.run("release", mail.queue_id, "ABCDEF0123")
    assert (done.returncode, done.stdout) == (NOT_ALL, "released 1 of 2\n")
    assert done.stderr == "policyctl: ABCDEF0123: is not on hold\n"
    site.sink.wait_for(mail.recipient)
    site.assert_once(mail.recipient)


def test_release_when_policyd_has_no_ear_left(site, ctl):
    """Its events are read by as many as may be: then the queue tells what left."""
    control = site.daemons.configuration.with_name("control")
    mail = hold(site)
    with ExitStack() as readers:
        for _ in range(READERS_MAX):
            reader = readers.enter_context(socket.socket(socket.AF_UNIX))
            reader.connect(str(control))
            reader.sendall(b"tail\n")
        # By now they are taken.
        for how in (), ("--follow",):
            said = ctl.fails(UNAVAILABLE, "events", *how)
            assert "events: policyd says: too many read events already" in said
        assert ctl.ok("release", mail.queue_id) == "released 1 of 1\n"
    site.sink.wait_for(mail.recipient)
    site.assert_once(mail.recipient)


def test_release_during_a_pause(site, ctl):
    """They are taken, stay, and leave at its end, also after a crash."""
    ctl.ok("pause", "a", "test")
    mail = hold(site)
    done = ctl.run("release", mail.queue_id)
    assert done.returncode == NOT_ALL, done
    assert done.stdout.startswith("released 0 of 1\n")
    later = 'is to leave, and does at "policyctl resume"'
    assert f"{mail.queue_id}: {later}\n" in done.stdout
    assert re.search(r"paused since .*: a test\n", done.stderr)
    site.daemons.policyd.kill()
    site.daemons.policyd.start()
    site.assert_held(mail)
    ctl.ok("resume")
    site.sink.wait_for(mail.recipient)
    site.assert_once(mail.recipient)


def test_reschedule_through_kill(site, ctl):
    """Earlier than its header says; known to a policyd that is started anew."""
    mail = hold(site)
    due = due_in(3)
    said = ctl.ok("reschedule", rfc5322(due), mail.queue_id)
    assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(due)) in said
    assert "local time" in said
    site.daemons.policyd.kill()
    site.daemons.policyd.start()
    site.assert_on_time(mail, due)


def test_reschedule_later(site, ctl):
    """The header's moment passes, the administrator's counts."""
    mail = site.send(deliver_at(due_in(2)))
    due = due_in(4)
    ctl.ok("reschedule", rfc5322(due, 2), mail.queue_id)
    site.assert_on_time(mail, due)


def test_reschedule_never_and_back(site, ctl):
    """It stays past its header's moment, and leaves at the next one that is set."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    said = ctl.ok("reschedule", "never", mail.queue_id)
    assert said.startswith("never: on hold until it is released or rescheduled\n")
    site.daemons.policyd.kill()
    site.daemons.policyd.start()
    site.assert_stays_held(mail, after=due)
    ctl.ok("reschedule", "+1s", mail.queue_id)
    site.sink.wait_for(mail.recipient)
    site.assert_once(mail.recipient)


REFUSED_TIMES = [
    ("2020-01-01T00:00:00Z", "is not ahead"),
    ("+0s", "is not ahead"),
    ("+3d", "more than 2 days ahead (max_postpone); never holds it for longer"),
    ("Fri, 01 Jan 2100 00:00:00 +0000", "more than 2 days ahead"),
    ("00:00", "is over"),
    ("tomorrow", "in the same word"),
    ("soon", "not a date. A time is +2h30m"),
    ("never (rule x)", "never stands alone"),
    ("2026-02-30 12:00", "no such date"),
]


@pytest.mark.settings(max_postpone="2d")
def test_times_that_are_refused(cold_site, ctl):
    """Before anything is looked at, with the reason and what would be right."""
    for text, reason in REFUSED_TIMES:
        said = ctl.fails(WRONG_USE, "reschedule", text, "ABCDEF0123")
        assert f"{text}: " in said and reason in said, said
    assert "needs a time" in ctl.fails(WRONG_USE, "reschedule")
    assert not on_hold(cold_site)


@pytest.mark.settings(requeue_after="0s")
@pytest.mark.parametrize("words", [["release"], ["reschedule", "+1s"]])
def test_old_mail_is_warned_of(site, ctl, words):
    """Before its header's date it cannot be requeued, so it keeps its age."""
    mail = hold(site)
    wait_for_clock(mail.sent + 2)
    done = ctl.run(*words, mail.queue_id)
    assert done.returncode == 0, done
    assert f"old for the queue: {mail.queue_id}." in done.stderr
    assert "maximal_queue_lifetime" in done.stderr
    site.sink.wait_for(mail.recipient)
    site.assert_once(mail.recipient)


def test_young_mail_is_not_warned_of(site, ctl):
    """A quarter of the queue life is far away."""
    mail = hold(site)
    done = ctl.run("release", mail.queue_id)
    assert (done.returncode, done.stderr) == (0, "")
    site.sink.wait_for(mail.recipient)


def test_progress_on_a_terminal(site, ctl):
    """Work that takes long is seen to go on; its line is gone at the end."""
    site.daemons.policyd.stop()
    site.daemons.configure(release_rate=20)
    site.daemons.policyd.start()
    recipients = send_share(site, "slow@sender.test", 30)
    wait_until("all are on hold", lambda: site.postfix.count_held() == 30)
    with ctl.on_terminal("release", "--sender", "slow@sender.test") as terminal:
        terminal.read_until("release 30 messages? [y/N] ")
        terminal.type("y\n")
        assert terminal.end() == 0
    assert re.search(r"\rreleased \d+ of 30", terminal.said)
    assert terminal.said.endswith("\r\x1b[Kreleased 30 of 30\r\n")
    wait_until("all are delivered", lambda: delivered(site, recipients) == 30)


def test_follows_a_requeue(site, ctl):
    """Somebody requeues it: what was said of it holds on under its new id."""
    mail = hold(site)
    ctl.ok("reschedule", "never", mail.queue_id)
    site.postfix.requeue(mail.queue_id)
    anew = site.wait_until_held_anew(mail)
    due = due_in(2)
    ctl.ok("reschedule", rfc5322(due), anew.queue_id)
    site.assert_on_time(Mail(mail.recipient, anew.queue_id), due)
