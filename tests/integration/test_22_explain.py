# SPDX-License-Identifier: ISC
"""22. policyctl explain: what the rules would answer, and why."""

import re
import subprocess
from datetime import datetime, timedelta, timezone

import pytest
from daemons import PROGRAMS
from harness import due_in, rfc5322
from rules import Postponement, ask, postponements, start

OK, WRONG_USE, BAD_CONFIGURATION = 0, 64, 78
RULES = """\
# The example of deliver-at.rules(5)
urgent    sender=ceo@corp.example                        : pass
undo      sasl_username=*                                : delay 30s
quiet     recipient=@sms.example,@.pager.example
    : window Mon-Fri 08:00-20:00, Sat 10:00-14:00 tz=Europe/Amsterdam
      except=2026-12-25,2026-12-26
nightly   sender=news@corp.example size>100k
    : window 22:00-06:00 tz=Europe/Amsterdam
moving    recipient=@example.org
    : until 2026-12-01T06:00:00+01:00 reason="server move"
freeze    sender=@old.example client_address!=10.0.0.0/8 : hold reason="audit"
flood     sasl_username=* postponed>500 : defer 4.7.1 too many postponed messages
spam      sender=<> helo_name=*.bad.example              : reject 5.7.1 not here
"""
A_MONTH = 30 * 24 * 3600
NIGHT = "now=2026-12-24T23:00:00+01:00"
NOON = "now=2026-11-05T12:00:00+01:00"


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    """A configuration with RULES; the lists and zones are the machine's."""
    folder = tmp_path_factory.mktemp("explain")
    rules = folder / "rules"
    rules.write_text(RULES)
    file = folder / "deliver-at.conf"
    file.write_text(f"rules_file = {rules}\n")
    return file


def policyctl(*arguments, **environment):
    """policyctl with these arguments."""
    return subprocess.run(
        [PROGRAMS / "policyctl", *arguments],
        capture_output=True,
        text=True,
        cwd="/",
        env=environment or None,
    )


def explain(configuration, *attributes):
    """It succeeds; its lines."""
    done = policyctl("-c", configuration, "explain", *attributes)
    assert (done.returncode, done.stderr) == (OK, ""), done
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "attributes, reply",
    [
        ((), "DUNNO"),
        (("sender=a@b.example", "recipient=c@d.example"), "DUNNO"),
        (("sender=CEO@corp.example", "sasl_username=ceo", NIGHT), "DUNNO"),
        (
            ("sasl_username=ann", NIGHT),
            "PREPEND X-Deliver-At: Thu, 24 Dec 2026 22:00:30 +0000 (rule undo)",
        ),
        (
            ("sasl_username=ann", "now=2026-12-24T22:00:00.001Z"),
            "PREPEND X-Deliver-At: Thu, 24 Dec 2026 22:00:31 +0000 (rule undo)",
        ),
        (("recipient=1@x.sms.example", NIGHT), "DUNNO"),
        (("recipient=1@x.pager.example", "now=2026-12-24T19:00:00+01:00"), "DUNNO"),
        (
            ("recipient=1@sms.example", NIGHT),
            "PREPEND X-Deliver-At: Mon, 28 Dec 2026 07:00:00 +0000 (rule quiet)",
        ),
        (
            ("recipient=1@sms.example", "now=2026-07-04T14:00:00+02:00"),
            "PREPEND X-Deliver-At: Mon, 06 Jul 2026 06:00:00 +0000 (rule quiet)",
        ),
        (
            ("sender=news@corp.example", "size=102401", NOON),
            "PREPEND X-Deliver-At: Thu, 05 Nov 2026 21:00:00 +0000 (rule nightly)",
        ),
        (("sender=news@corp.example", "size=102400", NOON), "DUNNO"),
        (("sender=news@corp.example", "size=102401", NIGHT), "DUNNO"),
        (
            ("recipient=c@example.org", NOON),
            "PREPEND X-Deliver-At: Tue, 01 Dec 2026 05:00:00 +0000 (rule moving)",
        ),
        (("recipient=c@example.org", NIGHT), "DUNNO"),
        (
            ("sender=a@old.example", "client_address=192.0.2.1", NOON),
            "PREPEND X-Deliver-At: never (rule freeze)",
        ),
        (("sender=a@old.example", "client_address=10.1.2.3", NOON), "DUNNO"),
        (("sender=a@old.example", NOON), "DUNNO"),
        (
            ("sender=a@old.example", "client_address=::1", "recipient=c@example.org"),
            "PREPEND X-Deliver-At: never (rule freeze)",
        ),
        (
            ("recipient=c@example.org", "sasl_username=ann", NOON),
            "PREPEND X-Deliver-At: Tue, 01 Dec 2026 05:00:00 +0000 (rule moving)",
        ),
        (
            ("sasl_username=ann", "postponed=501", NOON),
            "DEFER 4.7.1 too many postponed messages",
        ),
        (
            ("sasl_username=ann", "postponed=500", NOON),
            "PREPEND X-Deliver-At: Thu, 05 Nov 2026 11:00:30 +0000 (rule undo)",
        ),
        (("sender=", "helo_name=a.bad.example", NOON), "REJECT 5.7.1 not here"),
        (("helo_name=a.bad.example", NOON), "REJECT 5.7.1 not here"),
        (("sender=x@y.example", "helo_name=a.bad.example", NOON), "DUNNO"),
    ],
)
def test_last_line_is_the_reply(configuration, attributes, reply):
    """Each rule of the example, on both sides of its limits."""
    assert explain(configuration, *attributes)[-1] == f"action={reply}"


