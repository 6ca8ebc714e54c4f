"""How Sphinx builds these pages: `make docs`. It fetches nothing, and what it makes fetches nothing either."""

import tomllib
from pathlib import Path

project = "Warifu"
author = "The Warifu project"
project_copyright = ""
version = release = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]["version"]

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["writing", "_*.md", "_templates"]
# A link that leads nowhere is a warning, and `-W` makes each warning a failure.
nitpicky = True
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3

# Quotes may be round, but `--option` stays as it is typed.
smartquotes_action = "q"

html_theme = "furo"
html_title = "Warifu"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = ["own.css"]
html_js_files = [("own.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#3b4cca", "color-brand-content": "#3b4cca"},
    "dark_css_variables": {"color-brand-primary": "#a3b0ff", "color-brand-content": "#a3b0ff"},
}
# Their contrast suffices for everybody; they come with the theme.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
