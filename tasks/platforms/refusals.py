"""What the platforms' refusals and warnings mean to a person: the field they speak of, a sentence and a remedy, by the platform's own code."""

from collections.abc import Mapping
from dataclasses import dataclass

from workflow_runtime.errors import Text


@dataclass(frozen=True)
class Refusal:
    """`field` is the filing form's key, empty when it is not about one field."""

    field: str
    message: Text
    remedy: Text


_DATA = Text("请核对该项数据，改正后重新办理。", "Check this item, correct it and try again.")
_NEW_CODE = Text("请重新赋码后再签章、归集。", "Have a new code assigned, then seal and aggregate again.")
_OFFICE = Text("请联系当地政务局办理后重试。", "Have the local government-services office arrange it, then try again.")
_OTHER_OWNER = Text(
    "请核对制造单位和出厂编号；确系购入的，请原产权单位先注销原备案。",
    "Check manufacturer and serial number; if the machine was bought, the former owner cancels first.",
)

NATIONAL: Mapping[str, Refusal] = {
    "E1000": Refusal("", Text("报文格式不正确", "The message is malformed"), Text("请联系运维人员。", "Tell the operator.")),
    "E1001": Refusal("", Text("必填项为空", "A required item is empty"), _DATA),
    "E1002": Refusal("", Text("数据项格式不正确", "An item has a wrong format"), _DATA),
    "E1003": Refusal("", Text("括号须为全角", "Brackets must be full width"), Text("请将括号改为全角后重试。", "Use full-width brackets.")),
    "E2001": Refusal(
        "",
        Text("证书编号已存在", "The certificate number exists already"),
        Text(
            "退回补正后重新提交，系统换用新的编号；该设备确已发证的，请按换发办理。",
            "Return it for correction: filed again it gets another number. If the machine has a certificate, file a reissue.",
        ),
    ),
    "E2002": Refusal("serial_no", Text("同一设备已由其他产权单位备案", "Another owner has filed the same machine"), _OTHER_OWNER),
    "E2003": Refusal(
        "serial_no",
        Text("同一设备已在其他省份备案，注销信息尚未到达", "The machine is filed in another province whose cancellation has not arrived"),
        Text(
            "请产权单位在原省份办理注销，待注销信息到达后重试。",
            "Have it cancelled in that province and wait for the cancellation to arrive.",
        ),
    ),
    "E2004": Refusal(
        "owner_name",
        Text("产权单位名称与统一社会信用代码不符", "The owner's name does not match its credit code"),
        Text("请对照营业执照核对单位名称和统一社会信用代码。", "Compare name and credit code with the business licence."),
    ),
    "E2005": Refusal(
        "made_on",
        Text("出厂日期晚于特种设备生产许可证有效期", "Made after the manufacturing licence had expired"),
        Text("请对照产品合格证和生产许可证核对日期与编号。", "Compare date and number with product certificate and licence."),
    ),
    "E2006": Refusal("", Text("赋码标识已使用", "The code's id was used already"), _NEW_CODE),
    "E3001": Refusal("", Text("国家平台没有该赋码", "The national platform does not know the code"), _NEW_CODE),
    "E3002": Refusal("", Text("该赋码已被新的赋码取代", "The code was replaced by a newer one"), _NEW_CODE),
    "E3003": Refusal(
        "",
        Text("已归集，不得重复归集", "It was aggregated already"),
        Text("请核对国家平台上的归集记录。", "Look at the record on the national platform."),
    ),
    "E3004": Refusal(
        "",
        Text("证照标识已用于其他证书", "The identifier belongs to another certificate"),
        Text("请联系管理员核对证照标识。", "Have the administrator check the identifier."),
    ),
    "E4001": Refusal(
        "",
        Text("该证照标识尚未归集", "The identifier was never aggregated"),
        Text("请先完成归集，再更新状态。", "Aggregate it before changing its state."),
    ),
    "W2001": Refusal(
        "serial_no",
        Text("同一设备已有其他备案编号", "The machine has another certificate number already"),
        Text("请核对是否应按换发办理。", "Consider whether this should be a reissue."),
    ),
    "W3001": Refusal(
        "",
        Text("预览地址不是 https", "The preview address is not https"),
        Text("请运维人员为公开地址启用 https。", "Have the operator serve the public address by https."),
    ),
    "W3002": Refusal(
        "owner_name",
        Text("单位名称疑似测试数据", "The owner's name looks like test data"),
        Text("请核对单位名称。", "Check the owner's name."),
    ),
}
"""The national platform's ErrorGuid and WarnGuid."""

PROVINCIAL: Mapping[str, Refusal] = {
    "NO_ACCOUNT": Refusal(
        "authority",
        Text("发证机关没有政务服务网账号", "The authority has no account on the government service network"),
        _OFFICE,
    ),
    "NO_SEAL": Refusal("authority", Text("发证机关没有电子签章", "The authority has no electronic seal"), _OFFICE),
    "CATALOGUE_NOT_CLAIMED": Refusal(
        "authority",
        Text("发证机关未认领本证照目录", "The authority has not claimed the certificate catalogue"),
        Text(
            "请登录政务服务网认领建筑起重机械备案证目录后重试。", "Claim the catalogue on the government service network, then try again."
        ),
    ),
    "UNKNOWN_AUTHORITY": Refusal(
        "authority", Text("政务服务网没有该发证机关", "The government service network does not know the authority"), _OFFICE
    ),
    "INCOMPLETE": Refusal("", Text("签章数据不完整", "The data to be sealed are incomplete"), _DATA),
    "KEY_REUSED": Refusal(
        "",
        Text("该签章申请的数据已变化", "The data of this seal request have changed"),
        Text("请重新申请签章。", "Ask for the seal anew."),
    ),
}
"""The seal network's codes."""

_UNKNOWN_REMEDY = Text(
    "请按平台提示核对数据后重试；仍不成功请联系平台技术支持。",
    "Check the data as the platform says and retry; else ask the platform's support.",
)


def explained(table: Mapping[str, Refusal], code: str, said: str) -> Refusal:
    """The refusal or warning of this code in plain words. What the platform `said` stays in it, since it names the item."""
    known = table.get(code)
    if known is None:
        told = said or code or "对方未说明原因"
        return Refusal("", Text(f"平台提示：{told}", f"The platform says: {told}"), _UNKNOWN_REMEDY)
    return Refusal(known.field, Text(said or known.message.zh, f"{known.message.en} ({said})" if said else known.message.en), known.remedy)
