# SPDX-License-Identifier: ISC
"""20. Rules that hold: mail waits for as long as its rule is in the file."""

import re
import time

import pytest
from daemons import Daemon
from harness import HEADER, Mail, deliver_at, due_in, message, new_recipient, rfc5322
from instance import transaction
from rules import (
    ask,
    delay,
    logs_anew,
    only_postponement,
    postponed_by,
    reload,
    start,
)
from waiting import PATIENCE, wait_for_clock, wait_until

OLD = "frozen@old.test"
FREEZE = 'freeze sender=@old.test : hold reason="audit"'
OTHER_RULE = "other sender=@other.test : pass"  # a file without rules is an error
MANY = 200
PROMPT_S = 5 * PATIENCE  # less than sweep_interval: nothing waits for the next walk
COUNTED = "counted@sink.test"
FORGED_NEVER = f"{HEADER}: never (rule freeze)"
TRACE = "Received: by private.test (Postfix, from userid {uid})\r\n\tid 4F1A2B3C4D"


def send_frozen(site, count, *headers):
    """Messages that FREEZE holds."""
    mails = [site.send(*headers, sender=OLD) for _ in range(count)]
    for mail in mails:
        site.assert_held(mail)
    return mails


def gone_line(count, rule="freeze"):
    """What is said when that many wait for a rule that is gone."""
    messages = "1 message" if count == 1 else f"{count} messages"
    return f"rule {rule} gone: {messages} will be released"


def checked(site, *rules):
    """What `policyd -n` says about these rules, which are good, in the file."""
    site.postfix.write_rules(*rules)
    done = site.daemons.policyd.run_another("-n")
    assert done.returncode == 0, done
    return done.stdout


def assert_released_now(site, *mails):
    """Each is delivered within a moment, once."""
    began = time.time()
    for mail in mails:
        delivery = site.sink.wait_for(mail.recipient)
        assert delivery.ended - began < PROMPT_S
        site.assert_once(mail.recipient)


def counter(count):
    """A rule that tells when policyd has read so many messages."""
    return f"counter recipient={COUNTED} postponed_total>{count - 1} : reject 5.7.1 yes"


def wait_until_counted(site):
    """They are as many as counter() says; without inotify that takes a walk."""
    wait_until(
        "policyd has read them", lambda: ask(site, recipient=COUNTED) != "DUNNO"
    )


def test_released_when_the_rule_is_gone(ruled_site):
    """Told before by -n, which changes nothing, and when it happens."""
    site = ruled_site
    start(site, counter(4), FREEZE)
    mails = send_frozen(site, 3)
    own = site.send(deliver_at(due_in(3600)))
    wait_until_counted(site)
    assert "gone" not in checked(site, FREEZE)
    assert gone_line(3) in checked(site, OTHER_RULE)
    for mail in mails:
        site.assert_held(mail)
    with logs_anew(site, gone_line(3)):
        reload(site, OTHER_RULE)
    assert_released_now(site, *mails)
    for mail in mails:
        assert site.daemons.policyd.logged(rf"{mail.queue_id}: rule freeze is gone")
    site.assert_stays_held(own)
    assert "gone" not in checked(site, OTHER_RULE)
    site.discard(own)


def test_check_with_nothing_frozen(ruled_site):
    """A hold rule nobody waits for may go without a word."""
    site = ruled_site
    start(site, FREEZE)
    site.assert_passes_at_once(site.send())
    assert "gone" not in checked(site, OTHER_RULE)


def test_several_rules_gone(ruled_site):
    """Each is told of with its number; mail of a rule that is left stays."""
    site = ruled_site
    counts = {"one": 1, "two": 2, "three": 1}
    rules = [f"{name} sender={name}@old.test : hold" for name in counts]
    start(site, *rules)
    mails = {
        name: [site.send(sender=f"{name}@old.test") for _ in range(count)]
        for name, count in counts.items()
    }
    left = [rules[2]]
    said = checked(site, *left).splitlines()
    assert sorted(said) == [gone_line(1, "one"), gone_line(2, "two")]
    reload(site, *left)
    assert_released_now(site, *mails["one"], *mails["two"])
    assert len(site.daemons.policyd.logged(r"rule \w+ gone: ")) == 2
    site.assert_stays_held(*mails["three"])
    site.discard(*mails["three"])


@pytest.mark.parametrize(
    "rule",
    [
        "freeze sender=@old.test : pass",
        "freeze sender=@old.test : delay 1h",
        "freeze sender=@old.test : reject 5.7.1 account closed",
        "frost sender=@old.test : hold",
    ],
)
def test_rule_that_does_not_hold_any_more(ruled_site, rule):
    """Another action, or another name: what it held is released, new mail is not."""
    site = ruled_site
    start(site, FREEZE)
    mails = send_frozen(site, 2)
    assert gone_line(2) in checked(site, OTHER_RULE)
    reload(site, rule)
    assert_released_now(site, *mails)


