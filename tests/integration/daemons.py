# SPDX-License-Identifier: ISC
"""hdrcheck and policyd beside a private Postfix.

The environment variable BUILD names the build folder (default: build), so that
the same tests run against sanitizer builds.
"""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from interrupts import held_back
from processes import descendants, in_group, kill_all
from waiting import somebody_listens, wait_until

TOP = Path(__file__).resolve().parents[2]
PROGRAMS = TOP / os.environ.get("BUILD", "build") / "bin"
SANITIZER_MARKS = re.compile(
    r"AddressSanitizer|runtime error:|LeakSanitizer|^==\d+== ", re.MULTILINE
)
# VALGRIND=1: the daemons under it, which is silent but for what it finds. The
# commands that they start are not. At the end the log tells, not the exit code.
VALGRIND = (
    ["valgrind", "-q", "--leak-check=full", "--vgdb=no"]
    if os.environ.get("VALGRIND")
    else []
)
STOP_TIMEOUT_S = 60 if VALGRIND else 10
PAGE = "policyd-page"  # the process of the status page, to ps(1)
FIRST_INHERITED = 3  # sd_listen_fds(3)


def _hand_over(sockets):
    """In the child: the sockets as descriptors 3, 4 and so on."""
    copies = [os.dup(one.fileno()) for one in sockets]
    for number, copy in enumerate(copies, FIRST_INHERITED):
        os.dup2(copy, number)


# One beside the daemon that is under test, in a group of its own as well.
ANOTHER = {
    "stdin": subprocess.DEVNULL,
    "text": True,
    "cwd": "/",
    "start_new_session": True,
}


