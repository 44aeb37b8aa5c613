# SPDX-License-Identifier: ISC
"""16. A thousand connections that do harm: one that behaves hardly notices them.

All places but one are theirs. The client that was there before waits LATER times as
long for its answers as without them, at most, and the daemon's memory stays below what
its manual page says. PYTEST_ADDOPTS=-s JOBS=0 shows the figures.
"""

import json
import os
import select
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic

import http_peers
import pytest
from daemons import TOP
from harness import NO_INOTIFY, open_site
from instance import free_port
from peers import CONTROL, PAGE, POLICY, SOCKETMAP, TCP_TABLE, Protocol
from processes import bounded_memory, status
from waiting import PATIENCE, wait_until

CONNECTIONS = 1000  # max_connections
ADMINISTRATORS = 16
LATER = 5
# Microseconds that p99 may have in quiet, at least. Of a thousand TCP connections that
# are busy the kernel sees to the timers and acknowledgements before anybody runs.
QUIET_MIN_US = {TCP_TABLE: 200}
QUIET_SLICES = 7
ATTACK_SLICES = 11
START_S = 20
# What one connection may take, and where that is said.
HDRCHECK = TOP / "hdrcheck/hdrcheck.8"
POLICYD = TOP / "policyd/policyd.8"
EACH_MAX_KIB = {
    SOCKETMAP: (220, HDRCHECK),
    TCP_TABLE: (480, HDRCHECK),
    POLICY: (160, POLICYD),
    CONTROL: (160, POLICYD),
    PAGE: (600, POLICYD),
}
LEFT_MAX_KIB = 16 * 1024  # of all: what the C library keeps for the next
STAYING = ("stall", "trickle", "hoard", "flood", "deaf")
COMING = ("lie", "gigabyte", "half_close", "reset", "come_and_go")
OF_ADMINISTRATORS = ("trickle", "flood", "deaf", "come_and_go")
# Not come_and_go: as many as there are places may come before anybody asks again.
OF_PAGE = ("trickle", "flood", "deaf")
# Said once in the life of a daemon, if at all.
MEANT = (
    "connections are taken, the longest idle one gives way (logged once)",
    "policy: not a request, the connection is closed (logged once)",
)
# Else what was freed looks like memory in use.
SANITIZER = ":".join(
    (
        os.environ.get("ASAN_OPTIONS", ""),
        "quarantine_size_mb=1:allocator_release_to_os_interval_ms=100",
    )
)
FOLDER = Path(__file__).parent


