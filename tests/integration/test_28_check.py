# SPDX-License-Identifier: ISC
"""28. policyctl check: each finding is provoked, and mended by what it prints."""

import os
import re
import shutil
import socket
import time

import pytest
from daemons import TOP
from doctor import (
    ERRORS,
    FINE,
    everything_recipe,
    open_doctor,
    submission_recipe,
)
from faketime import library
from harness import deliver_at, due_in
from instance import HEADER_CHECKS
from waiting import wait_until

A_DAY = 24 * 3600
OURS = HEADER_CHECKS + ", $your_header_checks"
UNGUARDED = OURS[OURS.index("pipemap:") :]
SOCKETMAP = "socketmap:unix:deliver-at/socketmap:deliver-at"
LISTS = "smtpd_recipient_restrictions"
QUESTION = "$deliver_at_rules"


@pytest.fixture(scope="module")
def submission(shared_sink):
    with open_doctor(shared_sink, submission_recipe()) as doctor:
        yield doctor


@pytest.fixture(scope="module")
def everything(shared_sink):
    with open_doctor(shared_sink, everything_recipe()) as doctor:
        yield doctor


@pytest.fixture
def doctor(submission):
    """The site with the default recipe; what a test changed is undone."""
    yield submission
    submission.restore()


@pytest.fixture
def paper(doctor):
    """The same for what is about configuration only: Postfix goes by the old one."""
    with doctor.paper_only():
        yield doctor


@pytest.fixture
def open_site(everything):
    """The site with the recipe for everything, likewise."""
    with everything.paper_only():
        yield everything
    everything.restore()


def send(doctor, *headers, **connection):
    """Somebody who logged in submits a message with these headers."""
    connection = {"xclient": "LOGIN=ben", **connection}
    return doctor.site.send(
        *headers, port=doctor.postfix.submission_port, **connection
    )


def at_another_time(offset):
    """What the environment needs so that policyctl's clock is so far beside."""
    sanitizer = os.environ.get("ASAN_OPTIONS", "")
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME": offset,
        "ASAN_OPTIONS": f"verify_asan_link_order=0:{sanitizer}",
    }


def on_submission(doctor, parameter, value):
    """-o of the submission service."""
    service = f"127.0.0.1:{doctor.postfix.submission_port}/inet"
    doctor.postconf("-P", f"{service}/{parameter}={value}")


