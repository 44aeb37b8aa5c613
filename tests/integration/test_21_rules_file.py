# SPDX-License-Identifier: ISC
"""21. The rules file and the policy protocol: good and bad ones, under load."""

import re
import threading
from contextlib import contextmanager

import pytest
from harness import message, new_recipient
from peers import Peer
from rules import (
    ask,
    logs_anew,
    policy_socket,
    receive_action,
    reload,
    reply_to,
    request,
    start,
)
from waiting import wait_until

EX_CONFIG = 78
GOOD = "good sender=* : pass"
OLD_RULES = "undo sender=* : reject 5.7.1 old rules"
NEW_RULES = "undo sender=* : reject 5.7.1 new rules"
OLD_ANSWER = "REJECT 5.7.1 old rules"
NEW_ANSWER = "REJECT 5.7.1 new rules"
DELAYED = "undo sender=* : delay 1h"

# What is wrong: the lines of the file, and which of them is named.
BAD_FILES = {
    "no action": (["a sender=* : pass", "b sender=*"], 2),
    "unknown action": (["# rules", "", "a sender=* : postpone"], 3),
    "a name twice": (["a sender=* : pass", "b sender=* : pass", "a size>1 : pass"], 3),
    "no number": (["a size>big : pass"], 1),
    "in a continuation line": (["a sender=*", " : delay soon"], 2),
    "a date without a zone": (["a sender=* : until 2026-12-01T06:00:00"], 1),
    "too far ahead": (["a sender=* : delay 365d", "b sender=* : delay 366d"], 2),
    "never open": (["a sender=* : window 08:00-09:00 except=*"], 1),
    "a status that does not fit": (["a sender=* : reject 4.7.1 no"], 1),
    "no time zone": (["a sender=* : window 08:00-09:00 tz=Mars/Phobos"], 1),
    "a list that is not there": (["a sender=file:/nonexistent/list : pass"], 1),
}
# Files without a rule, which are errors too.
EMPTY_FILES = {
    "empty": [],
    "blank lines": ["", "", ""],
    "comments alone": ["# undo sender=* : delay 30s", "#"],
}


def refusal(site, *options):
    """What policyd says when it refuses to start, or with -n to agree."""
    done = site.daemons.policyd.run_another(*options)
    assert done.returncode == EX_CONFIG, done
    return done.stdout + done.stderr


def assert_refused(site, what):
    """Started, checked and told to read again: what (a pattern) is said each time."""
    for options in ((), ("-n",)):
        assert re.search(what, refusal(site, *options))


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file(ruled_site, name):
    """policyd does not start, and names file and line; -n says the same."""
    lines, number = BAD_FILES[name]
    ruled_site.postfix.write_rules(*lines)
    where = re.escape(f"{ruled_site.postfix.rules_file}:{number}: ")
    assert_refused(ruled_site, where + r"\S")


def test_missing_zone_names_the_package(ruled_site):
    """Whoever has no zone files is told where they are from."""
    ruled_site.postfix.write_rules(*BAD_FILES["no time zone"][0])
    assert_refused(ruled_site, r"Mars/Phobos.*tzdata")


@pytest.mark.parametrize("name", EMPTY_FILES)
def test_file_without_rules(ruled_site, name):
    """An error like any other: never "no rules"."""
    ruled_site.postfix.write_rules(*EMPTY_FILES[name])
    assert_refused(ruled_site, re.escape(f"{ruled_site.postfix.rules_file}:"))


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_file_that_cannot_be_read(ruled_site, what):
    """Not there, or no file."""
    rules = ruled_site.postfix.rules_file
    rules.unlink(missing_ok=True)
    if what == "folder":
        rules.mkdir()
    try:
        assert_refused(ruled_site, re.escape(f"{rules}: "))
    finally:
        if what == "folder":
            rules.rmdir()


@pytest.mark.parametrize(
    "lines", [BAD_FILES["no action"][0], EMPTY_FILES["empty"]], ids=["bad", "empty"]
)
def test_reload_of_bad_rules(ruled_site, lines):
    """The old rules stay, and the configuration that came with the bad ones too."""
    site = ruled_site
    start(site, DELAYED)
    site.postfix.write_rules(*lines)
    site.daemons.configure(
        rules_file=site.postfix.rules_file, header_names="X-Later, X-Deliver-At"
    )
    with logs_anew(site, re.escape(str(site.postfix.rules_file))):
        site.daemons.policyd.reload()
    assert ask(site, sender="a@b.test").startswith("PREPEND X-Deliver-At:")
    reload(site, DELAYED)
    assert ask(site, sender="a@b.test").startswith("PREPEND X-Later:")


