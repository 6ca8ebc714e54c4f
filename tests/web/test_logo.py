"""A tenant's logo as browsers get it, and where it stands on the pages."""

from io import BytesIO

from PIL import Image
from tests.support.provider import Provider

from idp import tenants


def set_logo(provider: Provider, colour: str) -> str:
    written = BytesIO()
    Image.new("RGB", (40, 40), colour).save(written, "PNG")
    image = tenants.encode_logo(written.getvalue())
    with provider.open() as unit:
        tenants.set_logo(unit, image)
    return tenants.logo_digest(image)


def test_a_logo_is_served_by_us_and_kept_by_browsers(provider: Provider) -> None:
    digest = set_logo(provider, "#0a7b52")
    answer = provider.get(f"/t/aoba/logo?v={digest}")
    headers = answer.headers
    assert (answer.status, headers["content-type"]) == (200, "image/png")
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"
    assert tenants.logo_digest(answer.body) == digest


def test_under_the_address_of_another_logo_nothing_is_kept(provider: Provider) -> None:
    old = set_logo(provider, "#0a7b52")
    new = set_logo(provider, "#112233")
    for query in (f"?v={old}", "", "?v=", f"?v={new}&x"):
        answer = provider.get(f"/t/aoba/logo{query}")
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
        assert tenants.logo_digest(answer.body) == new


def test_a_tenant_without_a_logo_and_one_that_is_not_there_answer_alike(provider: Provider) -> None:
    set_logo(provider, "#0a7b52")
    assert [provider.get(f"/t/{slug}/logo?v=1").status for slug in ("midori", "nobody", "AOBA")] == [404, 404, 404]


def test_every_page_of_the_tenant_shows_it_from_the_next_request_on(provider: Provider) -> None:
    def pages() -> list[str]:
        party = provider.party("web")
        return [
            provider.get(address, {"accept": "text/html"}).text
            for address in (party.address(client_id="none"), "/t/aoba/logout")
        ] + [worker.call("GET", party.address(redirect_uri="x"), {"accept": "text/html"}).text for worker in workers]

    workers = (provider.first, provider.second)
    assert all("/logo?v=" not in page for page in pages())
    first = set_logo(provider, "#0a7b52")
    assert all(f'src="/t/aoba/logo?v={first}"' in page for page in pages())
    with provider.open() as unit:
        tenants.set_logo(unit, None)
    assert all("/logo?v=" not in page for page in pages())
