from pathlib import Path
from typing import Any

import pytest
from tests.support import mmdb

from idp.access import countries
from idp.access.countries import Countries, DatabaseRefused

JAPAN = {"country": {"iso_code": "JP"}}
FRANCE = {"country": {"iso_code": "FR"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    networks = {"133.0.0.0/8": JAPAN, "2001:200::/23": JAPAN, "8.0.0.0/8": FRANCE, "133.1.0.0/16": FRANCE}
    return mmdb.write(tmp_path / "countries.mmdb", networks)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at the file at each question."""
    monkeypatch.setattr(countries, "_LOOK_AGAIN", 0.0)


@pytest.mark.parametrize(
    ("address", "country"),
    [("133.5.1.1", "JP"), ("133.1.2.3", "FR"), ("8.8.8.8", "FR"), ("2001:200::1", "JP"), ("::ffff:133.5.1.1", "JP")],
)
def test_an_address_is_where_the_operators_database_has_it(file: Path, address: str, country: str) -> None:
    assert Countries(file).of(address) == country


@pytest.mark.parametrize("address", ["1.1.1.1", "2a00::1", "", "unknown", "133.5.1", "133.5.1.1%eth0", "::"])
def test_what_the_database_does_not_know_has_no_country(file: Path, address: str) -> None:
    assert Countries(file).of(address) is None


_EVERYWHERE = (
    *("0.0.0.0/8", "8.0.0.0/6", "64.0.0.0/2", "128.0.0.0/1"),
    *("::8505:101/128", "::1/128", "64:ff9b::/32", "2000::/3", "fc00::/6"),
)


@pytest.fixture
def everywhere(tmp_path: Path) -> Path:
    return mmdb.write(tmp_path / "everywhere.mmdb", dict.fromkeys(_EVERYWHERE, JAPAN))


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "192.168.0.1", "fd00::1", "fe80::1", "100.64.0.1"])
def test_a_special_address_has_no_country_whatever_a_database_says(everywhere: Path, address: str) -> None:
    assert Countries(everywhere).of("133.5.1.1") == "JP"
    assert countries.read(everywhere)(address) == "JP"
    assert Countries(everywhere).of(address) is None
    assert Countries().of(address) is None


@pytest.mark.parametrize("address", ["64:ff9b::8505:101", "2002:8505:101::1", "2001:0:8505:101::1", "::8505:101"])
def test_an_address_that_carries_another_is_not_where_that_is(everywhere: Path, address: str) -> None:
    assert Countries(everywhere).of("133.5.1.1") == "JP"
    assert countries.read(everywhere)(address) == "JP"
    assert Countries(everywhere).of(address) is None


@pytest.mark.parametrize(
    ("address", "country"),
    [("133.11.0.1", "JP"), ("2001:200::1", "JP"), ("8.8.8.8", "US"), ("193.0.0.1", "NL"), ("::ffff:133.11.0.1", "JP")],
)
def test_without_a_database_the_registries_allocations_are_used(address: str, country: str) -> None:
    assert Countries().of(address) == country


@pytest.mark.parametrize(
    ("record", "country"),
    [
        ({"country": {"iso_code": "JP", "names": {"en": "Japan"}}, "registered_country": {"iso_code": "US"}}, "JP"),
        ({"country_code": "JP", "country": "Japan"}, "JP"),
        ({"country": "JP", "asn": "AS1"}, "JP"),
        ({"registered_country": {"iso_code": "JP"}}, None),
        ({"country": {"names": {"en": "Japan"}}}, None),
        ({"country": {"iso_code": "EU"}}, None),
        ({"country": "ZZ"}, None),
        ({"country": "jp"}, None),
        ({"country": "JPN"}, None),
        ({"country": 392}, None),
        ({"country": ["JP"]}, None),
        ({}, None),
        ("JP", None),
    ],
)
def test_the_country_is_read_as_the_makers_of_databases_write_it(
    tmp_path: Path, record: Any, country: str | None
) -> None:
    file = mmdb.write(tmp_path / "one.mmdb", {"133.0.0.0/8": record, "8.0.0.0/8": FRANCE})
    assert Countries(file).of("133.5.1.1") == country


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40])


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _text(file: Path) -> None:
    file.write_text("network,country\n8.8.8.0/24,US\n")


def _without_countries(file: Path) -> None:
    mmdb.write(file, {"8.0.0.0/8": {"autonomous_system_number": 15169}}, kind="Test-ASN")


def _gone(file: Path) -> None:
    file.unlink()


SPOILT = [_truncated, _emptied, _text, _without_countries, _gone]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_database_that_cannot_be_used_is_named_with_its_setting(file: Path, spoil: Any) -> None:
    assert str(file) in countries.described(file)
    spoil(file)
    with pytest.raises(DatabaseRefused, match=f"IDP_GEOIP_DATABASE: found .*{file}"):
        countries.described(file)


@pytest.mark.parametrize("spoil", SPOILT)
def test_with_a_database_that_cannot_be_used_nobody_has_a_country(file: Path, spoil: Any) -> None:
    """The registries' data are no stand-in: the operator has said what to go by."""
    spoil(file)
    assert Countries(file).of("133.5.1.1") is None


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.rewired
def test_a_database_is_read_again_when_another_takes_its_place(file: Path, tmp_path: Path) -> None:
    known = Countries(file)
    known.warm()
    assert known.of("133.5.1.1") == "JP"
    mmdb.write(tmp_path / "next.mmdb", {"133.0.0.0/8": FRANCE}).rename(file)
    assert known.of("133.5.1.1") == "FR"
    mmdb.write(file, {"133.0.0.0/8": JAPAN, "8.0.0.0/8": JAPAN})
    assert known.of("133.5.1.1") == "JP"


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.rewired
def test_a_change_for_the_worse_is_not_taken_and_the_next_good_one_is(file: Path, spoil: Any) -> None:
    known = Countries(file)
    assert known.of("133.5.1.1") == "JP"
    spoil(file)
    assert known.of("133.5.1.1") == "JP"
    mmdb.write(file, {"133.0.0.0/8": FRANCE})
    assert known.of("133.5.1.1") == "FR"


def test_the_file_is_not_looked_at_for_each_question(file: Path) -> None:
    known = Countries(file)
    assert known.of("133.5.1.1") == "JP"
    mmdb.write(file, {"133.0.0.0/8": FRANCE})
    assert known.of("133.5.1.1") == "JP"
