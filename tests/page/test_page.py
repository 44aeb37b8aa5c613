# SPDX-License-Identifier: ISC
"""The status page in a real browser: how it looks, reads, and goes by keyboard."""

import math
import time

import pytest
from pages import (
    BARS,
    CONTRASTS,
    DESK,
    FOCUS,
    HOUR,
    NUMBERS,
    OVERFLOW,
    PHONE,
    PICTURES,
    TABLE,
    open_page,
)
from policyctl import rfc3339, said
from selenium.webdriver.common.keys import Keys

looks = pytest.mark.parametrize("scheme", ["light", "dark"])
widths = pytest.mark.parametrize("width", [PHONE, DESK])
TEXT_CONTRAST, BAR_CONTRAST = 4.5, 3.0  # WCAG 2.2: 1.4.3 and 1.4.11, AA

DAY = 24 * HOUR
DUE_IN_HOURS = {1: 3, 5: 1, 20: 2}  # how many, by the hour they are due in
FAR_S = 9 * DAY
OVERDUE = 2
RULES = (
    "undo                               sender=@undo.test : delay 3h",
    "audit                              sender=@old.test  : hold",
    "newsletter_of-the_long.department  sender=@x.test    : delay 1h",
)
BY_RULES = {"undo": 2, "audit": 1}  # messages of each
SCRIPT = "<script>window.hacked = 1</script>"
REASON = f"the \"disks\" & <b onclick='window.hacked = 2'>{SCRIPT}</b>"
SENDER = f'"{SCRIPT}"@sender.test'
REVERSED = "\N{RIGHT-TO-LEFT OVERRIDE}cod"
SUBJECT = f"{SCRIPT} \"q\" 'a' & &lt; {REVERSED} ".encode() + b"\xff\xc3("
MARK = "\N{REPLACEMENT CHARACTER}"
SHOWN_SUBJECT = f"{SCRIPT} \"q\" 'a' & &lt; {MARK}cod {MARK}{MARK}("

FOCUS_ORDER = [
    "#main",
    "/",
    "hours-table",
    "days-table",
    "weeks-table",
    "late-table",
    "rules-caption",
    "next-caption",
    "/metrics",
    "/status.json",
    "/healthz",
]


@pytest.fixture(scope="module")
def page(ruled_postfix, shared_sink):
    """A page of a queue in which there is something of each kind."""
    with open_page(ruled_postfix, shared_sink) as one:
        one.start(*RULES)
        _fill(one, shared_sink)
        yield one
        said(one.site, "resume")


