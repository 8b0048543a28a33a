"""The guards of a sealed certificate's verification, for `guards.py`: (what, where, text that stands once, what takes it away, the fraud that then passes)."""

VERDICT, TRUST, PACKAGE = ("registry/sealed_ofd/verdict.py", "registry/sealed_ofd/trust.py", "registry/sealed_ofd/package.py")

SEAL_GUARDS = [
    ("one document", VERDICT, "if len(documents) != 1:", "if not documents:", "a_second_document"),
    ("digests of the files", VERDICT, "elif reference.digest != sm3(package.files[reference.name]):", "elif False:", "a_swapped_page"),
    ("every file is covered", VERDICT, "if name not in covered and name not in own and not", "if False and not", "an_extra_file"),
    ("digest of the description", VERDICT, "if signature.data_digest != sm3(description.content):", "if False:", "the_signature_of_another_file"),
    ("the signer's signature", VERDICT, "elif not is_signature_of(signer.key,", "elif False and not is_signature_of(signer.key,", "by_another_key"),
    ("the signature's place", VERDICT, 'if signature.about.strip("/\\0 ").casefold() !=', 'if "" > signature.about.strip("/\\0 ").casefold() !=', "of_another_place"),
    ("the seal's own file", VERDICT, "if description.seal_named and (", "if False and (", "another_seal_beside_it"),
    ("the maker's signature", VERDICT, "if signature.seal.algorithm != SM2_WITH_SM3 or not right:", "if False:", "a_renamed_seal"),
    ("the seal's list of signers", VERDICT, "if not seal.lists(signature.signer_certificate):", "if False:", "a_stolen_seal"),
    ("use of the keys", VERDICT, "if not certificate.may(DIGITAL_SIGNATURE, NON_REPUDIATION):", "if False:", "for_encryption"),
    ("a root is needed", VERDICT, 'found.fails(f"{role}_{path.code}", path.about)', "pass", "a_self_made_authority"),
    ("who issued a certificate has signed it", TRUST, " and last.signed_by(issuer):", ":", "names_the_right_issuer"),
    ("who issues certificates may", TRUST, "if below > 0 and not (", "if below > 99 and not (", "issued_by_one_who_may_not"),
    ("validity of certificates", TRUST, "if not each.valid_at(when):", "if False:", "certificate_had_ended"),
    ("revoked certificates", TRUST, "if since and min(since) <= when:", "if False:", "a_revoked_signer"),
    ("lists of others do not count", TRUST, " and each.signed_by(issuer)]", "]", "a_revocation_counts"),
    ("validity of the seal", VERDICT, "if signature.sealed_at > seal.valid_until:", "if False:", "an_expired_seal"),
    ("no seal of tomorrow", VERDICT, "if signature.sealed_at > now + SKEW:", "if False:", "sealed_tomorrow"),
    ("the face is what was approved", VERDICT, "elif different := [text for text in shown[label] if fold_name(text) != fold_name(value)]:", "elif different := []:", "another_owner_on_the_page"),
    ("the data inside are what was approved", VERDICT, "if fold_name(document.custom.get(label, value)) !=", 'if "" > fold_name(document.custom.get(label, value)) !=', "another_owner_in_the_data"),
    ("the QR code is what was assigned", VERDICT, "elif set(texts) != {expected.qr_text}:", "elif False:", "a_qr_code_that_leads_elsewhere"),
    ("the seal is the authority's", VERDICT, "if not own:", "if False:", "the_seal_of_another_authority"),
    ("the seal is later than the code", VERDICT, "if expected.coded_at is None or any(", "if expected.coded_at is None and any(", "older_than_the_code"),
    ("no two files of one name", PACKAGE, 'if name.rstrip("/").casefold() in seen:', "if False:", "two_pages_of_one_name"),
    ("no bomb is unpacked", PACKAGE, "if left < 0:", "if False:", "a_bomb"),
    ("no DOCTYPE", PACKAGE, 'raise Unreadable("XML_DOCTYPE", name)', "pass", "a_page_with_a_doctype"),
]  # fmt: skip
