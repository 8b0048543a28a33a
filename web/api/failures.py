"""What only the interface for programs refuses: headers and bodies that are not as HTTP or this interface has them."""

from http import HTTPStatus

from flask import Response

from web.failures import problem
from workflow_runtime.errors import Conflict, Failure, Text


class RequestRefused(Failure):
    """A request that cannot be served as it was sent; `status` is its answer's."""

    def __init__(self, status: HTTPStatus, code: str, message: Text, remedy: Text) -> None:
        super().__init__(message, remedy, code=code)
        self.status = status


class Stale(Conflict):
    """The thing is no longer as `If-Match` says; `who` changed it, and `when`."""

    code = "PRECONDITION_FAILED"
    status = HTTPStatus.PRECONDITION_FAILED

    def __init__(self, found: Conflict) -> None:
        super().__init__(found.message, found.remedy, who=found.who, when=found.when)


def refused(failure: RequestRefused | Stale) -> Response:
    """The answer to such a request."""
    return problem(failure, failure.status)


def malformed_json() -> RequestRefused:
    """The body is no JSON."""
    return RequestRefused(
        HTTPStatus.BAD_REQUEST,
        "MALFORMED_JSON",
        Text("请求正文不是有效的 JSON。", "The body is not valid JSON."),
        Text("请以 UTF-8 发送一个 JSON 对象。", "Send one JSON object in UTF-8."),
    )


def media_type_unknown(accepted: str) -> RequestRefused:
    """The body is of another kind than this operation takes."""
    return RequestRefused(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        Text(f"请求正文的类型应为 {accepted}。", f"The body must be {accepted}."),
        Text("请设置正确的 Content-Type。", "Set the header Content-Type."),
    )


def precondition_required() -> RequestRefused:
    """`If-Match` is missing (RFC 6585)."""
    return RequestRefused(
        HTTPStatus.PRECONDITION_REQUIRED,
        "IF_MATCH_REQUIRED",
        Text("缺少 If-Match 头。", "The header If-Match is missing."),
        Text("请先读取，再以其 ETag 作为 If-Match 发送。", "Read it first, and send its ETag as If-Match."),
    )


def precondition_malformed() -> RequestRefused:
    """`If-Match` names no revision."""
    return RequestRefused(
        HTTPStatus.BAD_REQUEST,
        "IF_MATCH_MALFORMED",
        Text("If-Match 头不是读取时得到的 ETag。", "The header If-Match is not an ETag that was read here."),
        Text('请原样发送 ETag，例如 "3"。', 'Send the ETag as it was read, e.g. "3".'),
    )