def _fill(page, sink):
    """One message has left; then nothing does any more, so that some are overdue."""
    recipient, _ = page.send(math.ceil(time.time()) + 1)
    sink.wait_for(recipient)
    said(page.site, "pause", REASON)
    for _ in range(OVERDUE):
        page.send(math.ceil(time.time()) + 1)
    page.hour = int(time.time()) // HOUR * HOUR
    page.dues = {page.hour + hours * HOUR: n for hours, n in DUE_IN_HOURS.items()}
    for hour, count in page.dues.items():
        for _ in range(count):
            page.send(hour + HOUR // 2)
    _, page.hostile = page.send(page.hour + FAR_S, SUBJECT, SENDER)
    for rule, sender in (("undo", "@undo.test"), ("audit", "@old.test")):
        for _ in range(BY_RULES[rule]):
            page.send(sender=f"ann{sender}")
    waiting = OVERDUE + sum(DUE_IN_HOURS.values()) + 1 + BY_RULES["undo"]
    counts = {"waiting": waiting, "frozen": BY_RULES["audit"], "released": 1}
    page.wait_until_it_counts(**counts, overdue=OVERDUE)


@pytest.fixture
def opened(browser, page):
    """That page, on a desk."""
    browser.look(DESK)
    browser.open(page.url)
    return browser


@pytest.fixture
def with_texts(page):
    """The page while addresses and subjects are shown on it."""
    page.configure(status_page_addresses="yes")
    page.site.daemons.policyd.reload()
    page.wait_until_it_says("(?s)^(?=.*ann@sender.test)((?!not read yet).)*$")
    yield page
    page.configure()
    page.site.daemons.policyd.reload()
    page.wait_until_it_says("(?s)^((?!ann@sender.test).)*$")


@looks
@widths
def test_any_window_and_scheme(browser, page, width, scheme):
    """Nothing is asked for elsewhere or complained about; no window is too narrow."""
    browser.look(width, scheme)
    browser.open(page.url)
    browser.screenshot(PICTURES / f"page-{width}-{scheme}.png")
    scroll_width, inner_width = browser.run(OVERFLOW)
    assert inner_width == width
    assert scroll_width <= inner_width
    assert browser.complaints() == []
    assert browser.requests() in ([page.url], [page.url, "data:,"])
    is_dark = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches")
    assert is_dark == (scheme == "dark")


@looks
@widths
def test_contrast(browser, page, with_texts, width, scheme):
    """All texts can be read, those of tables that are opened, too."""
    browser.look(width, scheme)
    browser.open(page.url)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    browser.screenshot(PICTURES / f"texts-{width}-{scheme}.png")
    scroll_width, inner_width = browser.run(OVERFLOW)
    assert scroll_width <= inner_width
    found = browser.run(CONTRASTS)
    assert len(found) > 200
    limits = {True: TEXT_CONTRAST, False: BAR_CONTRAST}
    assert not [one for one in found if one["ratio"] < limits[one["is_text"]]]


@widths
def test_keyboard(browser, page, width):
    """Tab reaches all that can be done, in order; one sees where one is."""
    browser.look(width)
    browser.open(page.url)
    seen = []
    while len(seen) <= len(FOCUS_ORDER):
        browser.press(Keys.TAB)
        focus = browser.run(FOCUS)
        if not focus or (seen and focus["name"] == FOCUS_ORDER[0]):
            break
        seen.append(focus)
    assert [focus["name"] for focus in seen] == FOCUS_ORDER
    assert all(focus["outlined"] and focus["inside"] for focus in seen), seen


def test_keys_do_something(browser, page):
    """The skip link skips, a table opens, and a wide one moves."""
    browser.look(PHONE)
    browser.open(page.url)
    browser.press(Keys.TAB)
    browser.press(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "main"
    browser.press(Keys.TAB)
    assert browser.run(FOCUS)["name"] == "hours-table"
    browser.press(Keys.ENTER)
    assert browser.run("return document.querySelector('details').open")
    browser.run("document.querySelector('[aria-labelledby=next-caption]').focus()")
    browser.press(Keys.ARROW_RIGHT)
    moved = "return document.activeElement.scrollLeft > 0"
    browser.wait(moved)


def test_what_a_screen_reader_is_told(opened):
    """Landmarks, headings in order, and names for all that needs one."""
    nodes = opened.accessibility()
    roles = [node.role for node in nodes]
    for landmark in ("banner", "main", "contentinfo", "navigation"):
        assert roles.count(landmark) == 1, landmark
    levels = [n.properties["level"] for n in nodes if n.role == "heading"]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels
    named = ("heading", "image", "table", "region", "link", "navigation")
    assert not [node for node in nodes if node.role in named and not node.name]
    assert roles.count("image") == 4
    pictures = [node for node in nodes if node.role == "image"]
    assert all(node.description for node in pictures), pictures
    assert roles.count("table") == 2  # the others are closed
    assert {"columnheader", "rowheader", "caption", "time"} <= set(roles)


def test_numbers_are_those_of_policyctl(page, opened):
    """Also of /status.json."""
    numbers = opened.run(NUMBERS)
    status = page.status()
    for name in ("waiting", "waiting_bytes", "overdue", "frozen"):
        assert numbers[name.replace("_", "-")] == status[name], name
    released = status["policyd"]["released"]
    assert numbers["released"] == sum(released.values()) == 1
    assert numbers["late-n"] == 1
    next_due = opened.run(
        "return document.querySelector('.figures time').dateTime"
    )
    assert next_due == status["next_due"]
    titles = {f"paused, {status['waiting']} waiting", "overdue"}  # for a minute
    assert opened.driver.title.removeprefix("deliver-at: ") in titles


def test_bars_are_where_mail_is_due(page, opened):
    """Each hour's number of messages is in the bar of that hour, in the right order."""
    rows = dict(opened.run(TABLE, "hours"))
    assert rows.pop("overdue") == str(OVERDUE)
    for hour, count in page.dues.items():
        assert rows.pop(rfc3339(hour)) == str(count)
    undo = sum(int(count) for count in rows.values())
    assert undo == BY_RULES["undo"]
    bars = opened.run(BARS, "hours")
    assert bars[0]["title"] == f"Overdue: {OVERDUE}"
    assert [bar["class"] for bar in bars[1:]] == ["bar"] * (len(bars) - 1)
    assert [bar["x"] for bar in bars] == sorted(bar["x"] for bar in bars)
    for hour, count in page.dues.items():
        name = time.strftime("%a, %d %b %Y, %H:%M", time.gmtime(hour))
        (bar,) = (bar for bar in bars if bar["title"] == f"{name}: {count}")
        assert bar["height"] / bars[0]["height"] == pytest.approx(
            count / OVERDUE, rel=0.1
        )
    (row,) = (n for day, n in opened.run(TABLE, "days") if day == rfc3339(
        (page.hour + FAR_S) // DAY * DAY))
    assert row == "1"


def test_rules_with_hits(opened):
    """With how many they hold; those that have nothing to tell are folded."""
    rows = {row[0]: row[1:] for row in opened.run(TABLE, "rules")}
    assert rows["undo"] == ["delay", str(BY_RULES["undo"]), str(BY_RULES["undo"])]
    assert rows["audit"] == ["hold", str(BY_RULES["audit"]), str(BY_RULES["audit"])]
    assert rows["(sender)"][2] == str(OVERDUE + sum(DUE_IN_HOURS.values()) + 1)
    assert "newsletter_of-the_long.department" not in rows
    text = opened.run("return document.body.innerText")
    assert "1 more rule has no hits" in text


def test_the_next_by_due_time(page, opened):
    """In order, with who says so."""
    rows = opened.run(TABLE, "next")
    dues = [row[1] for row in rows]
    assert dues == sorted(dues)
    assert len(rows) == page.status()["waiting"]
    assert rows[0][2].startswith("overdue by ")
    assert {row[5] for row in rows} == {"its sender", "undo"}
    assert {len(row) for row in rows} == {6}


def test_no_addresses_unless_wanted(page):
    """Nor subjects, anywhere in the source, or in /status.json."""
    for path in ("", "metrics", "status.json", "healthz"):
        text = page.get(path)[0]
        for private in ("@sink.test", "@sender.test", "@old.test", "tea", "cod"):
            assert private not in text, (path, private)


def test_addresses_when_wanted(browser, with_texts):
    """What strangers wrote shows as text, and runs nothing."""
    browser.look(DESK)
    browser.open(with_texts.url)
    rows = {row[0]: row for row in browser.run(TABLE, "next")}
    row = rows[with_texts.hostile]
    assert row[6] == f"{SCRIPT}@sender.test"  # without quotes, as Postfix lists it
    assert row[7].endswith("@sink.test")
    assert " ".join(row[8].split()) == SHOWN_SUBJECT
    text = browser.run("return document.querySelector('.figures').textContent")
    assert REASON in text
    assert browser.run("return document.scripts.length") == 0
    assert browser.run("return window.hacked") is None
    assert browser.complaints() == []


def test_the_policy_stops_what_a_hole_would_let_in(opened):
    """Were something not escaped, its scripts, styles and images would do nothing."""
    opened.run(
        "const hole = document.createElement('div');"
        "hole.innerHTML = `<style>body { display: none }</style>"
        '<p style="color: red" onfocus="window.hacked = 3" tabindex="0">'
        '<img src="/metrics" onerror="window.hacked = 4">`;'
        "document.body.append(hole);"
        "hole.querySelector('p').focus();"
        "const script = document.createElement('script');"
        "script.textContent = 'window.hacked = 5';"
        "document.body.append(script);"
    )
    assert opened.run("return window.hacked") is None
    assert opened.run("return getComputedStyle(document.body).display") == "block"
    complaints = opened.complaints()
    assert complaints
    assert all("Content Security Policy" in one for one in complaints), complaints
