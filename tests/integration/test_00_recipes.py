# SPDX-License-Identifier: ISC
"""0. What README and etc/ tell an administrator to write is what works."""

import pytest
from daemons import TOP
from harness import deliver_at, due_in, message, open_site
from instance import Postfix, Recipe

EARLIER_CHECKS = "regexp:{{/^X-Unwanted:/ REJECT 5.7.1 not wanted}}"
WITHOUT_HEADER = "smtp_header_checks = regexp:{{/^X-Deliver-At[[:space:]]*:/ IGNORE}}\n"
QUARANTINE = (
    "smtpd_sender_restrictions = check_sender_access"
    " inline:{{spammer@sender.test=HOLD}}\n"
)
STRANGER = "ADDR=203.0.113.9"
RECIPES = (
    "submission.main.cf",
    "submission.master.cf",
    "everything.main.cf",
    "rules.main.cf",
)
ASK_US = "    -o cleanup_service_name=cleanup-deliver-at\n"
ASK_FOR_RULES = (
    "-o smtpd_recipient_restrictions="
    "$deliver_at_rules,permit_sasl_authenticated,reject"
)


def recipe_text(name):
    """A recipe of etc/ for a site that had header_checks before."""
    text = (TOP / "etc" / name).read_text()
    return text.replace(
        "your_header_checks =\n", f"your_header_checks = {EARLIER_CHECKS}\n"
    )


def submission_recipe():
    """The default recipe, with the entries of master.cf that it names."""
    master = recipe_text("submission.master.cf")
    master += "127.0.0.1:{submission_port} inet n - n - - smtpd\n" + ASK_US
    master += "pickup unix n - n 60 1 pickup\n" + ASK_US
    return Recipe(recipe_text("submission.main.cf"), master)


def ruled_submission_recipe():
    """The same, asking for rules; the entry is as Debian has it otherwise."""
    recipe = submission_recipe()
    stock = (
        "    -o smtpd_sasl_auth_enable=yes\n"
        "    -o smtpd_relay_restrictions=\n"
        f"    {ASK_FOR_RULES}\n"
    )
    entry = "n - n - - smtpd\n"
    return Recipe(
        recipe.main_cf + recipe_text("rules.main.cf"),
        recipe.master_cf.replace(entry, entry + stock),
    )


def running_site(sink, recipe, main_cf="", **settings):
    """A site with this recipe, running; closes everything."""
    with Postfix(sink.port, recipe=recipe, main_cf=main_cf) as postfix:
        postfix.start()
        with open_site(postfix, sink, **settings) as site:
            site.daemons.start()
            yield site


@pytest.fixture(scope="module")
def submission_site(shared_sink):
    yield from running_site(
        shared_sink,
        submission_recipe(),
        QUARANTINE,
        permit_postpone="authenticated, local, 127.0.0.1",
    )


@pytest.fixture(scope="module")
def ruled_submission_site(shared_sink, tmp_path_factory):
    rules = tmp_path_factory.mktemp("rules") / "rules"
    rules.write_text("freeze sender=@old.test : hold\n")
    yield from running_site(shared_sink, ruled_submission_recipe(), rules_file=rules)


@pytest.fixture(scope="module")
def everything_site(shared_sink):
    recipe = Recipe(recipe_text("everything.main.cf"))
    yield from running_site(shared_sink, recipe, WITHOUT_HEADER)


@pytest.mark.parametrize("name", RECIPES)
def test_readme_names_the_recipe(name):
    """setup does it; who wants to do it by hand finds how."""
    assert f"etc/{name}" in (TOP / "README").read_text()


def test_the_recipe_says_which_entries_name_it():
    """As comments, since they are in master.cf already."""
    lines = recipe_text("submission.master.cf").splitlines()
    assert f"#       {ASK_US.strip()}" in lines


def test_submission_holds_what_users_submit(submission_site):
    """By the submission service and by sendmail(1)."""
    site = submission_site
    due = due_in(2)
    by_smtp = site.send(deliver_at(due), port=site.postfix.submission_port)
    by_sendmail = site.sendmail(deliver_at(due))
    for mail in (by_smtp, by_sendmail):
        site.assert_held(mail)
    for mail in (by_smtp, by_sendmail):
        site.assert_on_time(mail, due)


