# SPDX-License-Identifier: ISC
"""12. Postfix services in a chroot, as Debian's master.cf has them."""

import os

import pytest
from harness import deliver_at, due_in, message, private_site
from processes import running


@pytest.fixture(scope="module")
def jailed_site(shared_sink):
    """A site whose smtpd, pickup, cleanup and smtp run in the queue folder."""
    with private_site(shared_sink, chroot=True) as site:
        yield site


def in_folder(folder):
    """The names of the processes whose root is this folder."""
    return {p.name for p in running() if _root(p.pid) == str(folder)}


def _root(pid):
    try:
        return os.readlink(f"/proc/{pid}/root")
    except OSError:
        return None


def test_the_services_are_in_the_chroot(jailed_site):
    """Or the other tests here would tell nothing."""
    jailed_site.assert_passes_at_once(jailed_site.send())
    names = in_folder(jailed_site.postfix.queue_folder)
    assert {"smtpd", "cleanup", "pickup"} <= names


def test_cleanup_reaches_hdrcheck(jailed_site):
    """socketmap:unix:deliver-at/... is found from inside; held, and on time."""
    due = due_in(2)
    mails = [jailed_site.send(deliver_at(due)), jailed_site.sendmail(deliver_at(due))]
    for mail in mails:
        jailed_site.assert_held(mail)
    for mail in mails:
        jailed_site.assert_on_time(mail, due)


def test_refused_and_down(jailed_site):
    """The reason comes through; without hdrcheck only our header's mail waits."""
    site = jailed_site
    assert site.submit(message("X-Deliver-At: soon")).code == 550
    site.daemons.hdrcheck.stop()
    try:
        assert site.submit(message(deliver_at(due_in(60)))).code == 451
        site.assert_passes_at_once(site.send())
    finally:
        site.daemons.hdrcheck.start()
    site.assert_passes_at_once(site.send(deliver_at(due_in(-60))))


def test_requeued_from_the_chroot(jailed_site):
    """pickup, in its chroot, has the mail held anew."""
    site = jailed_site
    due = due_in(3)
    mail = site.send(deliver_at(due))
    site.postfix.requeue(mail.queue_id)
    site.assert_on_time(site.wait_until_held_anew(mail), due)
