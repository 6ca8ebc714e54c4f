"""What a document points to and stands elsewhere: asked for between two readings of it, never within a unit."""

from typing import Any, NamedTuple, cast

from idp.kit.egress import Answer, Egress, Unreachable


class Asked(NamedTuple):
    tenant: str
    url: str


class Wanted(Exception):  # not a fault: the document is read again once it is there
    def __init__(self, asked: Asked, more: dict[str, Any]) -> None:
        super().__init__(asked.url)
        self.asked = asked
        self.more = more


class Elsewhere:
    """Answers that were fetched for this document, each once."""

    def __init__(self, egress: Egress | None) -> None:
        self._egress = egress
        self._answers: dict[Asked, Answer | Unreachable] = {}

    @property
    def remembered(self) -> Egress:
        """In the place of the way out: knows what was fetched, and raises `Wanted` for everything else."""
        return cast(Egress, _Remembered(self._answers, self._egress))

    def close(self) -> None:
        if self._egress is not None:
            self._egress.close()

    def load(self, wanted: list[Wanted]) -> None:
        for each in wanted:
            if each.asked in self._answers:
                continue
            try:
                if self._egress is None:
                    raise RuntimeError("nothing is fetched here")
                self._answers[each.asked] = self._egress.fetch(each.asked.url, tenant=each.asked.tenant, **each.more)
            except Unreachable as failure:
                self._answers[each.asked] = failure


class _Remembered:
    def __init__(self, answers: dict[Asked, Answer | Unreachable], egress: Egress | None) -> None:
        self._answers = answers
        self._egress = egress

    def judge(self, url: str) -> None:
        """As `Egress.judge`, which fetches nothing."""
        if self._egress is None:
            raise RuntimeError("nothing is fetched here")
        self._egress.judge(url)

    def fetch(self, url: str, *, tenant: str, **more: Any) -> Answer:
        asked = Asked(tenant, url)
        answer = self._answers.get(asked)
        if answer is None:
            raise Wanted(asked, more)
        if isinstance(answer, Unreachable):
            raise answer
        return answer
