"""A browser's tab that watches what its pages do."""

from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

AXE = (Path(__file__).parents[2] / "web" / "front_end" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
COLOURS = 128
"""Of a picture: enough for pages, and a third of the bytes."""

ANSWERED = "Failed to load resource"
"""How Chromium tells an answer that is no success; those are looked at here, page by page."""


class Tab:
    """One tab in a browser (cookies, storage) of its own. What it offers stands at the head of `conftest.py`."""

    def __init__(self, context, site, images, *, javascript=True):
        self.context, self.site, self.images, self.javascript = context, site, images, javascript
        self.complaints = []
        self.status = None
        context.on("request", self._asked)
        context.on("response", self._answered)
        self.page = context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))

    # what people do

    def sign_in(self, login, password):
        self.go("/sign-in")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", password)
        self.page.locator("main form button").first.click()
        self.page.wait_for_url(lambda address: urlsplit(address).path != "/sign-in")

    def go(self, path):
        answer = self.page.goto(path)
        self.status = answer.status if answer is not None else None
        return self

    def press(self, words, within="main"):
        """A button or link that reads like this."""
        place = self.page.locator(within)
        button = place.get_by_role("button", name=words, exact=True)
        target = button if button.count() else place.get_by_role("link", name=words, exact=True)
        target.first.click()
        self.page.wait_for_load_state()

    def fill(self, label, value):
        self.page.get_by_label(label).first.fill(str(value))

    def choose(self, label, option):
        self.page.get_by_label(label).first.select_option(label=option)

    # what can be seen

    def text(self, within="main"):
        return self.page.locator(within).inner_text()

    def axe(self):
        """The page violates no rule of accessibility (WCAG 2.2 A and AA, and good practice)."""
        assert self.violations() == [], urlsplit(self.page.url).path

    def violations(self, **options):
        """What axe has against the page, a line a rule. `options` are axe's own."""
        assert self.javascript, "axe waits for ever where no script runs"
        self.page.evaluate(AXE)
        found = self.page.evaluate("options => axe.run({resultTypes: ['violations'], ...options})", options)["violations"]
        return [f"{v['id']}: {v['help']}: {[n['html'][:200] for n in v['nodes'][:3]]}" for v in found]

    def screenshot(self, name):
        """A picture of the window for the manuals, in few colours; taken anew only when the tests run with `--screenshots`."""
        if self.images is not None:
            self.images.mkdir(parents=True, exist_ok=True)
            taken = Image.open(BytesIO(self.page.screenshot(animations="disabled"))).convert("RGB")
            taken.quantize(COLOURS, dither=Image.Dither.NONE).save(self.images / f"{name}.png", optimize=True)

    # what it watches

    def close(self):
        """Close the browser; gives what was wrong."""
        self.context.close()
        return self.complaints

    def _asked(self, request):
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and f"{address.scheme}://{address.netloc}" != self.site.address:
            self.complaints.append(f"another host: {request.url}")

    def _answered(self, answer):
        part = answer.request.resource_type not in ("document", "fetch", "xhr")
        if answer.status >= 500 or (part and answer.status >= 400):
            self.complaints.append(f"{answer.status}: {answer.url}")

    def _said(self, message):
        if message.type == "error" and not message.text.startswith(ANSWERED):
            self.complaints.append(f"console: {message.text}")
