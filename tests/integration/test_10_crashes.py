# SPDX-License-Identifier: ISC
"""10. kill -9 of anything at any moment: all is delivered once, nothing early."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from harness import QUARANTINE, deliver_at, due_in, message, new_recipient
from processes import in_group, kill_all
from standins import ONE_BY_ONE, STUBBORN
from waiting import PATIENCE, wait_for_clock, wait_until

MANY = 500
SENDING_S = 7  # MANY messages, on a busy machine
SOME = 50  # so many of them have left hold when the kill comes
REFUSED = 10  # at least so many messages while hdrcheck is dead


# Whom the kill hits


def hdrcheck(site):
    """It alone."""
    site.daemons.hdrcheck.kill()


def engine(site):
    """The process that decides. The root process ends by itself, and says why."""
    policyd = site.daemons.policyd
    os.kill(policyd.child().pid, signal.SIGKILL)
    assert policyd.wait_for_end() == 70
    assert policyd.logged("the engine (ended with code 137|is gone)")


def runner(site):
    """The root process. The engine ends by itself."""
    policyd = site.daemons.policyd
    os.kill(policyd.pid, signal.SIGKILL)
    wait_until("the engine is gone", lambda: not in_group(policyd.pid), 1)
    assert policyd.wait_for_end() == -signal.SIGKILL


def commands_that_run(site):
    """Postfix's commands alone; policyd has to go on."""
    policyd = site.daemons.policyd
    found = policyd.processes() - set(in_group(policyd.pid))
    assert found
    kill_all(process.pid for process in found)


def everything(site):
    """Both daemons and the commands that run."""
    daemons = (site.daemons.hdrcheck, site.daemons.policyd)
    kill_all(process.pid for daemon in daemons for process in daemon.processes())
    for daemon in daemons:
        daemon.wait_for_end()


def everything_and_postfix(site):
    """As when the machine goes down."""
    everything(site)
    site.postfix.kill()


VICTIMS = (hdrcheck, engine, runner, everything, everything_and_postfix)


def restart(site):
    """What the kill has ended runs again."""
    if not site.postfix.is_running():
        site.postfix.start()
    for daemon in (site.daemons.hdrcheck, site.daemons.policyd):
        if not daemon.is_running():
            daemon.start()


@contextmanager
def foreign_mail(site):
    """Mail on hold that is none of ours: quarantined, and held by an administrator.

    It is there all the time, and still there at the end.
    """
    quarantined = site.send(sender=QUARANTINE)
    administrators = site.send_and_defer()
    site.postfix.hold(administrators.queue_id)
    yield [quarantined, administrators]
    site.assert_held(quarantined)
    site.assert_held(administrators)
    site.discard(quarantined, administrators)


# While mail waits before its due time


@pytest.mark.parametrize("kill", VICTIMS)
def test_while_mail_waits(cold_standin_site, kill):
    """Started again in time, nobody notices; old mail and new mail is on time."""
    site = cold_standin_site
    site.daemons.start()
    with foreign_mail(site):
        due = due_in(5 if kill is everything_and_postfix else 2.5)
        mails = [site.send(deliver_at(due)) for _ in range(5)]
        kill(site)
        restart(site)
        mails.append(site.send(deliver_at(due)))
        for mail in mails:
            site.assert_held(mail)
        assert time.time() < due, "the restart took too long to tell anything"
        for mail in mails:
            site.assert_on_time(mail, due)


# During a release of five hundred


def assert_all_once(site, recipients, due):
    """Every message came once and none early, and nothing is left to come."""
    for recipient in recipients:
        site.assert_not_early(recipient, due, 30)
    wait_until(
        "only foreign mail is left",
        lambda: all(entry["queue_name"] == "hold" for entry in site.postfix.queue()),
    )
    site.assert_once(*recipients)


