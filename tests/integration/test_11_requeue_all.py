# SPDX-License-Identifier: ISC
"""11. `postsuper -r ALL` by an administrator while mail waits.

Postfix itself prepends the headers of rules here, as it does for policyd's: the
sender's address says which.
"""

import time

import pytest
from harness import HEADER, deliver_at, due_in, open_site, rfc5322
from instance import Postfix

RULES = """\
smtpd_sender_restrictions = check_sender_access regexp:{
    {/^until-([-0-9]*)t([0-9]*)-([0-9]*)-([0-9]*)@/
        PREPEND X-Deliver-At: $${1}T$${2}:$${3}:$${4}Z (rule office)}
    {/^freeze@/ PREPEND X-Deliver-At: never (rule freeze)}}
"""
STRANGER = {"xclient": "ADDR=192.0.2.9"}
FORGED_NEVER = f"{HEADER}: never (rule freeze)"
ONLY_LOCAL = {"permit_postpone": "local"}


@pytest.fixture(scope="module")
def ruled_postfix(shared_sink):
    """A Postfix whose whole queue may be requeued, with rules."""
    with Postfix(shared_sink.port, main_cf=RULES) as postfix:
        postfix.start()
        yield postfix


@pytest.fixture
def cold_ruled_site(ruled_postfix, shared_sink, settings):
    """That Postfix with hdrcheck; policyd is not started yet."""
    with open_site(ruled_postfix, shared_sink, **settings) as site:
        site.daemons.hdrcheck.start()
        yield site


@pytest.fixture
def ruled_site(cold_ruled_site):
    """That Postfix with both daemons."""
    cold_ruled_site.daemons.policyd.start()
    return cold_ruled_site


def until(due):
    """A sender whose mail the rule `office` holds until due."""
    return time.strftime("until-%Y-%m-%dt%H-%M-%S@sender.test", time.gmtime(due))


def requeue_all(site, *mails):
    """postsuper -r ALL; the same mail, all of it held anew under other ids."""
    site.postfix.requeue("ALL")
    return [site.wait_until_held_anew(mail) for mail in mails]


def test_all_of_ours_waits_on(ruled_site):
    """Twice over: each is held anew, and delivered on time, once.

    Of a sender's date and a rule's the later still counts.
    """
    site = ruled_site
    due = due_in(4)
    later = due + 1
    sent = [(site.send(deliver_at(when)), when) for when in (due, later)]
    sent += [(site.sendmail(deliver_at(when)), when) for when in (due, later)]
    sent += [
        (site.send(sender=until(due)), due),
        (site.send(deliver_at(due), sender=until(later)), later),
        (site.send(deliver_at(later), sender=until(due)), later),
    ]
    mails, dues = zip(*sent)
    mails = requeue_all(site, *requeue_all(site, *mails))
    assert time.time() < due, "too slow to tell anything"
    for mail in mails:
        site.assert_held(mail)
    for mail, when in zip(mails, dues):
        site.assert_on_time(mail, when)


def submit_and_requeue(site, submit):
    """What submit sends, three times: requeued twice, once, and not at all."""
    requeued = []
    for _ in range(2):
        requeued = requeue_all(site, *requeued, *submit())
    return [*requeued, *submit()]


@pytest.mark.settings(**ONLY_LOCAL)
def test_a_rule_postpones_for_strangers_and_its_forgery_does_not(ruled_site):
    """Requeued or not: the rule's date needs no permission, the forged one does."""
    site = ruled_site
    due = due_in(4)
    forgery = f"{HEADER}: {rfc5322(due - 1)} (rule office)"
    mails = submit_and_requeue(
        site,
        lambda: [
            site.send(sender=until(due), **STRANGER),
            site.send(forgery, **STRANGER),
        ],
    )
    for of_rule in mails[::2]:
        site.assert_on_time(of_rule, due)
    for forged in mails[1::2]:
        site.assert_held(forged)
    site.discard(*mails[1::2])


@pytest.mark.settings(**ONLY_LOCAL)
def test_never_of_a_rule_that_is_gone_and_a_forged_one(cold_ruled_site):
    """The rule's leaves with its rule, the stranger's stays: it is not permitted."""
    site = cold_ruled_site
    mails = submit_and_requeue(
        site,
        lambda: [
            site.send(sender="freeze@sender.test", **STRANGER),
            site.send(FORGED_NEVER, **STRANGER),
        ],
    )
    for mail in mails:
        site.assert_held(mail)
    site.daemons.policyd.start()
    for of_rule in mails[::2]:
        site.sink.wait_for(of_rule.recipient)
    canary_due = due_in(1)
    site.assert_on_time(site.send(sender=until(canary_due)), canary_due)
    for forged in mails[1::2]:
        site.assert_held(forged)
    site.discard(*mails[1::2])


def test_a_forged_never_counts_as_due(cold_ruled_site):
    """Requeued or not: alone it leaves at once, beside a rule's date at that."""
    site = cold_ruled_site
    due = due_in(4)
    mails = submit_and_requeue(
        site,
        lambda: [site.send(FORGED_NEVER), site.send(FORGED_NEVER, sender=until(due))],
    )
    for mail in mails:
        site.assert_held(mail)
    site.daemons.policyd.start()
    for alone in mails[::2]:
        assert site.sink.wait_for(alone.recipient).ended < due
    for beside_a_rule in mails[1::2]:
        site.assert_on_time(beside_a_rule, due)
