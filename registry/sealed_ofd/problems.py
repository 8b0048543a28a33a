"""Every check of a sealed certificate and every way in which it may fail, each with its words and what to do about it."""

from collections.abc import Mapping
from typing import NamedTuple

from workflow_runtime.errors import Text

CHECKS: Mapping[str, Text] = {
    "digest": Text("文件摘要与签章平台给出的一致", "The file's digest is the one that the seal network gave"),
    "package": Text("文件是完整、安全的 OFD 文件包", "The file is a complete and safe OFD package"),
    "xml": Text("文件包内的 XML 格式正确", "The XML in the package is well-formed and safe"),
    "one_document": Text("文件包内只有一份文档", "The package has one document"),
    "signature": Text("文档有可识别的电子签章", "The document has an electronic seal that can be read"),
    "references": Text("签章所保护的文件未被改动", "The files that the seal protects are unchanged"),
    "coverage": Text("文件包内的全部文件均受签章保护", "Every file of the package is protected by the seal"),
    "description": Text("签章描述与签章时的一致", "The seal's description is the one that was signed"),
    "value": Text("签章者的 SM2 签名有效", "The signer's SM2 signature is right"),
    "place": Text("签章属于本文件", "The seal belongs to this file"),
    "seal_file": Text("印章文件与签章中的印章一致", "The seal's own file equals the seal in the signature"),
    "seal_made": Text("印章由制章者签名", "The seal was signed by its maker"),
    "signer_listed": Text("签章者有权使用该印章", "The signer may use the seal"),
    "key_usage": Text("证书可用于签名", "The certificates may be used for signing"),
    "signer_chain": Text("签章者证书由受信任的机构签发", "The signer's certificate comes from a trusted root"),
    "maker_chain": Text("制章者是受信任的制章机构", "The seal maker is a trusted one"),
    "revocation": Text("证书未被吊销", "The certificates were not revoked"),
    "seal_validity": Text("印章在签章时有效", "The seal was valid when it was used"),
    "sealed_before_now": Text("签章时间不晚于核验时间", "The seal's time is not in the future"),
    "number": Text("编号与备案数据一致", "The number is that of the filing"),
    "identifier": Text("证照标识与备案数据一致", "The certificate identifier is that of the filing"),
    "items": Text("照面信息与审核通过的数据一致", "The face is what was approved"),
    "data": Text("文件内嵌数据与审核通过的数据一致", "The data inside the file are what was approved"),
    "qr": Text("照面二维码与赋码结果一致", "The QR code on the face is the one that was assigned"),
    "page": Text("版面上没有照面以外的内容", "The page shows the face and nothing else"),
    "seal_name": Text("电子签章名称与发证机关名称一致", "The seal's name equals the authority's name"),
    "seal_shown": Text("印章盖在版面上", "The seal is shown on the page"),
    "sealed_after_code": Text("签章晚于赋码", "It was sealed after the national code was given"),
}
"""The checks in the order in which they are made and told, by name."""


class Problem(NamedTuple):
    """One way to fail: the check that it fails, the business error that it is, what is told, and the remedy."""

    check: str
    error: str
    message: Text
    remedy: Text


_AGAIN = Text(
    "请核对是否为电子证照文件，并重新取得；仍不成功请联系政务服务网技术支持。",
    "See whether it is an e-certificate, and get it anew; if that does not help, ask the network's support.",
)
_SEAL_AGAIN = Text(
    "请勿使用该文件；请重新申请签章，并联系政务服务网核查。", "Do not use the file; have it sealed anew, and have the network look into it."
)
_TRUST = Text(
    "请政务服务网核实签章证书；确属应信任的机构，请运维人员把缺少的根证书或者中级证书登记到信任目录。",
    "Have the network check the seal's certificates; if they are to be trusted, have the operator enter the missing root or intermediate.",
)
_RENEW = Text("请政务服务网更换有效的印章或证书后重新签章。", "Have the network renew the seal or certificate, and seal again.")
_NETWORK_DATA = Text("请重新申请签章，并核对政务服务网上的数据。", "Ask for the seal anew and check the data on the network.")
_PAGE = Text(
    "请重新申请签章；版式确有其他内容的，请运维人员在信任目录的 policy.json 中登记。",
    "Ask for the seal anew; if the layout has more on it, have the operator enter it in policy.json of the directory of trust.",
)
_NAME = Text(
    "请联系政务局更正签章名称后重新签章；确属本机关签章的，请管理员登记为认可名称。",
    "Have the seal renamed and seal again; if it is the authority's own, have the name accepted.",
)
_STALE = Text("请重新签章后再归集。", "Have it sealed again before aggregation.")

