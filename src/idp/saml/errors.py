"""What is wrong with a message, before there is somebody certain to tell it to."""

from idp.kit.errors import Invalid


class BadMessage(Invalid):
    """Of one answer for all: the code and `detail` are for the trace of the tenant's administrators alone."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, "The request of the service cannot be read.", detail=detail)
