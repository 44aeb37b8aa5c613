# SPDX-License-Identifier: ISC
"""The mail of a run: each message at its moment, by SMTP or sendmail."""

import hashlib
import math
import smtplib
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import ledger as books
from dates import written
from harness import HEADER, QUARANTINE, message
from stage import DELAYED, FROZEN

SENDERS = 16  # sessions at once
BACKLOG_MAX = 100  # messages that wait for one of them; more are not sent at all
SENDER = "ann@sender.test"
SENDERS_OF = {"delayed": DELAYED, "frozen": FROZEN, "foreign": QUARANTINE}


class Load:
    """Sends messages and writes down what became of that."""

    def __init__(self, stage, book):
        self._postfix = stage.site.postfix
        self._book = book
        self._places = threading.Semaphore(BACKLOG_MAX)
        self._pool = ThreadPoolExecutor(SENDERS)
        self.left_out = 0

    def close(self):
        """Wait for the sessions that are open; no more are opened."""
        self._pool.shutdown(cancel_futures=True)

    def finish(self):
        """Wait until all that was begun is sent or refused."""
        for _ in range(BACKLOG_MAX):
            self._places.acquire()
        for _ in range(BACKLOG_MAX):
            self._places.release()

    def begin(self, planned):
        """Send a message of the schedule."""
        if not self._places.acquire(blocking=False):
            self.left_out += 1
            return
        self._pool.submit(self._send, planned)

    def _send(self, planned):
        one = self._book.new_message(planned.what)
        one.began = time.time()
        try:
            if planned.what == "local":
                self._submit(one, planned)
            else:
                self._smtp(one, planned)
        except Exception as failure:  # of the run itself: to be seen in its story
            one.tell(f"cannot send: {failure!r}")
            if one.state == books.WAITING:
                one.state = books.UNKNOWN
        finally:
            self._places.release()

    def _submit(self, one, planned):
        _write(one, planned)
        content = one.content.replace(b"\r\n", b"\n")
        one.state = books.UNKNOWN
        try:
            self._postfix.sendmail(content, [one.recipient])
        except (AssertionError, subprocess.TimeoutExpired) as failure:
            one.tell(f"sendmail: {failure}")
            return
        one.state, one.accepted = books.ACCEPTED, time.time()
        one.tell("taken by sendmail")

    def _smtp(self, one, planned):
        sender = SENDERS_OF.get(planned.what, SENDER)
        try:
            session = self._postfix.connect()
        except (OSError, smtplib.SMTPException) as failure:
            one.state = books.REFUSED
            one.tell(f"no connection: {failure!r}")
            return
        try:
            self._transact(one, planned, session, sender)
        except (OSError, smtplib.SMTPException, AssertionError) as failure:
            if one.state == books.WAITING:
                one.state = books.REFUSED
            one.tell(f"session broken off: {failure!r}")
        finally:
            session.close()

    def _transact(self, one, planned, session, sender):
        """Its dates count from the answer to RCPT on: they are after its arrival."""
        code, text = session.mail(sender)
        if code == 250:
            code, text = session.rcpt(one.recipient)
        if code == 250:
            _write(one, planned)
            code, text = session.docmd("DATA")
        if code != 354:
            one.state = books.REFUSED
            one.tell(f"refused: {code} {text!r}")
            return
        one.state = books.UNKNOWN
        session.send(one.content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        code, text = session.getreply()
        self._note_reply(one, code, text.decode("latin-1"))

    def _note_reply(self, one, code, text):
        one.tell(f"reply: {code} {text}")
        if code == 250:
            one.queue_id = text.rsplit("queued as ", 1)[1].split()[0]
            one.ids.add(one.queue_id)
            one.accepted = time.time()
            if one.kind == "foreign":
                one.fingerprint = fingerprint(self._postfix, one.queue_id)
            one.state = books.ACCEPTED
        elif code > 0:
            one.state = books.REFUSED


def _write(one, planned):
    """Its content, with dates that many seconds after now."""
    now = math.ceil(time.time())
    dates = planned.details.get("dates", ())
    headers = [
        f"{HEADER}: {written(now + ahead, form, zone)}" for ahead, form, zone in dates
    ]
    if "text" in planned.details:
        headers = [f"{HEADER}: {planned.details['text']}"]
    one.dues = tuple(now + ahead for ahead, _, _ in dates)
    one.content = message(*headers, body=f"Message {one.number}.\r\n")
    one.tell(f"{one.kind}, dated {[header[14:] for header in headers]}")


def fingerprint(postfix, queue_id):
    """What tells whether a held message was touched."""
    path = postfix.queue_folder / "hold" / queue_id
    try:
        facts = path.stat()
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    digest = hashlib.sha256(content).hexdigest()
    return facts.st_ino, facts.st_mtime_ns, facts.st_mode, digest
