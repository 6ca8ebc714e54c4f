"""A revision as it was published: the provisions that its notice lists, before and after, each complete."""

import json
from pathlib import Path
from typing import Any

OLD, NEW = json.loads((Path(__file__).parent / "revision.json").read_text()).values()
RULES = [{"from": "使用", "to": "利用"}]
# What the notice lists under "minor corrections such as typing errors and uniform spelling".
CALLED_MINOR = [
    {"article": each["article"], "number": provision["number"]}
    for each in NEW["articles"]
    for provision in each["provisions"]
    if (each["article"], provision["number"]) not in {("第5条", "4"), ("第5条", "5")}
]


def terms(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**document, **changes}
