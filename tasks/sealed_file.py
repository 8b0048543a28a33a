"""The verification of a sealed e-certificate that the network handed over, and the business error that the first failure is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from registry.authorities import Authority
from registry.certificates import FACE, Certificate
from registry.expected_file import expected_file
from registry.folding import fold_number, is_same_text
from registry.sealed_ofd.comparison import OF_CERTIFICATE, Expected
from registry.sealed_ofd.findings import Step, in_order
from registry.sealed_ofd.problems import PROBLEMS
from registry.sealed_ofd.sm3 import sm3
from registry.sealed_ofd.trust import Trust
from registry.sealed_ofd.verdict import SealFacts, Verdict, judge
from tasks.face_items import FACE as NETWORK_FACE
from tasks.face_items import face_items
from workflow_runtime.errors import BusinessError, Text

Verifier = Callable[[bytes, Trust, datetime, Expected | None], Verdict]
"""Judges a file: `registry.sealed_ofd.verdict.judge`, or what stands in its place. Never raises for the file's sake."""
TOLD = ("digest", "number")
"""The checks that compare the file with what the network says of it; the others of a file are a verifier's, whatever it calls them."""
LABELS = {name: FACE[key].zh for name, key in NETWORK_FACE.items()}


@dataclass(frozen=True)
class SealedFile:
    """What the network handed over: the file and what it says of it."""

    content: bytes
    certificate_no: str
    identifier: str
    digest: str
    items: Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """Every check in its order, and the seal that counts: the authority's, else the first one, None when none could be read."""

    steps: Sequence[Step]
    seal: SealFacts | None

    @property
    def ok(self) -> bool:
        """Whether every check was made and held."""
        return all(step.ok for step in self.steps)

    @property
    def signature(self) -> str:
        """Whether the seal itself is right, whatever it seals: `valid` or `invalid`."""
        of_file = [step for step in self.steps if step.check not in (*TOLD, *OF_CERTIFICATE)]
        return "valid" if of_file and all(step.ok for step in of_file) else "invalid"


def beside_ours(other: Verifier) -> Verifier:
    """What another verifier says of a file and its seals, with our own comparison with what was approved: of that it knows nothing."""

    def verify(content: bytes, trust: Trust, now: datetime, expected: Expected | None) -> Verdict:
        said = other(content, trust, now, expected)
        steps = {step.check: step for step in said.steps}
        ours = judge(content, trust, now, expected).steps if expected is not None else ()
        steps |= {
            step.check: step for step in ours if step.check in OF_CERTIFICATE and not (step.check in steps and not steps[step.check].ok)
        }
        return replace(said, steps=in_order(steps.values()))

    return verify


def verified(file: SealedFile, certificate: Certificate, authority: Authority, trust: Trust, now: datetime, verifier: Verifier) -> Report:
    """Compare a file with what the network says of it and with what was approved, and verify its seal."""
    verdict = verifier(file.content, trust, now, expected_file(certificate, authority))
    steps = {step.check: step for step in verdict.steps}
    for step in _told(file, certificate):
        if steps.get(step.check) is None or not step.ok:
            steps[step.check] = step
    if verdict.ok and not verdict.seals:  # another verifier that accepts, and does not say whose seal
        steps["signature"] = Step("signature", False, "NOT_SEALED")
    own = next((seal for seal in verdict.seals if authority.accepts_seal(seal.name)), None)
    return Report(in_order(steps.values()), own or next(iter(verdict.seals), None))


def problem_of(report: Report, certificate: Certificate, authority: Authority) -> BusinessError | None:
    """The business error of the first check that did not hold; None when all hold."""
    failed = next((step for step in report.steps if not step.ok), None)
    if failed is None:
        return None
    problem, number = PROBLEMS.get(failed.problem), certificate.number
    if problem is None:  # another verifier's own word
        return BusinessError(
            "SEAL_INVALID",
            Text(
                f"备案证 {number} 未通过核验：{failed.check} {failed.detail}",
                f"Certificate {number} failed {failed.check}: {failed.detail}",
            ),
            Text("请重新申请签章，并联系政务服务网核查。", "Have it sealed anew, and have the network look into it."),
        )
    found = failed.detail if failed.check != "seal_name" else f"{failed.detail} ≠ {authority.name}"
    return BusinessError(
        problem.error,
        Text(
            f"备案证 {number}：{problem.message.zh}" + (f"（{found}）" if found else ""),
            f"Certificate {number}: {problem.message.en}" + (f" ({found})" if found else ""),
        ),
        problem.remedy,
    )


def _told(file: SealedFile, certificate: Certificate) -> list[Step]:
    """What the network says of the file, compared with the file and with the books; width, blanks and line breaks aside."""
    approved, labels = face_items(certificate), LABELS | {"qrText": "查询二维码"}
    different = [labels[name] for name, value in approved.items() if not is_same_text(file.items.get(name, ""), value)]
    return [
        _step("digest", sm3(file.content).hex() == file.digest.lower(), "DIGEST_DIFFERENT", file.digest),
        _step("number", fold_number(file.certificate_no) == fold_number(certificate.number), "NUMBER_DIFFERENT", file.certificate_no),
        _step("identifier", file.identifier == certificate.identifier, "IDENTIFIER_DIFFERENT", file.identifier),
        _step("data", not different, "DATA_DIFFERENT", "、".join(different)),
    ]


def _step(check: str, ok: bool, problem: str, found: str) -> Step:
    return Step(check, True) if ok else Step(check, False, problem, found)
