# SPDX-License-Identifier: ISC
"""11. Old mail is requeued where that is safe, and only there."""

import pytest
from harness import Mail, deliver_at, due_in, open_site, private_site
from instance import EVERYTHING, HEADER_CHECKS, Postfix, Recipe
from sink import Sink
from waiting import wait_until

OLD = {"requeue_after": "0s"}  # whatever is held is older when it is due
DUE_S = 2


def released_line(site, mail):
    """What policyd logged when it released the message."""
    lines = wait_until(
        "policyd logs the release",
        lambda: site.daemons.policyd.logged(f"{mail.queue_id}: released"),
    )
    return lines[0]


def assert_delivered_soon(site, mail, due):
    """On time and once; its queue id may be new."""
    delivery = site.assert_delivered_once(mail, due)
    site.assert_soon(due, delivery.began, 1)
    site.assert_queue_empty()
    return delivery


@pytest.mark.settings(**OLD)
@pytest.mark.parametrize("submit", ["smtp", "sendmail"])
def test_old_mail_is_requeued(site, submit):
    """One delivery, under a new queue id, not held again."""
    due = due_in(DUE_S)
    line = deliver_at(due)
    mail = site.send(line) if submit == "smtp" else site.sendmail(line)
    delivery = assert_delivered_soon(site, mail, due)
    assert "method=requeue" in released_line(site, mail)
    assert f"id {mail.queue_id}".encode() in delivery.content
    assert len(site.postfix.logged(rf"orig_id={mail.queue_id}")) == 1


def test_young_mail_is_not_requeued(site):
    """The default: a quarter of the queue life is far longer."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    assert_delivered_soon(site, mail, due)
    assert "method=release" in released_line(site, mail)


@pytest.mark.settings(release_method="requeue")
def test_requeue_can_be_demanded(site):
    """release_method = requeue takes no account of the age."""
    due = due_in(1)
    mail = site.send(deliver_at(due))
    assert_delivered_soon(site, mail, due)
    assert "method=requeue" in released_line(site, mail)


@pytest.mark.settings(unpermitted="release", permit_postpone="local", **OLD)
def test_not_with_a_header_that_is_ahead(site):
    """Its own date is ignored, but hdrcheck would hold it again for that."""
    mail = site.send(deliver_at(due_in(3600)))
    site.sink.wait_for(mail.recipient)
    assert "method=release" in released_line(site, mail)


@pytest.mark.parametrize(
    "main_cf",
    [
        "always_bcc = archive@sink.test\n",
        "recipient_bcc_maps = inline:{nobody@sink.test=archive@sink.test}\n",
        "sender_bcc_maps = inline:{nobody@sender.test=archive@sink.test}\n",
        f"header_checks = {HEADER_CHECKS},"
        " regexp:{{/^X-Never:/ BCC a@sink.test}}\n",
    ],
)
def test_not_where_copies_would_be_sent_twice(shared_sink, main_cf):
    """With a bcc or checks that act, old mail leaves by release; the log says so."""
    with private_site(shared_sink, main_cf=main_cf, **OLD) as site:
        due = due_in(DUE_S)
        mail = site.send(deliver_at(due))
        assert_delivered_soon(site, mail, due)
        assert_released_though_old(site, mail)


def assert_released_though_old(site, mail):
    """It left by postsuper -H, and the log says that this is not the best way."""
    assert "method=release" in released_line(site, mail)
    assert site.daemons.policyd.logged(f"{mail.queue_id}: is old")


@pytest.fixture
def scanner():
    """A content filter that keeps what it gets: a second sink."""
    with Sink() as sink:
        yield sink


def test_not_past_a_content_filter_for_all_mail(shared_sink, scanner):
    """content_filter in main.cf, which the queue file names: it is asked, once."""
    main_cf = f"content_filter = smtp:[127.0.0.1]:{scanner.port}\n"
    with private_site(shared_sink, main_cf=main_cf, **OLD) as site:
        due = due_in(DUE_S)
        mails = [site.send(deliver_at(due)), site.sendmail(deliver_at(due))]
        for mail in mails:
            scanner.wait_for(mail.recipient, DUE_S + 10)
            assert_released_though_old(site, mail)
        assert len(scanner.deliveries()) == len(mails)
        assert not any(site.sink.deliveries(mail.recipient) for mail in mails)


def test_not_past_a_filter_of_the_message(shared_sink, scanner):
    """FILTER of an access table is a record of that message; others are requeued."""
    main_cf = (
        "smtpd_sender_restrictions = check_sender_access"
        f" inline:{{{{scan@sender.test=FILTER smtp:[127.0.0.1]:{scanner.port}}}}}\n"
    )
    with private_site(shared_sink, main_cf=main_cf, **OLD) as site:
        due = due_in(DUE_S)
        filtered = site.send(deliver_at(due), sender="scan@sender.test")
        other = site.send(deliver_at(due))
        scanner.wait_for(filtered.recipient, DUE_S + 10)
        assert_released_though_old(site, filtered)
        assert_delivered_soon(site, other, due)
        assert "method=requeue" in released_line(site, other)
        assert len(scanner.deliveries()) == 1
        assert not site.sink.deliveries(filtered.recipient)


def test_not_into_a_content_filter_of_pickup(shared_sink, scanner):
    """Mail by SMTP was not to be filtered; a requeue would send it there."""
    master_cf = (
        "pickup unix n - n 60 1 pickup\n"
        f"    -o content_filter=smtp:[127.0.0.1]:{scanner.port}\n"
    )
    recipe = Recipe(EVERYTHING.main_cf, master_cf)
    with private_site(shared_sink, recipe=recipe, **OLD) as site:
        due = due_in(DUE_S)
        mail = site.send(deliver_at(due))
        assert_delivered_soon(site, mail, due)
        assert_released_though_old(site, mail)
        assert not scanner.deliveries()


def test_not_when_a_bcc_was_configured_since(shared_sink):
    """The condition is looked at in the moment of the requeue."""
    copies = "archive-since@sink.test"
    with Postfix(shared_sink.port) as postfix:
        postfix.start()
        with open_site(postfix, shared_sink, **OLD) as site:
            site.daemons.start()
            mail = site.send(deliver_at(due_in(DUE_S + 2)))
            with open(postfix.config_folder / "main.cf", "a") as main_cf:
                main_cf.write(f"always_bcc = {copies}\n")
            site.sink.wait_for(mail.recipient, DUE_S + 12)
            assert "method=release" in released_line(site, mail)
            assert not site.sink.deliveries(copies)


@pytest.mark.settings(**OLD)
def test_requeued_mail_held_by_an_administrator_stays(site):
    """Released by us under its old id, it is not ours under the new one."""
    recipient = "kept-after-requeue@sink.test"
    site.sink.defer(recipient)
    mail = site.send(deliver_at(due_in(DUE_S)), recipient=recipient)
    wait_until("it was tried", lambda: site.sink.was_tried(recipient), DUE_S + 10)
    requeued_id = site.postfix.find(recipient)["queue_id"]
    assert requeued_id != mail.queue_id
    site.postfix.hold(requeued_id)
    site.sink.accept(recipient)
    canary = site.send(deliver_at(due_in(1)))
    site.sink.wait_for(canary.recipient)
    site.assert_held(Mail(recipient, requeued_id))
    site.postfix.delete(requeued_id)


def test_requeue_by_an_administrator_waits_on(site):
    """postsuper -r of a message that waits: held anew, delivered on time."""
    due = due_in(4)
    mail = site.send(deliver_at(due))
    site.postfix.requeue(mail.queue_id)
    site.assert_on_time(site.wait_until_held_anew(mail), due)