def test_rule_that_holds_others_now(ruled_site):
    """Its name counts: other conditions release nothing that it held before."""
    site = ruled_site
    start(site, FREEZE)
    mails = send_frozen(site, 1)
    reload(site, "freeze sender=@new.test client_address=192.0.2.1 : hold")
    site.assert_passes_at_once(site.send(sender=OLD))
    site.assert_stays_held(*mails)
    site.discard(*mails)


def test_other_dates_count_then(ruled_site):
    """Its own date, and what another rule said for another recipient."""
    site = ruled_site
    first, second = new_recipient("delayed"), new_recipient("frozen")
    start(site, f"undo recipient={first} : {delay(5)}", FREEZE)
    due = due_in(5)
    (own,) = send_frozen(site, 1, deliver_at(due))
    (over,) = send_frozen(site, 1, deliver_at(due_in(1)))
    with site.postfix.connect() as session:
        _replies, end = transaction(session, message(), [first, second], sender=OLD)
    both = Mail(first, end.queue_id)
    assert only_postponement(site, both, "freeze") is None
    wait_for_clock(due - 3)
    reload(site, OTHER_RULE)
    assert_released_now(site, over, both)
    site.assert_on_time(own, due)


def test_a_rule_date_counts_then(ruled_site):
    """Where a rule's date stands above the never."""
    site = ruled_site
    first, second = new_recipient("delayed"), new_recipient("frozen")
    start(
        site, f"undo recipient={first} : {delay(4)}", f"freeze recipient={second} : hold"
    )
    reply = site.postfix.smtp(message(), [first, second])
    mail = Mail(first, reply.queue_id)
    untils = {p.rule: p.until for p in postponed_by(site, mail)}
    assert untils["freeze"] is None
    reload(site, OTHER_RULE)
    site.assert_on_time(mail, untils["undo"])


def test_rule_gone_while_the_message_comes_in(ruled_site):
    """Asked while the rule was there, complete when it is gone: it leaves."""
    site = ruled_site
    start(site, FREEZE)
    recipient = new_recipient()
    transfer = site.postfix.open_data([recipient], sender=OLD)
    transfer.write(message())
    reload(site, OTHER_RULE)
    reply = transfer.finish()
    assert_released_now(site, Mail(recipient, reply.queue_id))


def test_two_rules_that_hold(ruled_site):
    """While one of them is there the message stays, whichever goes first."""
    site = ruled_site
    ones = [new_recipient("one"), new_recipient("one")]
    twos = [new_recipient("two"), new_recipient("two")]
    rules = [
        f"one recipient={','.join(ones)} : hold",
        f"two recipient={','.join(twos)} : hold",
    ]
    start(site, *rules)
    mails = []
    for order in ((ones[0], twos[0]), (twos[1], ones[1])):
        reply = site.postfix.smtp(message(), order)
        mails += [Mail(recipient, reply.queue_id) for recipient in order]
    reload(site, rules[1])
    site.assert_stays_held(*mails)
    reload(site, OTHER_RULE)
    assert_released_now(site, *mails)


def test_many(ruled_site):
    """All that it held, each once."""
    site = ruled_site
    start(site, counter(MANY), FREEZE)
    mails = []
    with site.postfix.connect() as session:
        for _ in range(MANY):
            recipient = new_recipient("many")
            _replies, end = transaction(session, message(), [recipient], sender=OLD)
            mails.append(Mail(recipient, end.queue_id))
    wait_until_counted(site)
    assert gone_line(MANY) in checked(site, OTHER_RULE)
    with logs_anew(site, gone_line(MANY)):
        reload(site, OTHER_RULE)
    for mail in mails:
        site.sink.wait_for(mail.recipient)
    site.assert_queue_empty()
    site.assert_once(*(mail.recipient for mail in mails))


def test_removed_while_policyd_was_down(ruled_site):
    """-n says so also then, and a start releases."""
    site = ruled_site
    start(site, FREEZE)
    mails = send_frozen(site, 2)
    site.daemons.policyd.stop()
    assert gone_line(2) in checked(site, OTHER_RULE)
    site.daemons.policyd.start()
    assert_released_now(site, *mails)


def test_no_rules_file_any_more(ruled_site):
    """Started without one, policyd has no rule that could hold."""
    site = ruled_site
    start(site, FREEZE)
    mails = send_frozen(site, 1)
    site.daemons.policyd.stop()
    site.daemons.configure()
    site.daemons.policyd.start()
    assert_released_now(site, *mails)


