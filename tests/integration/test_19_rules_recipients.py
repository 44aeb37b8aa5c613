# SPDX-License-Identifier: ISC
"""19. Delivery rules for messages to several recipients, and where Postfix asks."""

import re

import pytest
from harness import deliver_at, due_in, message, new_recipient
from instance import transaction
from rules import (
    REFUSED_BEFORE,
    REFUSED_BEHIND,
    assert_nothing_was_done,
    delay,
    discard_postponed,
    only_postponement,
    postponed_by,
    send_to,
    send_to_all,
    start,
)

DELAYS_S = {"soon": 1, "middle": 2, "last": 3}


@pytest.mark.parametrize(
    "order, rules",
    [
        (("soon", "last", "middle"), {"soon", "last"}),
        (("last", "soon", "middle"), {"last"}),
        (("soon", "middle", "last"), {"soon", "middle", "last"}),
        (("none", "middle", "soon"), {"middle"}),
    ],
    ids=["the later after", "the later before", "ever later", "one without a rule"],
)
def test_recipients_with_different_rules(ruled_site, order, rules):
    """Postponed as a whole, to the latest; a header only where it is later."""
    site = ruled_site
    to = {name: new_recipient(name) for name in order}
    start(
        site,
        *(f"{n} recipient={to.get(n, n)} : {delay(s)}" for n, s in DELAYS_S.items()),
    )
    mails = send_to_all(site, *to.values())
    headers = postponed_by(site, mails[0])
    assert {header.rule for header in headers} == rules
    assert len(headers) == len(rules)
    due = max(header.until for header in headers)
    for mail in mails:
        site.assert_on_time(mail, due)


def test_refused_before_it_is_asked(ruled_site):
    """A recipient that Postfix refuses first postpones nothing for the others."""
    site = ruled_site
    start(site, f"far recipient={REFUSED_BEFORE} : hold")
    other = new_recipient()
    replies, _end = send_to(site, REFUSED_BEFORE, other)
    assert replies[REFUSED_BEFORE].code == 554
    assert_nothing_was_done(site, other)
    assert not site.daemons.policyd.logged("rule far")


def test_refused_behind(ruled_site):
    """Postfix takes no header back: the others wait for a recipient that is not there.

    So the place of the policy service is behind all that refuses.
    """
    site = ruled_site
    start(site, f"far recipient={REFUSED_BEHIND} : delay 1h")
    replies, end = send_to(site, REFUSED_BEHIND, new_recipient())
    assert replies[REFUSED_BEHIND].code == 554
    discard_postponed(site, "far", end)


def test_pass_ends_the_evaluation_for_its_recipient(ruled_site):
    """What earlier rules contributed stays; later ones count for the others."""
    site = ruled_site
    exempt = new_recipient("exempt")
    start(
        site,
        "undo sender=* : delay 1m",
        f"exempt recipient={exempt} : pass",
        "news sender=* : delay 1h",
    )
    discard_postponed(site, "undo", site.send(recipient=exempt))
    discard_postponed(site, "news", site.send())


def test_the_latest_of_several_rules_counts(ruled_site):
    """One header for a recipient, wherever the latest stands; hold beats them all."""
    site = ruled_site
    frozen = new_recipient("frozen")
    start(
        site,
        "short sender=* : delay 1m",
        "long sender=* : delay 3m",
        f"freeze recipient={frozen} : hold",
        "middle sender=* : delay 2m",
    )
    discard_postponed(site, "long", site.send())
    discard_postponed(site, "freeze", site.send(recipient=frozen))


@pytest.mark.parametrize("own_s, delay_s", [(2, 1), (1, 2)])
def test_own_date_and_a_rule(ruled_site, own_s, delay_s):
    """Whichever is later."""
    site = ruled_site
    start(site, f"undo sender=* : {delay(delay_s)}")
    own = due_in(own_s)
    mail = site.send(deliver_at(own))
    site.assert_on_time(mail, max(own, only_postponement(site, mail, "undo")))


def test_messages_of_one_connection_are_apart(ruled_site):
    """Each gets its header, whatever the one before it got."""
    site = ruled_site
    to = [new_recipient() for _ in range(4)]
    start(site, f"far recipient={to[0]} : hold", "undo sender=* : delay 1h")
    with site.postfix.connect() as session:
        ends = [transaction(session, message(), [recipient])[1] for recipient in to]
    for rule, end in zip(("far", "undo", "undo", "undo"), ends, strict=True):
        discard_postponed(site, rule, end)


def test_a_recipient_that_was_reset(ruled_site):
    """RSET begins another message: what was told before it is forgotten."""
    site = ruled_site
    first, second = new_recipient(), new_recipient()
    start(site, f"far recipient={first} : hold", "undo sender=* : delay 1h")
    with site.postfix.connect() as session:
        session.mail("ann@sender.test")
        session.rcpt(first)
        session.rset()
        _replies, end = transaction(session, message(), [second])
    discard_postponed(site, "undo", end)


def test_queue_ids_in_the_log(ruled_site):
    """From the second recipient on the line has the queue id; before it NOQUEUE."""
    site = ruled_site
    to = [new_recipient("first"), new_recipient("second")]
    start(
        site,
        f"one recipient={to[0]} : delay 1h",
        f"two recipient={to[1]} : delay 2h",
    )
    mail, _other = send_to_all(site, *to)
    (first,) = site.daemons.policyd.logged("rule one: until")
    (second,) = site.daemons.policyd.logged("rule two: until")
    assert re.search(r"\bNOQUEUE: rule one", first)
    assert re.search(rf"\b{mail.queue_id}: rule two", second)
    site.discard(mail)


# Where else Postfix can ask


def test_asked_at_data(ruled_site):
    """With one recipient that is known; with more, rules about them match nothing."""
    site = ruled_site
    to = [new_recipient("data") for _ in range(3)]
    start(site, f"undo recipient={','.join(to)} : {delay(2)}")
    port = site.postfix.data_port
    mail = site.send(recipient=to[0], port=port)
    due = only_postponement(site, mail, "undo")
    reply = site.postfix.smtp(message(), to[1:], port=port)
    for recipient in to[1:]:
        assert_nothing_was_done(site, recipient)
    assert reply.code == 250
    site.assert_on_time(mail, due)


def test_asked_at_the_end_of_the_message(ruled_site):
    """Too late for a header: mail to be postponed is deferred, other mail passes."""
    site = ruled_site
    postponed = new_recipient()
    start(site, f"undo recipient={postponed} : {delay(2)}")
    port = site.postfix.end_port
    reply = site.postfix.smtp(message(), [postponed], port=port)
    assert (reply.code, reply.text[:5]) == (450, "4.3.5")
    assert_nothing_was_done(site, site.send(port=port).recipient)
    assert not site.sink.deliveries(postponed)
