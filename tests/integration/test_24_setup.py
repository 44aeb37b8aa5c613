# SPDX-License-Identifier: ISC
"""24. policyctl setup: into somebody's Postfix, and out again."""

import re
import shlex
import subprocess

import pytest
from setups import (
    CHECKS,
    NOTHING,
    OWN_CHECKS,
    SUBMISSION,
    WAYS,
    Configuration,
    Had,
    cleanup_with,
    commands,
)

SITES = {
    "as it comes": Had(),
    "submission": Had(master_cf=SUBMISSION),
    "submission and more": Had(
        master_cf=SUBMISSION
        + "127.0.0.1:submissions inet n - n - - smtpd -o syslog_name=x\n"
        + "smtps inet n - n - - smtpd\n[::1]:587 inet n - n - - smtpd\n"
        + "127.0.0.1:10465 inet n - n - - smtpd -o syslog_name=postfix/smtps\n"
    ),
    "header_checks": Had(f"header_checks = {CHECKS}\n", SUBMISSION),
    "header_checks with blanks": Had("header_checks = regexp:{{/a  b/ WARN}}\n"),
    "header_checks of several lines": Had(
        "header_checks =\n    regexp:/etc/a,\n# why\n    regexp:/etc/b\n",
        main_cf_keeps_its_layout=False,
    ),
    "empty header_checks": Had("header_checks =\n", main_cf_keeps_its_layout=False),
    "mime_header_checks": Had("mime_header_checks = regexp:/etc/a\n"),
    "all three": Had(
        "header_checks = regexp:/etc/a\nmime_header_checks = regexp:/etc/b\n"
        "nested_header_checks =\n"
    ),
    "inner checks that name the outer": Had(
        "header_checks = regexp:/etc/a\n"
        "mime_header_checks = $header_checks, regexp:/etc/b\n"
        "nested_header_checks = ${header_checks}\n"
    ),
    "nested checks that name the inner": Had(
        "nested_header_checks = $mime_header_checks\n"
    ),
    "the default said": Had("mime_header_checks = $header_checks\n"),
    "a cleanup of its own": Had(
        "cleanup_service_name = pre-cleanup\n",
        SUBMISSION + "pre-cleanup unix n - n - 0 cleanup\n"
        "    -o virtual_alias_maps= -o { body_checks = regexp:{{/a  b/ WARN}} }\n",
    ),
    "options of cleanup": Had(
        edit=cleanup_with("  -o body_checks=regexp:/etc/a\n  -o always_bcc=\n")
    ),
    "names of our kind": Had(
        "my_checks = regexp:/etc/a\nheader_checks = $my_checks\n", SUBMISSION
    ),
}


@pytest.fixture
def make(tmp_path):
    """Makes the Configuration of a site."""

    def make_it(had=Had(), **settings):
        return Configuration(
            tmp_path, had.main_cf, had.master_cf, edit=had.edit, **settings
        )

    return make_it


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SITES)
def test_in_and_out_again(make, name, way):
    """Done twice is done once; undone, all is as it was."""
    site = make(SITES[name])
    before, seen = site.content(), site.seen()
    printed = site.setup("--dry-run", *WAYS[way])
    assert site.content() == before
    assert not (site.queue / "deliver-at").exists()
    assert commands(printed) == commands(site.setup(*WAYS[way]))
    during = site.content()
    assert during != before
    assert during["master.cf"].startswith(before["master.cf"])
    assert NOTHING in site.setup(*WAYS[way])
    assert not commands(site.setup(*WAYS[way]))
    assert site.content() == during
    site.setup("--undo", "--dry-run")
    assert site.content() == during
    site.setup("--undo")
    assert site.seen() == seen
    if SITES[name].main_cf_keeps_its_layout:
        assert site.content() == before
    assert NOTHING in site.setup("--undo")


