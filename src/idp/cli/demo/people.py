"""Who is in the demonstration. None of them exist; the corporate numbers are of no company."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from idp.cli.demo.leaf import leaf

PASSWORD = "demo-Passw0rd!"  # noqa: S105 - public, as the whole installation is
PARTNER = "さくら販売株式会社"
PLAN: Mapping[str, Any] = {"name": "standard", "product": "ID_PLUS", "price_per_id": 300, "tax_rate": "0.10"}
LOOPBACK: Mapping[str, Any] = {"name": "demo", "cidrs": ["127.0.0.0/8", "::1/128"]}
OPERATOR: Mapping[str, Any] = {
    "user_name": "operator@example",
    "display_name": "運用 担当",
    "email": "operator@example",
    "affiliation": "employee",
    "roles": ["admin"],
    "locale": "ja",
}


class Company(NamedTuple):
    """`number` is empty for a sole proprietor; `people` as the admin API would be told them."""

    slug: str
    name: str
    number: str
    colour: str
    help_text: str
    people: tuple[Mapping[str, Any], ...]
    suspended: str = ""
    logo: Callable[[], bytes] | None = None  # draws a PNG

    @property
    def admin(self) -> Mapping[str, Any]:
        """Named in the application; the approval makes an ID of them."""
        return next(each for each in self.people if "admin" in each.get("roles", ()))


TARO: Mapping[str, Any] = {
    "user_name": "taro@aoba.example",
    "display_name": "山田 太郎",
    "email": "taro@aoba.example",
    "affiliation": "employee",
    "locale": "ja-JP",
    # Every claim of OpenID Connect Core 5.1 that is not said above.
    "claims": {
        "name": "山田 太郎",
        "given_name": "太郎",
        "family_name": "山田",
        "middle_name": "一",
        "nickname": "タロー",
        "preferred_username": "taro",
        "profile": "https://aoba.example/people/taro",
        "picture": "https://aoba.example/people/taro.png",
        "website": "https://taro.example/",
        "email_verified": True,
        "gender": "male",
        "birthdate": "1990-04-01",
        "zoneinfo": "Asia/Tokyo",
        "phone_number": "+81 3-0000-0001",
        "phone_number_verified": True,
        "address": {
            "formatted": "〒100-0001\n東京都千代田区千代田1-1 あおばビル",
            "street_address": "千代田1-1 あおばビル",
            "locality": "千代田区",
            "region": "東京都",
            "postal_code": "100-0001",
            "country": "JP",
        },
        "updated_at": 1775001600,
    },
}
HANAKO: Mapping[str, Any] = {
    "user_name": "hanako@aoba.example",
    "display_name": "佐藤 花子",
    "email": "hanako@aoba.example",
    "affiliation": "officer",
    "roles": ["admin"],
    "locale": "ja-JP",
    "claims": {"given_name": "花子", "family_name": "佐藤", "email_verified": True, "zoneinfo": "Asia/Tokyo"},
}
KEN: Mapping[str, Any] = {
    "user_name": "ken@midori.example",
    "display_name": "緑川 健",
    "email": "ken@midori.example",
    "affiliation": "officer",
    "roles": ["admin"],
    "locale": "ja-JP",
}

AOBA = Company(
    slug="aoba",
    name="株式会社あおば",
    number="8000000000001",
    colour="#3b49c8",
    help_text="ヘルプデスク 03-0000-0000 · it@aoba.example",
    people=(TARO, HANAKO),
    logo=leaf,
)
MIDORI = Company(
    slug="midori",
    name="みどり合同会社",
    number="7000000000002",
    colour="#15803d",
    help_text="情報システム担当 03-0000-0002 · it@midori.example",
    people=(KEN,),
    suspended="料金の支払いが確認できないため",
)
