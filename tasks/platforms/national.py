"""Client of the national platform (全国工程质量安全监管信息平台): check, assign a code (赋码), aggregate (归集), update a state.

The platform has no call that asks for an earlier outcome. Asking is sending the same again: "exists already", with our own record in it, is success.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from tasks.platforms import outcomes, qr, refusals
from tasks.platforms.http import Channel, ExchangeLog, Incoming, Outcome, Outgoing
from tasks.platforms.tokens import Tokens
from workflow_runtime.errors import RemoteRefused, RemoteTransient, RemoteUnknown, Text

T = TypeVar("T")
FULL_WIDTH = str.maketrans("()", "（）")
NAME = Text("国家平台", "The national platform")


@dataclass(frozen=True)
class Remark:
    """An error or warning as the platform gave it: its stable code and its sentence."""

    code: str
    said: str


@dataclass(frozen=True)
class Reply:
    """A readable answer: ReturnCode `0`, `1` or `2`, ReturnMsg, and the three lists."""

    code: str
    message: str
    success: tuple[Mapping[str, Any], ...]
    warnings: tuple[Remark, ...]
    errors: tuple[Remark, ...]

    def ours(self, **values: str) -> Mapping[str, Any] | None:
        """The record of SuccessData that carries these values, letters' case aside."""
        fits = (r for r in self.success if all(str(r.get(k, "")).lower() == v.lower() for k, v in values.items()))
        return next(fits, None)


@dataclass(frozen=True)
class Coded:
    """What 赋码 gave: the QR's text, to be kept verbatim, and warnings. `repeated`: it was given before, nobody knows when."""

    qr_text: str
    warnings: tuple[Remark, ...]
    repeated: bool


@dataclass(frozen=True)
class Accepted:
    """A push that the platform took: ReturnCode `1` or `2`, and warnings."""

    return_code: str
    warnings: tuple[Remark, ...]


class TokenRefused(RemoteTransient):
    """The platform does not know the access token any more."""


class National:
    """The platform as one call of a handler sees it: connections and token are shared, `log` is the call's own."""

    def __init__(self, channel: Channel, path: str, tokens: Tokens, decode: Callable[[], qr.Decoder], log: ExchangeLog) -> None:
        """`path` is that of its calls, with `{operation}` in it."""
        self._channel, self._path, self._tokens, self._decode, self._log = channel, path, tokens, decode, log

    def check(self, record: Mapping[str, Any]) -> Reply:
        """The nation-wide duplicate check (校验). A refusal is a result here. Raises RemoteTransient, RemoteUnknown."""
        return self._call("check", record, lambda reply: (_outcome(reply), reply))

    def assign_code(self, record: Mapping[str, Any]) -> Coded:
        """赋码 for a record with our own `eCertID`; the same one again gives the same code.

        Raises RemoteRefused CODE_REFUSED, RemoteTransient, RemoteUnknown, PlatformMisconfigured (the QR's text cannot be unwrapped), and,
        before anything is sent, Failure PLATFORM_NOT_CONFIGURED (no key to unwrap it with).
        """
        decode = self._decode()  # a key that is missing is told before anything is sent

        def read(reply: Reply) -> tuple[Outcome, tuple[Mapping[str, Any], tuple[Remark, ...], bool]]:
            given = reply.ours(eCertID=record["eCertID"])
            if given is not None and given.get("encryCertid"):
                return _outcome(reply, done=True), (given, reply.warnings, reply.code == "0")
            self._ensure_accepted(reply, "CODE_REFUSED", Text("赋码", "the code"))
            raise outcomes.unknown(NAME, Text("的赋码答复不完整", "gave an incomplete answer about the code"))

        given, warnings, repeated = self._call("fm", record, read)
        # unwrapped after the log is closed: that our key does not fit is no refusal of theirs
        return Coded(_unwrapped(decode, given), warnings, repeated)

    def aggregate(self, record: Mapping[str, Any]) -> Accepted:
        """归集 of `ID`, `zzeCertID`, `url`; the same again is accepted as the earlier one.

        Raises RemoteRefused AGGREGATION_REFUSED, RemoteTransient, RemoteUnknown.
        """

        def read(reply: Reply) -> tuple[Outcome, Accepted]:
            if reply.code == "0" and reply.ours(ID=record["ID"], zzeCertID=record["zzeCertID"]) is not None:
                return "accepted", Accepted("1", reply.warnings)
            self._ensure_accepted(reply, "AGGREGATION_REFUSED", Text("归集", "the aggregation"))
            return _outcome(reply), Accepted(reply.code, reply.warnings)

        return self._call("gj", record, read)

    def update(self, record: Mapping[str, Any]) -> Accepted:
        """A change of state of an aggregated certificate; the same again is accepted as the earlier one.

        Raises RemoteRefused UPDATE_REFUSED, RemoteTransient, RemoteUnknown.
        """

        def read(reply: Reply) -> tuple[Outcome, Accepted]:
            if reply.code == "0" and reply.ours(zzeCertID=record["zzeCertID"], certState=record["certState"]) is not None:
                return "accepted", Accepted("1", reply.warnings)
            self._ensure_accepted(reply, "UPDATE_REFUSED", Text("状态更新", "the change of state"))
            return _outcome(reply), Accepted(reply.code, reply.warnings)

        return self._call("update", record, read)

    def _call(self, operation: str, record: Mapping[str, Any], read: Callable[[Reply], tuple[Outcome, T]]) -> T:
        token = self._tokens.get(self._log)
        try:
            return self._send(operation, record, token, read)
        except TokenRefused:
            self._tokens.forget(token)
            return self._send(operation, record, self._tokens.get(self._log), read)

    def _send(self, operation: str, record: Mapping[str, Any], token: str, read: Callable[[Reply], tuple[Outcome, T]]) -> T:
        document = {"AcceptData": [full_width(record)]}
        outgoing = Outgoing(
            operation=operation,
            method="POST",
            path=self._path.format(operation=operation),
            shown=document,
            query=(("access_token", token),),
            body=orjson.dumps(document),
            headers={"Content-Type": "application/json"},
            secrets=(token,),
        )
        return self._channel.send(self._log, outgoing, lambda incoming: read(_reply(incoming)))

    def _ensure_accepted(self, reply: Reply, code: str, what: Text) -> None:
        if reply.code != "0":
            return
        errors = reply.errors or (Remark("", reply.message),)
        told = [refusals.explained(refusals.NATIONAL, e.code, e.said) for e in errors]
        zh, en = ("；".join(f"{r.message.zh}" for r in told), "; ".join(r.message.en for r in told))
        remedies = list(dict.fromkeys(r.remedy for r in told))
        raise RemoteRefused(
            code,
            Text(f"国家平台拒绝{what.zh}：{zh}", f"The national platform refuses {what.en}: {en}"),
            Text("".join(r.zh for r in remedies), " ".join(r.en for r in remedies)),
            remote_code=",".join(e.code for e in errors),
        )


