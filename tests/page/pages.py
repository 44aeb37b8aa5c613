# SPDX-License-Identifier: ISC
"""A site with a status page, and what such a page has, as a browser sees it."""

import json
import re
import urllib.error
import urllib.request
from contextlib import contextmanager

from daemons import PROGRAMS
from harness import HEADER, new_recipient, open_site, rfc5322
from instance import free_port
from policyctl import said
from waiting import somebody_listens, wait_until

HOUR = 3600
PHONE, DESK = 360, 1440  # pixels
PICTURES = PROGRAMS.parent / "page"
TIMEOUT_S = 10
# Snapshots come at intervals that grow with the queue; ours is small.
NEWS_TIMEOUT_S = 30

# Each returns something that JSON can say.
NUMBERS = """
    return Object.fromEntries(Array.from(document.querySelectorAll("data[id]"),
        one => [one.id, Number(one.value)]));
"""
TABLE = """
    const rows = document.querySelectorAll(`#${arguments[0]}-table tbody tr`);
    return Array.from(rows, row => Array.from(row.cells, cell => {
        const time = cell.querySelector("time");
        return time ? time.dateTime : cell.textContent;
    }));
"""
BARS = """
    const picture = document.querySelector(
        `svg[aria-labelledby="${arguments[0]}-title"]`);
    return Array.from(picture.querySelectorAll("rect"), bar => ({
        title: bar.querySelector("title").textContent,
        class: bar.getAttribute("class"),
        x: bar.getBoundingClientRect().x,
        height: bar.getBoundingClientRect().height,
    }));
"""
# The contrast (WCAG 2) of all texts, and of bars, to what lies behind them.
CONTRASTS = """
    const parts = text => text.match(/[\\d.]+/g).map(Number);
    const luminance = rgb => {
        const [r, g, b] = rgb.slice(0, 3).map(part => part / 255).map(part =>
            part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        for (; element; element = element.parentElement) {
            const colour = parts(getComputedStyle(element).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
            if (colour[3] > 0) throw new Error("half transparent");
        }
        throw new Error("no background");
    };
    const ratio = (one, other) => {
        const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim();
        const element = walker.currentNode.parentElement;
        if (!text || element.matches("title, desc")) continue;
        const style = getComputedStyle(element);
        const colour = parts(element.matches("svg *") ? style.fill : style.color);
        found.push({text, is_text: true, ratio: ratio(colour, behind(element))});
    }
    for (const bar of document.querySelectorAll("rect"))
        found.push({text: bar.textContent, is_text: false,
            ratio: ratio(parts(getComputedStyle(bar).fill), behind(bar))});
    return found;
"""
# What has the focus, and whether one sees that.
FOCUS = """
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    return {
        name: one.tagName === "SUMMARY" ? one.parentElement.querySelector(
            "table").id : one.getAttribute("aria-labelledby") ||
            one.getAttribute("href"),
        outlined: one.matches(":focus-visible") && style.outlineStyle !== "none"
            && parseFloat(style.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0
            && box.left < innerWidth,
    };
"""
OVERFLOW = """
    return [document.scrollingElement.scrollWidth, innerWidth];
"""


class Page:
    """The page of a site."""

    def __init__(self, site, port):
        self.site = site
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"

    def get(self, path=""):
        """What a path of it answers, as text, with its headers; 503 counts, too."""
        try:
            reply = urllib.request.urlopen(self.url + path, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            reply = error
        with reply:
            return reply.read().decode(), reply.headers

    def source(self):
        """The page itself."""
        return self.get()[0]

    def wait_until_it_says(self, pattern):
        """Ask for it until pattern (a regular expression) is in it; the page."""

        def says():
            source = self.source()
            return source if re.search(pattern, source) else None

        return wait_until(f"the page says {pattern}", says, NEWS_TIMEOUT_S)

    def wait_until_it_counts(self, **numbers):
        """Ask for it until these are its numbers."""
        for name, number in numbers.items():
            name = name.replace("_", "-")
            self.wait_until_it_says(f'id="{name}" value="{number}"')

    def status(self):
        """What policyctl says."""
        return json.loads(said(self.site, "status", "--json"))

    def configure(self, **settings):
        """Have the daemons run, or start, with these settings."""
        own = {"metrics_listen": f"inet:127.0.0.1:{self.port}"}
        rules = {"rules_file": self.site.postfix.rules_file}
        self.site.daemons.configure(**own, **rules, **settings)

    def start(self, *rules):
        """Start all, with these rules."""
        self.site.postfix.write_rules(*rules)
        self.site.daemons.start()
        wait_until("it is served", lambda: somebody_listens(("127.0.0.1", self.port)))

    def send(self, due=None, subject=b"tea", sender="ann@sender.test"):
        """Mail, due then unless rules say; its recipient and its queue id."""
        date = (f"{HEADER}: {rfc5322(due)}".encode(),) if due else ()
        lines = (b"From: a@sender.test", *date, b"Subject: " + subject, b"", b"Hi", b"")
        recipient = new_recipient()
        reply = self.site.postfix.smtp(b"\r\n".join(lines), [recipient], sender=sender)
        assert reply.code == 250, reply
        return recipient, reply.queue_id


@contextmanager
def open_page(postfix, sink):
    """A site with a page, not started; no mail is left at the end."""
    with open_site(postfix, sink) as site:
        page = Page(site, free_port())
        page.configure()
        yield page
        site.postfix.delete("ALL")
