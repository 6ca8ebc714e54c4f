"""A configuration that has something of everything."""

from tests.support.xml_keys import rsa_pair

RICH = """
version: 1
tenants:
  - slug: aoba
    attributes:
      - {name: department, type: string, unique: false, max_length: 40, description: "部署\nof the company"}
      - {name: site, type: enum, values: [tokyo, "NO"]}
      - {name: badge, type: integer, unique: true}
    groups:
      - name: 営業部
        members: [taro@aoba.example, はな, "no"]
      - {name: "NO", groups: [営業部, "a: b #c"]}
      - {name: "a: b #c", members: ["o'neil"], groups: [営業部]}
      - name: 東京
        rule: {any: [{attribute: {name: site, equals: "NO"}}, {not: {affiliation: {in: [officer]}}}]}
    roles:
      - {name: 受付, permissions: ["users:read", "groups:write"], holders: ["no", はな], description: "受付: #1"}
      - {name: "NO", permissions: ["*:read"]}
    networks:
      - {name: 本社, cidrs: [192.0.2.0/24, "2001:db8::/32"]}
      - {name: 工場, cidrs: [198.51.100.0/24]}
    services:
      - name: 経費精算
        protocol: oidc
        status: disabled
        consent: required
        assignments:
          - group: 営業部
          - user: hanako@aoba.example
        oidc:
          client_id: keihi.example
          redirect_uris: [https://keihi.example/callback, https://keihi.example/other?x=1]
          post_logout_redirect_uris: [https://keihi.example/bye]
          grant_types: [authorization_code, refresh_token]
          scope: openid email offline_access
          claims: [{claim: department_id, source: user_name, id_token: true}]
          contacts: [admin@keihi.example]
          client_uri: https://keihi.example/
          backchannel_logout_uri: https://keihi.example/logout
          default_max_age: 3600
          client_secret: {file: secret.txt}
      - name: 経費精算
        protocol: oidc
        oidc: {redirect_uris: [https://second.example/cb], token_endpoint_auth_method: none, subject_type: pairwise}
      - name: 機械
        protocol: oidc
        oidc: {grant_types: [client_credentials], scope: "read write", resources: ["https://api.example/"]}
      - name: 人事
        protocol: saml
        assignment_required: false
        saml:
          entity_id: https://sp.example/metadata
          acs:
            - {url: https://sp.example/acs, binding: HTTP-POST, index: 3, default: true}
            - {url: https://sp.example/other}
          slo: [{url: https://sp.example/slo, binding: HTTP-Redirect, response_url: https://sp.example/slo/answer}]
          certificates: [CERTIFICATE]
          nameid_format: emailAddress
          attributes:
            - {name: "urn:oid:0.9.2342.19200300.100.1.3", source: email, friendly_name: mail}
            - {name: role, source: groups, filter: {starts_with: eng}, map: {eng: engineer}}
            - {name: fixed, values: [x, "yes"]}
            - {name: short, expression: "{email|before:@|lower}"}
          sign: both
          encrypt: true
          require_signed_requests: true
          idp_initiated: true
          sha1_until: "2026-12-31"
          subject_id: pairwise-id
      - name: Slack
        protocol: saml
        catalogue: slack
        parameters: {workspace: aoba}
    policies:
      - name: everything
        effect: deny
        services: [keihi.example, 人事]
        when:
          all:
            - any: [{network: {in: [本社, 203.0.113.0/24]}}, {not: {country: {in: ["NO", JP]}}}]
            - group: {in: [営業部]}
            - affiliation: {in: [employee, dispatched]}
            - verification_status: {in: [verified]}
            - time: {days: [mon, fri], from: 10:00, to: "24:00", holidays: exclude, time_zone: Europe/Oslo}
            - authentication: {mfa: true, max_age_seconds: 600}
            - browser: {family: {in: [Chrome]}, min_version: 120}
            - {all: []}
            - {any: []}
      - {name: 二要素, effect: step_up, services: ["*"], require: [mfa, fresh_sign_in], max_age_seconds: 60,
         when: {not: {network: {in: [本社]}}}}
      - {name: 報告, effect: permit, services: [機械], report_only: true, when: {country: {in: [JP]}}}
      - name: cedar
        text: |
          @step_up("mfa")
          forbid (principal, action, resource)
          when { context.country == "US" };
    webhooks:
      - {name: SIEM, url: "https://siem.example/hooks/warifu?x=1", events: ["user.*", sign_in.failed]}
      - {name: "NO", url: "https://siem.example/", events: ["*"], enabled: false}
    settings:
      appearance:
        {display_name: 株式会社「あおば」, colour: "#123456", help_text: "困ったら: 内線 123 #受付", logo: LOGO}
      oidc: {device_grant: true, hybrid: true, public_refresh_grace_seconds: 10}
      staffing: {dispatched_days: 365, reminder_days: 7}
      saml:
        scopes: [aoba.example]
        category_attributes:
          - category: http://refeds.org/category/research-and-scholarship
            attributes: [{name: mail, source: email}]
"""


def rich() -> str:
    import base64
    from io import BytesIO

    from PIL import Image

    drawn = BytesIO()
    Image.new("RGB", (4, 4), "#ff8800").save(drawn, "JPEG")
    return RICH.replace("CERTIFICATE", rsa_pair("services").certificate.text).replace(
        "LOGO", base64.b64encode(drawn.getvalue()).decode()
    )
