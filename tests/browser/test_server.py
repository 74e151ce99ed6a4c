"""What the server sends besides pages: Plotly once a browser, and a cookie that names it."""

import gzip
import http.client
import re
from urllib.parse import urlsplit

import plotly
import pytest

from pages.shared.chart.assets import LIVE_ROUTE
from tests.browser.helpers import PATIENCE

ROUTE = f"/factorscope/plotly-{plotly.__version__}.min.js"


@pytest.fixture
def get(server):
    def get(path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE)
        connection.request(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        return connection.getresponse()

    return get


def test_plotly_comes_compressed_once_and_for_good(get):
    answer = get(ROUTE, Accept_Encoding="gzip, deflate, br")
    body = answer.read()
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/javascript")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(body) < 2e6
    assert b"plotly.js" in gzip.decompress(body)[:200]


def test_plotly_comes_plain_to_who_cannot_unpack(get):
    answer = get(ROUTE, Accept_Encoding="identity")
    assert answer.headers.get("Content-Encoding") is None
    assert b"plotly.js" in answer.read()[:200]


@pytest.mark.parametrize("path", ["/", "/train", "/latent"])
def test_a_page_names_the_browser(get, path):
    cookie = get(path).headers["Set-Cookie"]
    assert re.match(r"factorscope=[\w-]{32}\.[\w-]{32}; ", cookie)
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_in_a_frame_on_another_site_the_name_is_partitioned(get):
    cookie = get("/", Sec_Fetch_Dest="iframe").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=None; Secure; Partitioned" in cookie


def test_a_page_may_run_and_load_only_what_is_ours(get):
    said = get("/").headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in said.split("; "))
    assert rules["default-src"] == rules["connect-src"] == "'self'"
    assert re.fullmatch(r"'self' blob: 'sha256-[\w+/]{43}='", rules["script-src"])
    assert "unsafe" not in said.replace("style-src 'self' 'unsafe-inline'", "")


def test_no_two_browsers_get_the_same_name(get):
    assert get("/").headers["Set-Cookie"] != get("/").headers["Set-Cookie"]


def test_a_name_is_kept(get):
    name = get("/").headers["Set-Cookie"].split(";")[0]
    assert get("/train", Cookie=name).headers["Set-Cookie"] is None


def test_a_name_that_points_here_from_elsewhere_is_refused(get):
    answer = get("/", Host="evil.example")
    assert answer.status == 421 and b"FACTORSCOPE_HOSTS" in answer.read()
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize("path", ["/_stcore/stream", LIVE_ROUTE])
@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:8501", "null"])
def test_a_page_on_another_port_opens_no_websocket(get, path, origin):
    """Streamlit itself lets every port of localhost in."""
    asked = {
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    assert get(path, Origin=origin, **asked).status == 403


@pytest.mark.parametrize(
    "name",
    ["", "short", "../../etc/passwd", "a" * 32, f"{'a' * 32}.{'b' * 32}", "é" * 32, "a b" * 11],
)
def test_a_name_that_this_server_did_not_give_is_replaced(get, name):
    cookie = get("/", Cookie=f"factorscope={name}".encode("latin-1")).headers["Set-Cookie"]
    assert re.match(r"factorscope=[\w-]{32}\.[\w-]{32}; ", cookie)


def test_only_pages_carry_the_cookie(get):
    assert get(ROUTE).headers["Set-Cookie"] is None
    assert get("/factorscope/health").headers["Set-Cookie"] is None
