"""Settings of the handlers, read from `CRANE_*` variables of the environment.

Nothing is required at start: what a handler needs and does not find is told when it is first used.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from registry.configuration import PrecheckRules
from workflow_runtime.errors import BusinessError, Failure, Text

OPERATE_TYPES: Mapping[str, str] = {
    "new": "01",
    "renew": "02",
    "suspend": "03",
    "expire": "04",
    "cancel": "05",
    "resume": "06",
    "other": "07",
    "change": "08",
    # what replaces a paper certificate is the machine's first electronic one
    "reissue": "01",
}
"""The national platform's `operateType` by our word for it."""
CERT_STATES: Mapping[str, str] = {
    "valid": "01",
    "suspended": "02",
    "revoked": "03",
    "cancelled": "04",
    "lapsed": "05",
    "superseded": "99",
}
"""The national platform's `certState` by our state of a certificate."""


class BadSetting(Failure):
    """A variable of the environment cannot be read."""

    code = "SETTING_INVALID"


def not_configured(*variables: str) -> Failure:
    """What is told when settings are needed and missing: all of them at once."""
    zh, en = "、".join(variables), ", ".join(variables)
    return Failure(
        Text(f"系统未配置 {zh}，无法完成此步骤", f"Not configured: {en}; so this step cannot be done"),
        Text(f"请运维人员设置环境变量 {zh} 后重启，再在此重试。", f"Have the operator set {en}, restart, and retry here."),
        code="PLATFORM_NOT_CONFIGURED",
    )


def key_unreadable(variable: str) -> Failure:
    """What is told when the file that a setting names is missing or holds no key."""
    return Failure(
        Text(f"{variable} 指定的文件不存在或不是可用的密钥", f"The file of {variable} is missing or holds no usable key"),
        Text(
            f"请运维人员改正 {variable} 或其文件后重启，再在此重试。",
            f"Have the operator mend {variable} or its file, restart, and retry here.",
        ),
        code="PLATFORM_NOT_CONFIGURED",
    )


def not_usable(variable: str) -> Failure:
    """What is told when a setting names something that is not there."""
    return Failure(
        Text(f"{variable} 指定的内容不存在", f"What {variable} names is not there"),
        Text(f"请运维人员改正 {variable} 后重启，再在此重试。", f"Have the operator mend {variable}, restart, and retry here."),
        code="PLATFORM_NOT_CONFIGURED",
    )


