# SPDX-License-Identifier: ISC
"""16. Peers that stall, trickle, flood or lie harm nobody but themselves."""

import threading
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from harness import open_site
from instance import free_port
from peers import POLICY, SOCKETMAP, TCP_TABLE, Peer, Protocol
from processes import bounded_memory

CONNECTIONS = 40
PIPELINED = 100_000
DEAF_ROOM = 4096  # else TCP may have room for all that is answered


@dataclass(frozen=True)
class Service:
    """One listener of a running daemon."""

    protocol: Protocol
    address: object
    pid: int

    def connect(self, room=None):
        """A new connection to it."""
        return Peer(self.address, room)


@pytest.fixture(
    scope="module", params=[SOCKETMAP, TCP_TABLE, POLICY], ids=lambda p: p.name
)
def service(request, shared_postfix, shared_sink):
    """Each of the three protocols, with few connections allowed."""
    port = free_port()
    settings = {
        "max_connections": CONNECTIONS,
        "tcp_table_listen": f"inet:127.0.0.1:{port}",
    }
    with open_site(shared_postfix, shared_sink, **settings) as site:
        site.daemons.start()
        address, pid = {
            "socketmap": (site.daemons.socketmap, site.daemons.hdrcheck.pid),
            "tcp_table": (("127.0.0.1", port), site.daemons.hdrcheck.pid),
            "policy": (
                shared_postfix.socket_folder / "policy",
                site.daemons.policyd.child().pid,
            ),
        }[request.param.name]
        yield Service(request.param, address, pid)


@pytest.fixture
def good(service):
    """A client that behaves, connected before the others come."""
    with service.connect() as peer:
        peer.ask(service.protocol)
        yield peer


def test_stalling_peers(service, good):
    """They stop in the middle of a request and take all other places."""
    with ExitStack() as open_peers:
        for _ in range(CONNECTIONS - 1):
            peer = open_peers.enter_context(service.connect())
            peer.send(service.protocol.request[:-1])
        for _ in range(100):
            good.ask(service.protocol)


def test_more_peers_than_places(service, good):
    """New ones push out who was idle longest, not who works."""
    with ExitStack() as open_peers:
        for _ in range(5 * CONNECTIONS):
            open_peers.enter_context(service.connect())
            good.ask(service.protocol)
        with service.connect() as late:
            late.ask(service.protocol)


def test_a_peer_that_trickles(service, good):
    """A byte at a time is answered like any other, and delays nobody."""
    with service.connect() as slow:
        for byte in service.protocol.request:
            slow.send(bytes([byte]))
            good.ask(service.protocol)
        assert slow.receive(len(service.protocol.reply)) == service.protocol.reply


def flood(service, ended):
    """Requests without a pause, until told to end."""
    requests = service.protocol.request * 100
    with service.connect() as peer:
        while not ended.is_set():
            peer.send(requests)
            peer.receive(100 * len(service.protocol.reply))


def test_peers_that_flood(service, good):
    """Others get their turn."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=flood, args=(service, ended), daemon=True)
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(100):
            good.ask(service.protocol)
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_a_peer_that_does_not_read(service, good):
    """It is not read from either, and gets every answer once it reads."""
    requests = service.protocol.request * PIPELINED
    with service.connect(room=DEAF_ROOM) as deaf:
        with bounded_memory(service.pid):
            sent = deaf.send_what_fits(requests)
            good.ask(service.protocol)
            sent += deaf.send_what_fits(requests[sent:])
            assert sent < len(requests), "nothing stopped the peer"
            for _ in range(100):
                good.ask(service.protocol)
        rest = threading.Thread(target=deaf.send, args=(requests[sent:],))
        rest.start()
        replies = deaf.receive(PIPELINED * len(service.protocol.reply))
        rest.join()
    assert replies == service.protocol.reply * PIPELINED


def test_peers_that_lie(service, good):
    """What is no request ends that connection, at once and without memory."""
    with bounded_memory(service.pid):
        for malformed in service.protocol.malformed:
            with service.connect() as peer:
                peer.send_what_fits(malformed)
                assert peer.is_hung_up_on(), malformed[:40]
            good.ask(service.protocol)


def test_peers_that_come_and_go(service):
    """Connections cost nothing once they are gone."""
    for _ in range(500):
        service.connect().close()
    with ExitStack() as open_peers:
        for _ in range(500):
            peer = open_peers.enter_context(service.connect())
            peer.send(service.protocol.request[:7])
    with service.connect() as late:
        late.ask(service.protocol)
