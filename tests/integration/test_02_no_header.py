# SPDX-License-Identifier: ISC
"""2. No header: same result and no lookup, also with hdrcheck and policyd both dead."""

import os
import shutil
import socket
import threading
from contextlib import suppress

import pytest
from harness import deliver_at, due_in, message, new_recipient
from test_01_held_then_delivered import BODY, ODD_HEADERS, without_trace
from waiting import wait_until

# Names that only look like ours
NEAR_MISSES = (
    "X-Deliver-At-Least: 3",
    "X-Deliver: Fri, 25 Dec 2026 09:00:00 +0000",
    "Not-X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0000",
    "Comments: X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0000",
    "Comments: folded\r\n X-Deliver-At: Fri, 25 Dec 2026 09:00:00 +0000",
)


class CountingServer:
    """A socketmap server in hdrcheck's place: records the keys, finds nothing."""

    def __init__(self, path):
        self.keys = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        shutil.chown(path, "postfix")
        os.chmod(path, 0o600)
        self._listener.listen()
        self._path = path
        self._clients = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Be gone: no socket, no open connection."""
        self._path.unlink()
        for end in (self._listener, *self._clients):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _peer = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client):
        with client, client.makefile("rwb") as stream:
            while length := _netstring_length(stream):
                request = stream.read(length + 1)[:-1]
                self.keys.append(request.decode("latin-1"))
                stream.write(b"9:NOTFOUND ,")
                stream.flush()


def _netstring_length(stream):
    digits = b""
    while (byte := stream.read(1)) not in (b":", b""):
        digits += byte
    return int(digits or b"0")


@pytest.fixture
def server(cold_site):
    """A counting server where Postfix looks for hdrcheck; no daemon runs."""
    counting = CountingServer(cold_site.daemons.socketmap)
    yield counting
    counting.close()


def assert_same_result(site):
    """250 at once and delivered byte for byte, by SMTP and by sendmail(1)."""
    mail = site.send(*ODD_HEADERS, body=BODY)
    site.assert_passes_at_once(mail)
    got = without_trace(site.sink.wait_for(mail.recipient).content)
    assert got == message(*ODD_HEADERS, body=BODY)
    local = site.sendmail(*ODD_HEADERS)
    site.assert_passes_at_once(local)
    got = without_trace(site.sink.wait_for(local.recipient).content)
    assert got == message(*ODD_HEADERS)


def test_same_result_with_both_alive(site):
    """The message passes as it is."""
    assert_same_result(site)


def test_no_lookup(cold_site, server):
    """Not one question for mail without the header, whatever it has instead."""
    for headers in (ODD_HEADERS, NEAR_MISSES):
        cold_site.assert_passes_at_once(cold_site.send(*headers, body=BODY))
        cold_site.assert_passes_at_once(cold_site.sendmail(*headers))
    assert server.keys == []


def test_one_lookup_with_the_header(cold_site, server):
    """The server would have been asked: the same mail with the header asks once."""
    line = deliver_at(due_in(3600))
    cold_site.assert_passes_at_once(cold_site.send(line, *ODD_HEADERS, body=BODY))
    assert server.keys == [f"deliver-at {line}"]


def test_same_result_with_both_dead(cold_site):
    """No socket there at all, as before the daemons were ever started."""
    assert not cold_site.daemons.socketmap.exists()
    assert_same_result(cold_site)


def test_same_result_after_both_were_killed(site):
    """Sockets left behind by kill -9 that nobody answers on."""
    site.assert_passes_at_once(site.send(deliver_at(due_in(-60))))
    site.daemons.hdrcheck.kill()
    site.daemons.policyd.kill()
    assert site.daemons.socketmap.exists()
    assert_same_result(site)


def test_with_the_header_waits_for_hdrcheck(cold_site):
    """Dead daemons refuse mail with the header for now: 451, nothing sent early."""
    reply = cold_site.submit(message(deliver_at(due_in(1))))
    assert (reply.code, reply.text[:5]) == (451, "4.3.0")
    cold_site.assert_queue_empty()
    cold_site.daemons.start()
    due = due_in(1)
    mail = cold_site.send(deliver_at(due))
    cold_site.assert_on_time(mail, due)


def test_local_mail_with_the_header_waits_for_hdrcheck(cold_site):
    """sendmail(1) takes it, pickup keeps it until hdrcheck is there."""
    site = cold_site
    due = due_in(3)
    recipient = new_recipient()
    earlier = len(site.postfix.logged("pickup.*queue file write error"))
    site.postfix.sendmail(message(deliver_at(due)), [recipient])
    wait_until(
        "pickup has tried",
        lambda: len(site.postfix.logged("pickup.*queue file write error")) > earlier,
    )
    assert not site.sink.deliveries(recipient)
    site.daemons.start()
    site.postfix.wake_pickup()
    wait_until(
        "it is on hold", lambda: site.postfix.find(recipient)["queue_name"] == "hold"
    )
    assert site.sink.wait_for(recipient).began >= due
