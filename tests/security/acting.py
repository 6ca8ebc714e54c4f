"""What in a page would act: a check that a test can lean on."""

from html.parser import HTMLParser

from tests.support.filling import BASE_URL
from tests.support.in_process import Answer


class Active(HTMLParser):
    """Whatever in a page acts or leads elsewhere, as a browser would read it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "base"):
            self.found.append(tag)
        for name, value in attrs:
            address = (value or "").strip().lower()
            leads = name in ("href", "src", "action", "formaction", "srcset", "xlink:href")
            if (leads and address.startswith("//")) or (
                leads and not address.startswith(("/", "#", "?", f"{BASE_URL}/", "https://rp.example/"))
            ):
                self.found.append(f"{tag} {name}={value}")
            if name.startswith("on") or name in ("style", "http-equiv", "srcdoc"):
                self.found.append(f"{tag} {name}={value}")


def nothing_acts(answer: Answer) -> None:
    assert Active(answer.text).found == []