def test_each_rule_is_told_of(configuration):
    """Which match, and why others do not, with reasons; and the moment."""
    lines = explain(
        configuration, "recipient=c@example.org", "sasl_username=ann", "size=9", NOON
    )
    told = {line.split()[0]: line for line in lines if line.split()}
    for name in re.findall(r"^(\w+) ", RULES, re.MULTILINE):
        assert any(line.startswith(name) for line in told), (name, lines)
    assert "sender=ceo@corp.example" in told["urgent"]
    assert "postponed>500" in told["flood"]
    assert "server move" in told["moving"]
    assert any("2026-12-01" in line for line in lines[:-1])


def test_nothing_below_a_pass(configuration):
    """Rules that are not reached are not said to match."""
    lines = explain(configuration, "sender=ceo@corp.example", "sasl_username=ceo", NOON)
    assert lines[-1] == "action=DUNNO"
    assert not any("30s" in line or "12:00:30" in line for line in lines)


def test_now_without_a_zone_is_local_time(configuration):
    """As if its offset were written."""
    local = datetime(2026, 7, 24, 23, 0).astimezone()
    for now in ("2026-07-24T23:00", "2026-07-24T23:00:00", local.isoformat()):
        last = explain(configuration, "sasl_username=ann", f"now={now}")[-1]
        (postponement,) = postponements(last.removeprefix("action=PREPEND "))
        assert postponement == Postponement("undo", local.timestamp() + 30)


def test_without_now(configuration):
    """It is the present."""
    assert "(rule undo)" in explain(configuration, "sasl_username=ann")[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("explore",),
        ("explain", "sender"),
        ("explain", "=a@b.example"),
        ("explain", "now=tomorrow"),
        ("explain", "now=2026-02-30T12:00"),
        ("explain", "now="),
        ("explain", "-x"),
        ("-x", "explain"),
        ("-c",),
        ("explain", "sender=a\nrecipient=b"),
        ("explain", "postponed=many"),
        ("explain", "postponed_total=-1"),
        ("explain", "sender=" + 5000 * "x"),
        ("explain", *(17 * ["sender=" + 4000 * "x"])),
    ],
)
def test_wrong_use(configuration, arguments):
    """Exit 64, a word on standard error, nothing on standard output."""
    done = policyctl("-c", configuration, *arguments)
    assert (done.returncode, done.stdout, bool(done.stderr)) == (WRONG_USE, "", True)


