# SPDX-License-Identifier: ISC
"""policyd's control socket, spoken to by hand."""

import json
import socket
from contextlib import contextmanager

from waiting import wait_until

ANSWER_TIMEOUT_S = 20


class Control:
    """One connection of an administrator."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_TIMEOUT_S)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def close(self):
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def send(self, content):
        """Send these bytes as they are."""
        self._socket.sendall(content)

    def read_line(self):
        """The next line, without its end; empty at the end of all."""
        return self._lines.readline().decode().removesuffix("\n")

    def read_end(self):
        """All lines until the other side hangs up."""
        return [line.decode().removesuffix("\n") for line in self._lines]

    def ask(self, line, body=None):
        """A request and its answer, which is one line."""
        self.send(request(line, body))
        return self.read_line()


def request(line, body=None):
    """The bytes of a request; a body adds its length to the line."""
    if body is None:
        return f"{line}\n".encode()
    return f"{line} {len(body)}\n".encode() + body


def control_socket(site):
    """Where policyd hears its administrator."""
    return site.daemons.control_socket


def state_file(site, name):
    """A file of state_directory."""
    return site.daemons.state_folder / name


def ask(site, line, body=None):
    """Ask over a connection of its own."""
    with Control(control_socket(site)) as control:
        return control.ask(line, body)


def pause(site, reason=b""):
    """Nothing leaves from now on."""
    assert ask(site, "pause", reason) == "ok"


def resume(site):
    """Mail leaves again."""
    assert ask(site, "resume") == "ok"


def sweep(site):
    """Have policyd walk the queue."""
    assert ask(site, "sweep") == "ok"


def status(site):
    """What policyd says of itself."""
    return json.loads(ask(site, "status"))


def arrival(site, mail):
    """When a message that is in the queue arrived, as Postfix tells it."""
    entry = site.postfix.find(mail.recipient)
    assert entry, site.postfix.queue()
    return entry["arrival_time"]


def reschedule(site, due, *mails):
    """Set the moment (seconds since the epoch, "now", "never"); the answer."""
    lines = [f"{mail.queue_id} {arrival(site, mail)}\n" for mail in mails]
    return ask(site, f"reschedule {due}", "".join(lines).encode())


def walk(site):
    """A whole walk that begins after this was called has ended."""
    before = status(site)["walks"]
    sweep(site)
    # One that was under way may be the first to end.
    wait_until("policyd has walked", lambda: status(site)["walks"] >= before + 1)


def overrides(site):
    """The moments that are kept: queue id to DUE, as the file has them."""
    lines = state_file(site, "overrides").read_text().splitlines()
    assert lines[0] == "deliver-at overrides 1"
    return {line.split()[0]: line.split()[2] for line in lines[1:]}


@contextmanager
def following(site, how="tail"):
    """A connection that is told of what happens from here on."""
    with Control(control_socket(site)) as control:
        # What is answered before is no event: now it is known to be heard.
        assert control.ask("sweep") == "ok"
        control.send(f"{how}\n".encode())
        wait_until_heard(site)
        yield control


def wait_until_heard(site):
    """All that was sent before is known to policyd: it serves in turn."""
    status(site)


def events(site):
    """All events that are kept."""
    with Control(control_socket(site)) as control:
        control.send(b"events\n")
        return [json.loads(line) for line in control.read_end()]


def next_event(control, kind):
    """The next event of that kind; others are passed over."""
    while True:
        line = control.read_line()
        assert line, f"the end came before an event {kind}"
        event = json.loads(line)
        if event["event"] == kind:
            return event
