# SPDX-License-Identifier: ISC
"""26. policyctl list, count, timeline: what is postponed, whoever sent it."""

import base64
import re
import subprocess
import time
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from daemons import PROGRAMS
from harness import HEADER, deliver_at, due_in, new_recipient, open_site
from instance import transaction
from policyctl import (
    ASCII,
    OK,
    WRONG_USE,
    columns_of,
    listed,
    on_terminal,
    policyctl,
    rfc3339,
    said,
)
from rules import start

HOUR = 3600
DAY = 24 * HOUR
RULES = (
    "undo   sasl_username=cy           : delay 30m",
    'freeze sender=@old.test           : hold reason="audit"',
)
RED = "\x1b[31mred\x1b[0m \x1b]0;title\x07"
REVERSED = "\N{RIGHT-TO-LEFT OVERRIDE}moc.live\N{POP DIRECTIONAL FORMATTING}"
HEART = "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}"
SUBJECT_MAX = 1000  # bytes of a subject that are looked at, line ends too
X = "x"


def b_word(content, charset="utf-8"):
    """An encoded word (RFC 2047) of these bytes."""
    return f"=?{charset}?B?{base64.b64encode(content).decode()}?="


@dataclass
class Sent:
    """A message that was sent, and what must be told of it."""

    subject: str  # as it is decoded
    due_in: float = 3 * HOUR  # None: only rules say
    header: bytes = None  # body of Subject, unless it is the subject
    sender: str = "ann@corp.test"
    recipients: list = field(default_factory=lambda: [new_recipient()])
    login: str = None
    rule: str = None
    due: object = None  # RFC 3339, "never", or None while it is not known
    method: str = "release"
    queue_id: str = None
    sent: float = 0.0

    def content(self):
        """The message itself."""
        subject = self.header or self.subject.encode()
        date = b""
        if self.due_in is not None:
            due = due_in(self.due_in)
            self.due = rfc3339(due)
            date = deliver_at(due).encode() + b"\r\n"
        headers = b"From: a@sender.test\r\n" + date + b"Subject: " + subject
        return headers + b"\r\n\r\nHi\r\n"


def moment_of(text):
    """Seconds since the epoch of such a time; what never comes is last."""
    if text == "never":
        return float("inf")
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def everything():
    """Messages of all kinds, with what strangers might try."""
    return [
        Sent("tea", 90 * 60),
        Sent("two recipients", recipients=[new_recipient(), new_recipient()]),
        Sent("very many", recipients=[new_recipient("r") for _ in range(40)]),
        Sent("of a bounce", 2 * HOUR, sender=""),
        Sent("old then", 2 * DAY, method="requeue"),
        Sent("next year", 300 * DAY, method="requeue"),
        Sent("frozen", None, sender="eve@old.test", rule="freeze", due="never"),
        Sent("undo", None, login="cy", rule="undo"),
        Sent("later than its rule", 5 * HOUR, login="cy"),
        Sent("sooner than its rule", 60, login="cy", rule="undo"),
        Sent(RED, 4 * HOUR),
        Sent("a fold\there", header=b"a\r\n fold\r\n\there"),
        Sent("\u65e5\u672c\u8a9e \u2014 d\u00e9j\u00e0 vu \U0001f600"),
        Sent(f"{HEART} {REVERSED} e" + "\N{COMBINING ACUTE ACCENT}" * 50),
        Sent("caf\ufffd", header=b"caf\xe9"),
        Sent("caf\u00e9", header=b"=?iso-8859-1?q?caf=E9?="),
        Sent("caf\u00e9 \u65e5!", header=b_word("caf\u00e9 \u65e5!".encode()).encode()),
        Sent("in pieces", header=b"=?utf-8?q?in_?=\r\n =?utf-8?q?pieces?="),
        Sent("=?utf-8?b?***?=", header=b"=?utf-8?b?***?="),
        Sent("=?koi8-r?q?=C1?=", header=b"=?koi8-r?q?=C1?="),
        Sent(
            f"x\r\n{HEADER}: never\r\n\r\nbody\n.\n",
            header=b_word(f"x\r\n{HEADER}: never\r\n\r\nbody\n.\n".encode()).encode(),
        ),
        Sent("*** MESSAGE FILE END hold/4F3A2B1C0D ***"),
        Sent(
            f"{X * 900} {X * (SUBJECT_MAX - 900 - 2)}",
            header=(f"{X * 900}\r\n {X * 64 * 1024}").encode(),
        ),
        Sent(None, header=b" "),
        Sent("quoted", sender='"odd \\" one"@corp.test'),
        Sent("big", 7 * HOUR, header=b"big\r\nX-Padding: " + b"y " * 20000),
        Sent("of nobody", sender="o'hara+100%_{}$`@corp.test"),
    ]


