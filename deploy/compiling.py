"""The step of a wheel's build that compiles the modules named in pyproject.toml with mypyc, where a C compiler is.

`WARIFU_BUILD=compiled` fails where they cannot be compiled, `WARIFU_BUILD=source` leaves them as they are; without
either the build says which of the two it did. An editable installation is never compiled: its sources are there to be
changed.

The sources stay plain Python and mean the same either way. What compiled code asks of them, tests/house/test_compiled
holds where it can be read off them:

- A value is what its annotation says, or there is a TypeError: a row's 1 is no `bool`, an `Any` from JSON no enum.
- Nothing is awaited while an exception is handled. A compiled coroutine has no exception state of its own, so what
  another one handles meanwhile would be taken for it: keep the exception, leave the handler, then wait.
- Handlers of one function give exceptions of different types different names.
- Constants are `Final`: others are looked up by their names, at every use.
- The words of the API stay uncompiled, since an enumeration loses its docstring.
- No class outside them inherits from one of them, so exceptions that others derive from stay uncompiled.
- Nothing changes them from outside; tests that do are marked `rewired` and run from src.
"""

import atexit
import os
import shutil
import sysconfig
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Whether the types are right `mypy --strict` says, in tests/house, where all stubs are; here the compiler goes by those
# that it finds. What is heavy to read and of no use to it counts as untyped.
MYPY = """
[mypy]
ignore_missing_imports = True
ignore_errors = True
[mypy-sqlalchemy.*,fastapi.*,pydantic.*,starlette.*,lxml.*,httpx2.*,uvicorn.*,structlog.*,jinja2.*,typer.*,rich.*]
follow_imports = skip
"""


class Compiled(BuildHookInterface):  # type: ignore[misc, type-arg]
    """Adds to the wheel one shared library with all compiled modules, and beside each of them what loads it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        asked = os.environ.get("WARIFU_BUILD", "")
        if version == "editable" or asked == "source":
            return
        try:
            libraries = self._libraries()
        except (Exception, SystemExit) as failure:
            if asked == "compiled":
                raise
            self.app.display_warning(f"Not compiled, so about a quarter slower: {failure}")
            return
        build_data["force_include"].update(libraries)
        build_data.update(pure_python=False, infer_tag=True)

    def _libraries(self) -> dict[str, str]:
        """Where they lie, and where they belong in the wheel."""
        if missing := _missing():
            raise SystemExit(missing)
        modules = self.config["modules"]
        self.app.display_info(f"Compiling {len(modules)} modules: a minute or two")
        folder = Path(mkdtemp(prefix="warifu-build-"))
        atexit.register(shutil.rmtree, folder)  # the wheel is written after this step, or never
        return {str(each): str(each.relative_to(folder / "lib")) for each in _compile(self.root, modules, folder)}


def _missing() -> str | None:
    """What compiling takes and is not there."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler ({compiler})"
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.exists():
        return f"the headers of Python are missing ({header})"
    try:
        import mypyc.build  # noqa: F401
        import setuptools  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed"
    return None


def _compile(root: str, modules: list[str], folder: Path) -> list[Path]:
    """The libraries, below `folder`/lib where they belong in a wheel."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    settings = folder / "mypy.ini"
    settings.write_text(MYPY)
    paths = [f"{module.replace('.', '/')}.py" for module in modules]
    with chdir(Path(root, "src")), _unless_it_fails():
        extensions = mypycify(
            [f"--config-file={settings}", f"--cache-dir={os.devnull}", *paths],
            opt_level="2",
            debug_level="0",
            group_name="idp",
            multi_file=True,
            target_dir=str(folder / "c"),
        )
        for extension in extensions:
            extension.extra_compile_args.append("-fvisibility=hidden")  # they call one another without a detour
        told = {"name": "warifu", "ext_modules": extensions, "cmdclass": {"build_ext": _on_all_cores()}}
        building = Distribution(told).get_command_obj("build_ext")
        building.build_lib, building.build_temp = str(folder / "lib"), str(folder / "o")
        building.parallel = os.cpu_count()
        building.ensure_finalized()
        building.run()
    return sorted((folder / "lib").rglob("*.so"))


@contextmanager
def _unless_it_fails() -> Iterator[None]:
    """Nothing is said: mypyc remarks on what it translates less well. Only what it refuses is told."""
    said = StringIO()
    try:
        with redirect_stdout(said):
            yield
    except SystemExit:
        print(said.getvalue(), flush=True)
        raise


def _on_all_cores() -> Any:
    """Of setuptools, which compiles the files of one library one after another; nearly all are of one."""
    from setuptools.command.build_ext import build_ext

    class OnAllCores(build_ext):  # type: ignore[misc]
        def build_extensions(self) -> None:
            compile_all = self.compiler.compile

            def at_once(sources: list[str], **options: Any) -> list[str]:
                with ThreadPoolExecutor(os.cpu_count()) as pool:
                    return [each for (each,) in pool.map(lambda source: compile_all([source], **options), sources)]

            self.compiler.compile = at_once
            super().build_extensions()

    return OnAllCores
