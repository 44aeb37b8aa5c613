# SPDX-License-Identifier: ISC
"""The daemons' protocols, spoken by hand: good requests, and bad ones."""

import socket
from dataclasses import dataclass

ANSWER_TIMEOUT_S = 20
LINE = "X-Deliver-At: Fri, 25 Dec 2020 09:00:00 +0100"
# Bytes that each protocol takes at most.
SOCKETMAP_MAX = 128 * 1024  # without the framing
TCP_TABLE_KEY_MAX = 128 * 1024
POLICY_MAX = 64 * 1024
LONG_LINE = b"x=" + b"y" * 4093 + b"\n"


def netstring(text):
    """As socketmap frames requests and replies."""
    return f"{len(text)}:{text},".encode()


def address_of(text):
    """What somebody connects to: HOST:PORT, or a path."""
    host, colon, port = text.rpartition(":")
    return (host, int(port)) if colon and port.isdigit() else text


@dataclass(frozen=True)
class Protocol:
    """One request that is due at once or asks for nothing, and its reply."""

    name: str
    request: bytes
    reply: bytes
    malformed: tuple  # each must be answered or hung up on, at once
    longest: bytes  # as long as a request may be
    endless: tuple  # starts of what is too long, and how each goes on
    varies: tuple = (0, 0)  # from where to where bytes of the reply may be others

    def is_reply(self, got):
        """Whether it is the right one."""
        start, stop = self.varies
        return got == self.reply[:start] + got[start:stop] + self.reply[stop:]


SOCKETMAP = Protocol(
    "socketmap",
    netstring(f"deliver-at {LINE}"),
    netstring("OK DUNNO"),
    (
        b"9223372036854775807:",
        b"9223372036854775808:",
        b"18446744073709551616:",
        b"1048577:x",
        b"-1:x,",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\0\0\0",
        b"5:hello;",
        b"05:hello,",
        b"18446744073709551621:hello,",
        b"1" * 500_000,
    ),
    netstring("deliver-at ".ljust(SOCKETMAP_MAX, "x")),
    ((b"1073741824:deliver-at ", b"x"), (b"%d:" % SOCKETMAP_MAX, b"x")),
)
TCP_TABLE = Protocol(
    "tcp_table",
    b"get " + LINE.replace(" ", "%20").encode() + b"\n",
    b"200 DUNNO\n",
    (b"x" * 500_000, b"\0" * 500_000, b"get %" * 100_000),
    b"get " + b"%78" * TCP_TABLE_KEY_MAX + b"\n",
    ((b"get ", b"x"), (b"", b"%25")),
)
POLICY = Protocol(
    "policy",
    b"request=smtpd_access_policy\nprotocol_state=RCPT\n\n",
    b"action=DUNNO\n\n",
    (
        b"\n\n",
        b"no equals sign\n\n",
        b"request=something_else\n\n",
        b"=value\n\n",
        b"request=smtpd_access_policy\nname=a\0b\n\n",
        b"x=" + b"y" * 100_000,
        b"x=y\n" * 100_000,
    ),
    (b"request=smtpd_access_policy\n" + LONG_LINE * 16)[: POLICY_MAX - 2] + b"\n\n",
    ((b"", LONG_LINE), (b"x=", b"y")),
)
# Of policyd's administrator. The answer is a line that is as long at least.
CONTROL = Protocol(
    "control",
    b"status\n",
    b"{" * 300 + b"\n",
    (b"\n", b"pause 9223372036854775808\n", b"x" * 100_000),
    b"reschedule now 1000000\n" + b"x" * 1_000_000,
    ((b"pause 1073741824\n", b"x"), (b"", b"x")),
)
PAGE_REPLY = (
    b"HTTP/1.1 404 Not Found\r\nDate: ",
    b"Sun, 06 Nov 1994 08:49:37 GMT",
    b"\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 14\r\n"
    b"Connection: keep-alive\r\n"
    b"Cache-Control: no-store\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Referrer-Policy: no-referrer\r\n"
    b"Cross-Origin-Resource-Policy: same-origin\r\n"
    b"Content-Security-Policy: default-src 'none'; base-uri 'none';"
    b" form-action 'none'; frame-ancestors 'none'\r\n"
    b"\r\n"
    b"404 Not Found\n",
)
# The status page's, of a place that there is not; its date varies.
PAGE = Protocol(
    "page",
    b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"".join(PAGE_REPLY),
    (),
    b"GET / HTTP/1.1\r\nX: ".ljust(8 * 1024, b"x"),
    ((b"GET /", b"x"), (b"GET / HTTP/1.1\r\n", b"X: y\r\n")),
    (len(PAGE_REPLY[0]), len(PAGE_REPLY[0] + PAGE_REPLY[1])),
)
PROTOCOLS = {one.name: one for one in (SOCKETMAP, TCP_TABLE, POLICY, CONTROL, PAGE)}


class Peer:
    """One connection. room: bytes that TCP may keep of what is not read yet."""

    def __init__(self, address, room=None):
        family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        if room is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        # Only then: with a timeout a unix socket does not wait for a full backlog.
        self._socket.connect(address if family == socket.AF_INET else str(address))
        self._socket.settimeout(ANSWER_TIMEOUT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def close(self):
        """Hang up."""
        self._socket.close()

    def send(self, data):
        """Send all of data."""
        self._socket.sendall(data)

    def send_what_fits(self, data):
        """Send until the other side takes no more; how much it took."""
        self._socket.setblocking(False)
        sent = 0
        try:
            while sent < len(data):
                sent += self._socket.send(data[sent : sent + 65536])
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
        self._socket.settimeout(ANSWER_TIMEOUT_S)
        return sent

    def receive(self, size):
        """Exactly size bytes, or less at the end of the stream."""
        got = bytearray()
        while len(got) < size:
            piece = self._socket.recv(min(size - len(got), 65536))
            if not piece:
                break
            got += piece
        return bytes(got)

    def receive_until(self, end):
        """What comes up to and with end, or less at the end of the stream."""
        got = bytearray()
        while not got.endswith(end):
            piece = self._socket.recv(1)
            if not piece:
                break
            got += piece
        return bytes(got)

    def ask(self, protocol):
        """One good request; its reply must be right."""
        self.send(protocol.request)
        got = self.receive(len(protocol.reply))
        assert protocol.is_reply(got), got

    def is_hung_up_on(self):
        """True when the other side closes, whatever it says before."""
        try:
            while self._socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return True
