# SPDX-License-Identifier: ISC
"""13. Postfix's commands fail, lie, print rubbish or far too much, or are cut off."""

import json

import pytest
from bystanders import unharmed
from harness import deliver_at, due_in
from standins import COMMANDS
from waiting import wait_for_clock

# Walk often: what goes wrong with one walk is made good by the next.
pytestmark = pytest.mark.settings(sweep_interval="1s")

SOON_S = 15  # after the command works again; the waits between tries stay below

# A kick that fails without a word to anybody would be waited for in vain.
END = "[ $name != postkick ] || exit 1; exit 0"
WHERE_IT_IS_READ = "[ $name != postsuper ] || exec >&2"
RUBBISH = "head -c 300000 /dev/urandom"
LINE = "head -c 100000000 /dev/zero | tr '\\0' x"
LINES = "yes '{\"queue_name\": \"active\"}' | head -c 100000000"

# What each command does at its first call; at the next it works.
MISHAPS = {
    "fails": "exit 1",
    "fails with a message": 'echo "$name: fatal: mail system is down" >&2; exit 69',
    "is killed": "kill -9 $$",
    "prints rubbish": f"{RUBBISH}; {RUBBISH} >&2; {END}",
    "prints 100 MB in a line": f"{WHERE_IT_IS_READ}; {LINE}; {END}",
    "prints 100 MB of lines": f"{WHERE_IT_IS_READ}; {LINES}; {END}",
    "works and fails": '$real "$@"; exit 1',
    "works and is killed": '$real "$@"; kill -9 $$',
    "works and is cut off": '$real "$@" 2>&1 | head -c 150; exit 0',
}


@pytest.mark.parametrize("mishap", sorted(set(MISHAPS) - {"fails with a message"}))
def test_each_command_once(standin_site, mishap):
    """All of them at once, listing, reading, releasing, kicking: late at worst."""
    go_wrong_once(standin_site, MISHAPS[mishap])


@pytest.mark.settings(release_method="requeue")
@pytest.mark.parametrize(
    "mishap", ["fails with a message", "works and fails", "works and is killed"]
)
def test_each_command_once_with_requeue(standin_site, mishap):
    """Where mail leaves by postsuper -r, and pickup is kicked."""
    go_wrong_once(standin_site, MISHAPS[mishap])


def go_wrong_once(site, mishap):
    """Each command does this at its next call; mail is delivered all the same."""
    standins = site.postfix.standins
    with unharmed(site):
        for name in COMMANDS:
            standins.behave(name, f"[ $call -gt 1 ] || {{ {mishap}; }}")
        due = due_in(1)
        mail = site.send(deliver_at(due))
        site.assert_delivered_once(mail, due, SOON_S)
        for name in COMMANDS:
            standins.wait_for_calls(name, 2 if name == "postqueue" else 1)


@pytest.mark.parametrize("mishap", ["fails", "is killed"])
def test_kick_alone(standin_site, mishap):
    """What was released well is not left to Postfix's next queue run."""
    site = standin_site
    with unharmed(site):
        once = f"[ $call -gt 1 ] || {{ {MISHAPS[mishap]}; }}"
        site.postfix.standins.behave("postkick", once)
        due = due_in(1)
        mail = site.send(deliver_at(due))
        site.assert_delivered_once(mail, due, SOON_S)


# The listing


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("head -c -40; exit 0", id="in mid-line"),
        pytest.param("cat; exit 1", id="after a line, exit 1"),
    ],
)
def test_cut_off_walks_forget_nothing(standin_site, end):
    """Known mail that cut-off walks do not show leaves on time, without a good one."""
    site = standin_site
    standins = site.postfix.standins
    with unharmed(site):
        due = due_in(5)
        mail = site.send(deliver_at(due))
        standins.wait_for_call_about("postcat", mail.queue_id)
        standins.behave("postqueue", f'$real "$@" | grep -v {mail.queue_id} | {end}')
        standins.wait_for_calls("postqueue", 3)  # after two it would be forgotten
        site.assert_on_time(mail, due)
        standins.restore("postqueue")


STRANGE_LINES = """\
{}
[]
null
"hold"
{"queue_name": "hold", "queue_id":
{"queue_name": 5, "queue_id": ["x"], "arrival_time": {}, "message_size": "9"}
{"queue_name": "hold", "queue_id": "AAAAAA1", "arrival_time": 1e9, "message_size": 1}
{"queue_name": "hold", "queue_id": "AAAAAA2", "arrival_time": -1, "message_size": 1}
{"queue_name": "hold", "queue_id": "AAAAAA3", "message_size": 18446744073709551616}
"""
NO_IDS = (
    "",
    "ALL",
    "-",
    "A",
    "../../../etc/passwd",
    "AAAAAA4 AAAAAA5",
    "AAAAAA6\\nAAAAAA7",
    "A" * 33,
)


