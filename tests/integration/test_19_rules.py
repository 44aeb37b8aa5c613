# SPDX-License-Identifier: ISC
"""19. Delivery rules, asked by a real Postfix: each action, and who is meant."""

import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from harness import Mail, deliver_at, due_in, message, new_recipient
from instance import transaction
from rules import (
    PASSWORD,
    REFUSED_BEFORE,
    REFUSED_BEHIND,
    ask,
    delayed,
    only_postponement,
    postponed_by,
    postponements,
    start,
)
from waiting import wait_until

AN_HOUR = 3600
SOON_S = 5
BIG = "x" * 76 + "\r\n"


def rfc3339(moment):
    """A moment as rules write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def delivered_headers(site, recipient):
    """The rules' headers in what this recipient got."""
    delivery = site.sink.wait_for(recipient)
    return postponements(delivery.content.decode("latin-1"))


def send_to(site, *recipients, headers=(), **how):
    """One message to all of them, over a connection of its own.

    The Reply to each recipient, and the one to the message.
    """
    with site.postfix.connect() as session:
        return transaction(session, message(*headers), recipients, **how)


def send_to_all(site, *recipients, **how):
    """One message that is accepted for all of them; the Mail of each."""
    replies, end = send_to(site, *recipients, **how)
    assert {reply.code for reply in (*replies.values(), end)} == {250}, replies
    return [Mail(recipient, end.queue_id, time.time()) for recipient in recipients]


def assert_nothing_was_done(site, recipient):
    """Delivered at once, and as it was sent."""
    assert delivered_headers(site, recipient) == []
    assert not site.hold_lines(recipient)


def assert_each_on_time(site, mails, rule):
    """Each is on hold by this rule alone, and leaves when it says."""
    dues = [only_postponement(site, mail, rule) for mail in mails]
    for mail, due in zip(mails, dues, strict=True):
        site.assert_on_time(mail, due)


# Each action


@pytest.mark.parametrize(
    "rules",
    [
        ["other recipient=other@sink.test : hold"],
        ["exempt sender=ann@sender.test : pass", "all sender=* : hold"],
        ["moved recipient=@sink.test : until 2020-01-01T00:00:00Z"],
        ["always sender=* : window Mon-Sun 00:00-24:00"],
    ],
    ids=["no match", "pass", "until what is past", "window that is open"],
)
def test_nothing_to_do(ruled_site, rules):
    """The message leaves at once, without a header."""
    start(ruled_site, *rules)
    assert_nothing_was_done(ruled_site, ruled_site.send().recipient)


def test_delay(ruled_site):
    """From the moment Postfix asks; on time to the second; the log tells why."""
    site = ruled_site
    start(site, 'undo sender=* : delay 2s reason="undo send"')
    with delayed(2) as moments:
        mail = site.send()
        moments.append(only_postponement(site, mail, "undo"))
    site.assert_on_time(mail, *moments)
    (line,) = site.daemons.policyd.logged("rule undo: until")
    for said in (
        f"until {rfc3339(moments[0])}",
        "sender=<ann@sender.test>",
        f"recipient=<{mail.recipient}>",
        "undo send",
    ):
        assert said in line
    (delivery,) = site.sink.deliveries(mail.recipient)
    assert b"undo send" not in delivery.content


