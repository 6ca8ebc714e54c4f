"""What a service and its person hold, and the table of what each state of a contract lets through."""

from dataclasses import dataclass

from tests.support.filling import BASE_URL, CALLBACK, GOODBYE
from tests.support.in_process import Answer, Running
from tests.support.party import Browser, Party
from tests.support.provider import Provider


@dataclass
class Before:
    """What a service and its person held while everything was in order."""

    provider: Provider
    web: Party
    browser: Browser
    code: str
    told: dict[str, str]
    own: str

    @classmethod
    def of(cls, provider: Provider) -> "Before":
        web, browser = provider.party("web"), provider.browser()
        told = web.tokens(browser)
        own = web.credentials().json()["access_token"]
        provider.get("/t/aoba/jwks")
        web.at(provider.second).credentials()  # the other worker has facts in its memory, too
        return cls(provider, web, browser, browser.code(web), told, own)

    def workers(self) -> tuple[Running, Running]:
        return self.provider.first, self.provider.second

    def ask(self, worker: Running, **changes: str) -> Answer:
        browser = Browser(worker, jar=dict(self.browser.jar))
        return browser.get(self.web.address(**changes))


def refused_everywhere(before: Before, reason: str) -> None:
    """The table of what each state lets through."""
    for worker in before.workers():
        web = before.web.at(worker)
        page = before.ask(worker)
        assert (page.status, page.location) == (403, "")
        assert 'id="denied-page"' in page.text
        assert reason in page.text
        silent = before.ask(worker, prompt="none")
        assert silent.location.startswith(f"{CALLBACK}?")
        assert (silent.query["error"], silent.query["error_description"]) == ("access_denied", reason)
        assert silent.query["iss"] == f"{BASE_URL}/t/aoba"
        refused = (web.refresh(before.told["refresh_token"]), web.credentials())
        said = [(answer.status, answer.json()["error"], answer.json()["error_description"]) for answer in refused]
        assert said == [(400, "invalid_grant", reason), (400, "unauthorized_client", reason)]
        for token in (before.told["access_token"], before.told["refresh_token"], before.own):
            assert web.post("introspect", token=token).body == b'{"active":false}'
        assert web.userinfo(before.told["access_token"]).status == 401
    redeemed = before.web.at(before.provider.second).redeem(before.code)
    assert (redeemed.status, redeemed.json()) == (400, {"error": "invalid_grant", "error_description": reason})


def still_in_order(before: Before) -> None:
    """Whatever the contract says: nobody is kept from leaving, and keys stay public."""
    for worker in before.workers():
        assert worker.call("GET", "/t/aoba/.well-known/openid-configuration").status == 200
        assert len(worker.call("GET", "/t/aoba/jwks").json()["keys"]) == 3
        assert before.web.at(worker).post("revoke", token=before.told["refresh_token"]).status == 200
    address = f"/t/aoba/end_session?id_token_hint={before.told['id_token']}&post_logout_redirect_uri={GOODBYE}"
    assert before.browser.get(address).location == GOODBYE


def everything_works(before: Before) -> None:
    for worker in before.workers():
        web = before.web.at(worker)
        assert "code" in before.ask(worker, prompt="none").query
        assert web.refresh(before.told["refresh_token"]).status == 200
        assert web.credentials().status == 200
        assert web.introspect(before.told["access_token"])["active"] is True
        assert web.introspect(before.own)["active"] is True
        assert web.userinfo(before.told["access_token"]).status == 200
    assert before.web.redeem(before.code).status == 200
