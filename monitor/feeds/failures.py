"""Decides: what libcurl's error codes mean for a feed.

Source of the codes: libcurl-errors(3). They are numbers here, because pycurl names only some of
them; a test compares those.
"""

from __future__ import annotations

from datetime import timedelta
from enum import IntEnum

from monitor.models import FailureReason, FetchError


class CurlCode(IntEnum):
    """The codes that an HTTP request can end with, by libcurl's names without ``CURLE_``."""

    OK = 0
    UNSUPPORTED_PROTOCOL = 1
    URL_MALFORMAT = 3
    COULDNT_RESOLVE_HOST = 6
    COULDNT_CONNECT = 7
    WEIRD_SERVER_REPLY = 8
    HTTP2 = 16
    PARTIAL_FILE = 18
    OPERATION_TIMEDOUT = 28
    SSL_CONNECT_ERROR = 35
    GOT_NOTHING = 52
    SEND_ERROR = 55
    RECV_ERROR = 56
    SSL_CERTPROBLEM = 58
    SSL_CIPHER = 59
    PEER_FAILED_VERIFICATION = 60
    BAD_CONTENT_ENCODING = 61
    USE_SSL_FAILED = 64
    SSL_CACERT_BADFILE = 77
    SSL_ISSUER_ERROR = 83
    SSL_INVALIDCERTSTATUS = 91
    HTTP2_STREAM = 92
    TOO_LARGE = 100


_TLS = (FailureReason.TLS, "no trustworthy encrypted connection to {host}")
_BROKEN = (
    FailureReason.UNREACHABLE,
    "{host} ended the connection before the answer was complete",
)
_NOT_HTTP = (FailureReason.UNREACHABLE, "{host} does not speak proper HTTP")

_MEANINGS: dict[int, tuple[FailureReason, str]] = {
    CurlCode.OK: _NOT_HTTP,  # ended well, and without a head
    CurlCode.UNSUPPORTED_PROTOCOL: _NOT_HTTP,
    CurlCode.URL_MALFORMAT: (FailureReason.UNREACHABLE, "libcurl cannot read the address"),
    CurlCode.COULDNT_RESOLVE_HOST: (FailureReason.UNREACHABLE, "no address found for {host}"),
    CurlCode.COULDNT_CONNECT: (FailureReason.UNREACHABLE, "no connection to {host}:{port}"),
    CurlCode.WEIRD_SERVER_REPLY: _NOT_HTTP,
    CurlCode.HTTP2: _NOT_HTTP,
    CurlCode.PARTIAL_FILE: _BROKEN,
    CurlCode.OPERATION_TIMEDOUT: (
        FailureReason.TIMEOUT,
        "no complete answer from {host} within {seconds:g} s",
    ),
    CurlCode.SSL_CONNECT_ERROR: _TLS,
    CurlCode.GOT_NOTHING: _BROKEN,
    CurlCode.SEND_ERROR: _BROKEN,
    CurlCode.RECV_ERROR: _BROKEN,
    CurlCode.SSL_CERTPROBLEM: _TLS,
    CurlCode.SSL_CIPHER: _TLS,
    CurlCode.PEER_FAILED_VERIFICATION: (
        FailureReason.TLS,
        "the certificate of {host} cannot be trusted",
    ),
    CurlCode.BAD_CONTENT_ENCODING: (
        FailureReason.BAD_ENCODING,
        "{host} sent a body whose transfer encoding is wrong",
    ),
    CurlCode.USE_SSL_FAILED: _TLS,
    CurlCode.SSL_CACERT_BADFILE: (FailureReason.TLS, "no root certificates can be read here"),
    CurlCode.SSL_ISSUER_ERROR: _TLS,
    CurlCode.SSL_INVALIDCERTSTATUS: _TLS,
    CurlCode.HTTP2_STREAM: _NOT_HTTP,
    CurlCode.TOO_LARGE: (
        FailureReason.TOO_LARGE,
        "the head of {host}'s answer has a line that is too long, or too many lines",
    ),
}


def failure(code: int, *, host: str, port: int, within: timedelta) -> FetchError:
    """Say in plain words what a code means; libcurl's own messages may quote the URL.

    ``within`` is the time that the answer had.
    """
    reason, words = _MEANINGS.get(
        code, (FailureReason.UNREACHABLE, "libcurl gave up with code {code}")
    )
    detail = words.format(host=host, port=port, seconds=within.total_seconds(), code=int(code))
    return FetchError(reason=reason, detail=detail)


def no_connection(*, host: str, port: int, within: timedelta) -> FetchError:
    """Say that connecting took too long."""
    return FetchError(
        reason=FailureReason.TIMEOUT,
        detail=f"no connection to {host}:{port} within {within.total_seconds():g} s",
    )
