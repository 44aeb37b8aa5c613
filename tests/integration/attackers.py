# SPDX-License-Identifier: ISC
"""attackers.py KIND PROTOCOL ADDRESS COUNT: that many connections that do harm.

Says "attacking" when all of them are in place, and goes on until its standard input
ends; then says in a line of JSON how much it did. Whoever is hung up on comes again.

They are one process that is nice: the harm is to come from what the daemon does for
them, not from the processor that they take away from it.
"""

import errno
import json
import os
import resource
import select
import socket
import struct
import sys
from collections import deque

from peers import PROTOCOLS, address_of

# What an attacker waits for.
TURN = "its next turn"
EVENT = "something from its socket"
PIPELINED = 100_000
AHEAD = (200, 20)  # requests of a flood; every other attacker has few
PIECE = 64 * 1024
GIGABYTE = 1 << 30
# Bytes: else TCP may have room for all that is answered, and sends what it took long
# ago whenever the daemon has read some of it, in the daemon's time.
DEAF_ROOM = 4096
HUNG_UP = (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN)
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # struct linger
EVENTS = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET


class Attacker:
    """One place in the crowd, and whatever connection is in it just now.

    What it does is a generator, which says what it waits for each time.
    """

    def __init__(self, crowd, number):
        self.crowd = crowd
        self.number = number
        self.protocol = crowd.protocol
        self.socket = None
        self.story = self._live()

    def _live(self):
        """One connection after the other."""
        while True:
            try:
                yield from self._connect()
                yield from KINDS[self.crowd.kind](self)
            except OSError as error:
                if error.errno not in HUNG_UP:
                    raise
            self.socket.close()  # and nobody waits for it any more
            yield TURN

    def _connect(self):
        while True:
            self.socket = socket.socket(self.crowd.family, socket.SOCK_STREAM)
            self.socket.setblocking(False)
            if self.crowd.kind == "deaf" and self.crowd.family == socket.AF_INET:
                self._have_room(socket.SO_RCVBUF, DEAF_ROOM)
                self._have_room(socket.SO_SNDBUF, DEAF_ROOM)
            error = self.socket.connect_ex(self.crowd.address)
            self.crowd.watch(self)
            if error == errno.EINPROGRESS:
                yield EVENT
                error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error == 0:
                break
            self.socket.close()  # no room for it yet
            yield TURN
        self.crowd.connections += 1

    def _have_room(self, option, size):
        self.socket.setsockopt(socket.SOL_SOCKET, option, size)

    def send_some(self, data):
        """How much was taken; 0: nothing just now."""
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            return 0
        self.crowd.sent += sent
        return sent

    def send(self, data):
        """All of it."""
        data = memoryview(data)
        while data:
            sent = self.send_some(data[:PIECE])
            data = data[sent:]
            yield TURN if sent else EVENT

    def receive_some(self):
        """What is there; None: nothing just now, empty: nothing ever."""
        try:
            data = self.socket.recv(PIECE)
        except BlockingIOError:
            return None
        self.crowd.received += len(data)
        return data

    def await_answer(self):
        """Something comes, or the end does."""
        while self.receive_some() is None:
            yield EVENT

    def await_end(self):
        """All comes."""
        while (data := self.receive_some()) != b"":
            yield EVENT if data is None else TURN


def stall(attacker):
    """Half a request."""
    yield from attacker.send(attacker.protocol.request[:-1])
    yield from attacker.await_end()


def trickle(attacker):
    """A byte at a time of a request that is long and never whole."""
    for byte in attacker.protocol.longest[:-1]:
        yield from attacker.send(bytes([byte]))
    yield from attacker.await_end()


def hoard(attacker):
    """The same, from where the longest request there may be is nearly whole."""
    longest = attacker.protocol.longest
    most = len(longest) * 15 // 16
    yield from attacker.send(longest[:most])
    for byte in longest[most:-1]:
        yield from attacker.send(bytes([byte]))
    yield from attacker.await_end()


