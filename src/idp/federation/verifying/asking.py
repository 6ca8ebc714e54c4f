"""Addresses asked one after another until the time is over; after that a check is skipped, and says so."""

from idp.federation.verifying.model import Check, Finding, Result
from idp.kit.clock import monotonic
from idp.kit.egress import Answer, Egress, Unreachable

PATIENCE = 20.0  # seconds for all of them
_EACH = 4.0
_LARGEST = 512 * 1024


class Asking:
    def __init__(self, egress: Egress, tenant: str) -> None:
        self.egress = egress
        self.tenant = tenant
        self._until = monotonic() + PATIENCE

    @property
    def left(self) -> float:
        return min(_EACH, self._until - monotonic())

    def skips(self, check: Check, url: str) -> Finding | None:
        """Why an address is not asked."""
        if not url.startswith("https:"):  # http is for loopback alone, and other schemes are an app's own
            en, ja = "It leads to the person's own machine.", "利用者自身の端末を指すため確認しません。"
            return Finding(check, Result.SKIPPED, en, ja, url)
        if self.left <= 0:
            en, ja = "There was no time left for it.", "時間内に確認できませんでした。"
            return Finding(check, Result.SKIPPED, en, ja, url)
        return None

    def fetch(self, url: str) -> Answer | None:
        """None where nothing answers, whatever is the matter."""
        try:
            return self.egress.fetch(url, tenant=self.tenant, largest=_LARGEST, patience=max(self.left, 0.1))
        except Unreachable:
            return None

    def located(self, check: Check, url: str) -> Finding:
        """By its name alone."""
        skipped = self.skips(check, url)
        if skipped is not None:
            return skipped
        try:
            self.egress.locate(url, tenant=self.tenant, patience=max(self.left, 0.1))
        except Unreachable:
            en, ja = "Its host cannot be found from here.", "ホスト名を解決できません。"
            return Finding(check, Result.FAILED, en, ja, url, "a public host name")
        return Finding(check, Result.PASSED, "Its host is known.", "ホスト名を解決できます。", url)

    def answered(self, check: Check, url: str, *, otherwise: Result, highest: int = 499) -> Finding:
        """By whatever answer is no failure of the server, up to a status: it may well want another method, or a
        person."""
        skipped = self.skips(check, url)
        if skipped is not None:
            return skipped
        answer = self.fetch(url)
        if answer is None:
            return Finding(check, otherwise, "Nothing answers there.", "応答がありません。", url, "an HTTP answer")
        if answer.status > highest:
            en, ja = f"It answers {answer.status}.", f"{answer.status} を返します。"
            return Finding(check, otherwise, en, ja, url, f"a status up to {highest}")
        return Finding(check, Result.PASSED, "It answers.", "応答があります。", url)
