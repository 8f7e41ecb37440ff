"""Figures made up for a cell, valid for its type and the same in every run."""

import hashlib
from decimal import ROUND_HALF_UP, Decimal


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


def mend(pb, check, form, request):
    """Does what a clerk does whose figures break rules: the first figure of a broken rule follows the other side, or the others give way to it."""
    followed = {}
    for _ in range(60):
        look = pb.SubmitRequest()
        look.CopyFrom(request)
        look.validate_only = True
        broken = [p for p in check(look).problems if p.code in ("RULE_BROKEN", "RULE_EXPLANATION_MISSING")]
        if not broken:
            return
        figures = {(f.element, f.period): f for f in request.figures}
        places = {}
        for cell in form.inputs:
            for served in cell.serves:
                places[served.field.form_id, served.field.field_id, served.period] = (cell, figures[cell.element, cell.period])
        for problem in broken:
            told = {a.name: a.value for a in problem.arguments}
            own = [places.get((problem.place.form, field, told["period"])) for field in told["fields"].split(" ")]
            if problem.code == "RULE_EXPLANATION_MISSING":
                next(place for place in own if place)[1].explanation = "编造的数"
                continue
            if "—" in (told["left"], told["right"]):
                continue
            left, right = Decimal(told["left"]), Decimal(told["right"])
            key = own[0] and (own[0][1].element, own[0][1].period)
            # Two rules about one total would else pull it to and fro.
            if key and followed.get(key, 0) < 3:
                followed[key] = followed.get(key, 0) + 1
                put(pb, own[0], right)
                continue
            missing = left - right
            for place in filter(None, own[1:]):
                now = Decimal(place[1].value)
                then = max(now + missing, Decimal(0))
                put(pb, place, then)
                missing -= then - now
                if not missing:
                    break


def put(pb, place, value):
    cell, figure = place
    decimals = 0 if cell.dtype == pb.DATA_TYPE_INTEGER else cell.decimals
    figure.value = f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
