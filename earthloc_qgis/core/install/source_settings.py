"""The user's choices about where the engine's packages come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sources:
    """Where pip finds packages.

    Attributes:
        index_url: a mirror of the package index; "" means pip's own setting or default.
        find_links: a further place, as a folder or the URL of a page; "" means EarthLoc's releases.
        certificate: a PEM file of certificates; "" means those of pip, then also those that QGIS trusts.
    """

    index_url: str = ""
    find_links: str = ""
    certificate: str = ""
