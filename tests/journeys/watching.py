"""What goes wrong in the pages of a test, noted."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

WAIT_MS = 30_000  # the limit of every wait
# The console's own words for a violation may change with the browser; the event does not.
TELL_VIOLATIONS = """addEventListener('securitypolicyviolation', event => window.palabreViolation(
    `content policy: ${event.effectiveDirective} stopped ${event.blockedURI} ${event.sample}`));"""


class Watch:
    """Notes what goes wrong in the pages of one test. `expected`: console errors that belong to the story told."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        # A refused sign-in check is how a signed-out visitor learns that he is: the browser logs its status.
        self.expected = [re.compile("status of 401")]

    def over(self, place: BrowserContext | Page) -> None:
        """Watch a page, or a context with all pages that will be opened in it."""
        place.expose_binding("palabreViolation", lambda _source, told: self.note(str(told)))
        place.add_init_script(TELL_VIOLATIONS)
        place.on("console", self._console)
        if isinstance(place, Page):
            place.on("pageerror", lambda error: self.note(str(error)))
        else:
            place.on("weberror", lambda error: self.note(str(error.error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.note(message.text)

    def note(self, what: str) -> None:
        if not any(known.search(what) for known in self.expected):
            self.problems.append(what)
