"""The public form: the same application as over the API, from somebody whom nobody knows."""

from html import unescape
from unittest.mock import patch

import pytest
from tests.contracts.conftest import form as filed
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.party import SAME_ORIGIN, Browser
from tests.support.provider import Provider
from tests.support.sign_in import Form, Page

from idp import contracts, delivery, main
from idp.contracts import Contract, Filter, Status
from idp.credentials import STRICT

ANSWERS = {
    "product": "ID_PLUS",
    "tenant": "kaede",
    "legal_form": "corporation",
    "legal_name": "株式会社かえで",
    "corporate_number": "7000012050002",
    "representative": "楓 花子",
    "admin_contact/name": "山田 太郎",
    "admin_contact/email": "taro@kaede.example",
    "admin_contact/phone": "",
    "admin_contact/affiliation": "employee",
    "billing_contact/name": "経理部",
    "billing_contact/email": "billing@kaede.example",
    "billing_contact/phone": "+81 3-0000-0000",
    "ids": "50",
    "term_months": "12",
    "start_date": "2026-04-01",
    "auto_renewal": "yes",
    "time_zone": "Asia/Tokyo",
    "partner": "",
    "plan": "",
    "continues": "",
}


def applications(provider: Provider, slug: str = "kaede") -> list[Contract]:
    with provider.platform() as unit:
        found = contracts.page(unit, chosen=Filter(), limit=100)
        return [each for each in found if each.application.slug == slug]


def blank(browser: Browser) -> Form:
    return browser.form(browser.get("/apply"), "apply-form")


def reviewed(browser: Browser, **changes: str) -> Answer:
    form = blank(browser)
    return browser.post("/apply", {**form.fields, **ANSWERS, **changes, "step": "review"})


def sent(browser: Browser, **changes: str) -> Answer:
    answer = reviewed(browser, **changes)
    form = browser.form(answer, "review-form")
    return browser.post("/apply", {**form.fields, "step": "send"})


def test_what_is_filed_is_what_the_api_would_file(provider: Provider) -> None:
    browser = provider.browser()
    answer = sent(browser)
    (contract,) = applications(provider)
    assert (answer.status, answer.location) == (303, f"{BASE_URL}/apply/received?reference={contract.id}")
    assert Page(browser.get(answer.location).text).texts["apply-reference"] == contract.id
    assert contract.application == contracts.read_application(filed(time_zone="Asia/Tokyo"))
    assert contract.status is Status.APPLIED
    with provider.platform() as unit:
        rows = [row for row in delivery.pending(unit, limit=100) if contract.id in row.payload]
    assert {(row.event, row.receiver) for row in rows} == {
        ("application.received", contract.id),
        ("application.filed", "operator"),
    }
    assert all("taro@" not in row.payload for row in rows)


def test_nothing_is_filed_before_it_was_looked_at(provider: Provider) -> None:
    browser = provider.browser()
    answer = reviewed(browser)
    texts = Page(answer.text).texts
    assert (texts["review-first-day"], texts["review-last-day"]) == ("2026-04-01", "2027-03-31")
    assert texts["review-last-day-to-ask"] == "2027-02-28"
    assert "review-short-term" not in texts
    assert applications(provider) == []
    form = browser.form(answer, "review-form")
    again = browser.post("/apply", {**form.fields, "step": "edit"})
    assert browser.form(again, "apply-form").fields["legal_name"] == "株式会社かえで"
    assert applications(provider) == []