@pytest.mark.parametrize("name", ["submission and more", "a cleanup of its own"])
def test_what_is_printed_does_the_same(make, name, tmp_path):
    """Copied to a shell, it changes what setup changes."""
    site = make(SITES[name])
    (tmp_path / "copy").mkdir()
    copy = Configuration(
        tmp_path / "copy",
        SITES[name].main_cf,
        SITES[name].master_cf,
        edit=SITES[name].edit,
    )
    for line in commands(site.setup()):
        words = [str(copy.etc) if w == str(site.etc) else w for w in shlex.split(line)]
        subprocess.run(words, check=True)
    ours = {k: v.replace(b"/copy", b"") for k, v in copy.content().items()}
    assert ours == site.content()


def test_own_checks_of_cleanup_stay_behind_ours(make):
    """header_checks in the entry cleanup of master.cf: for users' mail, ours first."""
    site = make(OWN_CHECKS)
    before = site.content()
    site.setup()
    ours = site.value("header_checks", "cleanup-deliver-at/unix")
    assert ours == "$deliver_at_header_checks,regexp:/etc/a, regexp:/etc/b"
    for inner in ("mime_header_checks", "nested_header_checks"):
        assert (
            site.value(inner, "cleanup-deliver-at/unix")
            == "regexp:/etc/a, regexp:/etc/b"
        )
    assert NOTHING in site.setup()
    site.setup("--undo")
    assert site.content() == before


def test_commented_out_services_do_not_exist(make):
    """Without submission it is said what that means; pickup is there."""
    site = make()
    printed = site.setup()
    assert "note: master.cf has no service submission or submissions" in printed
    named = re.findall(r"\{([^{}$]+)\} \? \{yes\}", site.value("deliver_at_services"))
    assert named == ["pickup"]


def test_a_service_that_came_later(make):
    """Setup again takes it in."""
    site = make()
    site.setup()
    before = site.content()["main.cf"]
    with (site.etc / "master.cf").open("a") as master:
        master.write("submissions inet n - n - - smtpd\n")
    (change,) = commands(site.setup())
    assert "{submissions} ? {yes}" in change
    site.edit("master.cf", "submissions inet n - n - - smtpd\n", "")
    assert site.content()["main.cf"] != before
    site.setup("--undo")
    assert "deliver" not in site.postconf("-n")


def test_another_socket(make):
    """Setup again follows deliver-at.conf."""
    site = make()
    site.setup()
    text = site.file.read_text()
    site.file.write_text(re.sub("socketmap_listen.*", "", text))
    site.file.write_text(
        re.sub("socketmap_listen = .*", "socketmap_listen = inet:127.0.0.1:10044", text)
    )
    (change,) = commands(site.setup())
    assert "socketmap:inet:127.0.0.1:10044:deliver-at}" in change
    site.file.write_text(
        re.sub(
            "socketmap_listen = .*",
            "socketmap_listen = (off)\ntcp_table_listen = inet:127.0.0.1:10045",
            text,
        )
    )
    (change,) = commands(site.setup())
    assert ", tcp:127.0.0.1:10045}" in change
    assert "10044" not in site.value("deliver_at_header_checks")


@pytest.mark.parametrize("way", WAYS)
def test_header_checks_that_came_later(make, way):
    """What the administrator writes over ours is taken in by the next setup."""
    site = make()
    site.setup(*WAYS[way])
    site.postconf("-e", "header_checks=regexp:/etc/later")
    site.setup(*WAYS[way])
    assert site.value("deliver_at_other_header_checks") == "regexp:/etc/later"
    assert NOTHING in site.setup(*WAYS[way])
    site.setup("--undo")
    assert site.value("header_checks") == "regexp:/etc/later"
    assert "deliver" not in site.postconf("-n")


# By hand in between


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "old, new, want",
    [
        (
            "header_checks = $d",
            "header_checks = regexp:/etc/front, $d",
            "regexp:/etc/front, regexp:/etc/a",
        ),
        (
            "$deliver_at_other_header_checks\n",
            "$deliver_at_other_header_checks regexp:/etc/behind\n",
            "regexp:/etc/a regexp:/etc/behind",
        ),
        (
            "deliver_at_other_header_checks = regexp:/etc/a",
            "deliver_at_other_header_checks = regexp:/etc/a2",
            "regexp:/etc/a2",
        ),
    ],
)
def test_tables_added_by_hand_stay(make, way, old, new, want):
    """In front of ours, behind ours, or in what was there before."""
    site = make(
        Had(
            "header_checks = regexp:/etc/a\n"
            "mime_header_checks =\nnested_header_checks =\n"
        )
    )
    site.setup(*WAYS[way])
    site.edit("main.cf", old, new)
    site.setup("--undo")
    assert site.value("header_checks") == want
    assert "deliver" not in site.postconf("-n") + site.postconf("-M")


