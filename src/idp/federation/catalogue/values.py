"""What is entered on the other side: values of the tenant, of the service, and of neither."""

from collections.abc import Mapping

from idp.federation.catalogue.model import Text

Values = Mapping[str, str | None]
"""By the words of `MEANINGS`; None where there is none (any more)."""

MEANINGS: dict[str, Text] = {
    "entity_id": Text("Our entity ID (issuer)", "当方のエンティティ ID(発行者)"),
    "sso_url": Text("Our single sign-on address", "当方のシングルサインオン URL"),
    "logout_url": Text("Our page to sign out", "当方のサインアウトページ"),
    "metadata_url": Text(
        "Our metadata: the address, or the file behind it", "当方のメタデータ(URL、またはそのファイル)"
    ),
    "certificate": Text("Our signing certificate, base64 without armour", "当方の署名証明書(ヘッダーなしの Base64)"),
    "certificate_pem": Text("Our signing certificate, PEM", "当方の署名証明書(PEM)"),
    "fingerprint_sha256": Text(
        "The SHA-256 fingerprint of our signing certificate", "当方の署名証明書の SHA-256 フィンガープリント"
    ),
    "sp_entity_id": Text(
        "The service's entity ID, as it is registered here", "ここに登録したサービスのエンティティ ID"
    ),
    "acs_url": Text("The service's ACS address, as it is registered here", "ここに登録したサービスの ACS URL"),
    "issuer": Text("Our issuer", "当方の発行者(issuer)"),
    "discovery_url": Text("Our discovery document", "当方のディスカバリー文書"),
    "authorization_endpoint": Text("Our authorization endpoint", "当方の認可エンドポイント"),
    "token_endpoint": Text("Our token endpoint", "当方のトークンエンドポイント"),
    "userinfo_endpoint": Text("Our userinfo endpoint", "当方の UserInfo エンドポイント"),
    "jwks_uri": Text("Our public keys", "当方の公開鍵(JWKS)"),
    "client_id": Text("The client ID of the service", "サービスのクライアント ID"),
    "client_secret": Text(
        "The client secret, shown when the service is registered", "クライアントシークレット(登録時に一度だけ表示)"
    ),
    "on": Text("Switch it on", "有効にする"),
}