def test_a_term_of_one_month_is_explained_beforehand(provider: Provider) -> None:
    answer = reviewed(provider.browser(), term_months="1")
    assert "review-short-term" in Page(answer.text).texts
    assert "2026-05-31" in answer.text
    fixed = reviewed(provider.browser(), term_months="1", auto_renewal="no")
    assert "review-short-term" not in Page(fixed.text).texts


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("legal_name", "", "入力してください"),
        ("tenant", "Kaede!", "ハイフン"),
        ("corporate_number", "", "入力してください"),
        ("corporate_number", "1000012050002", "先頭の数字は7"),
        ("admin_contact/email", "taro", "name@domain"),
        ("billing_contact/email", "", "入力してください"),
        ("ids", "many", "数字で"),
        ("ids", "0", "1 – 1000000"),
        ("term_months", "121", "1 – 120"),
        ("start_date", "2026-02-30", "YYYY-MM-DD"),
        ("time_zone", "Moon/Base", "Asia/Tokyo"),
        ("product", "", "入力してください"),
        ("admin_contact/affiliation", "friend", "該当する"),
    ],
)
def test_each_fault_stands_at_its_field_and_nothing_typed_is_lost(
    shared: Provider, field: str, text: str, said: str
) -> None:
    browser = shared.browser()
    answer = reviewed(browser, **{field: text})
    assert answer.status == 422
    page = Page(answer.text)
    at = field.replace("/", "-")
    assert said in page.texts[f"{at}-error"]
    assert [name for name in page.texts if name.endswith("-error")] == ["apply-error", f"{at}-error"]
    kept = page.forms["apply-form"].fields
    assert {name: kept.get(name, "") for name in ANSWERS if name != field} == {
        name: value for name, value in ANSWERS.items() if name != field
    }
    if field not in {"product", "admin_contact/affiliation"}:
        assert kept[field] == text


def test_all_faults_are_told_at_once(shared: Provider) -> None:
    browser = shared.browser()
    answer = browser.post("/apply", {**blank(browser).fields, "step": "review"})
    errors = [name for name in Page(answer.text).texts if name.endswith("-error")]
    assert len(errors) > 8


def test_the_name_of_a_customer_is_not_taken_by_a_stranger(provider: Provider) -> None:
    answer = sent(provider.browser(), tenant="aoba", product="MDM")
    assert (answer.status, "tenant-error" in Page(answer.text).texts) == (409, True)
    assert all(each.application.product.value == "ID_PLUS" for each in applications(provider, "aoba"))


def test_a_second_application_for_the_same_is_refused_and_for_another_product_taken(provider: Provider) -> None:
    assert sent(provider.browser()).status == 303
    again = sent(provider.browser())
    assert (again.status, "お申し込みまたは契約がすでに" in again.text) == (409, True)
    assert sent(provider.browser(), product="MDM").status == 303
    assert sent(provider.browser(), product="DEVICE_AUTH").status == 303


def test_a_partner_and_a_plan_that_are_not_there_are_told(shared: Provider) -> None:
    answer = sent(shared.browser(), partner="par_none", plan="none")
    texts = Page(answer.text).texts
    assert answer.status == 422
    assert {"partner-error", "plan-error"} <= set(texts)


def test_it_is_sent_from_its_own_page_and_browser_only(provider: Provider) -> None:
    browser, stranger = provider.browser(), provider.browser()
    fields = {**blank(browser).fields, **ANSWERS, "step": "send"}
    assert stranger.post("/apply", fields).status == 403
    assert browser.post("/apply", fields, {**SAME_ORIGIN, "origin": "https://evil.example"}).status == 403
    refused = browser.post("/apply", {**fields, "csrf": "0" * 64})
    assert (refused.status, "株式会社かえで" in refused.text) == (403, True)
    assert applications(provider) == []
    assert browser.post("/apply", fields).status == 303


def test_one_address_sends_a_few_in_an_hour(provider: Provider) -> None:
    with patch.object(main, "WIDE", STRICT):
        _ = provider.first  # built under the patch
    answers = [sent(provider.browser(), tenant=f"kaede-{number}") for number in range(6)]
    assert [answer.status for answer in answers] == [303] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 60
    assert applications(provider, "kaede-5") == []


def test_what_was_typed_is_text(shared: Provider) -> None:
    evil = '"><script>alert(1)</script>'
    for answer in (reviewed(shared.browser(), legal_name=evil), reviewed(shared.browser(), tenant=evil)):
        assert "<script" not in answer.text
        assert evil in unescape(answer.text)


@pytest.mark.parametrize("reference", ["", "x", "con_1", "con_" + "0" * 31 + "g"])
def test_any_other_reference_is_nothing(shared: Provider, reference: str) -> None:
    assert shared.get(f"/apply/received?reference={reference}").status == 404


def test_it_speaks_english_too(shared: Provider) -> None:
    answer = shared.get("/apply?lang=en&product=MDM&partner=par_1")
    assert "Apply for a contract" in answer.text
    fields = Page(answer.text).forms["apply-form"].fields
    assert (fields["product"], fields["partner"]) == ("MDM", "par_1")
    assert "script-src" not in answer.headers["content-security-policy"]
