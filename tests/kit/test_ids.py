import binascii
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import pairwise

import pytest
from tests.support.built import PLACES

from idp.kit import ids

MANY = 20_000


def test_an_id_names_its_kind_and_says_nothing_else() -> None:
    assert re.fullmatch(r"usr_[0-9a-f]{32}", ids.new("usr"))


def test_ids_of_one_process_rise_strictly() -> None:
    made = [ids.new("usr") for _ in range(MANY)]
    assert all(one < next_one for one, next_one in pairwise(made))


def test_threads_never_get_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [new for batch in pool.map(lambda _: [ids.new("usr") for _ in range(2_000)], range(8)) for new in batch]
    assert len(set(made)) == len(made)


def test_processes_never_make_the_same_id() -> None:
    program = f"from idp.kit import ids\nfor _ in range({MANY}): print(ids.new('usr'))"
    started = [
        subprocess.Popen([sys.executable, "-c", program], env=PLACES, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    made = [line for process in started for line in process.communicate(timeout=60)[0].splitlines()]
    assert len(made) == 3 * MANY
    assert len(set(made)) == len(made)


def test_ids_sort_by_the_time_of_their_making_across_processes() -> None:
    def elsewhere() -> str:
        program = "from idp.kit import ids; print(ids.new('usr'))"
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=PLACES, check=True, capture_output=True, text=True).stdout.strip()

    first, second, third = ids.new("usr"), elsewhere(), ids.new("usr")
    assert first < second < third


def test_what_is_stored_of_a_secret_does_not_give_it_away() -> None:
    minted = ids.mint("rt")
    assert minted.digest == sha256(minted.token.encode()).digest()
    assert re.fullmatch(rf"rt_{minted.id}_[A-Za-z0-9_-]{{43}}_[0-9a-f]{{8}}", minted.token)
    assert ids.presented("rt", minted.token) == (minted.id, minted.digest)


def test_a_secret_for_a_row_that_exists_names_that_row() -> None:
    first = ids.mint("ak")
    second = ids.mint("ak", first.id)
    assert second.id == first.id
    assert second.digest != first.digest


def test_no_two_secrets_are_alike() -> None:
    made = {ids.mint("rt").token.split("_", 2)[2] for _ in range(2_000)}
    assert len(made) == 2_000


def with_checksum(body: str) -> str:
    return f"{body}_{binascii.crc32(body.encode()):08x}"


TOKEN = ids.mint("rt").token
ID, SECRET = TOKEN[3:35], TOKEN[36:79]
FOREIGN = {
    "nothing": "",
    "another kind": with_checksum(f"at_{ID}_{SECRET}"),
    "a longer kind": with_checksum(f"rts_{ID}_{SECRET}"),
    "no kind": with_checksum(f"{ID}_{SECRET}"),
    "a shorter id": with_checksum(f"rt_{ID[1:]}_{SECRET}"),
    "a longer secret": with_checksum(f"rt_{ID}_{SECRET}A"),
    "an id with capital letters": with_checksum(f"rt_{'A' * 32}_{SECRET}"),
    "an id with a NUL, which PostgreSQL does not take": with_checksum("rt_" + "\0" * 32 + f"_{SECRET}"),
    "an id that is SQL": with_checksum("rt_" + "' OR '1'='1' --".ljust(32) + f"_{SECRET}"),
    "an id of digits from elsewhere": with_checksum("rt_" + "٣" * 32 + f"_{SECRET}"),
    "a secret with a line end": with_checksum(f"rt_{ID}_{SECRET[:-1]}\n"),
    "a wrong checksum": TOKEN[:-8] + "00000000",
    "a checksum in capitals": with_checksum(TOKEN[:-9])[:-8] + "ABCDEF01",
    "no checksum": TOKEN[:-9],
    "a line end after it": TOKEN + "\n",
    "a space before it": " " + TOKEN,
    "a megabyte": "rt_" + "a" * 1_000_000,
}


@pytest.mark.parametrize("token", FOREIGN.values(), ids=FOREIGN)
def test_what_was_never_minted_is_known_without_a_look_up(token: str) -> None:
    assert ids.presented("rt", token) is None


@pytest.mark.parametrize("place", range(len(TOKEN)))
def test_one_wrong_character_anywhere_is_noticed(place: int) -> None:
    wrong = "b" if TOKEN[place] == "a" else "a"
    assert ids.presented("rt", TOKEN[:place] + wrong + TOKEN[place + 1 :]) is None
    assert ids.presented("rt", TOKEN) is not None


def test_a_fork_does_not_give_the_names_that_its_parent_will_give() -> None:
    program = (
        "import os\nfrom idp.kit.ids import new\nfrom idp.kit.references import new_reference\n"
        "def some(): return [new_reference() for _ in range(50)] + [new('usr')[-20:] for _ in range(50)]\n"
        "some()\nchild = os.fork()\nprint('\\n'.join(some()), flush=True)\nchild and os.wait()"
    )
    command = [sys.executable, "-c", program]
    environment = PLACES
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()
    assert len(said) == len(set(said)) == 200