def kill_in_the_middle(site, kill, due):
    """MANY messages due at once, and a kill when only some of them have left."""
    others = site.postfix.count_held()
    recipients = site.send_many(due, MANY)
    wait_for_clock(due - 0.3 * PATIENCE)
    assert site.postfix.count_held() == others + MANY
    assert time.time() < due, "sending took too long to tell anything"
    wait_until(
        "some have left hold",
        lambda: site.postfix.count_held() <= others + MANY - SOME,
    )
    kill(site)
    assert others < site.postfix.count_held() < others + MANY
    return recipients


def release_with_a_kill(site, kill):
    """The kill comes when some have left hold; all are delivered in the end."""
    standins = site.postfix.standins
    standins.behave("postsuper", ONE_BY_ONE)
    site.daemons.start()
    with foreign_mail(site):
        due = due_in(SENDING_S)
        recipients = kill_in_the_middle(site, kill, due)
        standins.restore()
        restart(site)
        site.postfix.wake_pickup()  # for what is requeued
        assert_all_once(site, recipients, due)


@pytest.mark.parametrize("kill", (*VICTIMS, commands_that_run))
def test_during_a_release(cold_standin_site, kill):
    """Some have left hold, unknown to qmgr; the others follow after the restart."""
    release_with_a_kill(cold_standin_site, kill)


@pytest.mark.settings(release_method="requeue")
@pytest.mark.parametrize("kill", (hdrcheck, everything))
def test_during_a_requeue(cold_standin_site, kill):
    """Likewise by the other way out of hold, which leads past hdrcheck once more."""
    release_with_a_kill(cold_standin_site, kill)


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(method, marks=pytest.mark.settings(release_method=method))
        for method in ("release", "requeue")
    ],
)
def test_between_the_release_and_the_kick(cold_standin_site, standins, method):
    """All have left hold, and only the next policyd tells Postfix so."""
    site = cold_standin_site
    standins.behave("postkick", STUBBORN)
    site.daemons.start()
    due = due_in(0.5)
    mail = site.send(deliver_at(due))
    wait_until("it has left hold", lambda: not site.postfix.count_held())
    everything(site)
    standins.restore()
    assert not site.sink.deliveries(mail.recipient)
    restart(site)
    assert_all_once(site, [mail.recipient], due)


# While mail comes in


class Stream:
    """Messages due at that moment, one after the other over some connections."""

    def __init__(self, site, due):
        self._site = site
        self._content = message(deliver_at(due))
        self._ended = Event()
        self.accepted = []
        self.refused = []

    @contextmanager
    def flowing(self):
        """They come until the end of the block."""
        with ThreadPoolExecutor(2) as pool:
            senders = [pool.submit(self._send) for _ in range(2)]
            try:
                yield
            finally:
                self._ended.set()
            for sender in senders:
                sender.result()

    def _send(self):
        while not self._ended.is_set():
            recipient = new_recipient("stream")
            reply = self._site.postfix.smtp(self._content, [recipient])
            assert reply.code in (250, 451), reply
            (self.accepted if reply.code == 250 else self.refused).append(recipient)


def test_hdrcheck_killed_while_mail_comes_in(cold_standin_site):
    """What was accepted is delivered once and not early; the rest got its 451."""
    site = cold_standin_site
    site.daemons.start()
    due = due_in(3)
    stream = Stream(site, due)
    local = new_recipient("local")
    with stream.flowing():
        wait_until("mail comes in", lambda: len(stream.accepted) > SOME)
        site.daemons.hdrcheck.kill()
        wait_until("mail is refused", lambda: len(stream.refused) >= REFUSED)
        content = message(deliver_at(due)).replace(b"\r\n", b"\n")
        site.postfix.sendmail(content, [local])
        site.daemons.hdrcheck.start()
        n = len(stream.accepted)
        wait_until("mail comes in again", lambda: len(stream.accepted) > n + SOME)
    site.postfix.wake_pickup()
    assert_all_once(site, [*stream.accepted, local], due)
    assert not any(site.sink.deliveries(recipient) for recipient in stream.refused)
