# SPDX-License-Identifier: ISC
"""13. Descriptors are exhausted for a while; the queue of inotify's news overflows."""

import os
import time
from pathlib import Path

import pytest
from bystanders import unharmed
from harness import NO_INOTIFY, deliver_at, due_in
from peers import SOCKETMAP, Peer
from processes import frozen, no_descriptor_left
from waiting import wait_for_clock

SOON_S = 15


# policyd


@pytest.mark.settings(sweep_interval="1s")
@pytest.mark.parametrize("half", ["runner", "engine"])
def test_policyd_without_descriptors(site, half):
    """No command can be run, or none can be watched: mail is late at worst."""
    policyd = site.daemons.policyd
    with unharmed(site):
        due = due_in(3)
        pid = policyd.pid if half == "runner" else policyd.child().pid
        to_release = site.send(deliver_at(due))
        wait_for_clock(due - 1)
        with no_descriptor_left(pid):
            assert time.time() < due, "all took too long to tell anything"
            to_read = site.send(deliver_at(due))
            wait_for_clock(due + 1)
            if half == "runner":
                site.assert_held(to_release)
                site.assert_held(to_read)
        site.assert_delivered_once(to_release, due, SOON_S)
        site.assert_delivered_once(to_read, due, SOON_S)
        after = due_in(1)
        site.assert_on_time(site.send(deliver_at(after)), after)


# hdrcheck


def test_hdrcheck_without_descriptors(site):
    """It serves whom it has; for somebody new the longest idle one gives way."""
    address = site.daemons.socketmap
    with Peer(address) as idle, Peer(address) as busy:
        idle.ask(SOCKETMAP)
        busy.ask(SOCKETMAP)
        with no_descriptor_left(site.daemons.hdrcheck.pid):
            idle.ask(SOCKETMAP)
            busy.ask(SOCKETMAP)
            with Peer(address) as new:
                new.ask(SOCKETMAP)
                busy.ask(SOCKETMAP)
                assert idle.receive(1) == b""
            due = due_in(2)
            mail = site.send(deliver_at(due))
            site.assert_held(mail)
        busy.ask(SOCKETMAP)
        with Peer(address) as one, Peer(address) as another:
            one.ask(SOCKETMAP)
            another.ask(SOCKETMAP)
            busy.ask(SOCKETMAP)
    site.assert_on_time(mail, due)


# inotify


def overflow(*paths):
    """More events than inotify keeps for a reader; equal ones in a row count once."""
    keeps = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for _ in range(keeps // len(paths) + 1000):
        for path in paths:
            os.chmod(path, 0o700)


@pytest.mark.skipif(NO_INOTIFY, reason="built without inotify")
def test_inotify_overflow(site):
    """Mail whose arrival was lost is on time: the loss itself has policyd walk."""
    hold = site.postfix.queue_folder / "hold"
    waiting = [site.send(deliver_at(due_in(3600))) for _ in range(2)]
    soon = due_in(1)
    site.assert_on_time(site.send(deliver_at(soon)), soon)  # the first walk is over
    with frozen(site.daemons.policyd.child().pid):
        overflow(*(hold / mail.queue_id for mail in waiting))
        due = due_in(2)
        mail = site.send(deliver_at(due))
    site.assert_on_time(mail, due)
    assert site.daemons.policyd.logged("news of the hold queue were lost")
    for mail in waiting:
        site.assert_held(mail)
    site.discard(*waiting)
