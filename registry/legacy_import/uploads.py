"""Old registers between their preview and the person's word that they be imported: what is imported is what was previewed, byte for byte."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, or_, select

from registry import tables
from registry.legacy_import.importing import ensure_may_import
from workflow_runtime.actors import Actor
from workflow_runtime.errors import NotFound, Text
from workflow_runtime.runtime import UnitOfWork
from workflow_runtime.store.keys import possible_id

KEPT_FOR = timedelta(days=1)
"""How long a file waits for its confirmation. A person's next one takes its place."""

_ROW = tables.legacy_upload.c


@dataclass(frozen=True)
class Upload:
    """A file that waits: whose register it is, and whether entries that differ are to be updated."""

    id: int
    authority_code: str
    name: str
    content: bytes
    replacing: bool


def keep(uow: UnitOfWork, actor: Actor, code: str, name: str, content: bytes, *, replacing: bool) -> int:
    """Keep a file until its person confirms it; gives its id. Raises NotAllowed, NotFound AUTHORITY_UNKNOWN."""
    ensure_may_import(uow, actor, code)
    forgotten = or_(_ROW.login == actor.id, _ROW.at < uow.now - KEPT_FOR)
    uow.connection.execute(delete(tables.legacy_upload).where(forgotten))
    values = {"login": actor.id, "authority_code": code, "name": name, "content": content, "replacing": replacing, "at": uow.now}
    return int(uow.connection.execute(insert(tables.legacy_upload).values(values).returning(_ROW.id)).scalar_one())


def kept(uow: UnitOfWork, actor: Actor, upload_id: int) -> Upload:
    """The person's own file. Raises NotFound LEGACY_UPLOAD, also for another one's and for one that has been imported or forgotten."""
    query = select(_ROW.id, _ROW.authority_code, _ROW.name, _ROW.content, _ROW.replacing)
    query = query.where(_ROW.id == upload_id, _ROW.login == actor.id, _ROW.at >= uow.now - KEPT_FOR)
    row = uow.connection.execute(query).one_or_none() if possible_id(upload_id) else None
    if row is None:
        raise NotFound(
            Text(
                "预览已失效：文件已经导入，或者上传已超过一天。",
                "The preview is gone: the file has been imported, or it is more than a day old.",
            ),
            Text("请重新上传文件。", "Upload the file again."),
            code="LEGACY_UPLOAD",
        )
    return Upload(*row)


def forget(uow: UnitOfWork, upload_id: int) -> None:
    """The file has been imported."""
    uow.connection.execute(delete(tables.legacy_upload).where(_ROW.id == upload_id))
