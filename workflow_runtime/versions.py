"""Looking up versions: what is deployed now, and stored bundles by their id or its beginning."""

import base64

from workflow_runtime.bundles import Bundle, bundle_content, open_bundle
from workflow_runtime.contents import Contents, Key, needed_by, read_files
from workflow_runtime.errors import Text
from workflow_runtime.guards import not_found
from workflow_runtime.runtime import UnitOfWork

SHORTEST = 6
"""Characters of a bundle's id that are enough to name it, when no other begins so."""


def deployed_contents(uow: UnitOfWork) -> Contents:
    """Everything that is deployed now."""
    return read_files(list(uow.library.files().values()), uow.runtime.rules)


def bundle_contents(uow: UnitOfWork, bundle_id: str) -> Contents:
    """The files of a stored bundle, also of one that this release can no longer run. Raises NotFound."""
    stored = uow.library.bundle(bundle_id)
    if stored is None:
        raise _no_bundle(bundle_id)
    return read_files([(name, base64.b64decode(data)) for name, data in stored[1]["files"]], uow.runtime.rules)


def bundle_parts(uow: UnitOfWork, bundle_id: str) -> set[Key]:
    """What the business of a stored bundle reaches. Raises NotFound."""
    stored = uow.library.bundle(bundle_id)
    if stored is None:
        raise _no_bundle(bundle_id)
    return needed_by(stored[0], bundle_contents(uow, bundle_id))


def bundle_named(uow: UnitOfWork, beginning: str, business: str | None = None) -> str:
    """The id of the one stored bundle (of this business) whose id begins so. Raises NotFound, also when several do."""
    found = uow.library.bundles_like(beginning, business) if len(beginning) >= SHORTEST else []
    if len(found) != 1:
        raise _no_bundle(beginning)
    return found[0]


def chosen_version(uow: UnitOfWork, business: str, beginning: str | None) -> str:
    """The bundle whose id begins so; without a beginning, the one that new cases of the business get. Raises NotFound."""
    if beginning is not None:
        return bundle_named(uow, beginning, business)
    deployed = uow.library.deployment(business)
    if deployed is None:
        shown = business[:64].encode("utf-8", "replace").decode()
        raise not_found(Text(f"业务 {shown} ", f"The business {shown}"))
    return deployed.bundle_id


def _no_bundle(named: str) -> Exception:
    shown = named[:64].encode("utf-8", "replace").decode()
    return not_found(Text(f"流程版本 {shown} ", f"The version {shown}"))


def would_be(uow: UnitOfWork, business: str, contents: Contents) -> Bundle:
    """The bundle that a deployment of these sound contents would make of a business; nothing is stored."""
    bundle_id, content = bundle_content(business, contents)
    return open_bundle(bundle_id, business, content, uow.runtime.rules)
