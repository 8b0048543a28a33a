"""What a demonstration leaves: the e-certificates with the report of their verification, and what the platforms hold."""

from pathlib import Path

import requests

from registry.certificate_files import file_of
from registry.certificates import Certificate, by_case
from web.cli.output import say
from workflow_runtime.errors import Failure, Text
from workflow_runtime.runtime import Runtime


class DemonstrationFailed(Failure):
    """The platforms do not hold what they should."""

    code = "DEMONSTRATION_FAILED"


def leave_file(runtime: Runtime, number: str, folder: Path) -> Certificate:
    """Write the case's e-certificate into a folder and tell what is known of it. Raises DemonstrationFailed."""
    with runtime.reading() as uow:
        found = by_case(uow.connection, number)
        if found is None:
            raise DemonstrationFailed(
                Text(f"案件 {number} 没有证照。", f"Case {number} has no certificate."),
                Text("请用 crane case 查看办理记录。", "See its timeline with `crane case`."),
            )
        content = file_of(uow.connection, found.identifier).content
    folder.mkdir(exist_ok=True)
    path = folder / f"{found.number}.ofd"
    path.write_bytes(content)
    say(found.number, "bold")
    say(f"  证照标识 identifier  {found.identifier}")
    say(f"  电子证照 file        {path}（{len(content)} bytes）")
    say(f"  {verification(found)}")
    return found


def verification(certificate: Certificate) -> str:
    """The stored report of the sealed file's verification in one line."""
    report = certificate.verification_report or {}
    checks = report.get("checks", [])
    failed = [c.get("problem") or c["check"] for c in checks if not c["ok"]]
    zh = f"核验：{len(checks) - len(failed)} 项通过" + (f"，{len(failed)} 项不通过（{'、'.join(failed)}）" if failed else "")
    en = f"{len(checks) - len(failed)} of {len(checks)} checks hold"
    return f"{zh}，电子签章有效（{en}, the seal is right）" if report.get("signature") == "valid" else f"{zh}（{en}）"


def check_platforms(addresses: dict[str, str], certificates: list[Certificate]) -> None:
    """Each platform holds exactly one effect for each certificate: one 赋码, one 归集, one seal request. Raises DemonstrationFailed."""
    national = requests.get(f"{addresses['national']}/effects", timeout=10).json()
    seals = requests.get(f"{addresses['provincial']}/effects", timeout=10).json()["seal"]
    say("\n平台上的记录 · what the platforms hold", "bold")
    for each in certificates:
        counts = {
            "赋码 codes": sum(row["certNum"] == each.number for row in national["fm"]),
            "签章申请 seal requests": sum(row["certificateNo"] == each.number for row in seals),
            "归集 aggregations": sum(row["zzeCertID"] == each.identifier for row in national["gj"]),
        }
        say(f"  {each.number}  " + "  ".join(f"{name} {count}" for name, count in counts.items()))
        if set(counts.values()) != {1}:
            raise DemonstrationFailed(
                Text(f"{each.number} 在平台上的记录不是各一次：{counts}", f"{each.number} is not held exactly once: {counts}"),
                Text("请用 crane push-log 查看推送日志。", "See the push log with `crane push-log`."),
            )