def flood(attacker):
    """Requests without a pause; the answers are read.

    There are always some that are not answered yet, but not as many as there is room
    for: else it is the timers of a thousand TCP connections whose window is closed, in
    the kernel, that delay others.
    """
    requests = attacker.crowd.pipelined
    request, reply = len(attacker.protocol.request), len(attacker.protocol.reply)
    ahead = AHEAD[attacker.number % 2]
    sent = received = 0
    while True:
        most = (ahead + received // reply) * request - sent
        at = sent % len(requests)
        taken = attacker.send_some(requests[at : at + most]) if most else 0
        got = attacker.receive_some()
        if got == b"":
            return
        sent += taken
        received += len(got or b"")
        yield TURN if taken or got else EVENT


def deaf(attacker):
    """Requests without an end; no answer is read."""
    yield from attacker.send(attacker.crowd.pipelined)
    while True:
        yield EVENT


def lie(attacker):
    """What is no request, each time something else."""
    lies = attacker.protocol.malformed
    number = attacker.crowd.connections + attacker.number
    yield from attacker.send(lies[number % len(lies)])
    yield from attacker.await_answer()


def gigabyte(attacker):
    """What would be a request of that size, as much of it as is taken."""
    start, more = attacker.protocol.endless[attacker.number % 2]
    yield from attacker.send(start)
    more *= PIECE // len(more)
    for _ in range(GIGABYTE // len(more)):
        yield from attacker.send(more)


def half_close(attacker):
    """One request and a half, and then nothing is to follow."""
    request = attacker.protocol.request
    yield from attacker.send(request + request[: len(request) // 2])
    attacker.socket.shutdown(socket.SHUT_WR)
    yield from attacker.await_end()


def reset(attacker):
    """It breaks off in the middle, with answers not read."""
    request = attacker.protocol.request
    yield from attacker.send(request * 3 + request[: len(request) // 2])
    attacker.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)


def come_and_go(_attacker):
    """It says nothing at all."""
    yield TURN


KINDS = {
    kind.__name__: kind
    for kind in (
        stall,
        trickle,
        hoard,
        flood,
        deaf,
        lie,
        gigabyte,
        half_close,
        reset,
        come_and_go,
    )
}


class Crowd:
    """All attackers; each gets its turn."""

    def __init__(self, kind, protocol, address):
        self.kind = kind
        self.protocol = protocol
        self.address = address
        self.pipelined = memoryview(protocol.request * PIPELINED)
        self.family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
        self.connections = 0
        self.sent = 0
        self.received = 0
        self._epoll = select.epoll()
        self._waiting = {}

    def watch(self, attacker):
        """Its socket is a new one."""
        fd = attacker.socket.fileno()
        self._epoll.register(fd, EVENTS)
        self._waiting[fd] = attacker

    def run(self, count, end):
        """Until there is something to read from end."""
        turns = deque(Attacker(self, number) for number in range(count))
        waiting = set()
        told = False
        self._epoll.register(end, select.EPOLLIN)
        while True:
            for fd, _ in self._epoll.poll(0 if turns else None, count + 1):
                if fd == end.fileno():
                    return
                if (attacker := self._waiting[fd]) in waiting:
                    waiting.remove(attacker)
                    turns.append(attacker)
            for _ in range(len(turns)):
                attacker = turns.popleft()
                if next(attacker.story) is TURN:
                    turns.append(attacker)
                else:
                    waiting.add(attacker)
            if not told and self.connections >= count:
                told = True
                print("attacking", flush=True)


def main():
    """The program."""
    kind, name, address, count = sys.argv[1:]
    os.nice(19)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd(kind, PROTOCOLS[name], address_of(address))
    crowd.run(int(count), sys.stdin)
    done = {"connections": crowd.connections}
    print(json.dumps({**done, "sent": crowd.sent, "received": crowd.received}))


if __name__ == "__main__":
    main()