def send(site, message):
    """Send it, and note down what became of it."""
    xclient = f"LOGIN={message.login}" if message.login else None
    with site.postfix.connect(xclient=xclient) as session:
        replies, end = transaction(
            session, message.content(), message.recipients, sender=message.sender
        )
    assert {reply.code for reply in (*replies.values(), end)} == {250}, (replies, end)
    message.queue_id = end.queue_id
    message.sent = time.time()
    if message.rule == "undo":
        message.due = rule_date(site, message)
    return message


def rule_date(site, message):
    """When its rule lets it go, by its header."""
    headers = site.postfix.headers(message.queue_id)
    date = re.search(rf"{HEADER}: (.*) \(rule undo\)", headers)[1]
    return rfc3339(datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %z").timestamp())


@pytest.fixture(scope="module")
def waiting_site(ruled_postfix, shared_sink):
    """A site with daemons that run and no mail, at first."""
    with open_site(
        ruled_postfix, shared_sink, rules_file=ruled_postfix.rules_file
    ) as site:
        start(site, *RULES)
        yield site
        ruled_postfix.delete("ALL")


@pytest.fixture(scope="module")
def mail(waiting_site):
    """All of everything(), on hold."""
    messages = [send(waiting_site, message) for message in everything()]
    return {message.queue_id: message for message in messages}


@pytest.fixture(params=["up", "down"], scope="module")
def site(request, waiting_site):
    """The site with policyd up, and down."""
    policyd = waiting_site.daemons.policyd
    if request.param == "down":
        policyd.stop()
    yield waiting_site
    if not policyd.is_running():
        policyd.start()


def rows_of(lines):
    """The table among these lines: titles, and a row for each message."""
    lines = lines[: lines.index("")]
    return lines[0], lines[1:]


# Nothing there


def test_nothing_is_postponed(waiting_site):
    """An empty queue, before the mail of the tests below comes."""
    assert said(waiting_site, "list") == "nothing is postponed\n"
    assert said(waiting_site, "list", "--json") == ""
    assert said(waiting_site, "count") == "0 messages\n"
    assert said(waiting_site, "timeline").count("\n") == 24 + 2
    assert said(waiting_site, "list", "--sender", "<>") == "no message fits\n"


# For programs


def test_json_is_what_was_sent(site, mail):
    """Each member of each message, and nothing else."""
    entries = listed(site)
    assert {entry["queue_id"] for entry in entries} == mail.keys()
    for entry in entries:
        message = mail[entry["queue_id"]]
        arrived = moment_of(entry.pop("arrival_time"))
        assert message.sent - 5 < arrived <= message.sent
        assert entry.pop("message_size") > 0
        assert entry.pop("subject") == (message.subject and message.subject.strip(" "))
        assert entry == {
            "queue_id": message.queue_id,
            "due": message.due,
            "sender": message.sender,
            "recipients": message.recipients,
            "login": message.login,
            "rule": message.rule,
            "rescheduled": None,
            "method": message.method,
        }


def test_sizes_are_those_of_postfix(site, mail):
    """As postqueue tells them, and arrival times."""
    told = {entry["queue_id"]: entry for entry in site.postfix.queue()}
    for entry in listed(site):
        there = told[entry["queue_id"]]
        assert entry["message_size"] == there["message_size"]
        assert moment_of(entry["arrival_time"]) == there["arrival_time"]
    assert len(told) == len(mail)


SORTED = {
    "due": lambda entry: moment_of(entry["due"]),
    "arrival": lambda entry: entry["arrival_time"],
    "sender": lambda entry: entry["sender"].lower(),
    "size": lambda entry: -entry["message_size"],
}


@pytest.mark.parametrize("order", SORTED)
def test_sort(site, mail, order):
    """All of them, in that order, and within it by due time; the first ones."""
    entries = listed(site, "--sort", order)
    assert len(entries) == len(mail)

    def key(entry):
        return (SORTED[order](entry), SORTED["due"](entry), entry["queue_id"])

    assert entries == sorted(entries, key=key)
    assert listed(site, "--sort", order, "-n", "3") == entries[:3]
    assert listed(site, "-n3", f"--sort={order}") == entries[:3]


def test_due_is_the_order(site, mail):
    """Without --sort."""
    assert listed(site) == listed(site, "--sort", "due")
    assert listed(site, "-n", str(len(mail) + 1)) == listed(site)


# Filters


def dues_in(entry):
    """In how many seconds it leaves."""
    return moment_of(entry["due"]) - time.time()


FILTERS = {
    ("--sender", "ann@corp.test"): lambda e: e["sender"] == "ann@corp.test",
    ("--sender", "ANN@corp.test,@old.test"): lambda e: e["sender"]
    in ("ann@corp.test", "eve@old.test"),
    ("--sender", "<>"): lambda e: e["sender"] == "",
    ("--recipient", "@sink.test"): lambda e: True,
    ("--login", "cy"): lambda e: e["login"] == "cy",
    ("--login", "<>"): lambda e: e["login"] is None,
    ("--rule", "freeze"): lambda e: e["rule"] == "freeze",
    ("--rule", "*"): lambda e: e["rule"],
    ("--rule", "<>"): lambda e: e["rule"] is None,
    ("--due", "<2h30m"): lambda e: dues_in(e) < 2.5 * HOUR,
    ("--due", ">1d"): lambda e: DAY < dues_in(e),
    ("--age", "<1h"): lambda e: True,
    ("--age", ">1h"): lambda e: False,
    ("--size", ">10k"): lambda e: e["message_size"] > 10240,
    ("--size", "<10k"): lambda e: e["message_size"] < 10240,
    ("--subject", "CAF"): lambda e: "caf" in (e["subject"] or ""),
    ("--subject", "\u00e9 \u65e5"): lambda e: "\u00e9 \u65e5" in (e["subject"] or ""),
    ("--subject", "\x1b["): lambda e: "\x1b[" in (e["subject"] or ""),
}


@pytest.mark.parametrize("words", FILTERS, ids=" ".join)
def test_filters(site, mail, words):
    """What they let through, in list, in count and in timeline."""
    want = [entry for entry in listed(site) if FILTERS[words](entry)]
    assert len(want) < len(mail) or words[1] in ("@sink.test", "<1h")
    assert listed(site, *words) == want
    assert said(site, "count", *words).split()[0] == str(len(want))
    assert said(site, "timeline", *words).splitlines()[-1].split()[0] == str(len(want))


def test_filters_are_all_met(site, mail):
    """Two filters, and ids."""
    one, other = (entry["queue_id"] for entry in listed(site, "--login", "cy")[:2])
    assert len(listed(site, "--login", "cy", "--rule", "undo")) == 2
    assert [entry["queue_id"] for entry in listed(site, one)] == [one]
    assert {entry["queue_id"] for entry in listed(site, one, other)} == {one, other}
    assert not listed(site, one, "--sender", "<>")
    assert one in mail and other in mail


def test_ids_that_are_not_on_hold(site, mail):
    """They are named; the others are shown."""
    known = next(iter(mail))
    done = policyctl(site, "list", known, "4F3A2B1C0D")
    assert done.returncode == OK
    assert known in done.stdout
    assert "4F3A2B1C0D" in done.stderr and known not in done.stderr


# For people


def test_table_without_a_terminal(site, mail):
    """All is there, and nothing is cut; no line has bytes for a terminal."""
    titles, rows = rows_of(said(site, "list").splitlines())
    wanted = "LEAVES QUEUE ID SENDER RECIPIENT RULE SUBJECT"
    assert titles.split() == wanted.split()
    assert len(rows) == len(mail)
    for row, entry in zip(rows, listed(site), strict=True):
        assert re.match(r"\d\d \w{3} \d\d:\d\d  in |never  ", row), row
        assert entry["queue_id"] in row
        assert (entry["sender"] or "<>") in row
        others = len(entry["recipients"]) - 1
        more = f" +{others} " if others else ""
        assert entry["recipients"][0] + more in row + " "
        assert not entry["rule"] or f" {entry['rule']} " in row
        assert columns_of(row)
    assert said(site, "list").endswith(f"\n\n{len(mail)} messages\n")


def local(entry):
    """When it leaves, by the clock of this machine."""
    return datetime.fromtimestamp(moment_of(entry["due"])).strftime("%d %b %H:%M")


def test_times_are_local(site, mail):
    """Those of the machine, whatever TZ says."""
    (entry,) = [e for e in listed(site) if e["subject"] == "tea"]
    _titles, (row,) = rows_of(said(site, "list", entry["queue_id"]).splitlines())
    assert row.startswith(f"{local(entry)}  in 1h ")
    assert mail


def test_what_is_visible_of_hostile_texts(site, mail):
    """Control characters are no control characters."""
    table = said(site, "list")
    assert "\\x1B[31mred\\x1B[0m \\x1B]0;title\\x07" in table
    assert "\\u{202E}moc.live\\u{202C}" in table
    assert f"x\\x0D\\x0A{HEADER}: never" in table
    assert "d\u00e9j\u00e0 vu" in table
    assert mail


def test_table_in_ascii(site, mail):
    """Where the locale knows no more."""
    table = said(site, "list", locale=ASCII)
    assert table.isascii()
    assert "d\\u{E9}j\\u{E0} vu" in table
    assert all(queue_id in table for queue_id in mail)


@pytest.mark.parametrize("columns", [40, 80, 81, 200])
def test_table_on_a_terminal(site, mail, columns):
    """No line is wider; times and ids are whole, and below their titles."""
    lines = on_terminal(site, columns, "list")
    titles, rows = rows_of(lines)
    assert len(rows) == len(mail)
    assert max(columns_of(line) for line in lines) <= columns
    for row, entry in zip(rows, listed(site), strict=True):
        assert row[titles.index("QUEUE ID") :].startswith(entry["queue_id"])
        assert row.startswith("never" if entry["due"] == "never" else local(entry))
    assert ("SUBJECT" in titles) == (columns >= 80)


def test_columns_are_aligned(site, mail):
    """On a terminal that is wide: what stands below a title starts with it."""
    titles, rows = rows_of(on_terminal(site, 200, "list"))
    assert len(rows) == len(mail)
    for title in ("SENDER", "RECIPIENT", "RULE", "SUBJECT"):
        start_at = titles.index(title)
        for row in rows:
            before, behind = split_at(row, start_at)
            assert before.endswith("  ") or not behind, row


def split_at(row, columns):
    """The text of so many columns, and the rest."""
    end = 0
    while end < len(row) and columns_of(row[:end]) < columns:
        end += 1
    return row[:end].ljust(columns), row[end:]


def test_terminal_of_unknown_width(site, mail):
    """As if it had 80 columns."""
    lines = on_terminal(site, 0, "list")
    assert max(columns_of(line) for line in lines) in (79, 80)
    assert mail


@pytest.mark.parametrize("columns", [40, 80])
def test_ascii_terminal(site, mail, columns):
    """The same without UTF-8."""
    lines = on_terminal(site, columns, "list", locale=ASCII)
    assert len(rows_of(lines)[1]) == len(mail)
    assert all(line.isascii() and len(line) <= columns for line in lines)


def test_few_of_many(site, mail):
    """-n says how many there are."""
    lines = said(site, "list", "-n", "2").splitlines()
    assert len(rows_of(lines)[1]) == 2
    assert lines[-1] == f"2 of {len(mail)} messages"


def test_count(site, mail):
    """The number first, and what is special."""
    (first,) = [e for e in listed(site, "-n", "1")]
    count = said(site, "count")
    assert count.startswith(f"{len(mail)} messages, 1 never, next ")
    due = datetime.fromtimestamp(moment_of(first["due"]))
    assert f" {due:%Y-%m-%d %H:%M:%S} (in " in count


# Timeline


def timeline(lines):
    """How much leaves when, by its labels."""
    end = lines.index("")
    return [(line[:16].strip(), int(line[16:].split()[0])) for line in lines[:end]]


def test_timeline(site, mail):
    """Each message is in its hour."""
    lines = on_terminal(site, 80, "timeline")
    slots = timeline(lines)
    wanted = {}
    now = time.time()
    for entry in listed(site):
        moment = moment_of(entry["due"])
        if moment == float("inf"):
            label = "never"
        elif moment >= (now // HOUR + 24) * HOUR:
            label = "later"
        else:
            label = f"{datetime.fromtimestamp(moment):%Y-%m-%d %H}:00"
        wanted[label] = wanted.get(label, 0) + 1
    assert {label: n for label, n in slots if n} == wanted
    assert len(slots) == 24 + 2
    assert max(map(len, lines)) <= 80
    assert sum(n for _label, n in slots) == len(mail)
    assert lines[-1] == f"{len(mail)} messages"


def test_timeline_by_days(site, mail):
    """--days, and --hours."""
    days = timeline(said(site, "timeline", "--days", "7").splitlines())
    today = datetime.now()
    assert days[0][0] == f"{today:%a %Y-%m-%d}"
    assert [label for label, _n in days[7:]] == ["later", "never"]
    assert sum(n for _label, n in days) == len(mail)
    assert len(timeline(said(site, "timeline", "--hours", "3").splitlines())) == 5


# How it is called


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--sort", "recipient"),
        ("list", "--sort"),
        ("list", "-n", "0"),
        ("list", "-n", "many"),
        ("list", "--jason"),
        ("list", "x"),
        ("list", "--due", "soon"),
        ("count", "--json"),
        ("timeline", "--hours", "0"),
        ("timeline", "--hours", "745"),
        ("timeline", "--days", "1001"),
        ("timeline", "--hours", "1", "--days", "1"),
    ],
    ids=" ".join,
)
def test_wrong_use(waiting_site, words):
    """Exit 64, a word on standard error, nothing on standard output."""
    done = policyctl(waiting_site, *words)
    assert (done.returncode, done.stdout) == (WRONG_USE, "")
    assert words[0] in done.stderr


@pytest.mark.parametrize("verb", ["list", "count", "timeline"])
def test_help(waiting_site, verb):
    """Its usage."""
    assert said(waiting_site, verb, "--help").startswith(f"usage: policyctl {verb} ")


def test_output_that_nobody_reads(waiting_site, mail):
    """It ends without a word; a full disk is worth one."""
    program = [PROGRAMS / "policyctl", "-c", waiting_site.daemons.configuration, "list"]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == OK
    for words in ([], ["--help"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [*program, *words], stdout=full, stderr=subprocess.PIPE
            )
        assert done.returncode == 74 and done.stderr, words
    assert mail
