# SPDX-License-Identifier: ISC
"""17. Started by systemd and its like, by spawn(8): sockets, readiness, a watchdog."""

import shutil
import socket
from contextlib import contextmanager

import pytest
from daemons import PROGRAMS
from harness import deliver_at, due_in, message, open_site
from instance import EVERYTHING, Postfix, Recipe, free_port
from peers import POLICY, SOCKETMAP, TCP_TABLE, Peer
from processes import frozen

SILENCE_S = 1.0
WATCHDOG_S = 0.2
WATCHDOG = {"WATCHDOG_USEC": str(int(WATCHDOG_S * 1_000_000))}
SPAWN = (
    "127.0.0.1:{port} inet n n n - 0 spawn user=nobody"
    " argv={program} -s {protocol} -c {configuration}\n"
)


class Manager:
    """What a service manager listens to: NOTIFY_SOCKET."""

    def __init__(self, folder):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = folder / "notify"
        self._socket.bind(str(self.path))
        self.path.chmod(0o777)

    @property
    def environment(self):
        """What the daemon must find in its environment."""
        return {"NOTIFY_SOCKET": str(self.path)}

    def next(self, timeout_s=5):
        """The next message; "" when there is none in time."""
        self._socket.settimeout(timeout_s)
        try:
            return self._socket.recv(4096).decode()
        except TimeoutError:
            return ""

    def forget(self):
        """Drop what has come in so far."""
        self._socket.setblocking(False)
        try:
            while True:
                self._socket.recv(4096)
        except BlockingIOError:
            pass

    def close(self):
        """No more is heard."""
        self._socket.close()
        self.path.unlink()


@pytest.fixture
def manager(cold_site):
    """A service manager that listens."""
    one = Manager(cold_site.postfix.folder)
    yield one
    one.close()


@contextmanager
def listening(path):
    """A listening unix socket that a service manager made."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.bind(str(path))
        path.chmod(0o777)
        one.listen()
        yield one


@pytest.fixture(params=["hdrcheck", "policyd"])
def daemon(request, cold_site):
    """Each of the two, not started."""
    return getattr(cold_site.daemons, request.param)


def test_readiness_and_end_are_told(daemon, manager):
    """READY=1 when it listens, STOPPING=1 when it was told to stop."""
    daemon.start(**manager.environment)
    assert manager.next() == "READY=1"
    daemon.stop()
    assert manager.next() == "STOPPING=1"


def test_a_watchdog_is_answered(daemon, manager):
    """Again and again, well within its time."""
    daemon.start(**manager.environment, **WATCHDOG)
    assert manager.next() == "READY=1"
    for _ in range(10):
        assert manager.next() == "WATCHDOG=1"


def test_an_engine_that_hangs_is_noticed(cold_site, manager):
    """The runner speaks for both: it has nothing to say then."""
    policyd = cold_site.daemons.policyd
    policyd.start(**manager.environment, **WATCHDOG)
    with frozen(policyd.child().pid):
        manager.next(0.1)  # what was under way
        manager.forget()
        assert manager.next(SILENCE_S) == ""
    assert manager.next() == "WATCHDOG=1"


def test_nobody_listens(daemon):
    """A NOTIFY_SOCKET that is not there disturbs nothing."""
    daemon.start(NOTIFY_SOCKET="/nonexistent/notify", **WATCHDOG)
    daemon.stop()


def test_inherited_sockets_go_by_their_names(cold_site, tmp_path):
    """Whatever order they come in, and wherever they are."""
    hdrcheck = cold_site.daemons.hdrcheck
    socketmap = cold_site.daemons.socketmap
    with listening(tmp_path / "a") as first, listening(socketmap) as second:
        hdrcheck.start([first, second], LISTEN_FDNAMES="tcp_table:socketmap")
        for protocol, path in ((TCP_TABLE, tmp_path / "a"), (SOCKETMAP, socketmap)):
            with Peer(path) as peer:
                peer.ask(protocol)
        assert hdrcheck.logged("tcp_table on an inherited socket")


def test_inherited_sockets_go_by_their_addresses(cold_site, tmp_path):
    """Names that say nothing do not matter then."""
    daemons = cold_site.daemons
    daemons.configure(tcp_table_listen=f"unix:{tmp_path / 'tcp'}")
    with listening(tmp_path / "tcp") as first, listening(daemons.socketmap) as second:
        daemons.hdrcheck.start([first, second], LISTEN_FDNAMES="x.socket:x.socket")
        for protocol, path in (
            (TCP_TABLE, tmp_path / "tcp"),
            (SOCKETMAP, daemons.socketmap),
        ):
            with Peer(path) as peer:
                peer.ask(protocol)


def test_policyd_inherits_its_socket(cold_site):
    """The policy service, too."""
    policyd = cold_site.daemons.policyd
    path = cold_site.postfix.socket_folder / "policy"
    with listening(path) as one:
        policyd.start([one])
        with Peer(path) as peer:
            peer.ask(POLICY)
        assert policyd.logged("policy on an inherited socket")


def test_a_restart_refuses_no_lookup(cold_site):
    """Who asks while hdrcheck is away waits, and mail is held on time."""
    site = cold_site
    with listening(site.daemons.socketmap) as one:
        site.daemons.hdrcheck.start([one])
        site.daemons.policyd.start()
        site.daemons.hdrcheck.stop()
        with Peer(site.daemons.socketmap) as peer:
            peer.send(SOCKETMAP.request)
            site.daemons.hdrcheck.start([one])
            assert peer.receive(len(SOCKETMAP.reply)) == SOCKETMAP.reply
        due = due_in(1)
        mail = site.send(deliver_at(due))
        site.assert_on_time(mail, due)


def spawned(postfix_folder, protocol, port):
    """The line of master.cf that has spawn(8) serve a protocol on a port."""
    return SPAWN.format(
        port=port,
        program=postfix_folder / "hdrcheck",
        protocol=protocol,
        configuration=postfix_folder / "daemons" / "deliver-at.conf",
    )


@pytest.mark.parametrize("protocol", ["socketmap", "tcp_table"])
def test_spawned_by_postfix(shared_sink, protocol):
    """hdrcheck -s: no daemon, no socket of its own; held, refused, delivered."""
    port = free_port()
    asked = {
        "socketmap": f"socketmap:inet:127.0.0.1:{port}:deliver-at",
        "tcp_table": f"tcp:127.0.0.1:{port}",
    }[protocol]
    ours = "socketmap:unix:deliver-at/socketmap:deliver-at"
    recipe = Recipe(EVERYTHING.main_cf.replace(ours, asked))
    with Postfix(shared_sink.port, recipe=recipe) as postfix:
        shutil.copy(PROGRAMS / "hdrcheck", postfix.folder / "hdrcheck")
        with open(postfix.config_folder / "master.cf", "a") as master_cf:
            master_cf.write(spawned(postfix.folder, protocol, port))
        postfix.start()
        with open_site(postfix, shared_sink) as site:
            site.daemons.policyd.start()
            due = due_in(1)
            mail = site.send(deliver_at(due))
            refused = site.submit(message("X-Deliver-At: soon"))
            assert (refused.code, "not a date" in refused.text) == (550, True)
            site.assert_on_time(mail, due)