def test_reload_of_a_bad_configuration(ruled_site):
    """Good rules beside a bad configuration are not taken either."""
    site = ruled_site
    start(site, OLD_RULES)
    site.postfix.write_rules(NEW_RULES)
    site.daemons.configure(rules_file=site.postfix.rules_file, max_postpone="soon")
    with logs_anew(site, r"deliver-at\.conf:\d+: "):
        site.daemons.policyd.reload()
    assert ask(site, sender="a@b.test") == OLD_ANSWER
    site.daemons.configure(rules_file=site.postfix.rules_file)
    reload(site, NEW_RULES)
    assert ask(site, sender="a@b.test") == NEW_ANSWER


def test_reload_while_the_file_is_gone(ruled_site):
    """The old rules stay."""
    site = ruled_site
    start(site, OLD_RULES)
    site.postfix.rules_file.unlink()
    with logs_anew(site, re.escape(str(site.postfix.rules_file))):
        site.daemons.policyd.reload()
    assert ask(site, sender="a@b.test") == OLD_ANSWER
    reload(site, NEW_RULES)
    assert ask(site, sender="a@b.test") == NEW_ANSWER


def test_another_rules_file_needs_a_restart(ruled_site):
    """The log says so, and the rules stay as they are."""
    site = ruled_site
    start(site, OLD_RULES)
    other = site.postfix.folder / "other-rules"
    other.write_text(NEW_RULES + "\n")
    site.daemons.configure(rules_file=other)
    with logs_anew(site, "rules_file needs a restart"):
        site.daemons.policyd.reload()
    assert ask(site, sender="a@b.test") == OLD_ANSWER
    site.daemons.policyd.stop()
    site.daemons.policyd.start()
    assert ask(site, sender="a@b.test") == NEW_ANSWER


def test_lists_from_files(ruled_site):
    """Read with the rules, and again with them."""
    site = ruled_site
    friends = site.postfix.folder / "friends"
    friends.write_text("# friends\nann@friend.test\n\n@.family.test\n")
    rules = (f"strangers sender!=file:{friends},ben@friend.test : reject 5.7.1 no",)
    start(site, *rules)
    senders = ("Ann@Friend.test", "ben@friend.test", "c@a.family.test", "d@friend.test")

    def friendly():
        return [sender for sender in senders if ask(site, sender=sender) == "DUNNO"]

    assert friendly() == list(senders[:3])
    friends.write_text("d@friend.test\n")
    assert friendly() == list(senders[:3])
    reload(site, *rules)
    assert friendly() == [senders[1], senders[3]]
    friends.unlink()
    with logs_anew(site, re.escape(str(friends))):
        site.daemons.policyd.reload()
    assert friendly() == [senders[1], senders[3]]


def test_a_bad_line_of_a_list_is_named(ruled_site):
    """By the list's own file and line."""
    friends = ruled_site.postfix.folder / "friends"
    friends.write_text("ann@friend.test\nnot an address\n")
    ruled_site.postfix.write_rules(f"friends sender=file:{friends} : pass")
    assert_refused(ruled_site, re.escape(f"{friends}:2"))


def test_many_rules(ruled_site):
    """10,000 are taken, one more is not."""
    site = ruled_site
    lines = [f"r{n} sender=u{n}@sender.test : reject 5.7.1 {n}" for n in range(10_001)]
    site.postfix.write_rules(*lines)
    assert_refused(site, r":10001: .*10,?000")
    start(site, *lines[:-1])
    assert ask(site, sender="u9999@sender.test") == "REJECT 5.7.1 9999"


# Reload under load

RELOADS = 20


class Askers:
    """Clients that ask without a pause, by hand and by SMTP."""

    def __init__(self, site):
        self._site = site
        self._ended = threading.Event()
        self.asked = 0
        self.answers = []
        self.refusals = []

    @contextmanager
    def asking(self):
        """They do until the end of the block."""
        threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._ask, self._ask, self._send)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join(20)
        assert not any(thread.is_alive() for thread in threads)

    def _ask(self):
        with Peer(policy_socket(self._site)) as peer:
            while not self._ended.is_set():
                self.asked += 1
                self.answers.append(reply_to(peer, request(sender="a@b.test")))

    def _send(self):
        while not self._ended.is_set():
            reply = self._site.postfix.smtp(message(), [new_recipient()])
            self.refusals.append(f"REJECT {reply.text}")


def test_reload_under_load(ruled_site):
    """Each request gets one answer, of the old rules or of the new ones."""
    site = ruled_site
    start(site, OLD_RULES)
    askers = Askers(site)
    with askers.asking():
        for n in range(RELOADS):
            answered, refused = len(askers.answers), len(askers.refusals)
            reload(site, NEW_RULES if n % 2 == 0 else OLD_RULES)
            wait_until(
                "all go on",
                lambda: len(askers.answers) > answered + 10
                and len(askers.refusals) > refused,
            )
    assert set(askers.answers) == {OLD_ANSWER, NEW_ANSWER}
    assert len(askers.answers) == askers.asked
    told = {re.sub(r"<.*rejected: ", "", text) for text in askers.refusals}
    assert told == {OLD_ANSWER, NEW_ANSWER}


