# SPDX-License-Identifier: ISC
"""19. Delivery rules for certain senders: logins, addresses, sizes, floods."""

from harness import deliver_at, due_in, message, new_recipient
from instance import transaction
from rules import (
    PASSWORD,
    ask,
    assert_each_on_time,
    assert_nothing_was_done,
    delay,
    discard_postponed,
    start,
)
from waiting import wait_until

AN_HOUR = 3600
BIG = "x" * 76 + "\r\n"


def test_login(ruled_site):
    """A user who has logged in can be named; nobody else is meant."""
    site = ruled_site
    start(site, "undo sasl_username=ann* : delay 1h")
    to = {"ann": new_recipient(), "ben": new_recipient()}
    ends = {}
    for user, recipient in to.items():
        with site.postfix.connect() as session:
            session.login(user, PASSWORD)
            _replies, ends[user] = transaction(session, message(), [recipient])
    assert_nothing_was_done(site, to["ben"])
    assert_nothing_was_done(site, site.send().recipient)
    discard_postponed(site, "undo", ends["ann"])


def test_who_is_meant(ruled_site):
    """Login and client address as Postfix tells them."""
    site = ruled_site
    start(
        site,
        "login sasl_username=ann client_address=192.0.2.0/24 : reject 5.7.1 login",
        "net client_address=192.0.2.0/24 : reject 5.7.1 net",
        "name helo_name=client.test sasl_username!=eve : reject 5.7.1 name",
    )
    said = {
        "LOGIN=ann ADDR=192.0.2.7": "login",
        "ADDR=192.0.2.7": "net",
        "LOGIN=ben ADDR=203.0.113.7": "name",
        "LOGIN=eve ADDR=203.0.113.7": None,
        "ADDR=203.0.113.7": None,
    }
    for xclient, text in said.items():
        reply = site.submit(message(), xclient=xclient)
        if text:
            assert (reply.code, reply.text.split()[-1]) == (554, text)
        else:
            assert reply.code == 250


def test_empty_senders(ruled_site):
    """A bounce is meant by <> alone, not by * and not by what it is not."""
    site = ruled_site
    start(
        site,
        "all sender=* : hold",
        "others sender!=ann@sender.test : hold",
        "bounces sender=<> : delay 1h",
    )
    discard_postponed(site, "bounces", site.send(sender=""))


def test_size(ruled_site):
    """What the client announces with MAIL FROM, whatever it sends then."""
    site = ruled_site
    start(site, "nightly size>10k : delay 1h")
    announced, small, silent = recipients = [new_recipient() for _ in range(3)]
    options = {announced: ["SIZE=10241"], small: ["SIZE=10240"], silent: []}
    content = message(body=BIG * 200)
    with site.postfix.connect() as session:
        ends = {
            recipient: transaction(
                session, content, [recipient], options=options[recipient]
            )[1]
            for recipient in recipients
        }
    for recipient in (small, silent):
        assert_nothing_was_done(site, recipient)
    discard_postponed(site, "nightly", ends[announced])


def test_policyd_down(ruled_site):
    """With default_action=DUNNO mail flows, without rules."""
    ruled_site.daemons.hdrcheck.start()
    assert_nothing_was_done(ruled_site, ruled_site.send().recipient)


# Floods


TOO_MANY = "4.7.1 too many postponed messages"


def is_deferred(site, **who):
    """The next message of this sender would be deferred."""
    return ask(site, **who) == f"DEFER {TOO_MANY}"


def assert_deferred(site, **connection):
    """It is, by SMTP."""
    reply = site.submit(message(), **connection)
    _status, text = TOO_MANY.split(" ", 1)
    assert (reply.code, text in reply.text) == (450, True), reply


def test_flood_of_a_login(ruled_site):
    """Two may wait; the next is deferred until they have left; others go on."""
    site = ruled_site
    start(
        site,
        f"flood sasl_username=* postponed>1 : defer {TOO_MANY}",
        f"undo sasl_username=* : {delay(3)}",
    )
    ann, ben = {"xclient": "LOGIN=ann"}, {"xclient": "LOGIN=ben"}
    mails = [site.send(sender=f"{n}@sender.test", **ann) for n in ("one", "two")]
    wait_until("both are counted", lambda: is_deferred(site, sasl_username="ann"))
    assert_deferred(site, **ann)
    mails.append(site.send(**ben))
    assert_each_on_time(site, mails, "undo")
    wait_until("it goes on", lambda: not is_deferred(site, sasl_username="ann"))
    site.discard(site.send(**ann))


def test_flood_of_a_sender(ruled_site):
    """Without a login the envelope sender counts; what is deleted counts no more."""
    site = ruled_site
    start(
        site,
        f"flood sender=* postponed>1 : defer {TOO_MANY}",
        "far sender=* : delay 1h",
    )
    bulk = {"sender": "bulk@sender.test"}
    mails = [site.send(**bulk) for _ in range(2)]
    wait_until("both are counted", lambda: is_deferred(site, **bulk))
    assert_deferred(site, **bulk)
    mails.append(site.send(sender="other@sender.test"))
    site.discard(mails.pop(0))
    wait_until("it goes on", lambda: not is_deferred(site, **bulk))
    site.discard(site.send(**bulk), *mails)


def test_flood_of_all(ruled_site):
    """postponed_total counts everybody's, those with a date of their own too."""
    site = ruled_site
    start(site, f"full postponed_total>2 : defer {TOO_MANY}")
    mails = [
        site.send(deliver_at(due_in(AN_HOUR)), sender=f"{name}@sender.test")
        for name in ("one", "two", "three")
    ]
    wait_until("three wait", lambda: is_deferred(site, sender="four@sender.test"))
    site.discard(*mails)
    wait_until("they are gone", lambda: not is_deferred(site))
