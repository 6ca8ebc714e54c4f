"""The settings."""

from docs.writing.markdown import anchored, code

from idp import settings

_ABOUT = """# Settings

Each is an environment variable, or stands in the TOML file that `IDP_CONFIG` (or `--config`) names: there without
`IDP_` and in lower case, such as `base_url = "https://id.example.com"`. The environment counts more than the file.
Nothing else is read. `idp settings` prints this page, `idp settings --json` for programs, and `idp doctor` says what
is wrong with yours.
"""


def page() -> str:
    return "\n".join([_ABOUT, *(_one(name, each) for name, each in settings.reference().items())])


def _one(name: str, each: dict[str, str]) -> str:
    default = f"Default: {code(each['default'])}." if each["default"] else "Default: empty."
    return f"{anchored(name, f'## `{name}`')}\n{each['meaning']}\n\n{default}\n"
