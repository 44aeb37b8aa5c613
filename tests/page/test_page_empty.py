# SPDX-License-Identifier: ISC
"""The status page where nothing waits."""

from pages import DESK, OVERFLOW, PHONE, PICTURES, open_page


def test_an_empty_queue(ruled_postfix, shared_sink, browser):
    """It says so, and that all is well."""
    with open_page(ruled_postfix, shared_sink) as page:
        page.start("undo sender=@undo.test : delay 3h")
        page.wait_until_it_says("All is well")
        for width in (PHONE, DESK):
            browser.look(width, "dark")
            browser.open(page.url)
            browser.screenshot(PICTURES / f"empty-{width}-dark.png")
            scroll_width, inner_width = browser.run(OVERFLOW)
            assert scroll_width <= inner_width
        assert browser.driver.title == "deliver-at: 0 waiting"
        assert "Nothing waits" in browser.run("return document.body.innerText")
        assert browser.complaints() == []