def _number(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(text)
    return value


def _table(text: str) -> Mapping[str, str]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(text)
    return {str(name): str(code) for name, code in value.items()}


def _base_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError(text)
    return text.rstrip("/")


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def _template(name: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            if text.format(**{name: "x"}) == text:
                raise ValueError(text)
        except (KeyError, IndexError, AttributeError):
            raise ValueError(text) from None
        return text

    return read


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error:
        raise ValueError(text) from None
    return text


def _secret(variable: str, meaning: str) -> Any:
    return field(default="", repr=False, metadata={"variable": variable, "meaning": meaning, "read": str})


def _setting(variable: str, meaning: str, default: Any = "", read: Callable[[str], Any] = str) -> Any:
    return field(default=default, metadata={"variable": variable, "meaning": meaning, "read": read})


def _table_setting(variable: str, meaning: str, default: Mapping[str, str], read: Callable[[str], Mapping[str, str]] = _table) -> Any:
    metadata = {"variable": variable, "meaning": meaning, "read": lambda text: {**default, **read(text)}}
    return field(default_factory=lambda: dict(default), metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """Every setting with its variable, meaning and default; durations are seconds. `documentation` lists them."""

    national_url: str = _setting("CRANE_NATIONAL_URL", "base address of the national platform", read=_base_url)
    national_path: str = _setting(
        "CRANE_NATIONAL_PATH",
        "path of its calls; {operation} is check, fm, gj or update",
        "/api/crane/{operation}",
        _template("operation"),
    )
    national_token_path: str = _setting("CRANE_NATIONAL_TOKEN_PATH", "path of its token call", "/oauth2/token")
    national_client_id: str = _setting("CRANE_NATIONAL_CLIENT_ID", "client id for the national platform's token")
    national_client_secret: str = _secret("CRANE_NATIONAL_CLIENT_SECRET", "client secret for the national platform's token")
    national_key_file: str = _setting("CRANE_NATIONAL_KEY_FILE", "PEM file of the RSA key that unwraps the QR's text")
    qr_decoder: str = _setting("CRANE_QR_DECODER", "how the QR's text is wrapped: legacy or plain", "legacy", _one_of("legacy", "plain"))
    national_calls: float = _setting("CRANE_NATIONAL_CALLS", "calls to the national platform before a pause", 5, _number)
    national_pause: float = _setting("CRANE_NATIONAL_PAUSE", "length of that pause", 1.0, _number)
    provincial_url: str = _setting("CRANE_PROVINCIAL_URL", "base address of the provincial seal network", read=_base_url)
    provincial_app_key: str = _setting("CRANE_PROVINCIAL_APP_KEY", "application key at the seal network")
    provincial_app_secret: str = _secret("CRANE_PROVINCIAL_APP_SECRET", "application secret at the seal network")
    provincial_calls: float = _setting("CRANE_PROVINCIAL_CALLS", "calls to the seal network before a pause", 5, _number)
    provincial_pause: float = _setting("CRANE_PROVINCIAL_PAUSE", "length of that pause", 0.0, _number)
    trust: str = _setting("CRANE_TRUST", "directory of trusted roots, intermediates and revocation lists for seals")
    verifier: str = _setting("CRANE_VERIFIER", "function that verifies sealed certificates, as package.module:function, instead of ours")
    seal_operator: str = _setting("CRANE_SEAL_OPERATOR", "operator named in seal requests", "建筑起重机械备案系统")
    public_url: str = _setting("CRANE_PUBLIC_URL", "base of preview and call-back addresses", read=_base_url)
    preview_path: str = _setting(
        "CRANE_PREVIEW_PATH", "path of the preview page; {code} is the verification code", "/preview/{code}", _template("code")
    )
    callback_path: str = _setting(
        "CRANE_CALLBACK_PATH", "path of call-backs; {receiver} is the receiver's name", "/incoming/{receiver}", _template("receiver")
    )
    ca_file: str = _setting("CRANE_CA_FILE", "PEM file of trusted roots for both platforms, instead of the usual ones")
    connect_seconds: float = _setting("CRANE_CONNECT_SECONDS", "time-out of a connection", 5.0, _number)
    read_seconds: float = _setting("CRANE_READ_SECONDS", "time-out of an answer", 15.0, _number)
    breaker_failures: float = _setting("CRANE_BREAKER_FAILURES", "failures in a row after which a platform is left alone", 5, _number)
    breaker_seconds: float = _setting("CRANE_BREAKER_SECONDS", "for how long it is left alone", 30.0, _number)
    province: str = _setting("CRANE_PROVINCE", "GB/T 2260 code of the province", "150000")
    certificate_type: str = _setting("CRANE_CERTIFICATE_TYPE", "three digits of this kind of certificate in the 证照标识", "999")
    operate_types: Mapping[str, str] = _table_setting("CRANE_OPERATE_TYPES", "JSON table of operateType codes", OPERATE_TYPES)
    cert_states: Mapping[str, str] = _table_setting("CRANE_CERT_STATES", "JSON table of certState codes", CERT_STATES)
    licence_pattern: str = _setting(
        "CRANE_LICENCE_PATTERN",
        "usual shape of a manufacturing licence number; its group `year` is the licence's year",
        PrecheckRules.licence_pattern,
        _pattern,
    )

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings; an empty variable is a missing one. Raises BadSetting SETTING_INVALID naming the variable."""
        values = {}
        for known in fields(cls):
            variable = known.metadata["variable"]
            if text := environment.get(variable, "").strip():
                try:
                    values[known.name] = known.metadata["read"](text)
                except ValueError:
                    raise _unreadable(variable, known.metadata["meaning"]) from None
        return cls(**values)

    def ensure_given(self, *names: str) -> None:
        """Raises Failure PLATFORM_NOT_CONFIGURED naming the variable of every one of these settings that is missing."""
        if missing := [f.metadata["variable"] for f in fields(self) if f.name in names and not getattr(self, f.name)]:
            raise not_configured(*missing)

    def precheck_rules(self) -> PrecheckRules:
        """The configurable part of the pre-check."""
        return PrecheckRules(licence_pattern=self.licence_pattern)

    def operate_type(self, word: str) -> str:
        """The national `operateType` of our word for it. Raises BusinessError OPERATION_UNKNOWN."""
        if word in self.operate_types:
            return self.operate_types[word]
        known = "、".join(self.operate_types)
        raise BusinessError(
            "OPERATION_UNKNOWN",
            Text(f"没有业务类型“{word}”", f"There is no operation '{word}'"),
            Text(f"请在流程图中改用：{known}。", f"Use one of these in the diagram: {known}."),
        )

    def preview_url(self, code: str) -> str:
        """Where anyone sees the certificate with this verification code. Raises Failure PLATFORM_NOT_CONFIGURED."""
        self.ensure_given("public_url")
        return self.public_url + self.preview_path.format(code=code)

    def callback_url(self, receiver: str) -> str | None:
        """Where a platform reaches this receiver; None without a public address (then the outcome is polled for)."""
        return self.public_url + self.callback_path.format(receiver=receiver) if self.public_url else None


def _unreadable(variable: str, meaning: str) -> BadSetting:
    # the value is not told: it may be a secret
    return BadSetting(
        Text(f"环境变量 {variable} 的值无法识别", f"The value of {variable} cannot be read ({meaning})"),
        Text("请按文档改正后重启。", "Correct it as the documentation says and restart."),
    )


def documentation() -> list[tuple[str, str, str]]:
    """Variable, meaning and default of every setting."""
    defaults = Settings()
    return [(f.metadata["variable"], f.metadata["meaning"], str(getattr(defaults, f.name))) for f in fields(Settings)]