@pytest.mark.parametrize("which", ["submission", "everything"])
def test_a_healthy_site(request, which):
    """Both recipes, as README has them: nothing is found, and it says so."""
    doctor = request.getfixturevalue(which)
    done = doctor.run()
    assert (done.returncode, done.stderr) == (FINE, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "all well"
    assert all(line.startswith("ok      ") for line in lines[:-1]), lines
    assert any("HOLD until" in line for line in lines)
    assert any("action=DUNNO" in line for line in lines)
    assert doctor.findings() == []


# Postfix's configuration: name, what postconf(1) is told, and the names of what
# else is found then, and of what stays.
CHANGES = [
    ("short-ids", ["-e", "enable_long_queue_ids = no"], (), ()),
    ("time-zone", ["-e", "import_environment = TZ=CET PATH"], (), ()),
    ("delay-warning", ["-e", "delay_warning_time = 4h"], (), ()),
    ("queue-life", ["-e", "always_bcc = copy@sink.test"], (), ()),
    (
        "not-first",
        [
            "-e",
            f"deliver_at_header_checks = regexp:{{{{/^X-Foo:/ DUNNO}}}}, {OURS}",
        ],
        {"queue-life"},
        {"queue-life"},
    ),
    (
        "every-header",
        ["-e", f"deliver_at_header_checks = {SOCKETMAP}, $your_header_checks"],
        {"line-guard", "queue-life"},
        (),
    ),
    ("line-guard", ["-e", f"deliver_at_header_checks = {UNGUARDED}"], (), ()),
    (
        "attached",
        ["-PX", "cleanup-deliver-at/unix/nested_header_checks"],
        {"queue-life"},
        (),
    ),
    (
        "attached",
        ["-PX", "cleanup-deliver-at/unix/mime_header_checks"],
        {"queue-life"},
        (),
    ),
    (
        "received-removed",
        ["-e", "your_header_checks = regexp:{{/^Received:/ IGNORE}}"],
        {"queue-life"},
        {"queue-life"},
    ),
    ("service-not-asking", ["-PX", "pickup/unix/cleanup_service_name"], (), ()),
    (
        "checks-off",
        ["-P", "pickup/unix/receive_override_options=no_header_body_checks"],
        (),
        (),
    ),
    (
        "elsewhere",
        [
            "-e",
            "deliver_at_header_checks = " + OURS.replace("/socketmap:", "/other:"),
        ],
        (),
        (),
    ),
    (
        "elsewhere",
        [
            "-e",
            "deliver_at_rules = check_policy_service unix:other/deliver-at/policy",
        ],
        (),
        (),
    ),
    ("rules-not-held", ["-e", f"{LISTS} = {QUESTION}"], (), ()),
]


@pytest.mark.parametrize("name, change, others, rest", CHANGES)
def test_postfix_configuration(paper, name, change, others, rest):
    """main.cf or master.cf is changed."""
    paper.postconf(*change)
    paper.assert_mended(name, others=others, rest=rest)


def test_hidden(paper):
    """An earlier table answers for our header."""
    hiding = f"regexp:{{{{/^X-Deliver-At/ WARN}}}}, {OURS}"
    paper.postconf("-e", f"deliver_at_header_checks = {hiding}")
    finding = paper.assert_mended("hidden", others={"queue-life"}, rest={"queue-life"})
    assert '"WARN"' in finding.text


def test_not_asked(doctor):
    """Nothing is left of the recipe, and setup puts it there."""
    main = doctor.config / "main.cf"
    ours = ("deliver_at", "your_header", "header_checks", " ")
    lines = main.read_text().splitlines(keepends=True)
    main.write_text("".join(line for line in lines if not line.startswith(ours)))
    for service in ("pickup/unix", f"127.0.0.1:{doctor.postfix.submission_port}/inet"):
        doctor.postconf("-PX", f"{service}/cleanup_service_name")
    on_submission(doctor, LISTS, "permit_sasl_authenticated,reject")
    doctor.postconf("-MX", "cleanup-deliver-at/unix")
    finding = doctor.finding("not-asked")
    assert "setup" in finding.mend
    doctor.mend(finding)
    for _ in range(3):
        for left in doctor.findings()[:1]:
            doctor.mend(left)
    assert doctor.findings() == []
    doctor.restore()
    doctor.age()
    doctor.postfix.command("postfix", "reload")


def test_chroot(paper):
    """A path that the chroot does not have."""
    path = f"unix:{paper.postfix.socket_folder}/socketmap:"
    checks = OURS.replace("unix:deliver-at/socketmap:", path)
    paper.postconf("-e", f"deliver_at_header_checks = {checks}")
    paper.postconf("-F", "cleanup-deliver-at/unix/chroot=n")
    assert paper.findings() == []
    paper.postconf("-F", "cleanup-deliver-at/unix/chroot=y")
    paper.assert_mended("chroot")


@pytest.mark.parametrize(
    "name, before",
    [
        ("rules-not-asked", "permit_sasl_authenticated,reject"),
        ("rules-behind-permit", f"permit_sasl_authenticated,{QUESTION},reject"),
        ("rules-behind-permit", f"reject,{QUESTION}"),
        (
            "rules-before-refusal",
            f"{QUESTION},reject_unlisted_recipient,permit_sasl_authenticated,reject",
        ),
    ],
)
def test_the_question_to_policyd(paper, name, before):
    """It is not there, or stands in the wrong place."""
    on_submission(paper, LISTS, before)
    paper.assert_mended(name)


def test_relay_control_behind_the_question(open_site):
    """As Postfix had it before 3.6."""
    order = "smtpd_relay_before_recipient_restrictions"
    open_site.postconf("-e", f"{order} = no")
    finding = open_site.assert_mended("rules-before-refusal")
    assert order in finding.mend


def test_strangers(open_site):
    """Port 25 asks hdrcheck, and anybody may postpone."""
    open_site.postconf("-M", "smtp/inet=smtp inet n - n - - smtpd")
    assert open_site.findings() == []
    open_site.set_line("permit_postpone", "any")
    finding = open_site.assert_mended("strangers")
    assert "permit_postpone" in finding.text


# deliver-at.conf


@pytest.mark.parametrize(
    "name, setting, value, rest",
    [
        ("queue-life", "release_method", "release", ()),
        ("queue-life", "requeue_after", "30d", ()),
        ("hdrcheck-stale", "max_postpone", "30d", ()),
        ("hdrcheck-stale", "max_postpone", "400d", ()),
        ("lookup", "header_names", "X-Deliver-At, X-Later", ()),
    ],
)
def test_settings(paper, name, setting, value, rest):
    """A line of deliver-at.conf, which the daemons have not read."""
    paper.set_line(setting, value)
    if name == "lookup":
        paper.reload(paper.site.daemons.hdrcheck)
    paper.assert_mended(name, rest=rest)


def test_requeue_that_copies(paper):
    """release_method = requeue, and always_bcc."""
    paper.postconf("-e", "always_bcc = copy@sink.test")
    paper.set_line("release_method", "requeue")
    paper.assert_mended("requeue-copies", rest={"queue-life"})


def test_no_such_user(doctor):
    """Nobody runs the daemons; the user is not made here."""
    doctor.set_line("user", "no-such-user")
    finding = doctor.finding("no-user")
    assert finding.mend.endswith(" no-such-user") and "useradd" in finding.mend


def test_as_root(doctor):
    """Daemons that do not give up being root."""
    doctor.set_line("user", "root")
    assert doctor.finding("as-root").severity == "warning"


def test_no_postfix(doctor):
    """postconf(1) fails: that is all that is said."""
    doctor.set_line("postfix_config_directory", "/nonexistent")
    done = doctor.run()
    assert done.returncode == ERRORS
    assert done.stdout.startswith("ERROR   postfix-unknown: ")
    assert "1 error, 0 warnings\n" in done.stdout


# Rules


@pytest.fixture
def editor(tmp_path):
    """An editor that leaves the rules that were there at first."""
    script = tmp_path / "editor"
    good = tmp_path / "good"
    good.write_text("undo sasl_username=ann : delay 30s\n")
    script.write_text(f'#!/bin/sh\nexec cp {good} "$1"\n')
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize(
    "name, rules",
    [
        ("rules-wrong", "undo sasl_username=ann : delay\n"),
        (
            "rule-never",
            "undo sasl_username=ann sasl_username=ben : delay 30s\n",
        ),
    ],
)
def test_rules_file(doctor, editor, name, rules):
    """Rules that are wrong, or never match."""
    doctor.rules.write_text(rules)
    doctor.assert_mended(name, EDITOR=editor)


def test_rules_not_read_again(doctor):
    """One more than policyd knows."""
    with doctor.rules.open("a") as file:
        file.write("freeze sender=old@old.test : hold\n")
    doctor.assert_mended("rules-stale")


# Daemons, sockets, folders


def test_hdrcheck_down(doctor):
    """Not started; without it no lookup is tried."""
    doctor.site.daemons.hdrcheck.stop()
    try:
        finding = doctor.finding("hdrcheck-down")
        doctor.mend(finding)
        wait_until("all is well", lambda: doctor.findings() == [])
    finally:
        doctor.replace_started(doctor.site.daemons.hdrcheck)


def test_policyd_down_and_mail_overdue(doctor):
    """What is due waits; when policyd is back it leaves."""
    site = doctor.site
    site.daemons.policyd.stop()
    due = due_in(3)
    mail = send(doctor, deliver_at(due))
    try:
        names = [f.name for f in doctor.findings()]
        assert names == ["policyd-down"]
        wait_until("it is due", lambda: time.time() > due)
        site.assert_held(mail)
        finding = doctor.finding("overdue", **at_another_time("+120"))
        assert mail.queue_id in finding.text
        doctor.mend(finding)
        site.assert_delivered_once(mail, due)
        wait_until("all is well", lambda: doctor.findings() == [])
    finally:
        doctor.replace_started(site.daemons.policyd)


def test_postfix_down(doctor):
    """The doctor works without it."""
    doctor.postfix.stop()
    finding = doctor.finding("postfix-down")
    doctor.mend(finding)
    wait_until("Postfix takes mail", doctor.postfix.takes_mail)
    assert doctor.findings() == []


def test_folder_missing(doctor):
    """It is made, and the daemon is started."""
    daemons = doctor.site.daemons
    daemons.stop()
    shutil.rmtree(doctor.postfix.socket_folder)
    try:
        doctor.mend(doctor.finding("folder-missing"))
        doctor.mend(doctor.finding("policyd-down"))
        wait_until("all is well", lambda: doctor.findings() == [])
    finally:
        doctor.replace_started(daemons.hdrcheck, daemons.policyd)


def test_folder_rights(doctor):
    """Anybody could put a socket there."""
    doctor.postfix.socket_folder.chmod(0o777)
    doctor.assert_mended("folder-rights")
    doctor.postfix.socket_folder.chmod(0o600)
    doctor.assert_mended("socket-rights")


def test_not_a_socket(doctor):
    """A file is in the way."""
    doctor.site.daemons.hdrcheck.stop()
    doctor.site.daemons.socketmap.unlink(missing_ok=True)
    doctor.site.daemons.socketmap.touch()
    try:
        doctor.mend(doctor.finding("not-a-socket"))
        wait_until("all is well", lambda: doctor.findings() == [])
    finally:
        doctor.replace_started(doctor.site.daemons.hdrcheck)


def test_socket_rights(doctor):
    """Postfix may not use it; the daemon makes it anew."""
    doctor.site.daemons.socketmap.chmod(0o600)
    try:
        doctor.mend(doctor.finding("socket-rights"))
        wait_until("all is well", lambda: doctor.findings() == [])
    finally:
        doctor.replace_started()
        if not doctor.site.daemons.hdrcheck.is_running():
            doctor.site.daemons.hdrcheck.start()


def test_policy_silent(doctor):
    """Somebody listens there, but says nothing."""
    policyd = doctor.site.daemons.policyd
    policyd.stop()
    path = doctor.postfix.socket_folder / "policy"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        names = {finding.name for finding in doctor.findings()}
    path.unlink()
    policyd.start()
    assert names >= {"policyd-down", "policy-silent"}


def test_state_folder(doctor):
    """It is gone; and what is in it is no state."""
    state = doctor.site.daemons.configuration.parent / "state"
    shutil.rmtree(state)
    doctor.assert_mended("state-folder")
    (state / "paused").write_text("since ever\n")
    doctor.assert_mended("state-wrong")


def test_paused(doctor):
    """The brake is on; and its reason is shown."""
    doctor.mend(Pause(doctor))
    finding = doctor.assert_mended("paused")
    assert "moving house" in finding.text


class Pause:
    """A command like that of a finding."""

    def __init__(self, doctor):
        configuration = doctor.site.daemons.configuration
        self.mend = f"policyctl -c {configuration} pause 'moving house'"


# Mail on hold


def test_foreign(doctor):
    """A date of somebody who may not postpone; the administrator lets it go."""
    doctor.set_line("permit_postpone", "local")
    mail = send(doctor, deliver_at(due_in(A_DAY)))
    finding = doctor.assert_mended("foreign")
    assert mail.queue_id in finding.text
    assert "permit_postpone" in finding.text
    doctor.postfix.release("ALL")
    doctor.site.sink.wait_for(mail.recipient)


def test_beyond_and_lowered(doctor):
    """max_postpone was larger when it came."""
    site = doctor.site
    mail = send(doctor, deliver_at(due_in(300 * A_DAY)))
    doctor.set_line("max_postpone", "30d")
    doctor.reload(site.daemons.hdrcheck)
    finding = doctor.assert_mended("beyond")
    assert "301d" in finding.mend
    site.discard(mail)


def test_rule_gone(doctor):
    """policyd still goes by it; told, it lets the message go."""
    site = doctor.site
    frozen = "freeze sender=old@old.test : hold\n"
    good = doctor.rules.read_text()
    doctor.rules.write_text(good + frozen)
    doctor.reload(site.daemons.policyd)
    mail = send(doctor, sender="old@old.test")
    site.assert_held(mail)
    assert doctor.findings() == []
    doctor.rules.write_text(good)
    assert {f.name for f in doctor.findings()} == {"rule-gone", "rules-stale"}
    doctor.mend(doctor.finding("rule-gone"))
    site.sink.wait_for(mail.recipient)
    wait_until("all is well", lambda: doctor.findings() == [])


def test_unreadable(doctor):
    """A damaged file goes where Postfix keeps such."""
    site = doctor.site
    mail = send(doctor, deliver_at(due_in(A_DAY)))
    path = doctor.postfix.queue_folder / "hold" / mail.queue_id
    path.write_bytes(path.read_bytes()[:-2])
    finding = doctor.assert_mended("unreadable")
    assert mail.queue_id in finding.text
    assert (doctor.postfix.queue_folder / "corrupt" / mail.queue_id).exists()


def test_clock(doctor):
    """An hour slow, it seems: mail comes from the future."""
    site = doctor.site
    mail = send(doctor, deliver_at(due_in(A_DAY)))
    finding = doctor.finding("clock", **at_another_time("-3600"))
    assert mail.queue_id in finding.text
    site.discard(mail)


def test_strangers_bytes_are_shown_as_such(paper):
    """What somebody wrote does not reach the terminal as it is."""
    paper.postconf("-e", "your_header_checks = regexp:{{/^X\x1b:/ WARN}}")
    paper.postconf(
        "-e", "deliver_at_header_checks = $your_header_checks, " + HEADER_CHECKS
    )
    done = paper.run()
    assert "not-first" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_manual_lists_all_findings():
    """By name, and which of them are errors."""
    source = (TOP / "policyd/ctl/finding.c").read_text()
    manual = (TOP / "policyd/ctl/policyctl.8").read_text()
    table = re.findall(r'= \{"([a-z-]+)", (true|false)\}', source)
    listed = manual[manual.index(".Sh FINDINGS") :]
    listed = re.findall(r"^\.It Cm ([a-z-]+)( Pq E)?$", listed, re.MULTILINE)
    assert table
    assert [(name, error == "true") for name, error in table] == [
        (name, bool(error)) for name, error in listed
    ]
