"""What a decision means, said to a person in each language."""

from idp.access import Decision
from idp.web.house import House
from idp.web.languages import Language


def said(house: House, decision: Decision) -> dict[str, str]:
    """By language. The words of whoever wrote the rule come before ours."""
    own = {Language.JA: decision.reason_ja, Language.EN: decision.reason_en}
    return {
        language.value: own[language] or house.pages.sentence(language, "denied.reason", decision.reason.value)
        for language in Language
    }
