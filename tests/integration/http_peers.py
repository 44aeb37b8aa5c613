# SPDX-License-Identifier: ISC
"""HTTP spoken by hand, so that nothing corrects what is sent or hides what comes."""

import http.client
import socket
import struct
from dataclasses import dataclass

from peers import ANSWER_TIMEOUT_S, Peer

HEAD_MAX = 8 * 1024  # bytes of a request
TARGET_MAX = 1024
FIELDS_MAX = 64
CONNECTIONS = 32
IDLE_S = 10
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # struct linger


def request(target="/", *fields, method="GET", version="1.1", host="localhost"):
    """A request with these field lines."""
    lines = [f"{method} {target} HTTP/{version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    return "\r\n".join([*lines, *fields, "", ""]).encode("latin-1")


@dataclass(frozen=True)
class Reply:
    """One reply, whose head was well-formed."""

    status: int
    fields: dict
    head: bytes
    body: bytes

    @property
    def closes(self):
        """True when it says that nothing follows."""
        return self.fields["Connection"] == "close"

    def head_but(self, *names):
        """Its lines without these fields."""
        lines = self.head.decode().split("\r\n")
        return [line for line in lines if line.split(":")[0] not in names]


class HttpPeer(Peer):
    """One connection to the status page."""

    def read_reply(self, head_only=False):
        """The next reply; its body is as long as it says."""
        head = self.receive_until(b"\r\n\r\n")
        assert head.endswith(b"\r\n\r\n"), f"ended in a head: {head!r}"
        status_line, *lines = head.decode("ascii").split("\r\n")[:-2]
        version, status, reason = status_line.split(" ", 2)
        assert version == "HTTP/1.1" and reason
        fields = dict(line.split(": ", 1) for line in lines)
        assert len(fields) == len(lines), f"a field twice: {head!r}"
        length = 0 if head_only else int(fields["Content-Length"])
        body = self.receive(length)
        assert len(body) == length, "ended in a body"
        return Reply(int(status), fields, head, body)

    def get(self, target="/", *fields, **parts):
        """Ask, and read the reply."""
        self.send(request(target, *fields, **parts))
        return self.read_reply(head_only=parts.get("method") == "HEAD")

    def client(self):
        """One of the library, over this connection."""
        client = http.client.HTTPConnection("localhost")
        client.sock = self._socket
        return client

    def reset(self):
        """Hang up as a program that was killed with something unread."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        self._socket.close()

    def has_ended(self):
        """True when the other side sent its last; nothing else may be there to read."""
        self._socket.setblocking(False)
        try:
            return self._socket.recv(1) == b""
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True
        finally:
            self._socket.settimeout(ANSWER_TIMEOUT_S)

    def takes(self, data):
        """False when nobody is there any more to take it."""
        self._socket.setblocking(False)
        try:
            self._socket.send(data)
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            return False
        finally:
            self._socket.settimeout(ANSWER_TIMEOUT_S)
        return True
