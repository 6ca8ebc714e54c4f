"""Parameters of a query beside those of paging."""

from idp.admin.call import Call
from idp.kit.errors import FieldError, Invalid


def flag(call: Call, name: str) -> bool:
    text = call.filters.get(name, "false")
    if text not in ("true", "false"):
        detail = f"{name} is true or false."
        error = FieldError(f"/{name}", "unknown_value", detail, text, ["true", "false"])
        raise Invalid("invalid", "The query cannot be read.", errors=[error])
    return text == "true"
