# SPDX-License-Identifier: ISC
"""29. The status page's HTTP: what it answers, and that bad clients harm nobody."""

import os
import random
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from harness import open_site
from http_peers import (
    CONNECTIONS,
    FIELDS_MAX,
    HEAD_MAX,
    IDLE_S,
    TARGET_MAX,
    HttpPeer,
    request,
)
from instance import free_port
from processes import bounded_memory
from waiting import wait_until

PLACES = {
    "/": "text/html; charset=utf-8",
    "/metrics": "text/plain; version=0.0.4; charset=utf-8",
    "/status.json": "application/json",
    "/healthz": "text/plain; charset=utf-8",
}
ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LATE_S = 5  # how much later than IDLE_S somebody may be dropped here
OTHER_METHODS = ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH")


@dataclass(frozen=True)
class Web:
    """The status page of a running policyd."""

    address: object
    pid: int

    def connect(self):
        """A new connection to it."""
        return HttpPeer(self.address)

    def refuses(self, data, status):
        """Sent on a connection of its own, this is answered so, and that is all."""
        with self.connect() as peer:
            peer.send_what_fits(data)
            reply = peer.read_reply(head_only=data.startswith(b"HEAD "))
            assert (reply.status, reply.closes) == (status, True), data[:80]
            assert peer.receive(1) == b"", "something follows"
        return reply


@pytest.fixture(scope="module", params=["inet", "unix"], name="web")
def running_page(request, shared_postfix, shared_sink):
    """One policyd for the whole file; its page must be the same process to the end."""
    address, listen = None, None
    if request.param == "inet":
        address = ("127.0.0.1", free_port())
        listen = "inet:%s:%d" % address
    else:
        address = shared_postfix.socket_folder / "page"
        listen = f"unix:{address}"
    with open_site(shared_postfix, shared_sink, metrics_listen=listen) as site:
        # A sanitizer keeps what was freed: it would look like memory in use.
        options = [os.environ.get("ASAN_OPTIONS", ""), "quarantine_size_mb=1"]
        site.daemons.policyd.environment["ASAN_OPTIONS"] = ":".join(options)
        site.daemons.start()
        pid = site.daemons.policyd.page().pid
        yield Web(address, pid)
        assert site.daemons.policyd.page().pid == pid
        with HttpPeer(address) as idle:  # that is no reason not to stop
            assert is_alive(idle)


def is_alive(peer):
    """It is answered; True."""
    reply = peer.get("/healthz")
    assert reply.status in (200, 503) and reply.body and not reply.closes
    return True


@pytest.fixture(name="good")
def good_client(web):
    """A client that behaves, connected before the others come, served to the end."""
    with web.connect() as peer:
        assert is_alive(peer)
        yield peer
        assert is_alive(peer)


# What it answers


