"""Attack A1 to A7: each refused variant beside its honest twin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.federation.oidc_vocabulary import ApplicationType
from idp.federation.redirect_uris import RedirectUris, fault_of, web_page_fault

WEB, NATIVE = ApplicationType.WEB, ApplicationType.NATIVE

HONEST = [
    ("https://rp.example/cb", WEB),
    ("https://rp.example", WEB),
    ("https://rp.example:8443/cb?tenant=a&x=%E3%81%82", WEB),
    ("https://rp_1.internal/cb", WEB),
    ("https://192.0.2.7/cb", WEB),
    ("https://[2001:db8::1]:8443/cb", WEB),
    ("https://rp.example/cb", NATIVE),
    ("http://127.0.0.1/cb", NATIVE),
    ("http://127.0.0.1:8400/cb", NATIVE),
    ("http://[::1]/cb", NATIVE),
    ("com.example.app:/cb", NATIVE),
    ("com.example.app://cb/x", NATIVE),
]

REFUSED = [
    ("javascript:alert(1)", "scheme_not_allowed"),
    ("JavaScript:alert(1)", "invalid_uri"),
    ("data:text/html,x", "scheme_not_allowed"),
    ("vbscript:x", "scheme_not_allowed"),
    ("file:///etc/passwd", "scheme_not_allowed"),
    ("blob:https://rp.example/x", "scheme_not_allowed"),
    ("urn:ietf:wg:oauth:2.0:oob", "scheme_not_allowed"),
    ("myapp:/cb", "scheme_not_allowed"),
    ("ftp://rp.example/cb", "scheme_not_allowed"),
    ("", "invalid_uri"),
    ("/cb", "invalid_uri"),
    ("//rp.example/cb", "invalid_uri"),
    ("rp.example/cb", "invalid_uri"),
    ("https:///cb", "invalid_host"),
    ("https:rp.example/cb", "invalid_host"),
    ("https://rp.example/cb#", "fragment_not_allowed"),
    ("https://rp.example/cb#frag", "fragment_not_allowed"),
    ("https://*.rp.example/cb", "wildcard_not_allowed"),
    ("https://rp.example/*", "wildcard_not_allowed"),
    ("https://rp.example@evil.example/cb", "userinfo_not_allowed"),
    ("https://user:pw@rp.example/cb", "userinfo_not_allowed"),
    ("https://rp.example/cb/../x", "invalid_uri"),
    ("https://rp.example/%2e%2E/x", "invalid_uri"),
    ("https://rp.example/./x", "invalid_uri"),
    ("https://rp.example\\@evil.example/cb", "invalid_uri"),
    ("https://rp.example/c b", "invalid_uri"),
    ("https://rp.example/cb\n", "invalid_uri"),
    ("https://rp.example/\tcb", "invalid_uri"),
    ("https://rp.example/cb%0d%0aSet-Cookie:x", "invalid_uri"),
    ("https://rp.example/cb%00", "invalid_uri"),
    ("https://rp.example/cb%zz", "invalid_uri"),
    ("https://ｒｐ.example/cb", "invalid_uri"),
    ("https://rp.example/コールバック", "invalid_uri"),
    ("https://rp.example./cb", "invalid_host"),
    ("https://rp..example/cb", "invalid_host"),
    ("https://-rp.example/cb", "invalid_host"),
    ("https://rp.example:/cb", "invalid_host"),
    ("https://rp.example:0/cb", "invalid_host"),
    ("https://rp.example:65536/cb", "invalid_host"),
    ("https://2130706433/cb", "invalid_host"),
    ("https://0x7f.1/cb", "invalid_host"),
    ("https://127.1/cb", "invalid_host"),
    ("https://[::1/cb", "invalid_host"),
    ("https://[fe80::1%25eth0]/cb", "invalid_host"),
    ("https://rp.example/" + "x" * 2_048, "invalid_length"),
    ("http://rp.example/cb", "https_required"),
    ("http://127.0.0.1.evil.example/cb", "https_required"),
    ("http://127.0.0.2/cb", "https_required"),
    ("http://localhost.evil.example/cb", "https_required"),
]


@pytest.mark.parametrize("production", [True, False])
@pytest.mark.parametrize(("uri", "application"), HONEST)
def test_an_honest_address_is_registered_in_every_environment(uri, application, production):
    assert fault_of(uri, application, production=production) is None


@pytest.mark.parametrize("application", ApplicationType)
@pytest.mark.parametrize("production", [True, False])
@pytest.mark.parametrize(("uri", "code"), REFUSED)
def test_a_dangerous_address_is_refused_with_its_reason(uri, code, production, application):
    fault = fault_of(uri, application, production=production)
    assert fault is not None
    assert fault.code == code


@pytest.mark.parametrize(
    ("uri", "application"),
    [
        ("http://127.0.0.1:3000/cb", WEB),
        ("http://[::1]:3000/cb", WEB),
        ("http://localhost:3000/cb", WEB),
        ("http://localhost:3000/cb", NATIVE),
    ],
)
def test_plain_http_on_a_loopback_name_is_for_development_alone(uri, application):
    assert fault_of(uri, application, production=False) is None
    fault = fault_of(uri, application, production=True)
    assert fault is not None
    assert fault.code == "https_required"


def test_a_private_use_scheme_is_for_native_clients_alone():
    assert fault_of("com.example.app:/cb", NATIVE, production=True) is None
    fault = fault_of("com.example.app:/cb", WEB, production=True)
    assert fault is not None
    assert fault.code == "scheme_not_allowed"


@pytest.mark.parametrize("uri", ["com.example.app:", "com.example.app://", "com.example.app://u@h/"])
def test_a_private_use_scheme_names_a_place_and_no_user(uri):
    assert fault_of(uri, NATIVE, production=True) is not None


def test_a_page_for_people_may_have_a_fragment_but_no_script():
    assert web_page_fault("https://rp.example/terms#privacy", production=True) is None
    assert web_page_fault("javascript:alert(1)", production=False) is not None
    assert web_page_fault("https://rp.example/terms#<script>", production=True) is not None


PRESENTED_IN_PLACE_OF_CB = [
    "https://rp.example",
    "https://rp.example/",
    "https://rp.example/c",
    "https://rp.example/cb/",
    "https://rp.example/cb/x",
    "https://rp.example/cb/../x",
    "https://rp.example/cb%2f..",
    "https://rp.example/cb?",
    "https://rp.example/cb?x",
    "https://rp.example/cb#",
    "https://RP.example/cb",
    "HTTPS://rp.example/cb",
    "http://rp.example/cb",
    "https://rp.example./cb",
    "https://rp.example:443/cb",
    "https://rp.example.evil/cb",
    "https://evil.example/https://rp.example/cb",
    "https://rp.example@evil.example/cb",
    "https://rp.example\\@evil.example/cb",
    "https://rp.example//cb",
    "https://rp.example/%63b",
    "https://rp.example/cb%0d%0a",
    "https://rp.example/cb%250d",
    "https://rp.example/cb\t",
    "https://rp.example/cb\r\n",
    " https://rp.example/cb",
    "https://ｒｐ.example/cb",
    "https://rpxexample/cb",
    "//rp.example/cb",
    "javascript:alert(1)",
    "",
]


@pytest.mark.parametrize("application", ApplicationType)
@pytest.mark.parametrize("presented", PRESENTED_IN_PLACE_OF_CB)
def test_only_the_registered_address_matches_code_point_by_code_point(presented, application):
    uris = RedirectUris.of(["https://rp.example/cb"], application)
    assert uris.admits("https://rp.example/cb")
    assert not uris.admits(presented)


def test_a_dot_is_a_dot_and_not_any_character():
    uris = RedirectUris.of(["https://a.b"], WEB)
    assert uris.admits("https://a.b")
    assert not uris.admits("https://axb")


def test_a_query_is_compared_with_the_rest():
    uris = RedirectUris.of(["https://rp.example/cb?a=1"], WEB)
    assert uris.admits("https://rp.example/cb?a=1")
    assert not any(uris.admits(f"https://rp.example/cb{query}") for query in ("", "?a=2", "?a=1&b=2", "?b=2&a=1"))


def test_a_client_without_addresses_is_sent_nowhere():
    assert not RedirectUris.of([], WEB).admits("https://rp.example/cb")


@pytest.mark.parametrize("uri", ["javascript:alert(1)", "data:text/html,x", "http://rp.example/cb"])
def test_a_dangerous_address_that_reached_the_database_is_not_used(uri):
    uris = RedirectUris.of([uri, "https://rp.example/cb"], WEB)
    assert not uris.admits(uri)
    assert uris.admits("https://rp.example/cb")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_native_client_on_loopback_listens_on_any_port(host):
    uris = RedirectUris.of([f"http://{host}/cb"], NATIVE)
    assert all(uris.admits(f"http://{host}{port}/cb") for port in ("", ":1", ":8400", ":65535"))
    assert not any(
        uris.admits(presented)
        for presented in (
            f"http://{host}:0/cb",
            f"http://{host}:65536/cb",
            f"http://{host}:080/cb",
            f"http://{host}:/cb",
            f"http://{host}:8400/cb/",
            f"http://{host}:8400/cb?x",
            f"http://{host}:8400/cb#x",
            f"http://{host}:8400/cb\n",
            f"http://{host}:8400@evil.example/cb",
            f"http://{host}:8400.evil.example/cb",
            f"http://x@{host}:8400/cb",
            f"https://{host}:8400/cb",
            "http://localhost:8400/cb",
        )
    )


def test_a_web_client_on_loopback_has_its_exact_port():
    uris = RedirectUris.of(["http://127.0.0.1:3000/cb"], WEB)
    assert uris.admits("http://127.0.0.1:3000/cb")
    assert not uris.admits("http://127.0.0.1:3001/cb")


def test_localhost_has_its_exact_port_even_for_native_clients():
    uris = RedirectUris.of(["http://localhost:3000/cb"], NATIVE)
    assert uris.admits("http://localhost:3000/cb")
    assert not uris.admits("http://localhost:3001/cb")


def test_one_loopback_family_does_not_stand_for_the_other():
    assert not RedirectUris.of(["http://127.0.0.1/cb"], NATIVE).admits("http://[::1]/cb")


@given(st.text(max_size=60), st.sampled_from(ApplicationType))
def test_what_is_registered_is_all_that_ever_matches(presented, application):
    uris = RedirectUris.of(["https://rp.example/cb", "http://127.0.0.1/cb"], application)
    if uris.admits(presented):
        assert presented == "https://rp.example/cb" or presented.startswith("http://127.0.0.1")


@given(st.text(max_size=200), st.sampled_from(ApplicationType), st.booleans())
def test_any_text_is_judged_without_failing(uri, application, production):
    fault = fault_of(uri, application, production=production)
    assert fault is not None or uri.isascii()