def test_submission_refuses_bad_dates_of_users_only(submission_site):
    """Users get a 550; on port 25 the header means nothing."""
    site = submission_site
    refused = site.submit(
        message("X-Deliver-At: soon"), port=site.postfix.submission_port
    )
    assert refused.code == 550
    site.assert_passes_at_once(site.send("X-Deliver-At: soon"))


def test_submission_lets_strangers_postpone_nothing(submission_site):
    """A date in mail to port 25 does not hold it."""
    site = submission_site
    site.assert_passes_at_once(site.send(deliver_at(due_in(3600))))


def test_submission_lets_nobody_walk_out_of_a_quarantine(submission_site):
    """A stranger's mail that the site itself holds stays, whatever date it has."""
    site = submission_site
    due = due_in(1)
    mail = site.send(deliver_at(due), sender="spammer@sender.test", xclient=STRANGER)
    canary = site.send(deliver_at(due + 1), port=site.postfix.submission_port)
    site.assert_on_time(canary, due + 1)
    site.assert_held(mail)
    site.discard(mail)


def test_submission_ignores_attached_headers(submission_site):
    """mime_header_checks and nested_header_checks are without our map."""
    site = submission_site
    inner = message(deliver_at(due_in(3600))).decode()
    mail = site.send(
        "Content-Type: message/rfc822", body=inner, port=site.postfix.submission_port
    )
    site.assert_passes_at_once(mail)


def test_submission_requeued_by_an_administrator_is_held_again(submission_site):
    """pickup asks us too: postsuper -r sends nothing early."""
    site = submission_site
    mail = site.send(deliver_at(due_in(3600)), port=site.postfix.submission_port)
    site.postfix.requeue(mail.queue_id)
    site.discard(site.wait_until_held_anew(mail))


@pytest.mark.parametrize("which", ["submission", "everything"])
def test_earlier_checks_still_work(request, which):
    """header_checks that were there before are asked behind ours."""
    site = request.getfixturevalue(f"{which}_site")
    ports = {site.postfix.port}
    if which == "submission":
        ports.add(site.postfix.submission_port)
    for port in ports:
        refused = site.submit(message("X-Unwanted: yes"), port=port)
        assert (refused.code, "not wanted" in refused.text) == (550, True)


def test_everything_holds_all_mail_and_the_header_can_be_taken_out(everything_site):
    """Port 25 postpones too; smtp_header_checks removes the header on the way out."""
    site = everything_site
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.assert_held(mail)
    site.assert_on_time(mail, due)
    (delivery,) = site.sink.deliveries(mail.recipient)
    assert b"X-Deliver-At" not in delivery.content
    assert b"Subject: tea" in delivery.content


def test_everything_ignores_attached_headers(everything_site):
    """mime_header_checks and nested_header_checks are without our map."""
    site = everything_site
    inner = message(deliver_at(due_in(3600))).decode()
    site.assert_passes_at_once(site.send("Content-Type: message/rfc822", body=inner))


def test_the_recipe_says_where_to_ask_for_rules():
    """In the entries of master.cf that ask hdrcheck."""
    assert f"#       {ASK_FOR_RULES}\n" in recipe_text("rules.main.cf")


def test_submission_with_rules(ruled_submission_site):
    """Users' mail is held, strangers' mail is not touched, nobody may relay."""
    site = ruled_submission_site
    frozen = {"sender": "old@old.test", "port": site.postfix.submission_port}
    mail = site.send(xclient="LOGIN=old", **frozen)
    site.assert_held(mail)
    site.discard(mail)
    site.assert_passes_at_once(
        site.send(xclient="LOGIN=ann", port=site.postfix.submission_port)
    )
    elsewhere = site.send(sender="old@old.test")
    delivery = site.sink.wait_for(elsewhere.recipient)
    assert b"X-Deliver-At" not in delivery.content
    with site.postfix.connect(port=site.postfix.submission_port) as session:
        session.mail("old@old.test")
        assert session.rcpt("ben@sink.test")[0] == 554