# The protocol

NUMBERED = [f"r{n} recipient=u{n}@sink.test : reject 5.7.1 no {n}" for n in range(7)]


def padded_request(size, line_max):
    """A request of exactly so many bytes, no line of it longer than line_max."""
    head = b"request=smtpd_access_policy\nrecipient=u1@sink.test\n"
    left, lines = size - len(head) - 1, []
    while left:
        length = min(left, line_max + 1)
        if 0 < left - length < 3:
            length -= 3
        lines.append(b"x=" + b"y" * (length - 3) + b"\n")
        left -= length
    return head + b"".join(lines) + b"\n"


def one_long_line(size):
    """A request with one line of that size, without its end."""
    line = b"helo_name=" + b"y" * (size - len("helo_name="))
    return b"request=smtpd_access_policy\nrecipient=u1@sink.test\n" + line + b"\n\n"


def test_pipelined(ruled_site):
    """A hundred at once are answered in their order."""
    start(ruled_site, *NUMBERED)
    with Peer(policy_socket(ruled_site)) as peer:
        peer.send(
            b"".join(request(recipient=f"u{n % 7}@sink.test") for n in range(100))
        )
        answers = [receive_action(peer) for _ in range(100)]
    assert answers == [f"REJECT 5.7.1 no {n % 7}" for n in range(100)]


def test_split_anywhere(ruled_site):
    """A byte at a time; attributes in any order, known or not, and one twice."""
    start(ruled_site, *NUMBERED)
    content = request(recipient="U3@sink.test", sender="", weird="a=b=c", size="12")
    first, *rest = content[:-1].splitlines(keepends=True)
    with Peer(policy_socket(ruled_site)) as peer:
        for order in (content, b"".join([*reversed(rest), first]) + b"\n"):
            for byte in order:
                peer.send(bytes([byte]))
            assert receive_action(peer) == "REJECT 5.7.1 no 3"


def test_asked_again(ruled_site):
    """Postfix asks once more when a reply was lost: it is the same; not for others."""
    start(ruled_site, "freeze recipient=@sink.test : hold")
    content = request(recipient="ann@sink.test", instance="again")
    for _ in range(2):
        with Peer(policy_socket(ruled_site)) as peer:
            assert reply_to(peer, content).startswith("PREPEND")
    assert ask(ruled_site, recipient="ben@sink.test", instance="again") == "DUNNO"


@pytest.mark.parametrize(
    "content",
    [one_long_line(4096), padded_request(65536, 4096)],
    ids=["a line of 4 KiB", "a request of 64 KiB"],
)
def test_as_long_as_may_be(ruled_site, content):
    """It is answered like any other."""
    start(ruled_site, *NUMBERED)
    with Peer(policy_socket(ruled_site)) as peer:
        assert reply_to(peer, content) == "REJECT 5.7.1 no 1"
        assert reply_to(peer, request(recipient="u2@sink.test")) == "REJECT 5.7.1 no 2"


@pytest.mark.parametrize(
    "content",
    [
        one_long_line(4097),
        padded_request(65537, 4096),
        b"recipient=u1@sink.test\n\n",
        b"\n",
        b"request=smtpd_access_policy\nrecipient=u1@sink.test\0\n\n",
        b"request=smtpd_access_policy\nrecipient\n\n",
    ],
    ids=["long line", "long request", "no request=", "nothing", "NUL", "no ="],
)
def test_malformed(ruled_site, content):
    """That connection is closed with one line in the log; others do not notice."""
    site = ruled_site
    start(site, *NUMBERED)
    good = request(recipient="u2@sink.test")
    with Peer(policy_socket(site)) as other, Peer(policy_socket(site)) as peer:
        assert reply_to(other, good) == "REJECT 5.7.1 no 2"
        peer.send(content)
        assert peer.is_hung_up_on()
        assert reply_to(other, good) == "REJECT 5.7.1 no 2"
    assert len(site.daemons.policyd.logged("policy: ")) == 1


def test_strange_values(ruled_site):
    """They reach neither a reply nor the log as they are."""
    site = ruled_site
    start(site, 'far sender=* : delay 1h reason="far"', "out sender=<> : hold")
    strange = "".join(map(chr, {*range(1, 256)} - {ord("\n")}))
    forged = "x>, reason=forged, sender=<y"
    for text in (strange, forged, "y" * 4000):
        attributes = {
            name: text for name in ("sender", "recipient", "queue_id", "instance")
        }
        action = ask(site, **attributes)
        assert re.fullmatch(r"PREPEND X-Deliver-At: [\w,: +]+ \(rule far\)", action)
    lines = site.daemons.policyd.logged("rule far: until")
    assert len(lines) == 3
    for line in lines:
        assert re.fullmatch(r"[ -~]+", line)
        assert len(line) < 2000
        assert re.search(r": rule far: until \S+, sender=<", line)
        assert re.search(r">, reason=far$", line)
