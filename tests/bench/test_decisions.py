"""The measurement of decisions runs, and asks what it says it asks."""

import json

import pytest

from bench import decisions


def test_it_measures_four_ways(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "ROUNDS", 1)
    monkeypatch.setattr(decisions, "REQUESTS", 3)
    decisions.main()
    found = decisions.Decisions(**json.loads(capsys.readouterr().out))
    assert 0 < found.none < found.twenty
    assert found.texts > 0
    assert found.cedar > 0
