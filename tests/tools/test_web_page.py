import asyncio
import gzip
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.errors import ToolError
from chatapp.core.ports import Policy
from chatapp.tools import page_text as page_text_module
from chatapp.tools import web_page
from chatapp.tools.page_text import page_text, read_page
from chatapp.tools.public_addresses import Address, is_public
from chatapp.tools.web_page import PageFetcher, fetch_url_tool
from tests.support.web_server import Page, WebServer, redirect

LOOPBACK = ip_address("127.0.0.1")
PUBLIC = ip_address("93.184.216.34")


def is_the_stand_in(address: Address) -> bool:
    return address == LOOPBACK or is_public(address)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


async def fetch(url: str) -> str:
    return await PageFetcher(is_allowed=is_the_stand_in).fetch_url(url)


async def failure(url: str, fetcher: PageFetcher | None = None) -> str:
    with pytest.raises(ToolError) as caught:
        await fetch_url_tool(fetcher).run({"url": url}, lambda _: None)
    return str(caught.value)


PAGE = """<!doctype html><html><head><title>The
 page</title><style>b {}</style></head><body><script>alert(1)</script>
<h1>Head</h1><p>Some <b>bold</b> text and <a href="/more?x=1#y">a link</a>,
<a href="javascript:evil()">no link</a> <img src="data:xyz" alt="a picture"></p>
<ul><li>one</li><li>two_three</li></ul>
<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
<pre>x = 1
y = 2</pre></body></html>"""


async def test_a_page_becomes_markdown(server: WebServer) -> None:
    server.pages["/page"] = Page(PAGE)
    text = await fetch(server.url("/page"))
    assert text == (
        f"Title: The page\nURL: {server.url('/page')}\n\n# Head\n\n"
        f"Some **bold** text and [a link]({server.url('/more?x=1#y')}),\nno link a picture\n\n"
        "- one\n- two_three\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```\nx = 1\ny = 2\n```"
    )
    assert server.asked[0].headers["Host"] == f"127.0.0.1:{server.port}"
    assert fetch_url_tool().default_policy is Policy.ASK


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (Page("plain < text", "text/plain"), "plain < text"),
        (Page('{"a": "中"}', "application/json"), '{"a": "中"}'),
        (Page("<feed/>", "application/atom+xml"), "<feed/>"),
        (Page("<p>caf\xe9".encode("latin-1"), "text/html; charset=iso-8859-1"), "café"),
        (Page('<meta charset="gb2312"><p>中文镕'.encode("gb18030"), "text/html"), "中文镕"),
        (Page("<p>中文".encode("utf-16"), "text/html"), "中文"),
        (Page("<p>no type", ""), "no type"),
        (Page("<p>odd", "text/html; charset=hex"), "odd"),
        (Page('<?xml version="1.0"?><html><p>strict', "application/xhtml+xml"), "strict"),
        (Page("<script>only()</script>"), "[the page has no text; perhaps it needs JavaScript]"),
        (Page("<p>[bad](<a href='http://[x'>link</a>)"), "[bad](link)"),
    ],
)
async def test_texts_of_many_kinds(server: WebServer, page: Page, text: str) -> None:
    server.pages["/"] = page
    assert (await fetch(server.url("/"))).endswith(f"\n\n{text}")


async def test_what_is_no_text_is_refused(server: WebServer) -> None:
    fetcher = PageFetcher(is_allowed=is_the_stand_in)
    server.pages["/image"] = Page(b"\x89PNG", "image/png")
    server.pages["/hidden"] = Page(b"\0\0\0", "text/plain")
    assert "is no text but image/png" in await failure(server.url("/image"), fetcher)
    assert "is no text" in await failure(server.url("/hidden"), fetcher)
    assert "answers 404 Not Found" in await failure(server.url("/none"), fetcher)


async def test_a_big_page_is_cut(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_page, "MAX_BYTES", 1000)
    server.pages["/"] = Page("x" * 100_000, "text/plain")
    text = await fetch(server.url("/"))
    assert text.endswith("x\n\n[cut after 1,000 bytes]")
    assert text.count("x") == 1000