@pytest.mark.parametrize("end", [Daemon.kill, Daemon.stop])
def test_restarts_release_nothing(ruled_site, end):
    """Ended in order or by kill -9, policyd finds the mail and the rule again."""
    site = ruled_site
    start(site, FREEZE)
    mails = send_frozen(site, 2)
    end(site.daemons.policyd)
    site.daemons.policyd.start()
    site.assert_stays_held(*mails)
    reload(site, OTHER_RULE)
    assert_released_now(site, *mails)


def test_an_administrator_lets_one_out(ruled_site):
    """postsuper -H of one; the others stay."""
    site = ruled_site
    start(site, FREEZE)
    out, *rest = send_frozen(site, 3)
    site.postfix.release(out.queue_id)
    assert_released_now(site, out)
    site.assert_stays_held(*rest)
    site.discard(*rest)


@pytest.mark.settings(requeue_after="0s")
def test_old_mail(ruled_site):
    """However old: it leaves, once, as a requeue would only hold it again."""
    site = ruled_site
    start(site, FREEZE)
    mails = send_frozen(site, 2)
    assert gone_line(2) in checked(site, OTHER_RULE)
    reload(site, OTHER_RULE)
    assert_released_now(site, *mails)


def test_requeued_by_an_administrator(ruled_site):
    """postsuper -r ALL: held anew, still by its rule, and released with it."""
    site = ruled_site
    start(site, FREEZE)
    mails = send_frozen(site, 2)
    site.postfix.requeue("ALL")
    mails = [site.wait_until_held_anew(mail) for mail in mails]
    for mail in mails:
        assert only_postponement(site, mail, "freeze") is None
    site.assert_stays_held(*mails)
    assert gone_line(2) in checked(site, OTHER_RULE)
    reload(site, OTHER_RULE)
    assert_released_now(site, *mails)


# Forgeries


@pytest.mark.parametrize("how", ["smtp", "sendmail"])
def test_forged_never(ruled_site, how):
    """The name of a rule that is there does not help: it leaves at once."""
    site = ruled_site
    start(site, FREEZE)
    trace = TRACE.format(uid=site.postfix.mail_owner_uid)
    submit = site.send if how == "smtp" else site.sendmail
    forgeries = ((FORGED_NEVER,), (trace, FORGED_NEVER), (FORGED_NEVER, trace))
    mails = [submit(*headers) for headers in forgeries]
    assert_released_now(site, *mails)
    assert "gone" not in checked(site, OTHER_RULE)


def test_forged_never_in_frozen_mail(ruled_site):
    """It takes nothing away, also after a requeue."""
    site = ruled_site
    start(site, FREEZE)
    (mail,) = send_frozen(site, 1, FORGED_NEVER.replace("freeze", "frost"))
    site.assert_stays_held(mail)
    site.postfix.requeue(mail.queue_id)
    mail = site.wait_until_held_anew(mail)
    site.assert_stays_held(mail)
    reload(site, OTHER_RULE)
    assert_released_now(site, mail)


def test_forged_never_stays_forged(ruled_site):
    """Not even a requeue by an administrator makes it a rule's."""
    site = ruled_site
    start(site, FREEZE)
    far = deliver_at(due_in(3600))
    mail = site.send(FORGED_NEVER, far)
    site.postfix.requeue(mail.queue_id)
    mail = site.wait_until_held_anew(mail)
    assert "gone" not in checked(site, OTHER_RULE)
    site.discard(mail)


def test_forged_date(ruled_site):
    """With a rule's name it is the sender's all the same: the rule's end is not its."""
    site = ruled_site
    start(site, FREEZE)
    mail = site.send(f"{HEADER}: {rfc5322(due_in(3600))} (rule freeze)")
    frozen = send_frozen(site, 1)
    assert gone_line(1) in checked(site, OTHER_RULE)
    reload(site, OTHER_RULE)
    assert_released_now(site, *frozen)
    site.assert_stays_held(mail)
    site.discard(mail)


def test_reason_is_told_in_the_log_alone(ruled_site):
    """What the administrator noted down is not for those who get the mail."""
    site = ruled_site
    start(site, FREEZE)
    (mail,) = send_frozen(site, 1)
    (line,) = site.daemons.policyd.logged("rule freeze: until its end")
    assert re.search(rf"sender=<{OLD}>, recipient=<{mail.recipient}>, .*audit", line)
    assert "audit" not in site.postfix.headers(mail.queue_id)
    site.discard(mail)