def test_until(ruled_site):
    """A moment is kept exactly, in whatever zone it was written."""
    site = ruled_site
    due = due_in(3)
    in_india = rfc3339(due + 5 * AN_HOUR + AN_HOUR // 2).replace("Z", "+05:30")
    start(site, f"moving recipient=@sink.test : until {in_india}")
    mail = site.send()
    assert only_postponement(site, mail, "moving") == due
    site.assert_on_time(mail, due)


ZONES = ("Asia/Kathmandu", "Europe/Amsterdam", "America/New_York", "Pacific/Apia")


@pytest.mark.parametrize("zone", ZONES)
def test_window_that_is_closed(ruled_site, zone):
    """Held until its next opening, days ahead, as clocks show it there."""
    site = ruled_site
    here = ZoneInfo(zone)
    opening = datetime.now(here) + timedelta(days=3)
    opening = opening.replace(hour=12, minute=0, second=0, microsecond=0)
    excepted = (opening - timedelta(days=1)).date()
    days = f"{opening - timedelta(days=1):%a}-{opening:%a}"
    hours = f"12:00-12:01 tz={zone} except={excepted}"
    start(site, f"noon sender=* : window {days} {hours}")
    mail = site.send()
    assert only_postponement(site, mail, "noon") == opening.timestamp()
    site.discard(mail)


def test_window_that_opens(clock, ruled_site):
    """In the first second of its minute; the daemons' clock is a little before it."""
    site = ruled_site
    opening = due_in(SOON_S) // 60 * 60 + 60
    clock.step_to(opening - due_in(SOON_S))
    clock.give_to(site.daemons.hdrcheck, site.daemons.policyd)
    hours = [time.strftime("%H:%M", time.gmtime(opening + s)) for s in (0, 60)]
    start(site, f"quiet sender=* : window {'-'.join(hours)} tz=UTC")
    mail = site.send()
    assert only_postponement(site, mail, "quiet") == opening
    site.assert_on_time(mail, opening - clock.offset)


@pytest.mark.settings(requeue_after="0s")
def test_requeued_when_it_is_old(ruled_site):
    """A rule's header is no hindrance, and holds nothing a second time."""
    site = ruled_site
    start(site, "undo sender=* : delay 2s")
    mail = site.send()
    site.assert_delivered_once(mail, only_postponement(site, mail, "undo"))
    (line,) = site.daemons.policyd.logged(f"{mail.queue_id}: released")
    assert "method=requeue" in line


def test_hold(ruled_site):
    """Held without an end, while other mail comes and goes."""
    site = ruled_site
    start(site, "freeze recipient=frozen@sink.test : hold")
    mail = site.send(recipient="frozen@sink.test")
    assert only_postponement(site, mail, "freeze") is None
    site.assert_stays_held(mail)
    site.discard(mail)


@pytest.mark.parametrize(
    "action, code",
    [("reject 5.7.1 not in this house", 554), ("defer 4.7.1 come back later", 450)],
)
def test_refusals(ruled_site, action, code):
    """The recipient is told the code and the text; the others get the mail."""
    site = ruled_site
    refused, other = new_recipient("refused"), new_recipient()
    start(site, f"no recipient={refused} : {action}")
    replies, end = send_to(site, refused, other)
    _verb, enhanced, text = action.split(None, 2)
    assert replies[refused].code == code
    assert replies[refused].text.startswith(enhanced)
    assert text in replies[refused].text
    assert end.code == 250
    assert_nothing_was_done(site, other)
    assert site.daemons.policyd.logged(f"rule no: {action}")


@pytest.mark.settings(permit_postpone="authenticated", unpermitted="release")
def test_a_rule_needs_no_permission(ruled_site):
    """Who may not postpone is postponed by a rule all the same, not by a date."""
    site = ruled_site
    start(site, "undo sender=* : delay 2s", "freeze recipient=frozen@sink.test : hold")
    frozen = site.send(recipient="frozen@sink.test")
    mail = site.send(deliver_at(due_in(AN_HOUR)))
    site.assert_on_time(mail, only_postponement(site, mail, "undo"))
    site.assert_held(frozen)
    site.discard(frozen)


@pytest.mark.settings(max_postpone="1h")
def test_as_far_ahead_as_allowed(ruled_site):
    """hdrcheck takes what a rule says, whatever part of a second it is."""
    site = ruled_site
    start(site, "far sender=* : delay 1h")
    site.discard(*[site.send() for _ in range(5)])


# Several recipients, several rules


DIFFERENT = {"soon": 1, "last": 3, "middle": 2}


@pytest.mark.parametrize(
    "order, rules",
    [
        (("soon", "last", "middle"), {"soon", "last"}),
        (("last", "soon", "middle"), {"last"}),
        (("soon", "middle", "last"), {"soon", "middle", "last"}),
        (("none", "middle", "soon"), {"middle"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_recipients_with_different_rules(ruled_site, order, rules):
    """Postponed as a whole, to the latest; a header only where it is later."""
    site = ruled_site
    to = {name: new_recipient(name) for name in order}
    start(
        site,
        *(f"{n} recipient={to.get(n, n)} : delay {s}s" for n, s in DIFFERENT.items()),
    )
    mails = send_to_all(site, *to.values())
    headers = postponed_by(site, mails[0])
    assert {header.rule for header in headers} == rules
    assert len(headers) == len(rules)
    for mail in mails:
        site.assert_on_time(mail, max(header.until for header in headers))


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
    start(site, f"delay recipient={REFUSED_BEHIND} : delay 2s")
    other = new_recipient()
    replies, end = send_to(site, REFUSED_BEHIND, other)
    assert replies[REFUSED_BEHIND].code == 554
    mail = Mail(other, end.queue_id)
    site.assert_on_time(mail, only_postponement(site, mail, "delay"))


def test_pass_ends_the_evaluation_for_its_recipient(ruled_site):
    """What earlier rules contributed stays; later ones count for the others."""
    site = ruled_site
    exempt = new_recipient("exempt")
    start(
        site,
        "undo sender=* : delay 2s",
        f"exempt recipient={exempt} : pass",
        "news sender=* : delay 1h",
    )
    mail = site.send(recipient=exempt)
    site.assert_on_time(mail, only_postponement(site, mail, "undo"))
    with delayed(AN_HOUR) as moments:
        other = site.send()
        moments.append(only_postponement(site, other, "news"))
    site.discard(other)


def test_the_latest_of_several_rules_counts(ruled_site):
    """One header for a recipient, wherever the latest stands; hold beats them all."""
    site = ruled_site
    frozen = new_recipient("frozen")
    start(
        site,
        "short sender=* : delay 1s",
        "long sender=* : delay 3s",
        f"freeze recipient={frozen} : hold",
        "middle sender=* : delay 2s",
    )
    mail = site.send()
    kept = site.send(recipient=frozen)
    assert only_postponement(site, kept, "freeze") is None
    site.assert_on_time(mail, only_postponement(site, mail, "long"))
    site.assert_held(kept)
    site.discard(kept)


@pytest.mark.parametrize("own_s, delay_s", [(3, 1), (1, 3)])
def test_own_date_and_a_rule(ruled_site, own_s, delay_s):
    """Whichever is later."""
    site = ruled_site
    start(site, f"undo sender=* : delay {delay_s}s")
    own = due_in(own_s)
    mail = site.send(deliver_at(own))
    site.assert_on_time(mail, max(own, only_postponement(site, mail, "undo")))


def test_messages_of_one_connection_are_apart(ruled_site):
    """Each gets its header, whatever the one before it got."""
    site = ruled_site
    to = [new_recipient() for _ in range(4)]
    start(site, f"far recipient={to[0]} : hold", "undo sender=* : delay 2s")
    with site.postfix.connect() as session:
        ends = [transaction(session, message(), [recipient])[1] for recipient in to]
    mails = [Mail(r, end.queue_id) for r, end in zip(to, ends, strict=True)]
    assert_each_on_time(site, mails[1:], "undo")
    site.assert_held(mails[0])
    site.discard(mails[0])


def test_a_recipient_that_was_reset(ruled_site):
    """RSET begins another message: what was told before it is forgotten."""
    site = ruled_site
    first, second = new_recipient(), new_recipient()
    start(site, f"far recipient={first} : hold", "undo sender=* : delay 1s")
    with site.postfix.connect() as session:
        session.mail("ann@sender.test")
        session.rcpt(first)
        session.rset()
        _replies, end = transaction(session, message(), [second])
    mail = Mail(second, end.queue_id)
    site.assert_on_time(mail, only_postponement(site, mail, "undo"))


# Where else Postfix can ask


def test_asked_at_data(ruled_site):
    """With one recipient that is known; with more, rules about them match nothing."""
    site = ruled_site
    to = [new_recipient("data") for _ in range(3)]
    start(site, f"undo recipient={','.join(to)} : delay 2s")
    port = site.postfix.data_port
    mail = site.send(recipient=to[0], port=port)
    reply = site.postfix.smtp(message(), to[1:], port=port)
    assert reply.code == 250
    for recipient in to[1:]:
        assert_nothing_was_done(site, recipient)
    site.assert_on_time(mail, only_postponement(site, mail, "undo"))


def test_asked_at_the_end_of_the_message(ruled_site):
    """Too late for a header: mail to be postponed is deferred, other mail passes."""
    site = ruled_site
    postponed = new_recipient()
    start(site, f"undo recipient={postponed} : delay 2s")
    port = site.postfix.end_port
    reply = site.postfix.smtp(message(), [postponed], port=port)
    assert (reply.code, reply.text[:5]) == (450, "4.3.5")
    assert_nothing_was_done(site, site.send(port=port).recipient)
    assert not site.sink.deliveries(postponed)


def test_size(ruled_site):
    """What the client announces with MAIL FROM, whatever it sends then."""
    site = ruled_site
    start(site, "nightly size>10k : delay 1h")
    recipients = [new_recipient() for _ in range(3)]
    announced, small, silent = recipients
    content = message(body=BIG * 200)
    with site.postfix.connect() as session:
        sizes = {announced: ["SIZE=10241"], small: ["SIZE=10240"], silent: []}
        ends = {
            recipient: transaction(session, content, [recipient], options=options)[1]
            for recipient, options in sizes.items()
        }
    for recipient in (small, silent):
        assert_nothing_was_done(site, recipient)
    mail = Mail(announced, ends[announced].queue_id)
    only_postponement(site, mail, "nightly")
    site.discard(mail)


def test_policyd_down(ruled_site):
    """With default_action=DUNNO mail flows, without rules."""
    ruled_site.daemons.hdrcheck.start()
    assert_nothing_was_done(ruled_site, ruled_site.send().recipient)


# Floods

FLOOD = "defer 4.7.1 too many postponed messages"


def is_deferred(site, **who):
    """The next message of this sender would be deferred."""
    return ask(site, **who) == FLOOD.replace("defer", "DEFER")


def assert_deferred(site, **how):
    """It is, by SMTP."""
    wait_until("it is known how many wait", lambda: is_deferred(site, **how["who"]))
    reply = site.submit(message(), **how["connection"])
    assert (reply.code, FLOOD[-20:] in reply.text) == (450, True), reply


def test_flood_of_a_login(ruled_site):
    """Two may wait; the next is deferred until they have left; others go on."""
    site = ruled_site
    start(
        site,
        f"flood sasl_username=* postponed>1 : {FLOOD}",
        "undo sasl_username=* : delay 4s",
    )
    ann, ben = {"xclient": "LOGIN=ann"}, {"xclient": "LOGIN=ben"}
    mails = [site.send(sender=f"{n}@sender.test", **ann) for n in ("one", "two")]
    assert_deferred(site, who={"sasl_username": "ann"}, connection=ann)
    mails.append(site.send(**ben))
    assert_each_on_time(site, mails, "undo")
    wait_until("it goes on", lambda: not is_deferred(site, sasl_username="ann"))
    site.discard(site.send(**ann))


def test_flood_of_a_sender(ruled_site):
    """Without a login the envelope sender counts; what is deleted counts no more."""
    site = ruled_site
    start(site, f"flood sender=* postponed>1 : {FLOOD}", "far sender=* : delay 1h")
    bulk = {"sender": "bulk@sender.test"}
    mails = [site.send(**bulk) for _ in range(2)]
    assert_deferred(site, who=bulk, connection=bulk)
    mails.append(site.send(sender="other@sender.test"))
    site.discard(mails.pop(0))
    wait_until("it goes on", lambda: not is_deferred(site, **bulk))
    site.discard(site.send(**bulk), *mails)


def test_flood_of_all(ruled_site):
    """postponed_total counts everybody's, those with a date of their own too."""
    site = ruled_site
    start(site, f"full postponed_total>2 : {FLOOD}")
    mails = [
        site.send(deliver_at(due_in(AN_HOUR)), sender=f"{name}@sender.test")
        for name in ("one", "two", "three")
    ]
    wait_until("three wait", lambda: is_deferred(site, sender="four@sender.test"))
    site.discard(*mails)
    wait_until("they are gone", lambda: not is_deferred(site))


# Logins


def test_login(ruled_site):
    """A user who has logged in can be named; nobody else is meant."""
    site = ruled_site
    start(site, "undo sasl_username=ann* : delay 2s")
    with site.postfix.connect() as session:
        session.login("ann", PASSWORD)
        recipient = new_recipient()
        _replies, end = transaction(session, message(), [recipient])
    with site.postfix.connect() as session:
        session.login("ben", PASSWORD)
        other = new_recipient()
        transaction(session, message(), [other])
    mail = Mail(recipient, end.queue_id)
    assert_nothing_was_done(site, other)
    assert_nothing_was_done(site, site.send().recipient)
    site.assert_on_time(mail, only_postponement(site, mail, "undo"))


def test_who_is_meant(ruled_site):
    """Login, client address and helo name as Postfix tells them."""
    site = ruled_site
    start(
        site,
        "login sasl_username=ann client_address=192.0.2.0/24 : reject 5.7.1 login",
        "net client_address=192.0.2.0/24 : reject 5.7.1 net",
        "name helo_name=*.bad.test : reject 5.7.1 name",
    )
    said = {
        "LOGIN=ann ADDR=192.0.2.7": "login",
        "ADDR=192.0.2.7": "net",
        "LOGIN=ann ADDR=203.0.113.7": None,
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
        "bounces sender=<> : delay 1s",
    )
    mail = site.send(sender="")
    site.assert_on_time(mail, only_postponement(site, mail, "bounces"))


def test_queue_ids_in_the_log(ruled_site):
    """From the second recipient on the line has the queue id; before it NOQUEUE."""
    site = ruled_site
    to = [new_recipient("first"), new_recipient("second")]
    start(
        site,
        f"one recipient={to[0]} : delay 1s",
        f"two recipient={to[1]} : delay 2s",
    )
    mails = send_to_all(site, *to)
    (first,) = site.daemons.policyd.logged("rule one: until")
    (second,) = site.daemons.policyd.logged("rule two: until")
    assert re.search(r"\bNOQUEUE: rule one", first)
    assert re.search(rf"\b{mails[1].queue_id}: rule two", second)
    due = max(header.until for header in postponed_by(site, mails[0]))
    for mail in mails:
        site.assert_on_time(mail, due)