async def test_a_small_page_that_swells_is_cut(server: WebServer) -> None:
    bomb = gzip.compress(b"x" * 50_000_000)
    server.pages["/"] = Page(bomb, "text/plain", headers={"Content-Encoding": "gzip"})
    text = await fetch(server.url("/"))
    assert text.count("x") == web_page.MAX_BYTES
    assert text.endswith("[cut after 2,000,000 bytes]")


async def test_compressed_pages(server: WebServer) -> None:
    fetcher = PageFetcher(is_allowed=is_the_stand_in)
    server.pages["/good"] = Page(gzip.compress(b"<p>fine"), headers={"Content-Encoding": "gzip"})
    server.pages["/bad"] = Page(b"<p>not", headers={"Content-Encoding": "gzip"})
    server.pages["/odd"] = Page(b"<p>not", headers={"Content-Encoding": "br"})
    assert (await fetch(server.url("/good"))).endswith("fine")
    assert "compressed wrongly" in await failure(server.url("/bad"), fetcher)
    assert "did not ask for: br" in await failure(server.url("/odd"), fetcher)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 5000 + "deep",
        "<ul><li>" * 3000 + "deep",
        f"<h{'9' * 5000}>deep",
        "<p>" * 9 + "deep",
    ],
)
def test_no_page_is_too_odd(html: str) -> None:
    _, text = page_text(html.encode(), "", "http://x/")
    assert "deep" in text


HOSTILE = b"<!--" * 500_000
"""Minutes of work for Python's own parser of HTML."""


async def test_a_page_that_keeps_its_reader_busy_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page_text_module, "_TIME_LIMIT_S", 0.5)
    with pytest.raises(ToolError, match=r"could not be read within 0\.5 s"):
        await read_page(HOSTILE, "", "http://x/")
    assert not psutil.Process().children(recursive=True)


async def test_stopping_ends_the_reader_of_a_page_which_has_no_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sk-not-for-children")
    reading = asyncio.create_task(read_page(HOSTILE, "", "http://x/"))
    async with asyncio.timeout(10):
        while not psutil.Process().children():
            await asyncio.sleep(0.01)
    (reader,) = psutil.Process().children()
    assert "sk-not-for-children" not in reader.environ().values()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not psutil.Process().children(recursive=True)


LOCAL = [
    *("http://127.0.0.1", "http://127.1", "http://2130706433", "http://0x7f000001"),
    *("http://0177.0.0.1", "http://localhost", "http://LOCALHOST.", "http://0.0.0.0"),
    *("http://[::1]", "http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]", "http://[::]"),
    *("http://user@127.0.0.1", "http://127。0。0。1"),
]


@pytest.mark.parametrize("host", LOCAL)
async def test_no_way_of_writing_it_leads_to_this_machine(server: WebServer, host: str) -> None:
    server.pages["/"] = Page("secret")
    words = await failure(f"{host}:{server.port}/")
    assert "not a public address" in words or "cannot be" in words
    assert not server.asked


NOT_PUBLIC = (
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "0.1.2.3", "198.18.0.1"),
    *("192.0.0.192", "192.0.0.8", "168.63.129.16", "::ffff:168.63.129.16", "3fff::1", "5f00::1"),
    *("fe80::1", "fc00::1", "fec0::1", "ff02::1", "::", "::1", "2001:db8::1", "100::1"),
    *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "::7f00:1"),
)


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
)
def test_addresses_that_are_public(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(address: IPv4Address) -> None:
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(ip_address(wrapped)) == is_public(address)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/secret",
        "//localhost.:{port}/secret",
        "http://[::1]:{port}/",
        "http://10.0.0.1/",
    ],
)
async def test_a_redirect_is_checked_like_the_first_address(server: WebServer, target: str) -> None:
    server.pages["/"] = redirect(target.format(port=server.port))
    server.pages["/secret"] = Page("secret")

    async def resolve(host: str, port: int) -> Sequence[Address]:
        found = {"start.example": LOOPBACK, "127.0.0.2": "127.0.0.2", "localhost.": "127.0.0.3"}
        return (ip_address(str(found.get(host, host))),)

    fetcher = PageFetcher(is_allowed=is_the_stand_in, resolve=resolve)
    words = await failure(server.url("/", host="start.example"), fetcher)
    assert "not a public address" in words
    assert [asked.path for asked in server.asked] == ["/"]


