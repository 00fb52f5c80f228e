"""The tests' browser against a server that really listens: the same pages and forms, over a connection."""

from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.browsing import HTMX, Page

TIMEOUT = 240


class Answer:
    """What a Page reads of an answer."""

    def __init__(self, response: Any) -> None:
        self.status_code = response.status
        self.headers = response.headers
        self.mimetype = response.headers.get_content_type()
        self.url = response.url
        self._body = response.read()

    def get_data(self, as_text: bool = True) -> Any:
        return self._body.decode() if as_text else self._body


class HttpBrowser:
    """``tests.browsing.BrowsingClient`` over HTTP: it follows redirects, keeps cookies and rejects pages that are not valid."""

    def __init__(self, base: str, language: str = "en") -> None:
        self.base = base
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.opener.addheaders = [("Accept-Language", language), ("Referer", f"{base}/")]
        self.csrf_token = ""

    def get(self, path: str, *, htmx: bool = False, query_string: Any = None, expect: int | None = None) -> Page:
        address = f"{path}?{urlencode(query_string, doseq=True)}" if query_string else path
        return self._arrive(Request(urljoin(self.base, address), headers=HTMX if htmx else {}), htmx, expect)

    def post(
        self, path: str, data: Any = None, *, htmx: bool = False, follow: bool = True, expect: int | None = None
    ) -> Page:
        values = {"csrf_token": self.csrf_token} | dict(data or {})
        request = Request(urljoin(self.base, path), urlencode(values, doseq=True).encode())
        return self._arrive(request, htmx, expect)

    def _arrive(self, request: Request, htmx: bool, expect: int | None) -> Page:
        try:
            answer = Answer(self.opener.open(request, timeout=TIMEOUT))
        except HTTPError as error:
            answer = Answer(error)
        parts = urlsplit(answer.url)
        here = parts.path + (f"?{parts.query}" if parts.query else "")
        page: Any = Page(self, answer, here, whole=not htmx)  # type: ignore[arg-type]
        token = page.soup.select_one('meta[name="csrf-token"]')
        if token is not None:
            self.csrf_token = str(token["content"])
        if expect is not None:
            assert page.status == expect, f"{here} answered {page.status}: {page.text[:500]}"
        return page
