import pytest

from idp.kit.canonical import canonical


def test_one_document_has_one_form() -> None:
    one = {"b": ["é", 1, None, True], "a": {"y": "\u2028\n", "x": "日"}}
    other = {"a": {"x": "日", "y": "\u2028\n"}, "b": ["é", 1, None, True]}
    assert canonical(one) == canonical(other) == '{"a":{"x":"日","y":"\u2028\\n"},"b":["é",1,null,true]}'.encode()


@pytest.mark.parametrize("wrong", [1.5, {"é": 1}, {1: 2}, [2**53], b"x"])
def test_what_has_no_sure_form_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, it is not signed
        canonical(wrong)
