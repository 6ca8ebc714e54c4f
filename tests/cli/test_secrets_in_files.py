"""What commands write for their owner's eyes: keys, secrets, configuration."""

import os
import resource
import stat
from pathlib import Path

import pytest

from idp.cli.saying import write_secret

SECRET = "ak_not_for_you"


def test_a_file_is_its_owners_and_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "operator.key"
    file.write_text("older and longer than what comes")
    file.chmod(0o644)
    write_secret(file, SECRET)
    assert file.read_text() == SECRET
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("link", [True, False])
def test_what_others_have_put_beside_it_is_neither_followed_nor_written_to(tmp_path: Path, link: bool) -> None:
    """Where somebody else may write too they could guess the number of the process."""
    file, theirs = tmp_path / "operator.key", tmp_path / "theirs"
    theirs.write_text("theirs")
    planted = tmp_path / f".operator.key.{os.getpid()}"
    planted.symlink_to(theirs) if link else os.link(theirs, planted)
    write_secret(file, SECRET)
    assert (theirs.read_text(), file.read_text()) == ("theirs", SECRET)
    assert not file.is_symlink()
    assert not file.samefile(theirs)


def test_half_a_secret_is_none(tmp_path: Path) -> None:
    """A write that finds room for the beginning alone says so by a number, and no more."""
    file = tmp_path / "operator.key"
    write_secret(file, "before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_secret(file, SECRET)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (file.read_text(), list(tmp_path.iterdir())) == ("before", [file])
