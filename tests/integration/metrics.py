# SPDX-License-Identifier: ISC
"""The status page as Prometheus and other programs ask it, and what it told them."""

import http.client
import json
import re
from dataclasses import dataclass

from instance import free_port
from waiting import wait_until

SAMPLE = re.compile(r'^(\w+)(?:\{(\w+)="((?:[^"\\]|\\.)*)"\})? (\S+)$')
TIMEOUT_S = 20


@dataclass(frozen=True)
class Reply:
    """What a path was answered with."""

    status: int
    text: str


class Page:
    """The status page of a site, at a port of its own."""

    def __init__(self):
        self.port = free_port()

    @property
    def settings(self):
        """What deliver-at.conf has to say for it."""
        return {"metrics_listen": f"inet:127.0.0.1:{self.port}"}

    def get(self, path):
        """The Reply."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, TIMEOUT_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return Reply(answer.status, answer.read().decode("utf-8"))
        finally:
            connection.close()

    def status_json(self):
        """The object of /status.json."""
        reply = self.get("/status.json")
        assert reply.status == 200
        return json.loads(reply.text)

    def metrics(self):
        """All samples: (name, value of the one label, or None) to the number."""
        reply = self.get("/metrics")
        assert reply.status == 200
        return parse(reply.text)

    def await_numbers(self, wanted):
        """Until each of these samples has this number; a snapshot comes each second."""
        differ = {}

        def are_told():
            told = self.metrics()
            differ.clear()
            for key, number in wanted.items():
                if told.get(key) != number:
                    differ[key] = (told.get(key), number)
            return not differ

        try:
            wait_until("the page tells all", are_told)
        except AssertionError:
            raise AssertionError(f"(told, wanted): {differ}") from None

    def await_health(self, status, part, timeout_s=10):
        """Until /healthz answers that, and part of it is so; its text."""

        def answer():
            reply = self.get("/healthz")
            return reply if reply.status == status and part in reply.text else None

        return wait_until(f"/healthz: {status} {part}", answer, timeout_s).text


def parse(text):
    """The samples of an exposition, each well-formed and there once."""
    samples = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, _, value, number = SAMPLE.match(line).groups()
        assert (name, value) not in samples, line
        samples[name, value] = float(number)
    return samples