UNREADABLE, INVALID, MISMATCH, NAME, STALE = (
    "CERTIFICATE_UNREADABLE",
    "SEAL_INVALID",
    "CERTIFICATE_MISMATCH",
    "SEAL_NAME_MISMATCH",
    "SEAL_STALE",
)

PROBLEMS: Mapping[str, Problem] = {
    "DIGEST_DIFFERENT": Problem(
        "digest", UNREADABLE, Text("文件摘要与平台给出的不符", "The file's digest is not the one that was told"), _AGAIN
    ),
    "ZIP_UNREADABLE": Problem(
        "package", UNREADABLE, Text("文件不是 OFD 文件，或者已经损坏", "This is no OFD file, or it is damaged"), _AGAIN
    ),
    "ZIP_PATH": Problem("package", UNREADABLE, Text("文件包内有越界路径", "A path leads out of the package"), _SEAL_AGAIN),
    "ZIP_DUPLICATE": Problem("package", UNREADABLE, Text("文件包内有同名文件", "Two files of the package have one name"), _SEAL_AGAIN),
    "ZIP_ENCRYPTED": Problem("package", UNREADABLE, Text("文件包被加密", "The package is encrypted"), _AGAIN),
    "ZIP_METHOD": Problem("package", UNREADABLE, Text("文件包使用了不支持的压缩方式", "An unusual compression"), _AGAIN),
    "ZIP_OVERLAP": Problem("package", UNREADABLE, Text("文件包内的文件相互重叠", "Files of the package overlap"), _SEAL_AGAIN),
    "ZIP_HIDDEN": Problem(
        "package", UNREADABLE, Text("文件包内夹带了目录以外的数据", "The package has data that its directory does not tell of"), _SEAL_AGAIN
    ),
    "ZIP_TOO_LARGE": Problem("package", UNREADABLE, Text("文件包过大", "The package is too large"), _AGAIN),
    "XML_MISSING": Problem("xml", UNREADABLE, Text("文件包内缺少必需的文件", "A necessary file is missing"), _AGAIN),
    "XML_MALFORMED": Problem("xml", UNREADABLE, Text("文件包内的 XML 无法解析", "The XML cannot be read"), _AGAIN),
    "XML_DOCTYPE": Problem("xml", UNREADABLE, Text("XML 含有 DOCTYPE", "The XML has a DOCTYPE"), _SEAL_AGAIN),
    "XML_NUL": Problem("xml", UNREADABLE, Text("XML 含有空字符", "The XML has a NUL"), _SEAL_AGAIN),
    "XML_TWICE": Problem(
        "xml", UNREADABLE, Text("XML 中只应有一处的内容出现了多处", "Something stands twice in the XML that should stand once"), _SEAL_AGAIN
    ),
    "XML_TOO_LARGE": Problem("xml", UNREADABLE, Text("XML 过大", "The XML is too large"), _AGAIN),
    "NO_DOCUMENT": Problem("one_document", UNREADABLE, Text("文件包内没有文档", "The package has no document"), _AGAIN),
    "SEVERAL_DOCUMENTS": Problem("one_document", UNREADABLE, Text("文件包内有多份文档", "The package has several documents"), _SEAL_AGAIN),
    "NOT_SEALED": Problem("signature", INVALID, Text("文件没有电子签章", "The file has no seal"), _SEAL_AGAIN),
    "NO_SEAL": Problem(
        "signature",
        INVALID,
        Text("文件含有不带印章的数字签名，不能核验", "The file has a signature without a seal, which cannot be verified"),
        Text("请政务服务网以电子印章签章。", "Have the network seal it with an electronic seal."),
    ),
    "SEAL_UNREADABLE": Problem("signature", INVALID, Text("电子签章数据无法解析", "The seal's data cannot be read"), _SEAL_AGAIN),
    "SEAL_VERSION": Problem(
        "signature",
        INVALID,
        Text("电子签章的版本不受支持（支持 V4、V5）", "The seal's version is not supported (V4 and V5 are)"),
        Text("请政务服务网按 GB/T 38540-2020 重新制章、签章。", "Have the network make the seal by GB/T 38540-2020 and seal again."),
    ),
    "DIGEST_METHOD": Problem(
        "references", INVALID, Text("签章使用了不支持的摘要算法", "The seal uses another digest than SM3"), _SEAL_AGAIN
    ),
    "FILE_MISSING": Problem("references", INVALID, Text("签章所保护的文件缺失", "A file that the seal protects is missing"), _SEAL_AGAIN),
    "FILE_CHANGED": Problem("references", INVALID, Text("签章后文件被改动", "A file was changed after sealing"), _SEAL_AGAIN),
    "FILE_UNSIGNED": Problem("coverage", INVALID, Text("有文件不受签章保护", "A file is not protected by the seal"), _SEAL_AGAIN),
    "DESCRIPTION_CHANGED": Problem("description", INVALID, Text("签章描述被改动", "The seal's description was changed"), _SEAL_AGAIN),
    "ALGORITHM": Problem(
        "value", INVALID, Text("签章使用了不支持的签名算法", "The seal uses another algorithm than SM2 with SM3"), _SEAL_AGAIN
    ),
    "SIGNER_UNREADABLE": Problem("value", INVALID, Text("签章者证书无法解析", "The signer's certificate cannot be read"), _SEAL_AGAIN),
    "SIGNATURE_WRONG": Problem("value", INVALID, Text("签章者的签名无效", "The signer's signature is wrong"), _SEAL_AGAIN),
    "SIGNATURE_MOVED": Problem("place", INVALID, Text("签章取自另一份文件", "The seal was taken from another file"), _SEAL_AGAIN),
    "SEAL_FILE_DIFFERENT": Problem(
        "seal_file", INVALID, Text("印章文件与签章中的印章不同", "The seal's file is another seal"), _SEAL_AGAIN
    ),
    "MAKER_UNREADABLE": Problem(
        "seal_made", INVALID, Text("制章者证书无法解析", "The seal maker's certificate cannot be read"), _SEAL_AGAIN
    ),
    "SEAL_FORGED": Problem("seal_made", INVALID, Text("印章的制章签名无效", "The seal was not signed by its maker"), _SEAL_AGAIN),
    "SIGNER_NOT_LISTED": Problem("signer_listed", INVALID, Text("签章者无权使用该印章", "The signer may not use the seal"), _SEAL_AGAIN),
    "SIGNER_KEY_USAGE": Problem(
        "key_usage", INVALID, Text("签章者证书不能用于签名", "The signer's certificate is not for signing"), _RENEW
    ),
    "MAKER_KEY_USAGE": Problem(
        "key_usage", INVALID, Text("制章者证书不能用于签名", "The seal maker's certificate is not for signing"), _RENEW
    ),
    "SIGNER_ROOT_UNKNOWN": Problem(
        "signer_chain", INVALID, Text("签章者证书连不到受信任的根证书", "The signer's certificate leads to no trusted root"), _TRUST
    ),
    "SIGNER_CHAIN_INVALID": Problem("signer_chain", INVALID, Text("签章者证书链不合规", "The signer's chain is not allowed"), _TRUST),
    "SIGNER_EXPIRED": Problem(
        "signer_chain", INVALID, Text("签章时签章者证书链不在有效期内", "The signer's chain was not valid then"), _RENEW
    ),
    "MAKER_ROOT_UNKNOWN": Problem(
        "maker_chain", INVALID, Text("制章者证书连不到受信任的根证书", "The seal maker's certificate leads to no trusted root"), _TRUST
    ),
    "MAKER_CHAIN_INVALID": Problem("maker_chain", INVALID, Text("制章者证书链不合规", "The seal maker's chain is not allowed"), _TRUST),
    "MAKER_NOT_APPOINTED": Problem(
        "maker_chain",
        INVALID,
        Text("制章者不是登记的制章机构", "Whoever made the seal is no registered seal maker"),
        Text(
            "请政务服务网核实制章者；确属其制章机构的，请运维人员把制章者证书登记到信任目录的 makers。",
            "Have the network tell its seal makers; if this is one, have the operator enter its certificate in makers of the directory of trust.",
        ),
    ),
    "MAKER_EXPIRED": Problem(
        "maker_chain", INVALID, Text("签章时制章者证书链不在有效期内", "The seal maker's chain was not valid then"), _RENEW
    ),
    "SIGNER_REVOKED": Problem("revocation", INVALID, Text("签章者证书链中有证书已被吊销", "The signer's chain was revoked"), _RENEW),
    "MAKER_REVOKED": Problem("revocation", INVALID, Text("制章者证书链中有证书已被吊销", "The seal maker's chain was revoked"), _RENEW),
    "REVOCATION_UNKNOWN": Problem(
        "revocation",
        INVALID,
        Text("没有有效的证书吊销列表", "There is no current list of revoked certificates"),
        Text("请运维人员更新信任目录 crls 中的吊销列表。", "Have the operator renew the lists in crls of the directory of trust."),
    ),
    "SEAL_EXPIRED": Problem("seal_validity", INVALID, Text("签章时印章已过期", "The seal had expired"), _RENEW),
    "SEAL_NOT_YET": Problem("seal_validity", INVALID, Text("签章时印章尚未生效", "The seal was not valid yet"), _RENEW),
    "SEALED_IN_FUTURE": Problem("sealed_before_now", STALE, Text("签章时间晚于当前时间", "It was sealed in the future"), _STALE),
    "NUMBER_DIFFERENT": Problem("number", MISMATCH, Text("平台给出的编号不符", "The network told another number"), _NETWORK_DATA),
    "IDENTIFIER_DIFFERENT": Problem("identifier", MISMATCH, Text("证照标识不符", "Another certificate identifier"), _NETWORK_DATA),
    "ITEM_MISSING": Problem("items", MISMATCH, Text("照面缺少项目", "The face lacks an item"), _NETWORK_DATA),
    "ITEM_DIFFERENT": Problem("items", MISMATCH, Text("照面项目与审核通过的数据不同", "An item of the face differs"), _NETWORK_DATA),
    "DATA_DIFFERENT": Problem("data", MISMATCH, Text("文件内嵌数据与审核通过的数据不同", "The data inside the file differ"), _NETWORK_DATA),
    "QR_UNREADABLE": Problem("qr", MISMATCH, Text("照面没有可读的二维码", "The face has no QR code that can be read"), _NETWORK_DATA),
    "QR_DIFFERENT": Problem(
        "qr", MISMATCH, Text("照面二维码不是赋码的结果", "The QR code is not the one that was assigned"), _NETWORK_DATA
    ),
    "TEXT_UNKNOWN": Problem("page", MISMATCH, Text("版面上有照面以外的文字", "The page has words besides the face"), _PAGE),
    "PICTURE_UNKNOWN": Problem("page", MISMATCH, Text("版面上有未登记的图片", "The page has a picture that nobody registered"), _PAGE),
    "DRAWING_UNKNOWN": Problem(
        "page", MISMATCH, Text("版面上有隐藏的或者无法核对的内容", "The page hides something, or shows what cannot be compared"), _PAGE
    ),
    "SEAL_NAME_DIFFERENT": Problem(
        "seal_name", NAME, Text("签章名称与发证机关名称不一致", "The seal bears another name than the authority"), _NAME
    ),
    "SEAL_NOT_SHOWN": Problem("seal_shown", NAME, Text("版面上看不到印章", "The seal is not to be seen on the page"), _SEAL_AGAIN),
    "SEALED_BEFORE_CODE": Problem(
        "sealed_after_code", STALE, Text("签章早于最近一次赋码", "It was sealed before the last code was given"), _STALE
    ),
}
"""Every problem by its stable code."""