def _unwrapped(decode: qr.Decoder, given: Mapping[str, Any]) -> str:
    try:
        return decode(str(given["encryCertid"]), str(given.get("encryKey", "")))
    except ValueError:
        raise outcomes.misconfigured(NAME, Text("返回的二维码内容无法解密", "gave a QR text that our key cannot unwrap")) from None


def full_width(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with full-width brackets in every text but addresses, as the platform demands."""
    return {k: v.translate(FULL_WIDTH) if isinstance(v, str) and k != "url" else v for k, v in record.items()}


def _outcome(reply: Reply, *, done: bool = False) -> Outcome:
    if reply.code == "2":
        return "warned"
    return "accepted" if done or reply.code == "1" else "refused"


def _reply(incoming: Incoming) -> Reply:
    if incoming.status == 401:
        raise TokenRefused(Text("国家平台不接受访问令牌", "The national platform refuses the access token"), outcomes.WAIT)
    if incoming.status >= 400:
        raise outcomes.misconfigured(NAME, Text(f"拒绝请求（HTTP {incoming.status}）", f"rejects the request (HTTP {incoming.status})"))
    document = incoming.document(NAME)
    code = str(document.get("ReturnCode"))
    if code not in ("0", "1", "2"):
        raise _unreadable()
    data = document.get("ReturnData")
    data = data if isinstance(data, dict) else {}
    return Reply(
        code,
        str(document.get("ReturnMsg") or ""),
        tuple(_records(data, "SuccessData")),
        tuple(Remark(str(r.get("WarnGuid") or ""), str(r.get("WarnMsg") or "")) for r in _records(data, "WarnData")),
        tuple(Remark(str(r.get("ErrorGuid") or ""), str(r.get("ErrorMsg") or "")) for r in _records(data, "ErrorData")),
    )


def _records(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = data.get(name)
    return [r for r in found if isinstance(r, dict)] if isinstance(found, list) else []


def _unreadable() -> RemoteUnknown:
    return outcomes.unknown(NAME, Text("的返回码无法识别", "gave an unknown return code"))