@pytest.mark.parametrize("target", PLACES)
def test_places(good, target):
    """Each has its type, and all have what browsers must know."""
    reply = good.get(target)
    assert reply.status == 200 or (target, reply.status) == ("/healthz", 503)
    assert reply.fields.items() >= ALWAYS.items()
    assert reply.fields["Content-Type"] == PLACES[target]
    assert "default-src 'none'" in reply.fields["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in reply.fields["Content-Security-Policy"]
    assert reply.fields["Date"].endswith(" GMT")
    assert "Server" not in reply.fields
    assert not reply.closes


@pytest.mark.parametrize("target", [*PLACES, "/none"])
def test_head(good, target):
    """The same but for the body; what follows is the next reply."""
    whole = good.get(target)
    good.send(request(target, method="HEAD") + request("/none"))
    head = good.read_reply(head_only=True)
    volatile = ("Date", "Content-Length")
    assert head.head_but(*volatile) == whole.head_but(*volatile)
    if target in ("/none", "/healthz"):
        assert head.fields["Content-Length"] == whole.fields["Content-Length"]
    assert int(head.fields["Content-Length"]) > 0
    assert good.read_reply().status == 404


def test_a_library(web):
    """http.client asks for all of it over one connection."""
    with web.connect() as peer:
        client = peer.client()
        for target in (*PLACES, "/none", *PLACES):
            client.request("GET", target)
            reply = client.getresponse()
            assert reply.read() and not reply.will_close


def test_http_1_0(web):
    """It ends behind the reply unless the client asks for more."""
    with web.connect() as peer:
        reply = peer.get("/healthz", "Connection: keep-alive", version="1.0", host=None)
        assert reply.fields["Connection"] == "keep-alive"
        assert peer.get("/none", version="1.0", host=None).closes
        assert peer.receive(1) == b""


def test_close(web):
    """So it does with 1.1 where the client says so, however it says it."""
    values = ("close", "x,CLOSE", "keep-alive, close")
    for field in (f"Connection: {value}" for value in values):
        with web.connect() as peer:
            peer.send(request("/healthz", field) + request())
            assert peer.read_reply().closes
            assert peer.receive(1) == b"", field


def test_targets_that_are_places(good):
    """A query does not matter, nor whom a proxy thinks it asks."""
    for target in ("/healthz?", "/healthz?a=b/../c?d", "http://else.test:1/healthz"):
        assert good.get(target).fields["Content-Type"] == PLACES["/healthz"]
    assert good.get("http://else.test").fields["Content-Type"] == PLACES["/"]


PATH_TRICKS = (
    "//",
    "//metrics",
    "/metrics/",
    "/metrics//",
    "/METRICS",
    "/%6detrics",
    "/metrics%00",
    "/metrics%0d%0aX:y",
    "/../metrics",
    "/./metrics",
    "/a/../metrics",
    "/..%2fmetrics",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/../../../etc/passwd",
    "/..\\..\\etc\\passwd",
    "/etc/deliver-at/deliver-at.conf",
    "/metrics;a",
    "/metrics&a",
    "/.",
    "/..",
    "/favicon.ico",
    "/robots.txt",
    "/%",
    "/%zz",
    "/" + "a" * (TARGET_MAX - 1),
    "http://else.test/../metrics",
)


def test_paths_that_are_no_places(good):
    """404, in words that repeat nothing of them; the connection stays."""
    for target in PATH_TRICKS:
        reply = good.get(target)
        assert (reply.status, reply.body) == (404, b"404 Not Found\n"), target
        assert not reply.closes


def test_names_of_others(good, web):
    """A name may be anybody's, who then could read it through a browser here."""
    for host in ("evil.test", "evil.test:80", "localhost.evil.test"):
        reply = good.get("/metrics", host=host)
        if isinstance(web.address, tuple):
            assert (reply.status, reply.closes) == (421, False), host
            assert b"localhost" in reply.body and b"HELP" not in reply.body
        else:
            assert reply.status == 200, "whoever is in front knows the name"
    for host in ("localhost:1", "127.0.0.1", "[::1]:80", "192.0.2.1"):
        assert good.get("/metrics", host=host).status == 200, host


# What it refuses

GET = "GET / HTTP/1.1\r\nHost: localhost\r\n"
LONG_FIELD = "X: " + "y" * HEAD_MAX + "\r\n"
BAD = {
    "a host is missing": (request(host=None), 400),
    "two hosts": (request("/", "Host: else"), 400),
    "the same host twice": (request("/", "Host: localhost"), 400),
    "a list of hosts": (request(host="a, b"), 400),
    "a host and a path": (request(host="a/b"), 400),
    "a host and a user": (request(host="u@a"), 400),
    "a length and a coding": (
        request("/", "Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        400,
    ),
    "a coding and a length": (
        request("/", "Transfer-Encoding: chunked", "Content-Length: 4") + b"0\r\n\r\n",
        400,
    ),
    "a coding": (request("/", "Transfer-Encoding: chunked") + b"0\r\n\r\n", 501),
    "an odd coding": (request("/", "Transfer-Encoding: x, chunked"), 501),
    "a coding of 1.0": (request("/", "Transfer-Encoding: chunked", version="1.0"), 400),
    "a coding behind a blank": (request("/", "Transfer-Encoding : chunked"), 400),
    "a folded coding": (request("/", "X: y", " Transfer-Encoding: chunked"), 400),
    "a coding in a folded line": (request("/", "Transfer-Encoding:", "\tchunked"), 400),
    "two lengths": (request("/", "Content-Length: 0", "Content-Length: 5"), 400),
    "the same length twice": (request("/", *["Content-Length: 0"] * 2), 400),
    "a list of lengths": (request("/", "Content-Length: 0, 0"), 400),
    "a length below 0": (request("/", "Content-Length: -1"), 400),
    "a length with a sign": (request("/", "Content-Length: +0"), 400),
    "a length of hex": (request("/", "Content-Length: 0x5"), 400),
    "a length that wraps": (request("/", f"Content-Length: {2**64}"), 413),
    "a body": (request("/", "Content-Length: 5") + b"hello", 413),
    "a body that is a request": (
        request("/", f"Content-Length: {len(request())}") + request(),
        413,
    ),
    "a lone LF behind the line": (b"GET / HTTP/1.1\nHost: localhost\r\n\r\n", 400),
    "lone LFs": (GET.replace("\r", "").encode() + b"\n", 400),
    "a lone CR": (GET.encode() + b"X: y\rZ: 1\r\n\r\n", 400),
    "a NUL in a value": (GET.encode() + b"X: y\0\r\n\r\n", 400),
    "a NUL in a path": (b"GET /metrics\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a blank behind the version": (b"GET / HTTP/1.1 \r\nHost: localhost\r\n\r\n", 400),
    "a blank in the target": (b"GET / / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "two blanks": (b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "no version": (b"GET /\r\n", 400),
    "version 2": (b"GET / HTTP/2.0\r\n\r\n", 505),
    "version 0.9": (b"GET / HTTP/0.9\r\n\r\n", 505),
    "version 2 of HEAD": (b"HEAD / HTTP/2.0\r\n\r\n", 505),
    "a host missing, HEAD": (request(method="HEAD", host=None), 400),
    "HTTP/2 without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 501),
    "an unknown method": (request(method="BREW"), 501),
    "lower case": (request(method="get"), 501),
    "a target of *": (request("*"), 400),
    "a target of a host": (request("localhost:80"), 400),
    "a target elsewhere": (request("file:///etc/passwd"), 400),
    "a fragment": (request("/#a"), 400),
    "a target too long": (request("/" + "a" * TARGET_MAX), 414),
    "a query too long": (request("/?" + "a" * HEAD_MAX), 414),
    "a method without end": (b"A" * 100_000, 501),
    "a target without end": (b"GET /" + b"a" * 100_000, 414),
    "a field without end": (GET.encode() + b"X: " + b"y" * 100_000, 431),
    "a name without end": (GET.encode() + b"X" * 100_000, 431),
    "a long field": ((GET + LONG_FIELD + "\r\n").encode(), 431),
    "fields without end": (GET.encode() + b"X: y\r\n" * 100_000, 431),
    "too many fields": (request("/", *["X: y"] * FIELDS_MAX), 431),
    "empty lines without end": (b"\r\n" * 100_000, 400),
    "blanks": (b" " * 100_000, 400),
    "NULs": (b"\0" * 100_000, 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400),
    "a netstring": (b"10:deliver-at,", 400),
    "another protocol": (b"EHLO sender.test\r\n", 501),
    "that of policyd": (b"request=smtpd_access_policy\n\n", 400),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_requests(web, good, what):
    """Answered as they deserve, and that was the last of that connection."""
    data, status = BAD[what]
    reply = web.refuses(data, status)
    assert reply.fields.items() >= ALWAYS.items()
    if not data.startswith(b"HEAD "):
        assert reply.body.startswith(b"%d " % status)
    assert is_alive(good)


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_other_methods(web, method):
    """They are known, and not for this."""
    for body in (b"", b"hello", request()):
        data = request("/", f"Content-Length: {len(body)}", method=method) + body
        assert web.refuses(data, 405).fields["Allow"] == "GET, HEAD"


def test_limits_themselves(good):
    """What is just as large as may be is answered."""
    assert good.get("/?" + "a" * (TARGET_MAX - 2)).status == 200
    assert good.get("/", *["X: y"] * (FIELDS_MAX - 1)).status == 200
    least = len(request("/", "X: "))
    assert good.get("/", "X: " + "y" * (HEAD_MAX - least)).status == 200


def test_a_large_body(web, good):
    """Who still sends when it is refused reads the answer all the same."""
    body = b"x" * 4_000_000
    for method, status in (("POST", 405), ("GET", 413)):
        data = request("/", f"Content-Length: {len(body)}", method=method) + body
        with web.connect() as peer:
            peer.send(data)
            assert peer.read_reply().status == status
            assert peer.receive(1) == b""
    assert is_alive(good)


# How requests come


def test_pipelined(good):
    """Ten at once are answered in their order."""
    targets = [*PLACES, "/none", *PLACES, "/last"]
    good.send(b"".join(request(target) for target in targets))
    for target in targets:
        reply = good.read_reply()
        plain = PLACES["/healthz"]
        assert reply.fields["Content-Type"] == PLACES.get(target, plain), target


def test_pipelined_with_a_bad_one(web, good):
    """Those before it are answered, those behind it are not."""
    for bad, status in ((b"BREW / HTTP/1.1\r\n\r\n", 501), (b"\0", 400)):
        with web.connect() as peer:
            peer.send(request("/healthz") * 5 + bad + request("/healthz") * 5)
            for _ in range(5):
                assert not peer.read_reply().closes
            assert peer.read_reply().status == status
            assert peer.receive(1) == b""
    assert is_alive(good)


def test_many_pipelined(web, good):
    """More than there is room for at once; others get their turn meanwhile."""
    count = 2000
    with web.connect() as peer:
        sender = threading.Thread(target=peer.send, args=(request("/") * count,))
        sender.start()
        for number in range(count):
            assert peer.read_reply().status == 200
            if number % 100 == 0:
                assert is_alive(good)
        sender.join()


def test_a_byte_at_a_time(web, good):
    """It is answered like any other, and delays nobody."""
    with web.connect() as slow:
        for byte in request("/healthz", "X: y"):
            slow.send(bytes([byte]))
            assert is_alive(good)
        assert slow.read_reply().body


def test_an_empty_line_between(good):
    """One is passed over, as RFC 9112 has it."""
    good.send(request("/healthz") + b"\r\n" + request("/none"))
    good.read_reply()
    assert good.read_reply().status == 404


def test_an_end_in_the_middle(web, good):
    """Of the stream, at each byte of a request; orderly or by a reset."""
    data = request("/", "Connection: close")
    for size in range(len(data) + 1):
        with web.connect() as peer:
            peer.send(data[:size])
        with web.connect() as peer:
            peer.send(data[:size])
            peer.reset()
        assert is_alive(good)


def test_a_reset_instead_of_reading(web, good):
    """While pages are on their way to it."""
    for count in (1, 2, 10, 100):
        with web.connect() as peer:
            peer.send_what_fits(request("/") * count)
            peer.receive(100)
            peer.reset()
        assert is_alive(good)


def test_garbage(web, good):
    """Bytes of any kind, alone and where a request should go on."""
    dice = random.Random(29)
    starts = (b"", b"GET ", b"GET /", b"GET / HTTP/1.1\r\n", GET.encode())
    for number in range(300):
        start = starts[number % len(starts)]
        with web.connect() as peer:
            peer.send_what_fits(start + dice.randbytes(dice.randrange(1, 3000)))
            if number % 3 == 0:
                peer.reset()
        assert is_alive(good)


def test_mutated_requests(web, good):
    """One byte is another one: refused or answered, never silence and never the end."""
    dice = random.Random(9112)
    data = request("/healthz?a", "X: y", "Connection: close")
    for _ in range(500):
        mutant = bytearray(data)
        mutant[dice.randrange(len(data))] = dice.randrange(256)
        with web.connect() as peer:
            peer.send(bytes(mutant) + b"\r\n\r\n\0")
            status = peer.read_reply(head_only=True).status
            assert status in (200, 503, 400, 404, 421, 501, 505), mutant
            assert peer.is_hung_up_on()
        assert is_alive(good)


# How many, and how long


def test_more_peers_than_places(web):
    """The one that is idle longest gives way, and no other."""
    with ExitStack() as open_peers:
        peers = []
        for _ in range(CONNECTIONS):
            peers.append(open_peers.enter_context(web.connect()))
            assert is_alive(peers[-1])
        assert is_alive(peers[0])  # so the second is idle longest
        with web.connect() as one_more:
            assert is_alive(one_more)
            assert peers[1].receive(1) == b""
            for peer in (peers[0], *peers[2:]):
                assert is_alive(peer)


def test_far_more_peers(web, good):
    """Who works is not pushed out, nor is there an end to who may come."""
    with ExitStack() as open_peers:
        for number in range(10 * CONNECTIONS):
            peer = open_peers.enter_context(web.connect())
            if number % 2:
                peer.send(request()[: number % 30])
            assert is_alive(good)
        with web.connect() as late:
            assert is_alive(late)


def test_peers_that_do_not_read(web, good):
    """Pages are not made for them without end."""
    with ExitStack() as open_peers, bounded_memory(web.pid):
        for _ in range(CONNECTIONS - 1):
            peer = open_peers.enter_context(web.connect())
            data = request("/") * 1000
            while peer.send_what_fits(data) == len(data):
                assert is_alive(good)
            assert is_alive(good)


def stall(web, open_peers):
    """Peers that ask for nothing whole, or do not read or end what they asked for."""
    idle, half, trickling, deaf, lingering = (
        open_peers.enter_context(web.connect()) for _ in range(5)
    )
    half.send(request()[:-2])
    trickling.send(b"GET /healthz?")
    data = request("/") * 1000
    while deaf.send_what_fits(data) == len(data):
        pass
    lingering.send(b"POST ")
    assert lingering.read_reply().status == 405
    assert lingering.receive(1) == b""
    return idle, half, trickling, deaf, lingering


def test_peers_that_stall(web, good):
    """Dropped when their time is over, not before it, and nobody waits for them."""
    with ExitStack() as open_peers:
        began = time.monotonic()
        idle, half, trickling, deaf, lingering = stall(web, open_peers)
        there = {
            "idle": lambda: not idle.has_ended(),
            "half": lambda: not half.has_ended(),
            "trickling": lambda: trickling.takes(b"a") and not trickling.has_ended(),
            "deaf": lambda: deaf.takes(request()),
            "lingering": lambda: lingering.takes(b"more"),
        }
        dropped = {}

        def all_gone():
            assert is_alive(good)
            for name in [name for name in there if not there[name]()]:
                dropped[name] = time.monotonic() - began
                del there[name]
            return not there

        wait_until("all of them are dropped", all_gone, IDLE_S + LATE_S)
        assert min(dropped.values()) >= IDLE_S - 0.1, dropped
