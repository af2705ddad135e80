"""Headers on every answer, and static files with their hash in the address.

Nothing is fetched from elsewhere, and the only cookies are the session's and the browser's
mark, so that no page needs a banner (rule P2).
"""

from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath

from flask import Flask, Response
from whitenoise import WhiteNoise

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        (
            "camera=(self)",  # codes on parcels
            "publickey-credentials-get=(self)",
            "publickey-credentials-create=(self)",
            "geolocation=()",
            "microphone=()",
            "payment=()",
            "usb=()",
        )
    ),
}
ONLY_TLS = "max-age=31536000; includeSubDomains"
HASH_LENGTH = 12


def init_app(app: Flask, static: Path) -> None:
    """Add the headers, serve /static/ by WhiteNoise, and give templates `asset()`."""
    https = app.config["PORTAL"].is_https

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers.setdefault("Strict-Transport-Security", ONLY_TLS)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

    @cache
    def fingerprint(name: str) -> str:
        return sha256((static / name).read_bytes()).hexdigest()[:HASH_LENGTH]

    def asset(name: str) -> str:
        """Return the address of a static file; it changes whenever the file does."""
        return f"/static/{_marked(name, fingerprint(name))}"

    app.jinja_env.globals["asset"] = asset
    app.extensions["asset"] = asset
    app.wsgi_app = _static_files(app, static, https)  # type: ignore[method-assign]


def keep_secret(response: Response) -> Response:
    """Let neither search engines nor caches nor the next site learn an address that opens something."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _marked(name: str, mark: str) -> str:
    """Return the name with the mark before its last part: fonts/inter.woff2 → fonts/1a2b~inter.woff2.

    CSS files name their fonts plainly and relatively; those keep their plain address.
    """
    path = PurePosixPath(name)
    return str(path.with_name(f"{mark}~{path.name}"))


def _static_files(app: Flask, static: Path, https: bool) -> WhiteNoise:
    """Serve each file under its plain name, and for ever under the name with its hash."""
    served = WhiteNoise(
        app.wsgi_app,
        allow_all_origins=False,
        max_age=3600,
        add_headers_function=_headers(https),
        immutable_file_test=lambda _path, url: "~" in url,
    )
    for path in sorted(static.rglob("*")):
        if path.is_file():
            name = path.relative_to(static).as_posix()
            mark = sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]
            served.add_file_to_dictionary(f"/static/{name}", str(path))
            served.add_file_to_dictionary(f"/static/{_marked(name, mark)}", str(path))
    return served


def _headers(https: bool):
    def add(headers, _path: str, _url: str) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        if https:
            headers["Strict-Transport-Security"] = ONLY_TLS

    return add
