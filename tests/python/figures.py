"""Figures made up for a cell, valid for its type and the same in every run."""

import hashlib


def seed_of(*parts):
    return int.from_bytes(hashlib.blake2b("|".join(parts).encode(), digest_size=8).digest(), "big")


def invent(pb, cell, unit):
    """A figure as a clerk would type it; numbers use every decimal that is allowed, so that rounding is seen."""
    seed = seed_of(cell.element, cell.period, unit)
    match cell.dtype:
        case pb.DATA_TYPE_BOOL:
            return "是" if seed % 3 else "否"
        case pb.DATA_TYPE_DATE:
            return f"2026-{1 + seed % 12:02}-{1 + seed // 12 % 28:02}"
        case pb.DATA_TYPE_CODE if cell.options:
            return cell.options[seed % len(cell.options)]
        case pb.DATA_TYPE_CODE | pb.DATA_TYPE_TEXT:
            return f"填报{unit[-6:]}-{seed % 9973}"
        case pb.DATA_TYPE_INTEGER:
            return str(1 + seed % 9000)
        case _:
            fraction = f"{seed // 9000 % 10**cell.decimals:0{cell.decimals}}" if cell.decimals else ""
            return f"{1 + seed % 9000}" + (f".{fraction}" if fraction else "")