def listing_line(queue_name, queue_id, arrival_time=1, message_size=1, recipients=()):
    """A line as postqueue -j prints it."""
    members = {
        "queue_name": queue_name,
        "queue_id": queue_id,
        "arrival_time": arrival_time,
        "message_size": message_size,
        "forced_expire": False,
        "sender": "x@sender.test",
        "recipients": [{"address": address} for address in recipients],
    }
    return json.dumps(members) + "\n"


def lie_about(site, mail):
    """The listing line of a message as if it were in another queue."""
    entry = site.postfix.find(mail.recipient)
    queue_name = "hold" if entry["queue_name"] == "deferred" else "deferred"
    return listing_line(
        queue_name, mail.queue_id, entry["arrival_time"], entry["message_size"]
    )


def test_listing_of_rubbish(standin_site):
    """Strange values, ids that are none, that are nowhere, or in other queues."""
    site = standin_site
    standins = site.postfix.standins
    deferred = site.send_and_defer(deliver_at(due_in(1)))
    with unharmed(site):
        due = due_in(3)
        mail = site.send(deliver_at(due))
        lines = [
            *(lie_about(site, one) for one in (deferred, mail)),
            *(listing_line("hold", no_id) for no_id in NO_IDS),
            *(listing_line("hold", f"BBBBBB{number}") for number in range(20)),
            *(listing_line(name, mail.queue_id) for name in ("", "hold/", "x" * 9000)),
        ]
        listing = site.postfix.folder / "listing"
        endless = listing_line("hold", "A" * 70000)
        listing.write_text("".join(lines) + STRANGE_LINES + endless)
        standins.behave("postqueue", f"cat {listing}; exit 0")
        standins.wait_for_calls("postqueue", 2)
        # a listing in which every line can be read, and which is whole
        listing.write_text("".join(lines))
        standins.behave("postqueue", f"cat {listing}; exit 0")
        standins.wait_for_calls("postqueue", 3)
        standins.restore("postqueue")
        site.assert_delivered_once(mail, due, SOON_S)
        assert len(site.postfix.logged(f" {deferred.queue_id}: .*status=deferred")) == 1
        assert site.is_deferred(deferred)
        site.discard(deferred)


# The headers


def test_headers_cut_off_between_two_dates(standin_site):
    """The first date alone releases nothing, and is forgotten for the later one."""
    site = standin_site
    standins = site.postfix.standins
    with unharmed(site):
        first = due_in(1)
        due = first + 2
        standins.behave("postcat", '$real "$@" | sed "/^X-Deliver-At/q"; exit 0')
        mail = site.send(deliver_at(first), deliver_at(due))
        wait_for_clock(first + 1)
        standins.wait_for_calls("postcat", 2)
        standins.restore("postcat")
        site.assert_delivered_once(mail, due, SOON_S)


FLOOD_OF_HEADERS = """\
for id; do :; done
echo "*** ENVELOPE RECORDS hold/$id ***"
echo "*** MESSAGE CONTENTS hold/$id ***"
{headers} | head -c 100000000
echo
echo "*** HEADER EXTRACTED hold/$id ***"
exit 0
"""


@pytest.mark.parametrize(
    "headers",
    [
        "(printf 'X-Deliver-At: '; tr '\\0' x </dev/zero)",
        "(echo 'X-Deliver-At:'; yes ' (no date)')",
    ],
    ids=["long", "folded"],
)
def test_100_mb_of_headers(standin_site, headers):
    """In the place where headers are read, and without an end."""
    site = standin_site
    standins = site.postfix.standins
    with unharmed(site):
        flood = FLOOD_OF_HEADERS.format(headers=headers)
        standins.behave("postcat", f"[ $call -gt 1 ] || {{ {flood} }}")
        due = due_in(1)
        mail = site.send(deliver_at(due))
        site.assert_delivered_once(mail, due, SOON_S)


def test_100_mb_line_of_a_message(standin_site):
    """A held message with recipients without end is listed; walks go on after it."""
    site = standin_site
    standins = site.postfix.standins
    with unharmed(site):
        head = listing_line("hold", "AAAAAA1")[:-3]
        flood = "yes '{\"address\": \"x@sink.test\"},' | tr -d '\\n'"
        standins.behave(
            "postqueue",
            f"[ $call -gt 1 ] || {{ printf %s '{head}'; {flood} | head -c 100000000;"
            ' printf "{}]}\\n"; }',
        )
        standins.wait_for_calls("postqueue", 2)
        due = due_in(1)
        mail = site.send(deliver_at(due))
        site.assert_delivered_once(mail, due, SOON_S)
