# SPDX-License-Identifier: ISC
"""A headless Chromium, and what it says of a page."""

import base64
import json
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from interrupts import held_back
from processes import descendants, kill_all, working_in
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from urllib3.exceptions import HTTPError
from waiting import wait_until

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # it runs as root, and sees nothing but our page
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-default-browser-check",
)
HEIGHT = 900
PHONE_MAX = 600  # pixels; a window no wider is a phone's
LOAD_TIMEOUT_S = 30


def _options(profile):
    options = Options()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={profile}/data"):
        options.add_argument(option)
    logs = {"browser": "ALL", "performance": "ALL"}
    options.set_capability("goog:loggingPrefs", logs)
    return options


@contextmanager
def open_browser():
    """A browser with a profile of its own; nothing is left of it at the end."""
    profile = tempfile.mkdtemp(prefix="dat-page-")
    service, driver = Service(DRIVER), None
    try:
        driver = webdriver.Chrome(service=service, options=_options(profile))
        driver.set_page_load_timeout(LOAD_TIMEOUT_S)
        yield Browser(driver)
    finally:
        with held_back():
            _end(service, driver, profile)
            shutil.rmtree(profile, ignore_errors=True)


def _end(service, driver, profile):
    """Politely, and then in any case: ctrl-C may have ended the driver alone."""
    process = getattr(service, "process", None)
    family = [one.pid for one in descendants(process.pid)] if process else []
    try:
        if driver is not None:
            with suppress(WebDriverException, OSError, HTTPError):
                driver.quit()
    finally:
        kill_all([*family, *working_in(profile)])
        if process is not None:
            process.kill()
            process.wait()


@dataclass
class Node:
    """What assistive technology is told of an element."""

    role: str
    name: str
    description: str
    properties: dict

    @classmethod
    def of(cls, node):
        """From the DevTools protocol."""
        texts = (node.get(k, {}).get("value", "") for k in ("name", "description"))
        properties = {
            one["name"]: one["value"].get("value") for one in node.get("properties", ())
        }
        return cls(node["role"]["value"], *texts, properties)


class Browser:
    """One window; its size and scheme are set before a page is opened."""

    def __init__(self, driver):
        self.driver = driver

    def command(self, name, **parameters):
        """One of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def look(self, width=1440, scheme="light"):
        """A window of that width; light or dark."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=HEIGHT,
            deviceScaleFactor=1,
            mobile=width <= PHONE_MAX,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.command("Emulation.setEmulatedMedia", features=[feature])

    def open(self, url):
        """Open it; what is logged from here on is of this page."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(url)

    def run(self, script, *arguments):
        """What a function body of JavaScript returns."""
        return self.driver.execute_script(script, *arguments)

    def complaints(self):
        """What the console says."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """The addresses of all that was asked for."""
        entries = self.driver.get_log("performance")
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def wait(self, script):
        """Until a function body of JavaScript returns something true."""
        return wait_until(script, lambda: self.run(script))

    def press(self, key):
        """Press a key, wherever the focus is."""
        ActionChains(self.driver).send_keys(key).perform()

    def accessibility(self):
        """The nodes of the accessibility tree that are not ignored."""
        nodes = self.command("Accessibility.getFullAXTree")["nodes"]
        return [Node.of(node) for node in nodes if not node["ignored"]]

    def screenshot(self, path):
        """All of the page, however long."""
        path.parent.mkdir(parents=True, exist_ok=True)
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "scale": 1}
        clip.update((name, size[name]) for name in ("width", "height"))
        picture = self.command(
            "Page.captureScreenshot", captureBeyondViewport=True, clip=clip
        )
        path.write_bytes(base64.b64decode(picture["data"]))