class Daemon:
    """One program, in a process group of its own, its standard error in a file."""

    def __init__(self, name, configuration, ready_socket, log_file):
        self.name = name
        program = [*VALGRIND, str(PROGRAMS / name)]
        self._arguments = [*program, "-d", "-c", str(configuration)]
        self._ready_socket = ready_socket
        self._log_file = log_file
        self._process = None
        self.environment = {}  # besides what we have
        self.pids = []  # of each start

    def start(self, inherited=(), **environment):
        """Start it; returns when it accepts connections.

        inherited are listening sockets it gets as from a service manager.
        """
        assert not self.is_running(), f"{self.name} runs already"
        command = self._arguments
        if inherited:
            environment["LISTEN_FDS"] = str(len(inherited))
            command = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *command]
        with held_back(), open(self._log_file, "ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                env={**os.environ, **self.environment, **environment},
                close_fds=not inherited,
                preexec_fn=lambda: _hand_over(inherited),
            )
            self.pids.append(self._process.pid)
        wait_until(f"{self.name} is ready", self._is_ready)

    def _is_ready(self):
        code = self._process.poll()
        assert code is None, f"{self.name} ended with {code}:\n{self.log()}"
        return somebody_listens(self._ready_socket)

    def is_running(self):
        """True from start() until its end."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self):
        """The process that was started, which leads the process group."""
        return self._process.pid

    def reload(self):
        """Have it read its configuration again (SIGHUP)."""
        self._process.send_signal(signal.SIGHUP)

    def stop(self):
        """End it as an administrator does; it must go cleanly, as a whole."""
        if not self.is_running():
            return
        self._process.terminate()
        try:
            code = self._process.wait(STOP_TIMEOUT_S)
            self._wait_for_group()
        finally:
            self.kill()
        assert code == 0, f"{self.name}: exit {code} after SIGTERM:\n{self.log()}"

    def _wait_for_group(self):
        group = self._process.pid
        wait_until(f"all of {self.name} is gone", lambda: not in_group(group), 5)

    def child(self):
        """Its other process, of policyd the engine. Commands have their own groups."""

        def alone():
            """A command that was just started is in this group for a moment."""
            children = [p for p in self._children() if p.name != PAGE]
            return children if len(children) == 1 else None

        return wait_until(f"{self.name} has one child", alone)[0]

    def _children(self):
        return [p for p in in_group(self.pid) if p.parent == self.pid]

    def page(self):
        """Of policyd: the process of the status page."""

        def named():
            return [p for p in self._children() if p.name == PAGE]

        (page,) = wait_until(f"{self.name} has a status page", named)
        return page

    def processes(self):
        """All that run of it: its group, and the commands it started."""
        group = self._process.pid
        return {*in_group(group), *descendants(group)}

    def wait_for_end(self, timeout_s=STOP_TIMEOUT_S):
        """It ends by itself; its exit code, negative for a signal."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} does not end:\n{self.log()}") from None

    def run_another(self, *options):
        """Start the same once more beside it; what became of that, and its log."""
        return subprocess.run(
            [*self._arguments, *options],
            capture_output=True,
            timeout=STOP_TIMEOUT_S,
            **ANOTHER,
        )

    def start_another(self, *options):
        """Likewise, without a wait for its end, and what it says is not kept."""
        return subprocess.Popen(
            [*self._arguments, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **ANOTHER,
        )

    def kill(self):
        """kill -9 to all of it. No questions."""
        if self._process is None:
            return
        with held_back():
            kill_all(process.pid for process in self.processes())
            self._process.wait()
            self._wait_for_group()  # its sockets are gone, too

    def log(self):
        """All it has written to standard error so far."""
        try:
            return self._log_file.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def logged(self, pattern):
        """All its log lines that pattern (a regular expression) is found in."""
        return [line for line in self.log().splitlines() if re.search(pattern, line)]


def _port(settings, *names):
    """The first of these listeners that is a host and a port, or None."""
    for name in names:
        if settings.get(name, "").startswith("inet:"):
            host, port = settings[name].removeprefix("inet:").split(":")
            return host, int(port)
    return None


class Daemons:
    """Both daemons of one instance, sharing one configuration file.

    Settings are the names of deliver-at.conf; they overrule what the private
    instance needs.
    """

    def __init__(self, postfix, **settings):
        self._postfix = postfix
        self._folder = Path(postfix.folder) / "daemons"
        self._folder.mkdir(mode=0o755)
        self._make_state_folder()
        self.configuration = self._folder / "deliver-at.conf"
        self.configure(**settings)
        tables = ("tcp_table_listen", "socketmap_listen")
        self.hdrcheck = self._daemon(
            "hdrcheck", _port(settings, *tables) or self.socketmap
        )
        self.policyd = self._daemon(
            "policyd",
            _port(settings, "policy_listen") or postfix.socket_folder / "policy",
        )

    def _make_state_folder(self):
        self.state_folder.mkdir(mode=0o700)
        shutil.chown(self.state_folder, "nobody")

    def _daemon(self, name, ready_socket):
        log_file = self._folder / f"{name}.log"
        return Daemon(name, self.configuration, ready_socket, log_file)

    @property
    def socketmap(self):
        """The socket Postfix asks hdrcheck on, unless it is a port."""
        return self._postfix.socket_folder / "socketmap"

    @property
    def control_socket(self):
        """Where policyd hears its administrator."""
        return self._folder / "control"

    @property
    def state_folder(self):
        """What policyd must not forget."""
        return self._folder / "state"

    def configure(self, **settings):
        """Write deliver-at.conf; in force after a start or a reload."""
        everything = {
            "user": "nobody",
            "socket_group": "postfix",
            "socketmap_listen": f"unix:{self.socketmap}",
            "policy_listen": f"unix:{self._postfix.socket_folder / 'policy'}",
            "control_socket": self.control_socket,
            "state_directory": self.state_folder,
            "postfix_config_directory": self._postfix.config_folder,
        }
        everything.update(settings)
        lines = (f"{name} = {value}\n" for name, value in everything.items())
        self.configuration.write_text("".join(lines))

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def start(self):
        """Start both."""
        self.hdrcheck.start()
        self.policyd.start()

    def stop(self):
        """Stop both cleanly, where they run."""
        try:
            self.policyd.stop()
        finally:
            self.hdrcheck.stop()

    def close(self):
        """End both, whatever happened; remove their sockets, settings and logs."""
        self.policyd.kill()
        self.hdrcheck.kill()
        for left in self._postfix.socket_folder.iterdir():
            left.unlink()
        shutil.rmtree(self._folder, ignore_errors=True)

    def check_sanitizers(self):
        """Fail when a sanitizer has found something in either daemon."""
        for daemon in (self.hdrcheck, self.policyd):
            assert not SANITIZER_MARKS.search(daemon.log()), daemon.log()
