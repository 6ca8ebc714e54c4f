"""Pictures of every page, to be looked at: `python -m tests.web.screenshots DIR [NAME …]`."""

from argparse import ArgumentParser
from pathlib import Path

from tests.support.browser import chromium
from tests.web.samples import SAMPLES, serving

from idp.web.languages import Language
from idp.web.pages import Pages

SIZES = {390: 844, 1280: 800}


def take(directory: Path, names: list[str]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    with serving(Pages()) as origin, chromium() as browser:
        for width, height in SIZES.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=False
                )
                page = context.new_page()
                for name in names:
                    for language in Language:
                        page.goto(f"{origin}/{name}/{language.value}")
                        page.screenshot(
                            path=directory / f"{name}-{width}-{scheme}-{language.value}.png", full_page=True
                        )
                context.close()


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.web.screenshots", description="Pictures of pages, to be looked at.")
    parser.add_argument("directory", type=Path, help="where to put them")
    parser.add_argument("name", nargs="*", help="pages; all of them otherwise: " + ", ".join(SAMPLES))
    asked = parser.parse_args()
    take(asked.directory, asked.name or list(SAMPLES))