def test_an_attribute_that_postfix_does_not_send(configuration):
    """It may be a slip of the pen; the answer is given all the same."""
    done = policyctl("-c", configuration, "explain", "recipent=c@example.org")
    said = "policyctl: explain: Postfix is not known to send an attribute recipent\n"
    assert (done.returncode, done.stderr) == (OK, said)
    assert done.stdout.splitlines()[-1] == "action=DUNNO"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help(option):
    """On standard output, exit 0."""
    done = policyctl(option)
    assert (done.returncode, bool(done.stdout), done.stderr) == (OK, True, "")


@pytest.mark.parametrize(
    "settings, where",
    [
        ("rules_file = {folder}/missing\n", "{folder}/missing: "),
        ("rules_file = {folder}/bad\n", "{folder}/bad:2: "),
        ("max_postpone = soon\n", "{folder}/conf:1: "),
        ("sweep_interval = 60s\n", "rules_file"),
    ],
    ids=["no rules", "bad rules", "bad configuration", "no rules_file"],
)
def test_bad_configuration(tmp_path, settings, where):
    """Exit 78, and where it is wrong."""
    (tmp_path / "bad").write_text("good sender=* : pass\nbad sender=* : fly\n")
    file = tmp_path / "conf"
    file.write_text(settings.format(folder=tmp_path))
    done = policyctl("-c", file, "explain", "sender=a@b.example")
    assert (done.returncode, done.stdout) == (BAD_CONFIGURATION, "")
    assert where.format(folder=tmp_path) in done.stderr


def test_nothing_is_later_than_max_postpone(tmp_path):
    """hdrcheck would refuse the mail: such a window is no good configuration."""
    today = datetime.now(timezone.utc).date()
    closed = ",".join(str(today + timedelta(days=n)) for n in range(10, 15))
    (tmp_path / "rules").write_text(
        f"day sender=* : window 00:00-23:59 tz=UTC except={closed}\n"
    )
    file = tmp_path / "conf"
    file.write_text(f"rules_file = {tmp_path}/rules\nmax_postpone = 2d\n")
    now = f"now={today + timedelta(days=10)}T00:00:00Z"
    done = policyctl("-c", file, "explain", "sender=a@b.example", now)
    assert done.returncode == BAD_CONFIGURATION, done


TIMELESS = (
    "urgent sender=ceo@corp.example : pass",
    "freeze sender=@old.example client_address!=10.0.0.0/8 : hold",
    f"moving recipient=@.example.org : until {rfc5322(due_in(A_MONTH), hours_east=1)}",
    "closed sender=<> helo_name=*.bad.example : reject 5.7.1 not here",
    "later sasl_username!=ann,ben : defer 4.7.1 not now",
)


@pytest.mark.parametrize(
    "attributes",
    [
        {"sender": "ceo@corp.example", "recipient": "c@example.org"},
        {"sender": "a@old.example", "client_address": "192.0.2.1"},
        {"sender": "a@old.example", "client_address": "10.9.8.7"},
        {"sender": "b@b.example", "recipient": "c@D.Example.Org"},
        {"sender": "", "helo_name": "x.bad.example"},
        {"sender": "b@b.example", "sasl_username": "eve"},
        {"sender": "b@b.example", "sasl_username": "ben"},
        {"sender": "b@b.example"},
    ],
)
def test_the_daemon_says_the_same(ruled_site, attributes):
    """Byte for byte, what a policy request gets."""
    start(ruled_site, *TIMELESS)
    words = [f"{name}={value}" for name, value in attributes.items()]
    lines = explain(ruled_site.daemons.configuration, *words)
    assert lines[-1] == f"action={ask(ruled_site, **attributes)}"
