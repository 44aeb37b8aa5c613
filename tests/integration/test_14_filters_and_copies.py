# SPDX-License-Identifier: ISC
"""14. What Postfix does to mail after hdrcheck has seen it: filters, copies, aliases.

Everywhere one postponement, and one delivery to each recipient.
"""

import pytest
from harness import Mail, deliver_at, due_in, new_recipient, private_site
from instance import EVERYTHING, Recipe, free_port
from sink import Filter

NO_CHECKS = "receive_override_options=no_header_body_checks,no_address_mappings"
WITH_CHECKS = "receive_override_options=no_address_mappings"

ARCHIVE = "archive@sink.test"
TEAM = ("team-a@sink.test", "team-b@sink.test", "team-c@sink.test")
STAFF = ("staff-a@sink.test", "staff-b@sink.test")
EXPANSIONS = f"""\
mydestination = private.test
recipient_delimiter = +
virtual_alias_maps = inline:{{{{team@sink.test = {", ".join(TEAM)}}}}}
alias_maps = inline:{{{{staff = {", ".join(STAFF)}}}}}
always_bcc = {ARCHIVE}
recipient_bcc_maps = inline:{{boss@sink.test=secretary@sink.test}}
forward_path = forward/$user
"""
LOCAL_USER = "nobody"  # has no home that mail could get into


@pytest.fixture(scope="module")
def back_port():
    """Where the filter hands mail back."""
    return free_port()


@pytest.fixture(scope="module")
def scanner(back_port):
    """The after-queue filter."""
    with Filter(back_port) as sink:
        yield sink


@pytest.fixture(
    scope="module", params=[NO_CHECKS, WITH_CHECKS], ids=["no checks", "checks"]
)
def filtered_site(request, shared_sink, scanner, back_port):
    """A site with this filter; what comes back asks hdrcheck, or does not."""
    master_cf = (
        f"127.0.0.1:{back_port} inet n - n - - smtpd\n"
        "    -o content_filter=\n"
        f"    -o {request.param}\n"
    )
    recipe = Recipe(EVERYTHING.main_cf, master_cf)
    main_cf = f"content_filter = smtp:[127.0.0.1]:{scanner.port}\n"
    with private_site(shared_sink, recipe=recipe, main_cf=main_cf) as site:
        yield site


def test_held_before_the_filter_and_not_behind_it(filtered_site, scanner):
    """The filter sees it once it is due, and it comes back to leave at once."""
    site = filtered_site
    due = due_in(2)
    mails = [site.send(deliver_at(due)), site.sendmail(deliver_at(due))]
    for mail in mails:
        site.assert_held(mail)
    for mail in mails:
        site.assert_on_time(mail, due)
        (scan,) = scanner.deliveries(mail.recipient)
        assert scan.began >= due
        assert len(site.hold_lines(mail.recipient)) == 1


def test_other_mail_through_the_filter(filtered_site, scanner):
    """A past date and no date are filtered and delivered without a stop."""
    for headers in ([deliver_at(due_in(-60))], []):
        mail = filtered_site.send(*headers)
        filtered_site.assert_passes_at_once(mail)
        assert len(scanner.deliveries(mail.recipient)) == 1
        assert not filtered_site.hold_lines(mail.recipient)


@pytest.fixture(scope="module")
def expanding_site(shared_sink):
    """A site with aliases and copies, whose local mail is forwarded."""
    with private_site(shared_sink, main_cf=EXPANSIONS) as site:
        forward_folder(site).mkdir(mode=0o755)
        yield site


def forward_folder(site):
    """Where local(8) looks for .forward files, each named like its user."""
    return site.postfix.queue_folder / "forward"


def assert_each_on_time(site, mail, due, *recipients):
    """Held, then delivered to each of them once; and one copy in the archive."""
    site.assert_held(mail)
    assert not any(site.sink.deliveries(recipient) for recipient in recipients)
    for recipient in recipients:
        site.assert_on_time(Mail(recipient, mail.queue_id), due)
    site.assert_queue_empty()
    trace = f"id {mail.queue_id}".encode()
    copies = [d for d in site.sink.deliveries(ARCHIVE) if trace in d.content]
    assert len(copies) == 1
    assert copies[0].began >= due
    assert len(site.postfix.logged(f" {mail.queue_id}: hold:")) == 1


def test_always_bcc(expanding_site):
    """The archive gets its copy with the message, not before."""
    site = expanding_site
    due = due_in(1)
    mail = site.send(deliver_at(due))
    assert_each_on_time(site, mail, due, mail.recipient)


def test_recipient_bcc_maps(expanding_site):
    """So does who gets a copy of one recipient's mail."""
    site = expanding_site
    due = due_in(1)
    mail = site.send(deliver_at(due), recipient="boss@sink.test")
    assert_each_on_time(site, mail, due, mail.recipient, "secretary@sink.test")


def test_virtual_alias_of_three(expanding_site):
    """The message waits as one, and the three get it at its moment."""
    site = expanding_site
    due = due_in(1)
    mail = site.send(deliver_at(due), recipient="team@sink.test")
    assert_each_on_time(site, mail, due, *TEAM)
    assert not site.sink.deliveries("team@sink.test")


def test_local_alias(expanding_site):
    """alias_maps work at delivery, so after the wait."""
    site = expanding_site
    due = due_in(1)
    mail = site.send(deliver_at(due), recipient="staff@private.test")
    assert_each_on_time(site, mail, due, *STAFF)


@pytest.mark.parametrize("how", ["smtp", "sendmail"])
def test_forward_file(expanding_site, how):
    """Postponed before local delivery; what .forward sends on is not held again."""
    site = expanding_site
    forwarded = new_recipient("away")
    (forward_folder(site) / LOCAL_USER).write_text(forwarded + "\n")
    due = due_in(1)
    submit = site.send if how == "smtp" else site.sendmail
    mail = submit(deliver_at(due), recipient=f"{LOCAL_USER}+{how}@private.test")
    assert_each_on_time(site, mail, due, forwarded)
    assert not site.hold_lines(forwarded)
