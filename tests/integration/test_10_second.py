# SPDX-License-Identifier: ISC
"""10. A second daemon beside the first: it exits 75, and the first does not notice."""

import os

import pytest
from harness import deliver_at, due_in
from processes import frozen
from waiting import somebody_listens

EX_TEMPFAIL = 75
REASONS = {
    "hdrcheck": "unix:{queue}/deliver-at/socketmap: somebody listens there already",
    "policyd": "{queue}: another policyd looks after this queue",
}


def assert_refused(site, name):
    """Another one of it ends at once, with the reason."""
    done = getattr(site.daemons, name).run_another()
    assert done.returncode == EX_TEMPFAIL, done.stderr
    assert REASONS[name].format(queue=site.postfix.queue_folder) in done.stderr


def assert_unharmed(site, before):
    """The same processes go on, on the same sockets, and mail is on time."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.assert_on_time(mail, due)
    assert state_of(site) == before


def state_of(site):
    """What must not change: sockets, and processes but for the passing commands."""
    daemons = (site.daemons.hdrcheck, site.daemons.policyd)
    folder = site.postfix.socket_folder
    sockets = {path.name: os.lstat(path).st_ino for path in folder.iterdir()}
    assert all(somebody_listens(folder / name) for name in sockets)
    return sockets, [(d.pid, d.is_running()) for d in daemons], daemons[1].child().pid


@pytest.mark.parametrize("name", REASONS)
def test_second_beside_the_first(site, name):
    """The same configuration; mail that waits meanwhile is on time, too."""
    due = due_in(2)
    mail = site.send(deliver_at(due))
    before = state_of(site)
    for _ in range(3):
        assert_refused(site, name)
    assert_unharmed(site, before)
    site.assert_on_time(mail, due)


@pytest.mark.parametrize("name", REASONS)
def test_second_beside_one_that_hangs(site, name):
    """Who does not answer now listens all the same."""
    daemon = getattr(site.daemons, name)
    hanging = daemon.pid if name == "hdrcheck" else daemon.child().pid
    before = state_of(site)
    with frozen(hanging):
        assert_refused(site, name)
    assert_unharmed(site, before)
