"""Who is let in: by name, by origin, by key."""

from collections.abc import Iterator

import httpx
import pytest

from asking import body_of, error_of
from fakes import Running, fake_engine, serving
from onset.config import load_settings
from onset.protocol.http_api import HEALTH_PATH, MODELS_PATH, SPEECH_PATH
from onset.serving.http.middleware.auth import exposed

LISTED = "https://app.example"
GUARDED = load_settings(
    {},
    port=0,
    drain_timeout=0,
    api_key="first-key, second",
    cors_origins=LISTED,
    allowed_hosts="onset.example",
)
http = httpx.Client(verify=False, limits=httpx.Limits(max_keepalive_connections=0))


@pytest.fixture(scope="module")
def plain() -> Iterator[Running]:
    with serving(fake_engine) as running:
        yield running


@pytest.fixture(scope="module")
def guarded() -> Iterator[Running]:
    with serving(fake_engine, GUARDED) as running:
        yield running


def models(server: Running, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.get(server.url + MODELS_PATH, headers=named)


OURS = ["localhost", "LOCALHOST:80", "onset.localhost", "127.0.0.1:8880", "[::1]:1", "10.0.0.5"]
OURS += ["localhost.", "localhost:", "[fe80::1%eth0]:80", "[::FFFF:127.0.0.1]"]
NOT_OURS = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example:8880",
    "",
    "localhostx",
    # No browser sends these, and programs disagree which name they have.
    "localhost:80@evil.example",
    "localhost@evil.example",
    "evil.example@localhost",
    "[::1].evil.example",
    "[::1]evil.example",
    "[::1",
    "::1",
    "[localhost]",
    "[127.0.0.1]",
    ".localhost",
    "..localhost",
    "evil..localhost",
    "localhost..",
    "localhost:80:80",
    "localhost:x",
    "localhost:123456",
    "localhost/evil.example",
    "localhost,evil.example",
    "localhost evil.example",
    "evil.example#.localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
]


@pytest.mark.parametrize("host", OURS)
def test_loopback_names_and_bare_addresses_are_ours(plain: Running, host: str) -> None:
    assert models(plain, host=host).status_code == 200


@pytest.mark.parametrize("host", NOT_OURS)
def test_other_names_are_refused(plain: Running, host: str) -> None:
    response = models(plain, host=host)
    assert response.status_code == 403
    assert "ONSET_ALLOWED_HOSTS" in str(error_of(response)["message"])


@pytest.mark.parametrize("path", [HEALTH_PATH, SPEECH_PATH, "/nowhere"])
def test_a_foreign_name_is_refused_everywhere(plain: Running, path: str) -> None:
    headers = {"Host": "evil.example"}
    assert http.post(plain.url + path, headers=headers, json=body_of()).status_code == 403


def test_listed_names_are_ours(guarded: Running) -> None:
    authorization = "Bearer first-key"
    assert models(guarded, host="Onset.Example.:80", authorization=authorization).is_success


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:9", "file://", "http://[", ""]
)
def test_pages_of_other_origins_are_refused(plain: Running, origin: str) -> None:
    response = http.post(plain.url + SPEECH_PATH, headers={"Origin": origin}, json=body_of())
    assert response.status_code == 403
    assert "ONSET_CORS_ORIGINS" in str(error_of(response)["message"])
    assert "access-control-allow-origin" not in response.headers


def test_our_own_pages_may_ask(plain: Running) -> None:
    assert models(plain, host="localhost:5", origin="http://localhost:5").status_code == 200


def test_listed_origins_may_ask_and_are_told_so(guarded: Running) -> None:
    response = models(guarded, origin=LISTED, authorization="Bearer first-key")
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == LISTED


def test_preflight_needs_no_key_but_a_listed_origin(guarded: Running) -> None:
    def preflight(origin: str) -> httpx.Response:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        headers["Access-Control-Request-Headers"] = "authorization,content-type"
        return http.options(guarded.url + SPEECH_PATH, headers=headers)

    assert preflight(LISTED).status_code == 200
    assert preflight("https://evil.example").status_code == 403


def test_listed_pages_from_elsewhere_may_ask_a_server_at_home() -> None:
    settings = load_settings({}, port=0, drain_timeout=0, cors_origins=LISTED.upper() + "/")
    headers = {"Origin": LISTED, "Access-Control-Request-Method": "POST"}
    headers["Access-Control-Request-Private-Network"] = "true"  # as Chromium asks
    with serving(fake_engine, settings) as server:
        response = http.options(server.url + SPEECH_PATH, headers=headers)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == LISTED
    assert response.headers["access-control-allow-private-network"] == "true"


def test_refusal_for_want_of_a_key_can_be_read_by_a_listed_page(guarded: Running) -> None:
    response = models(guarded, origin=LISTED)
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == LISTED


def test_every_origin_may_be_let_in() -> None:
    settings = load_settings({}, port=0, drain_timeout=0, cors_origins="*")
    with serving(fake_engine, settings) as server:
        response = models(server, origin="https://any.example")
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("key", ["Bearer first-key", "bearer second", "Bearer  second"])
def test_each_key_opens(guarded: Running, key: str) -> None:
    assert models(guarded, authorization=key).status_code == 200


WRONG = ["", "Bearer", "Bearer first-ke", "Bearer first-key,second", "Basic second"]


@pytest.mark.parametrize("key", [*WRONG, "Bearer sécond"])
def test_other_keys_do_not(guarded: Running, key: str) -> None:
    headers = {b"Authorization": key.encode("latin-1")} if key else {}
    response = http.get(guarded.url + MODELS_PATH, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert error_of(response)["code"] == "invalid_api_key"


def test_health_is_open(guarded: Running) -> None:
    assert http.get(guarded.url + HEALTH_PATH).status_code == 200


def test_speech_needs_the_key(guarded: Running) -> None:
    url = guarded.url + SPEECH_PATH
    assert http.post(url, json=body_of()).status_code == 401
    headers = {"Authorization": "Bearer first-key"}
    assert http.post(url, json=body_of(), headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "somewhere"])
def test_binding_elsewhere_without_a_key_is_warned_of(host: str) -> None:
    warning = exposed(load_settings({}, host=host))
    assert warning is not None and host in warning and "ONSET_API_KEY" in warning
    assert exposed(load_settings({}, host=host, api_key="k")) is None


def test_a_key_does_not_guard_wyoming() -> None:
    warning = exposed(load_settings({}, host="0.0.0.0", api_key="k", wyoming_port=10200))
    assert warning is not None and "0.0.0.0:10200" in warning
    assert exposed(load_settings({}, api_key="k", wyoming_port=10200)) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_warning(host: str) -> None:
    assert exposed(load_settings({}, host=host)) is None


def test_key_is_not_shown_with_the_settings() -> None:
    assert "first-key" not in repr(GUARDED)
