# SPDX-License-Identifier: ISC
"""A headless Chromium, and what it says of a page."""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager

from interrupts import held_back
from processes import descendants, kill_all
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

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
LOAD_TIMEOUT_S = 30


def _options(profile):
    options = Options()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
    return options


@contextmanager
def open_browser():
    """A browser with a profile of its own; none of it is left at the end."""
    profile = tempfile.mkdtemp(prefix="dat-page-")
    service = Service(DRIVER)
    driver = None
    try:
        driver = webdriver.Chrome(service=service, options=_options(profile))
        driver.set_page_load_timeout(LOAD_TIMEOUT_S)
        yield Browser(driver)
    finally:
        with held_back():
            _end(service, driver)
            shutil.rmtree(profile, ignore_errors=True)


def _end(service, driver):
    """Politely, and then in any case."""
    process = getattr(service, "process", None)
    family = descendants(process.pid) if process else ()
    try:
        if driver is not None:
            driver.quit()
        service.stop()
    finally:
        kill_all(one.pid for one in family)
        if process is not None:
            process.kill()
            process.wait()


class Browser:
    """One window; a size and a scheme are set before a page is opened."""

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
            mobile=width < 600,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.command("Emulation.setEmulatedMedia", features=[feature])

    def open(self, url):
        """Open it; what is logged is of this page only."""
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
        messages = (
            json.loads(entry["message"])["message"]
            for entry in self.driver.get_log("performance")
        )
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def tab(self):
        """Press Tab."""
        ActionChains(self.driver).send_keys(Keys.TAB).perform()

    def press(self, key):
        """Press a key."""
        ActionChains(self.driver).send_keys(key).perform()

    def accessibility(self):
        """The nodes of the accessibility tree, in order, that are not ignored."""
        nodes = self.command("Accessibility.getFullAXTree")["nodes"]
        return [AxNode(node) for node in nodes if not node["ignored"]]

    def screenshot(self, path):
        """All of the page, however long."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        picture = self.command(
            "Page.captureScreenshot",
            captureBeyondViewport=True,
            clip={**{k: size[k] for k in ("width", "height")}, "x": 0, "y": 0, "scale": 1},
        )
        with open(path, "wb") as file:
            file.write(_decoded(picture["data"]))


def _decoded(data):
    import base64

    return base64.b64decode(data)


class AxNode:
    """What assistive technology is told of an element."""

    def __init__(self, node):
        self.role = node["role"]["value"]
        self.name = node.get("name", {}).get("value", "")
        self.description = node.get("description", {}).get("value", "")
        self.properties = {
            one["name"]: one["value"].get("value") for one in node.get("properties", ())
        }
        self.children = node.get("childIds", [])
        self.id = node["nodeId"]
