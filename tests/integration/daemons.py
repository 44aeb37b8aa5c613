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
from processes import in_group, running
from waiting import somebody_listens, wait_until

TOP = Path(__file__).resolve().parents[2]
PROGRAMS = TOP / os.environ.get("BUILD", "build") / "bin"
SANITIZER_MARKS = re.compile(r"AddressSanitizer|runtime error:|LeakSanitizer")
STOP_TIMEOUT_S = 10


class Daemon:
    """One program, in a process group of its own, its standard error in a file."""

    def __init__(self, name, configuration, ready_socket, log_file):
        self.name = name
        self._arguments = [str(PROGRAMS / name), "-d", "-c", str(configuration)]
        self._ready_socket = ready_socket
        self._log_file = log_file
        self._process = None
        self.environment = {}  # besides what we have
        self.pids = []  # of each start

    def start(self):
        """Start it; returns when it accepts connections."""
        assert not self.is_running(), f"{self.name} runs already"
        with held_back(), open(self._log_file, "ab") as log:
            self._process = subprocess.Popen(
                self._arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**os.environ, **self.environment},
                start_new_session=True,
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

    @property
    def engine_pid(self):
        """The process it forked first; others of its name are about to exec."""

        def alone():
            wanted = (self.pid, self.name)
            found = [p for p in running() if (p.parent, p.name) == wanted]
            return found if len(found) == 1 else None

        (engine,) = wait_until(f"{self.name} has one process more", alone)
        return engine.pid

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

    def kill(self):
        """kill -9 to all of it. No questions."""
        if self._process is None:
            return
        with held_back():
            for process in in_group(self._process.pid):
                os.kill(process.pid, signal.SIGKILL)
            self._process.wait()

    def log(self):
        """All it has written to standard error so far."""
        try:
            return self._log_file.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def logged(self, pattern):
        """All its log lines that pattern (a regular expression) is found in."""
        return [line for line in self.log().splitlines() if re.search(pattern, line)]


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
        self.hdrcheck = self._daemon("hdrcheck", self.socketmap)
        self.policyd = self._daemon("policyd", postfix.socket_folder / "policy")

    def _make_state_folder(self):
        state = self._folder / "state"
        state.mkdir(mode=0o700)
        shutil.chown(state, "nobody")

    def _daemon(self, name, ready_socket):
        log_file = self._folder / f"{name}.log"
        return Daemon(name, self.configuration, ready_socket, log_file)

    @property
    def socketmap(self):
        """The socket Postfix asks hdrcheck on."""
        return self._postfix.socket_folder / "socketmap"

    def configure(self, **settings):
        """Write deliver-at.conf; in force after a start or a reload."""
        everything = {
            "user": "nobody",
            "socket_group": "postfix",
            "socketmap_listen": f"unix:{self.socketmap}",
            "policy_listen": f"unix:{self._postfix.socket_folder / 'policy'}",
            "control_socket": self._folder / "control",
            "state_directory": self._folder / "state",
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