def test_tables_added_to_ours_stay(make):
    """With --everywhere they go where ours were."""
    site = make(Had("header_checks = regexp:/etc/a\n"))
    site.setup("--everywhere")
    site.edit("main.cf", ":deliver-at}", ":deliver-at}, regexp:/etc/mine")
    site.setup("--undo")
    assert site.value("header_checks") == "regexp:/etc/mine, regexp:/etc/a"
    assert "deliver" not in site.postconf("-n")


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("main.cf", ":deliver-at}", ":deliver-at}, regexp:/etc/mine"),
        (
            "master.cf",
            "    -o header_checks=$deliver",
            "    -o body_checks=regexp:/etc/b\n    -o header_checks=$deliver",
        ),
    ],
)
def test_a_service_with_more_in_it_stays(make, name, old, new):
    """Without asking us; what it was given by hand goes on working."""
    site = make(Had(master_cf=SUBMISSION))
    site.setup()
    site.edit(name, old, new)
    assert "cleanup-deliver-at stays" in site.setup("--undo")
    kept = site.value("deliver_at_header_checks")
    assert kept == ("regexp:/etc/mine" if name == "main.cf" else "")
    assert "{cleanup-deliver-at}" in site.value("cleanup_service_name")
    content = site.content()
    assert "cleanup-deliver-at stays" in site.setup("--undo")
    assert site.content() == content
    if name == "master.cf":
        site.edit(name, new, old)
    else:
        site.edit(name, " = regexp:/etc/mine", " =")
    site.setup("--undo")
    assert "deliver" not in site.postconf("-n") + site.postconf("-M")


def test_other_edits_survive(make):
    """Of parameters and entries that setup has nothing to do with."""
    site = make(Had(f"header_checks = {CHECKS}\n", SUBMISSION))
    before = site.content()
    site.setup()
    site.edit("main.cf", "# the end", "mydestination = a.test\n# the end")
    site.edit("master.cf", "sasl_auth_enable=yes", "sasl_auth_enable=no")
    site.setup("--undo")
    want = before["main.cf"].replace(b"# the end", b"mydestination = a.test\n# the end")
    assert site.content()["main.cf"] == want
    want = before["master.cf"].replace(b"auth_enable=yes", b"auth_enable=no")
    assert site.content()["master.cf"] == want


def test_cleanup_service_name_changed_by_hand_stays(make):
    """Undo leaves what is not ours any more."""
    site = make()
    site.setup()
    site.postconf("-e", "cleanup_service_name=cleanup2")
    site.setup("--undo")
    assert site.value("cleanup_service_name") == "cleanup2"
    assert "deliver" not in site.postconf("-n") + site.postconf("-M")


def test_a_parameter_that_is_used_by_hand_stays(make):
    """Whoever refers to it is named."""
    site = make(Had("header_checks = regexp:/etc/a\n"))
    site.setup()
    site.postconf("-e", "smtp_header_checks=$deliver_at_other_header_checks")
    printed = site.setup("--undo")
    assert "smtp_header_checks refers to it" in printed
    assert site.value("deliver_at_other_header_checks") == "regexp:/etc/a"
    assert site.value("header_checks") == "regexp:/etc/a"


def test_half_a_setup_is_finished_or_taken_out(make, tmp_path):
    """After each of its steps."""
    site = make(Had(f"header_checks = {CHECKS}\n", SUBMISSION))
    before = site.content()
    steps = commands(site.setup("--dry-run"))
    for n in range(1, len(steps)):
        for line in steps[:n]:
            subprocess.run(shlex.split(line), check=True)
        assert commands(site.setup("--dry-run")) == steps[n:]
        site.setup("--undo")
        assert site.content() == before, n
