"""The operators' terminal: `idp`, and `python -m idp`.

Each command is a thin shell around what main and the rooms offer: it decides nothing that an API would decide
differently. A command is imported when it is called, so that `idp --help` is quick. Exit status 0: done; 1: failed,
with one line on standard error that says why; 2: the command was not understood. What `--json` prints is for programs.
"""


def main() -> None:
    from idp.cli.app import run

    run()
