# SPDX-License-Identifier: ISC
"""A private Postfix in a temporary folder.

It has its own configuration, queue, data and log, listens on one free port of
127.0.0.1 and sends everything to one relay host, a sink. Of the installed Postfix
it uses the programs: nothing below /etc/postfix and /var/spool/postfix is written,
and it is harmless beside a live mail system. Needs root.
"""

import calendar
import json
import os
import pwd
import random
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from interrupts import held_back
from processes import child_of, in_group, kill_all, working_in
from waiting import wait_until

SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/lib/postfix/sbin"
MASTER_CF_MODELS = ("/usr/share/postfix/master.cf.dist", "/etc/postfix/master.cf.proto")
SOCKET_FOLDER = "deliver-at"
STOP_TIMEOUT_S = 10
# All folders of one run, whichever of its processes makes them.
FOLDER_PREFIX = f"dat-{os.environ.setdefault('DAT_RUN', str(os.getpid()))}-"

SOCKETMAP = "socketmap:unix:deliver-at/socketmap:deliver-at"

_reservations = []  # of ports


def header_checks(server=SOCKETMAP):
    """The tables that ask hdrcheck, and that only for our header."""
    return (
        "regexp:{{/^X-Deliver-At[[:space:]]*:.{2000}/"
        " REJECT 5.6.0 X-Deliver-At: line too long}},"
        " pipemap:{regexp:{{/^(X-Deliver-At[[:space:]]*:.*)$$/ $$1}}, " + server + "}"
    )


HEADER_CHECKS = header_checks()


@dataclass(frozen=True)
class Recipe:
    """How hdrcheck is put into Postfix: lines for main.cf and master.cf."""

    main_cf: str
    master_cf: str = ""


def recipe_for_everything(server=SOCKETMAP):
    """header_checks of the outer message alone: a header inside an attachment
    must not hold the message around it."""
    return Recipe(
        f"header_checks = {header_checks(server)}\n"
        "mime_header_checks =\n"
        "nested_header_checks =\n"
    )


EVERYTHING = recipe_for_everything()
MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/q
data_directory = {folder}/data
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = private.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8, 192.0.2.0/24, 203.0.113.0/24
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
relayhost = [127.0.0.1]:{relay_port}
notify_classes =
"""


def _bound(family, address):
    """A socket with this address, or None where that is taken."""
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.bind(address)
    except OSError:
        one.close()
        return None
    return one


def free_port():
    """A port of 127.0.0.1 nobody listens on, outside the range of clients.

    No other test process gets it as long as this one lives: two Postfix can listen
    on one port (SO_REUSEPORT), and each would get some of the other's mail.
    """
    while True:
        port = random.randint(20000, 32000)
        reservation = _bound(socket.AF_UNIX, f"\0deliver-at-test-port-{port}")
        if not reservation:
            continue
        _reservations.append(reservation)
        if probe := _bound(socket.AF_INET, ("127.0.0.1", port)):
            probe.close()
            return port


def remove_left_behind():
    """What a process of this run that was killed could not clean up itself."""
    for folder in Path("/tmp").glob(FOLDER_PREFIX + "*"):
        kill_all(working_in(folder))
        shutil.rmtree(folder, ignore_errors=True)


def _master_cf(smtp_port, chroot):
    """The distribution's master.cf on our port, with its chroots or without any."""
    model = next(Path(path) for path in MASTER_CF_MODELS if os.path.exists(path))
    lines = []
    for line in model.read_text().splitlines():
        if line[:1] in ("", "#"):
            continue
        if not line[0].isspace():
            fields = line.split(None, 7)
            if not chroot:
                fields[4] = "n"
            if fields[:2] == ["smtp", "inet"]:
                fields[0] = f"127.0.0.1:{smtp_port}"
            line = " ".join(fields)
        lines.append(line)
    return "\n".join(lines) + "\n"


def _replace_services(master_cf, extra):
    """Add entries to master.cf; one of the same name and type takes the place."""
    named = {tuple(line.split()[:2]) for line in extra.splitlines() if line[:1].strip()}
    kept, keeping = [], True
    for line in master_cf.splitlines(keepends=True):
        if not line[0].isspace():
            keeping = tuple(line.split()[:2]) not in named
        if keeping:
            kept.append(line)
    return "".join(kept) + extra


@dataclass(frozen=True)
class Reply:
    """What SMTP said in the end to one message."""

    code: int
    text: str

    @property
    def queue_id(self):
        """The queue id Postfix gave it; None when it was refused."""
        match = re.search(r"queued as (\w+)", self.text)
        return match and match.group(1)


class OpenData:
    """An SMTP session inside DATA: the content comes in pieces."""

    def __init__(self, session):
        self._session = session

    def write(self, content):
        """Send some more content, whole lines without a leading dot."""
        self._session.send(content)

    def finish(self):
        """Send the final dot; the Reply to the message."""
        self._session.send(b".\r\n")
        reply = _reply(self._session.getreply())
        self._session.quit()
        return reply


