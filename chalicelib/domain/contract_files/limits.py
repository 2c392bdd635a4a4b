"""The `[limits]` of a contract, as people write them."""

from __future__ import annotations

from chalicelib.domain.contract.contract import Limits
from chalicelib.domain.contract_files.toml_section import Section


def read_limits(section: Section) -> Limits:
    """Read the section, and close it."""
    ratio = section.number("max_reject_ratio", default=Limits.max_reject_ratio, low=0, high=1)
    limits = Limits(
        min_rows=section.integer("min_rows", default=Limits.min_rows, low=0, high=10**12),
        max_reject_ratio=Limits.max_reject_ratio if ratio is None else ratio,
        max_rejects=section.integer("max_rejects", default=Limits.max_rejects, low=0, high=10**9),
        max_record_bytes=section.integer("max_record_bytes", default=Limits.max_record_bytes, low=64, high=4 << 20),
        max_super_string=section.integer("max_super_string", default=Limits.max_super_string, low=1, high=16_000_000),
        max_columns=section.integer("max_columns", default=Limits.max_columns, low=1, high=1_600),
        max_bytes=section.integer("max_bytes", default=Limits.max_bytes, low=1, high=5 << 40),
        max_ratio=section.integer("max_ratio", default=Limits.max_ratio, low=1, high=100_000),
        max_unpacked_bytes=section.integer(
            "max_unpacked_bytes", default=Limits.max_unpacked_bytes, low=1, high=5 << 40
        ),
        direct_rows=section.integer("direct_rows", default=Limits.direct_rows, low=0, high=10_000),
        chunk_mb=section.number("chunk_mb", default=None, low=0.001, high=10_000),
    )
    section.close()
    return limits