async def test_redirects_are_followed_as_far_as_they_should(server: WebServer) -> None:
    server.pages["/old"] = redirect("/new")
    server.pages["/new"] = Page("<p>moved")
    server.pages["/round"] = redirect("/round")
    server.pages["/file"] = redirect("file:///etc/passwd")
    fetcher = PageFetcher(is_allowed=is_the_stand_in)
    assert await fetch(server.url("/old")) == f"URL: {server.url('/new')}\n\nmoved"
    assert await failure(server.url("/round"), fetcher) == "more than 5 redirects"
    assert "only http and https" in await failure(server.url("/file"), fetcher)


async def test_a_name_is_resolved_once_and_its_address_connected_to(server: WebServer) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[Address]:
        asked.append(f"{host}:{port}")
        return (LOOPBACK,)

    server.pages["/"] = Page("<p>hello")
    fetcher = PageFetcher(is_allowed=is_the_stand_in, resolve=resolve)
    text = await fetcher.fetch_url(server.url("/", host="www.example.com"))
    assert text == f"URL: http://www.example.com:{server.port}/\n\nhello"
    assert asked == [f"www.example.com:{server.port}"]
    assert server.asked[0].headers["Host"] == f"www.example.com:{server.port}"


async def test_one_private_address_is_enough_to_refuse_a_name(server: WebServer) -> None:
    async def resolve(host: str, port: int) -> Sequence[Address]:
        return (PUBLIC, LOOPBACK)

    words = await failure(server.url("/", host="evil.example"), PageFetcher(resolve=resolve))
    assert "evil.example is at 127.0.0.1, which is not a public address" in words


async def test_the_next_address_is_tried(server: WebServer) -> None:
    async def resolve(host: str, port: int) -> Sequence[Address]:
        return (ip_address("127.0.0.9"), LOOPBACK)  # nothing listens at the first

    server.pages["/"] = Page("<p>hello")
    fetcher = PageFetcher(is_allowed=lambda address: address.is_loopback, resolve=resolve)
    assert "hello" in await fetcher.fetch_url(server.url("/"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://1.1.1.1/x", "only http and https"),
        ("", "is no address of the web"),
        ("https://", "is no address of the web"),
        ("http://" + "a" * 70 + ".example", "cannot be resolved"),
        ("http://x:99999/", "cannot be"),
        ("javascript:alert(1)", "cannot be"),
        ("localhost/x", "not a public address"),
        ("http://name.invalid/", "cannot be resolved"),
    ],
)
async def test_other_addresses_are_refused_in_words(url: str, words: str) -> None:
    told = await failure(url)
    assert words in told
    assert "Traceback" not in told


async def test_a_proxy_of_the_environment_is_not_used(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.pages["/"] = Page("<p>direct")
    assert "direct" in await fetch(server.url("/"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
async def test_the_name_in_tls_is_the_host_s_and_the_certificate_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=www.example.com"
    await asyncio.to_thread(
        subprocess.run,
        [
            *command.split(),
            *("-addext", "subjectAltName=DNS:www.example.com"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    names: list[str | None] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    tls.sni_callback = lambda _socket, name, _context: names.append(name)

    async def resolve(host: str, port: int) -> Sequence[Address]:
        return (LOOPBACK,)

    fetcher = PageFetcher(is_allowed=is_the_stand_in, resolve=resolve)
    with WebServer(tls) as server:
        server.pages["/"] = Page("<p>hello")
        assert "hello" in await fetcher.fetch_url(server.url("/", host="www.example.com"))
        assert names == ["www.example.com"]
        assert "certificate" in await failure(server.url("/", host="other.example"), fetcher)
