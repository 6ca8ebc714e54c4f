"""What people are told, in their language, and nothing that could be made of a name."""

import json
import re
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.contracts.conftest import OPERATOR
from tests.mail.conftest import SENDER, Office
from tests.terms.revision import OLD

from idp import credentials, delivery, terms, users
from idp.contracts import Contract, Status
from idp.delivery import Impossible
from idp.kit.clock import instant
from idp.kit.errors import Conflict, NotFound
from idp.mail import Files, Mailbox
from idp.mail.meanings import MEANINGS
from idp.mail.message import Letter, message
from idp.web.languages import Language
from idp.web.wording import Wording


def plain(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def page(letter: EmailMessage) -> str:
    part = letter.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def outbox(office: Office, contract: Contract) -> list[delivery.Delivery]:
    with office.units.open(contract.tenant, actor=OPERATOR, write=False) as unit:
        return delivery.pending(unit)


def link_in(letter: EmailMessage) -> str:
    return re.findall(r"https://idp\.example/\S+", plain(letter))[0]


def test_the_set_up_notice_and_the_invitation_reach_the_admin_contact(office: Office) -> None:
    contract = office.bring(Status.ACTIVE)
    tray = office.send()
    notice, invitation = tray.about("利用契約が成立"), tray.about("パスワードの設定")
    assert notice["To"].addresses[0].addr_spec == "taro@kaede.example"
    assert notice["To"].addresses[0].display_name == "山田 太郎"
    assert "2026-04-01 – 2027-03-31" in plain(notice)
    assert "2027-02-28" in plain(notice)
    assert contract.id in plain(notice)
    assert "クラウド型ID管理サービス" in page(notice)
    assert link_in(invitation).startswith("https://idp.example/t/kaede/invitation?token=iv_")
    assert notice["Auto-Submitted"] == "auto-generated"
    assert [row.status.value for row in outbox(office, office.get(contract.id))] == ["delivered", "delivered"]


@pytest.mark.parametrize(
    ("step", "words"), [("suspend", "停止しました"), ("terminate", "解除しました"), ("resume", "再開しました")]
)
def test_each_change_is_told(office: Office, step: str, words: str) -> None:
    contract = office.bring(Status.SUSPENDED if step == "resume" else Status.ACTIVE)
    office.act(step, contract.id)
    assert contract.id in plain(office.send().about(words))


def test_a_suspension_says_why_where_somebody_said_so_and_the_outbox_does_not(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    office.act("suspend", contract.id, reason="支払いの遅延 <60 days>")
    letter = office.send().about("停止しました")
    assert "支払いの遅延 <60 days>" in plain(letter)
    assert "&lt;60 days&gt;" in page(letter)
    with office.units.open(contract.tenant, actor=OPERATOR, write=False) as unit:
        rows = unit.lane.execute("SELECT payload FROM deliveries", {}).fetchall()
    assert "60 days" not in json.dumps([list(row) for row in rows], ensure_ascii=False)


def test_without_a_reason_a_letter_has_no_line_for_one(office: Office) -> None:
    contract = office.bring(Status.SUSPENDED)
    office.act("resume", contract.id)
    assert "理由" not in plain(office.send().about("再開しました"))


def test_new_terms_are_told_with_their_title_version_and_day(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    document = {**OLD, "version": "2026", "effective_date": "2026-04-20"}
    with office.units.platform(actor=OPERATOR) as unit:
        terms.create(unit, terms.read(document))
        assert terms.publish(unit, "2026", terms.read_publication({}), least_days=1).told == 1
    letter = office.send().about("利用規約改定")
    assert [each.addr_spec for each in letter["To"].addresses] == ["taro@kaede.example"]
    for said in (document["title"], "2026", "2026-04-20"):
        assert said in plain(letter)
    assert office.get(contract.id).status is Status.ACTIVE


def test_a_letter_that_is_sent_again_is_the_same_letter(office: Office) -> None:
    contract = office.bring(Status.ACTIVE)
    office.send()
    with office.units.open(office.get(contract.id).tenant, actor=OPERATOR) as unit:
        unit.lane.execute("UPDATE deliveries SET next_at = 0, delivered_at = NULL", {})
    first = list(office.tray.raw)
    office.send()
    assert sorted(office.tray.raw) == sorted(first + first)
    assert {f"<{name}@idp.example>" for name in office.tray.letters} == {
        letter["Message-ID"] for letter in office.tray.letters.values()
    }


def test_an_invitation_holds_no_secret_before_it_is_written(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    tray = office.send()
    secret = link_in(tray.about("パスワード")).partition("token=")[2].partition("&")[0]
    with office.units.open(contract.tenant, actor=OPERATOR) as unit:
        rows = unit.lane.execute("SELECT payload FROM deliveries", {}).fetchall()
        stored = unit.lane.execute("SELECT * FROM invitations", {}).fetchall()
    assert secret not in json.dumps([list(row) for row in rows])
    assert secret not in repr(list(map(tuple, stored)))
    assert "taro@" not in json.dumps([list(row) for row in rows])


def test_a_link_is_used_once_and_ends_when_another_is_sent(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    first = link_in(office.send().about("パスワード")).partition("token=")[2].partition("&")[0]
    with office.units.open(contract.tenant, actor=OPERATOR) as unit:
        admin = credentials.find_invited(unit, first)
        assert admin is not None
        again = credentials.invite(unit, admin.id)
    with office.units.open(contract.tenant, actor=OPERATOR) as unit:
        assert credentials.find_invited(unit, first) is None
        second = credentials.secret_of(unit, again.id)
        assert second is not None
        credentials.accept(unit, second, "$argon2id$hash")
        assert users.get(unit, admin.id).can_sign_in
        assert credentials.find_invited(unit, second) is None
        with pytest.raises(NotFound):
            credentials.accept(unit, second, "$argon2id$other")
        with pytest.raises(Conflict, match="password_exists"):
            credentials.invite(unit, admin.id)


def test_a_link_is_over_after_seven_days(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    link = link_in(office.send().about("パスワード")).partition("token=")[2].partition("&")[0]
    for days, known in ((6.9, True), (0.2, False)):
        office.clock.advance(days=days)
        with office.units.open(contract.tenant, actor=OPERATOR) as unit:
            assert (credentials.find_invited(unit, link) is not None) is known
    with office.units.open(contract.tenant, actor=OPERATOR) as unit, pytest.raises(NotFound):
        credentials.accept(unit, link, "$argon2id$hash")


def test_a_link_of_one_tenant_opens_nothing_in_another(office: Office) -> None:
    """Attack J14."""
    office.bring(Status.ACTIVE)
    neighbour = office.get(office.bring(Status.ACTIVE, tenant="momiji").id)
    letters = [letter for letter in office.send().letters.values() if "パスワード" in letter["Subject"]]
    (mine,) = [link_in(letter) for letter in letters if "/t/kaede/" in link_in(letter)]
    with office.units.open(neighbour.tenant, actor=OPERATOR) as unit:
        assert credentials.find_invited(unit, mine.partition("token=")[2].partition("&")[0]) is None


def test_an_invitation_that_was_overtaken_is_not_sent(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    with office.units.open(contract.tenant, actor=OPERATOR) as unit:
        credentials.set_password(unit, users.page(unit)[0].id, "$argon2id$hash")
    office.send()
    assert len(office.tray.letters) == 1
    assert outbox(office, contract)[1].error == "overtaken"


def test_a_person_reads_their_own_language(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    with office.units.open(contract.tenant, actor=OPERATOR) as unit:
        users.change(unit, users.page(unit)[0].id, {"locale": "en-GB"})
    tray = office.send()
    assert tray.about("contract is established")["Content-Language"] == "en"
    assert "lang=en" in link_in(tray.about("choose your password"))


def test_the_operator_and_nobody_else_is_told_of_what_is_theirs(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    with office.units.open(contract.tenant, actor=OPERATOR) as unit:
        payload = {"tenant": "kaede", "seq": 1, "fields": ["representative"]}
        for receiver in ("operator", "par_1"):
            delivery.enqueue(unit, "tenant.registered_information_changed", receiver=receiver, payload=payload)
    letter = office.send().about("登録情報")
    assert str(letter["To"]) == "ops@idp.example"
    assert "representative" in plain(letter)
    assert [row.error for row in outbox(office, contract)][2:] == [None, "no_address"]


def test_every_event_has_its_words_in_every_language() -> None:
    for language in Language:
        say = Wording(language, "idp.mail")
        for event, facts in MEANINGS.items():
            assert say(f"{event}.subject", brand="x")
            assert say(f"{event}.text", brand="x")
            assert all(say(f"facts.{fact}") for fact in facts)


EVIL = [
    "Taro\r\nBcc: evil@example.org",
    "Taro\nX: y",
    "Taro\x00\x0b\x85 x",
    'Taro" <evil@example.org>, "x',
    "<script>alert(1)</script>",
    "太郎\u2028Bcc: evil@example.org",
]


@pytest.mark.parametrize("name", EVIL)
def test_no_name_begins_a_header(name: str) -> None:
    """Attack L9."""
    letter = Letter((Mailbox(name, "taro@aoba.example"),), f"Hello {name}", "text", "<p>text</p>", "ja")
    raw = message(letter, sender=SENDER, message_id="dlv_1", date=instant(0)).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert b"bcc" not in names
    assert b"x" not in names
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "address",
    ["a@b.example, evil@example.org", "a@b.example\r\nBcc: e@example.org", "a b@c.example", "<a@b.example>", "a@b@c"],
)
def test_what_is_no_single_address_gets_no_letter(address: str) -> None:
    letter = Letter((Mailbox("Taro", address),), "Hello", "text", "<p>text</p>", "ja")
    with pytest.raises(Impossible, match="bad_address"):
        message(letter, sender=SENDER, message_id="dlv_1", date=instant(0))


def test_a_name_is_escaped_on_the_page(office: Office) -> None:
    office.bring(Status.ACTIVE, legal_name="<b>株式会社</b> & Co")
    letter = office.send().about("成立")
    assert "&lt;b&gt;株式会社&lt;/b&gt; &amp; Co" in page(letter)
    assert "<b>株式会社</b> & Co" in plain(letter)


def test_files_are_for_us_alone_and_one_for_each_letter(tmp_path: Path) -> None:
    letter = Letter((Mailbox("太郎", "taro@aoba.example"),), "件名", "text", "<p>text</p>", "ja")
    files = Files(tmp_path / "mail")
    for _ in range(2):
        files.deliver(message(letter, sender=SENDER, message_id="dlv_1", date=instant(0)), "dlv_1", until=0)
    (found,) = (tmp_path / "mail").iterdir()
    assert found.name == "dlv_1.eml"
    assert found.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700


def test_a_statement_reaches_whoever_pays(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    office.act("terminate", contract.id)
    with office.units.open(contract.tenant, actor=OPERATOR) as unit:
        payload = {"number": 7, "month": "2026-04", "total": 16500}
        delivery.enqueue(unit, "statement.issued", receiver="tenant", payload=payload)
    letter = office.send().about("利用明細")
    assert [each.addr_spec for each in letter["To"].addresses] == ["billing@kaede.example", "taro@kaede.example"]
    assert "16500" in plain(letter)


def test_a_notice_is_read_whole_by_the_admin_contact(office: Office) -> None:
    contract = office.get(office.bring(Status.ACTIVE).id)
    body = "Saturday, 2:00 to 4:00.\nSign-in stays possible; <b>changes</b> wait."
    draft = {"kind": "maintenance", "title": "Works", "body": body, "effective_date": "2026-05-02"}
    with office.units.platform(actor=OPERATOR) as unit:
        terms.announce(unit, terms.read_notice(draft), reach=[contract.tenant], least_days=30)
    letter = office.send().about("お知らせ")
    assert str(letter["To"]) == "山田 太郎 <taro@kaede.example>"
    said = plain(letter).replace("\r\n", "\n")
    assert "Works" in said
    assert "2026-05-02" in said
    assert body in said
    assert "&lt;b&gt;" in page(letter)
    assert outbox(office, contract)[-1].error is None
