"""The pages: a module per noun, a blueprint each. A view is one use case or query and a template; no rule is written here."""

from flask import Blueprint

from web.pages import (
    account,
    authorities,
    bulk,
    case,
    cases,
    certificate_files,
    deployments,
    home,
    incidents,
    jobs,
    lanes,
    language,
    legacy,
    legacy_import,
    migrations,
    public,
    push_log,
    sealing,
    sign_in,
    start,
    statistics,
    tasks,
    trail,
    uploads,
    users,
)
from web.pages import help as manuals

BLUEPRINTS: tuple[Blueprint, ...] = tuple(
    module.pages
    for module in (
        home,
        language,
        sign_in,
        account,
        cases,
        certificate_files,
        bulk,
        sealing,
        public,
        manuals,
        authorities,
        case,
        deployments,
        migrations,
        incidents,
        jobs,
        lanes,
        legacy,
        legacy_import,
        push_log,
        statistics,
        trail,
        users,
        start,
        uploads,
        tasks,
    )
)
"""Every blueprint of pages, as the application mounts them."""