def _reply(pair):
    return Reply(pair[0], pair[1].decode("latin-1"))


def transaction(
    session, content, recipients, *, sender="ann@sender.test", options=()
):
    """One message over an open session, to those of its recipients that it takes.

    The Reply to each recipient, and the one to the message; None when nobody is left.
    """
    reply = _reply(session.mail(sender, options))
    assert reply.code == 250, reply
    replies = {recipient: _reply(session.rcpt(recipient)) for recipient in recipients}
    if any(reply.code == 250 for reply in replies.values()):
        return replies, _reply(session.data(content))
    session.rset()
    return replies, None


class Postfix:
    """The instance. Nothing runs before start(); close() leaves no trace.

    daemon_user owns the folder of the daemons' sockets, main_cf is added to the
    configuration. recipe.master_cf may name {submission_port}; a service of the
    same name and type is replaced by the recipe's. chroot: the services that the
    distribution runs in a chroot run in one, the queue folder.
    """

    def __init__(
        self,
        relay_port,
        *,
        recipe=EVERYTHING,
        hashed_hold=False,
        chroot=False,
        main_cf="",
        daemon_user="nobody",
    ):
        os.umask(0o022)  # other users read what we make here
        self.port = free_port()
        self.submission_port = free_port()
        with held_back():
            self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir="/tmp"))
        self.config_folder = self.folder / "etc"
        self.queue_folder = self.folder / "q"
        self.socket_folder = self.queue_folder / SOCKET_FOLDER
        self._env = dict(os.environ, PATH=SYSTEM_PATH, LC_ALL="C")
        self._env.pop("MAIL_CONFIG", None)
        try:
            self._make_folders(daemon_user)
            self._write_main_cf(relay_port, recipe.main_cf, hashed_hold, main_cf)
            self._write_master_cf(recipe.master_cf, chroot)
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def _make_folders(self, daemon_user):
        self.folder.chmod(0o755)
        self.config_folder.mkdir(mode=0o755)
        self.queue_folder.mkdir(mode=0o755)
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        shutil.chown(data, "postfix")
        self._make_socket_folder(daemon_user)

    def _make_socket_folder(self, daemon_user):
        self.socket_folder.mkdir()
        self.socket_folder.chmod(0o710)
        shutil.chown(self.socket_folder, daemon_user, "postfix")

    def _write_main_cf(self, relay_port, recipe, hashed_hold, extra):
        main = MAIN_CF.format(folder=self.folder, relay_port=relay_port)
        main += recipe + extra
        if hashed_hold:
            main += "hash_queue_names = deferred, defer, hold\n"
        (self.config_folder / "main.cf").write_text(main)

    def _write_master_cf(self, recipe, chroot):
        extra = recipe.format(submission_port=self.submission_port)
        master = _replace_services(_master_cf(self.port, chroot), extra)
        (self.config_folder / "master.cf").write_text(master)

    # Running it

    def command(self, name, *arguments, stdin=None, **environment):
        """Run one of Postfix's commands on this instance; its standard output."""
        program = shutil.which(name, path=SYSTEM_PATH)
        assert program, f"{name} is not installed"
        config = "-C" if name == "sendmail" else "-c"
        done = subprocess.run(
            [program, config, str(self.config_folder), *arguments],
            input=stdin,
            env={**self._env, **environment},
            capture_output=True,
            start_new_session=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise AssertionError(
                f"{name} {' '.join(arguments)}: exit {done.returncode}: "
                + (done.stderr + done.stdout).decode("latin-1")
            )
        return done.stdout.decode("latin-1")

    def _master_pid(self):
        """The process id of this instance's master while it runs, else None."""
        try:
            pid = int((self.queue_folder / "pid" / "master.pid").read_text())
            if os.path.samefile(f"/proc/{pid}/cwd", self.queue_folder):
                return pid
        except (OSError, ValueError):
            pass
        return None

    def is_running(self):
        """True while its master runs."""
        return self._master_pid() is not None

    def start(self):
        """Start it; returns when it takes mail."""
        with held_back():
            self.command("postfix", "start", TZ="UTC")
        wait_until("Postfix takes mail", self.takes_mail)

    def takes_mail(self):
        """True when it greets SMTP clients."""
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=5):
                return True
        except OSError:
            return False

    def stop(self):
        """Stop it and wait for its last process; nothing to do when it is down."""
        pid = self._master_pid()
        if pid is None:
            return
        with held_back():
            try:
                self.command("postfix", "abort")
                wait_until("Postfix is gone", lambda: not in_group(pid), STOP_TIMEOUT_S)
            except (AssertionError, subprocess.TimeoutExpired):
                os.killpg(pid, signal.SIGKILL)
                raise

    def kill(self):
        """kill -9 to all of it, as a crash of the machine would."""
        group = self._master_pid()
        with held_back():
            while processes := in_group(group):
                kill_all(process.pid for process in processes)

    def close(self):
        """Stop it and remove its folder, whatever happened before."""
        with held_back():
            try:
                self.stop()
            finally:
                shutil.rmtree(self.folder, ignore_errors=True)

    def daemon(self, name):
        """The process of this instance's daemon NAME (qmgr, ...)."""
        return child_of(self._master_pid(), name)

    @property
    def mail_owner_uid(self):
        """The user Postfix works as."""
        return pwd.getpwnam("postfix").pw_uid

    # Mail in

    def connect(self, *, port=None, xclient=None):
        """An open SMTP session; xclient as in "LOGIN=ann ADDR=192.0.2.7"."""
        session = smtplib.SMTP("127.0.0.1", port or self.port, timeout=30)
        session.ehlo("client.test")
        if xclient:
            code, text = session.docmd("XCLIENT", xclient)
            assert code == 220, text
            session.ehlo("client.test")
        return session

    def smtp(self, content, recipients, *, sender="ann@sender.test", **connection):
        """Submit one message by SMTP: the first refusal or the final Reply."""
        with self.connect(**connection) as session:
            reply = _open_transaction(session, sender, recipients)
            if reply.code // 100 == 2:
                reply = _reply(session.data(content))
        return reply

    def open_data(self, recipients, *, sender="ann@sender.test", **connection):
        """Go as far as the 354 to DATA; the content follows at leisure."""
        session = self.connect(**connection)
        assert _open_transaction(session, sender, recipients).code == 250
        code, text = session.docmd("DATA")
        assert code == 354, text
        return OpenData(session)

    def sendmail(self, content, recipients, *, sender="ann@sender.test"):
        """Submit one message by sendmail(1)."""
        self.command("sendmail", "-i", "-f", sender, "--", *recipients, stdin=content)

    # The queue

    def queue(self):
        """What postqueue -j lists: one dictionary a message."""
        listing = self.command("postqueue", "-j")
        return [json.loads(line) for line in listing.splitlines()]

    def count_held(self):
        """How many messages are on hold; far quicker than to ask for the listing."""
        hold = self.queue_folder / "hold"
        return sum(1 for path in hold.rglob("*") if path.is_file())

    def queue_name(self, queue_id):
        """In which queue the message is, or None."""
        for entry in self.queue():
            if entry["queue_id"] == queue_id:
                return entry["queue_name"]
        return None

    def find(self, recipient):
        """The listed message to recipient, or None."""
        for entry in self.queue():
            if recipient in (to["address"] for to in entry["recipients"]):
                return entry
        return None

    def hold(self, what):
        """postsuper -h: a queue id or ALL."""
        self.command("postsuper", "-h", what)

    def release(self, what):
        """postsuper -H: a queue id or ALL; the queue manager takes it at once."""
        self.command("postsuper", "-H", what)
        self.wake_qmgr()

    def delete(self, what):
        """postsuper -d: a queue id or ALL."""
        self.command("postsuper", "-d", what)

    def requeue(self, what):
        """postsuper -r: a queue id or ALL; pickup takes it at once."""
        self.command("postsuper", "-r", what)
        self.wake_pickup()

    def wake_pickup(self):
        """Have pickup look into maildrop now."""
        self._kick("pickup", "W")

    def wake_qmgr(self):
        """Have the queue manager look at deferred mail that is due now."""
        self._kick("qmgr", "D")

    def _kick(self, service, request):
        """postkick fails (SIGPIPE) when it is not listened to, for a moment."""

        def kick():
            try:
                self.command("postkick", "public", service, request)
            except AssertionError:
                return False
            return True

        wait_until(f"{service} takes a kick", kick)

    def headers(self, queue_id):
        """The header section of a queued message."""
        return self.command("postcat", "-qh", queue_id)

    # The log

    def maillog(self):
        """The log so far."""
        try:
            return (self.folder / "maillog").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def logged(self, pattern):
        """All log lines that pattern (a regular expression) is found in."""
        lines = self.maillog().splitlines()
        return [line for line in lines if re.search(pattern, line)]

    def active_seconds(self, queue_id):
        """When qmgr made the message active: whole seconds since the epoch."""
        lines = self.logged(f" {queue_id}: .*queue active")
        return [log_second(line) for line in lines]


def _open_transaction(session, sender, recipients):
    reply = _reply(session.mail(sender))
    for recipient in recipients:
        if reply.code != 250:
            break
        reply = _reply(session.rcpt(recipient))
    return reply


def log_second(line):
    """The time stamp of a log line. The log is in UTC and names no year."""
    now = time.time()
    year = time.gmtime(now).tm_year
    for candidate in (year, year - 1):
        stamp = time.strptime(f"{candidate} {line[:15]}", "%Y %b %d %H:%M:%S")
        second = calendar.timegm(stamp)
        if second < now + 86400:
            break
    return second