@contextmanager
def helper(program, *arguments):
    """A process of our own that ends when its standard input does."""
    command = [sys.executable, str(FOLDER / program), *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def crowd(kind, protocol, address, count):
    """So many attackers; what they did comes into the dictionary at the end."""
    done = {}
    with helper("attackers.py", kind, protocol.name, address, count) as process:
        heard, _, _ = select.select([process.stdout], [], [], START_S * PATIENCE)
        assert heard and process.stdout.readline() == "attacking\n"
        yield done
        process.stdin.close()
        done.update(json.loads(process.stdout.readline() or "{}"))
        assert done, "the attackers have failed"


@dataclass(frozen=True)
class Service:
    """One listener of a running daemon, and its client that behaves."""

    protocol: Protocol
    address: object
    pid: int  # of the process that serves it
    daemon: object
    site: object
    steady: subprocess.Popen

    def measure(self, slices):
        """p50, p99 and max of its answers from now on, in microseconds.

        Medians of slices: others on this machine delay something now and then.
        """
        now = monotonic()
        heard = []
        while len(heard) < slices:
            line = self.steady.stdout.readline()
            assert line, "the client that behaves has not got its answer"
            one = json.loads(line)
            if one["began"] >= now:
                heard.append(one)
        return [median(one[name] for one in heard) for name in ("p50", "p99", "max")]

    def anonymous_kib(self):
        """Memory that is in no file."""
        return int(status(self.pid, "RssAnon")[0])

    def is_sanitized(self):
        """Whether what is freed is kept for a while."""
        return "libasan" in Path(f"/proc/{self.pid}/maps").read_text()

    def sockets(self):
        """How many it has."""
        count = 0
        for descriptor in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it is closed meanwhile
                count += os.readlink(descriptor).startswith("socket:")
        return count

    def wait_for_sockets(self, count):
        """Who wants to connect comes behind those who ask."""
        wait_until("all are connected", lambda: self.sockets() >= count, START_S)

    @contextmanager
    def logs_only_what_is_meant(self):
        """And that once. Beside a crowd a walk of the queue may take longer."""
        before = self.daemon.log()
        yield
        after = self.daemon.log()
        for line in after.removeprefix(before).splitlines():
            if " a walk of 0 messages takes " in line:
                continue
            meant = next((text for text in MEANT if text in line), None)
            assert meant and after.count(meant) == 1, line

    def stands(self, kind, protocol, address, count):
        """Whoever attacks: in time, in little memory, and nothing is left of it."""
        with self.logs_only_what_is_meant():
            quiet = self.measure(QUIET_SLICES)
            memory, sockets = self.anonymous_kib(), self.sockets()
            with bounded_memory(self.pid, growth_max_kib=sys.maxsize) as growth:
                with crowd(kind, protocol, address, count) as done:
                    if kind in STAYING:
                        self.wait_for_sockets(sockets + count)
                    attacked = self.measure(ATTACK_SLICES)
                    there = self.sockets() - sockets
            wait_until("they are gone", lambda: self.sockets() <= sockets)
        left = self.anonymous_kib() - memory
        text = (
            f"{protocol.name:9} {kind:11} p50 {quiet[0]:.0f} {attacked[0]:.0f},"
            f" p99 {quiet[1]:.0f} {attacked[1]:.0f} x{attacked[1] / quiet[1]:.1f},"
            f" max {quiet[2]:.0f} {attacked[2]:.0f} us,"
            f" peak {growth[self.pid]}, left {left} KiB, {done}"
        )
        print(f"\n{text}", end="")
        if kind in STAYING:
            assert there == done["connections"] == count, text
        else:
            assert done["connections"] > count, text  # they were hung up on
        assert attacked[1] <= LATER * max(quiet[1], QUIET_MIN_US.get(protocol, 0)), text
        assert left < LEFT_MAX_KIB or self.is_sanitized(), text
        each_kib, manual = EACH_MAX_KIB[protocol]
        its_own = 2 if self.is_sanitized() else 1
        assert growth[self.pid] < (count + 1) * each_kib * its_own, text
        assert f"{each_kib} KiB" in manual.read_text()


def prefer(pid):
    """Let a daemon run whenever it has something to do, in quiet and in attack.

    What others on this machine take from it is not what is measured.
    """
    with suppress(PermissionError):
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(pid, policy, os.sched_param(1))


@pytest.fixture(scope="module")
def service(request, shared_postfix, shared_sink):
    """One that is named by its protocol, with as many connections as by default."""
    tcp = f"127.0.0.1:{free_port()}"
    page = shared_postfix.socket_folder / "page"
    settings = {"tcp_table_listen": f"inet:{tcp}"}
    if request.param is PAGE:  # which takes a place for itself at hdrcheck
        settings["metrics_listen"] = f"unix:{page}"
    with open_site(shared_postfix, shared_sink, **settings) as site:
        hdrcheck, policyd = site.daemons.hdrcheck, site.daemons.policyd
        for daemon in (hdrcheck, policyd):
            daemon.environment["ASAN_OPTIONS"] = SANITIZER
        site.daemons.start()
        address, daemon, process = {
            SOCKETMAP: (site.daemons.socketmap, hdrcheck, lambda: hdrcheck),
            TCP_TABLE: (tcp, hdrcheck, lambda: hdrcheck),
            POLICY: (shared_postfix.socket_folder / "policy", policyd, policyd.child),
            PAGE: (page, policyd, policyd.page),
        }[request.param]
        pid = process().pid
        prefer(pid)
        with helper("steady.py", request.param.name, address) as steady:
            yield Service(request.param, address, pid, daemon, site, steady)


def of(*protocols):
    """The services to which a test is done."""
    return pytest.mark.parametrize(
        "service", protocols, indirect=True, ids=lambda protocol: protocol.name
    )


@of(SOCKETMAP, TCP_TABLE, POLICY)
@pytest.mark.parametrize("kind", STAYING + COMING)
def test_crowd(service, kind):
    """It is answered in time, and memory has the bound that is told."""
    service.stands(kind, service.protocol, service.address, CONNECTIONS - 1)


@of(POLICY)
@pytest.mark.parametrize("kind", OF_ADMINISTRATORS)
def test_administrators(service, kind):
    """The same process serves them, and Postfix hardly notices."""
    address = service.site.daemons.control_socket
    service.stands(kind, CONTROL, address, ADMINISTRATORS)


@pytest.mark.skipif(NO_INOTIFY, reason="elsewhere a process has no name")
@of(PAGE)
@pytest.mark.parametrize("kind", OF_PAGE)
def test_page(service, kind):
    """Who looks at the status page does so beside others that do harm."""
    service.stands(kind, PAGE, service.address, http_peers.CONNECTIONS - 1)
