"""What npm's ``stripe`` declares: how declarations are read, and what is an error in an object."""

from pathlib import Path

import pytest
import stripe

from tests.support.stripe_schema import declared
from tests.support.stripe_schema.declarations import read
from tests.support.stripe_schema.declared import Declared, Obj
from tests.support.stripe_schema.selection import ROOTS

SOURCE = """
import { Charge, DeletedCharge as Gone } from './Charges.js';
import * as Checkout from './Checkout/index.js';
export declare class RefundResource extends StripeResource {
    list(params?: RefundListParams): ApiListPromise<Refund>;
}
export interface Refund extends Base<string> {
    /** What it is; not 'member: string'. */
    object: 'refund';
    readonly charge: string | Charge | null;
    reason?: Refund.Reason | null;
    parts: ApiList<Refund.Part>;
    numbers: Array<number>[];
    tags: { [key: string]: string };
    deleted?: void;
    cancel(): Promise<void>;
}
export declare namespace Refund {
    type Reason = 'duplicate' | 'fraudulent' | OtherString;
    interface Part { amount: number; }
    namespace Part { interface Fee { amount: number } }
}
"""


def test_declarations_are_read(tmp_path: Path) -> None:
    file = tmp_path / "Refunds.d.ts"
    file.write_text(SOURCE)
    found = read(file)

    assert found.types == {
        "Refund": {
            "members": {
                "object": {"literal": "refund"},
                "charge": {"union": ["string", "Charge", "null"]},
                "reason?": {"union": ["Refund.Reason", "null"]},
                "parts": {"list": "Refund.Part"},
                "numbers": {"array": {"array": "number"}},
                "tags": {"map": "string"},
                "deleted?": "void",
            }
        },
        "Refund.Reason": {"union": [{"literal": "duplicate"}, {"literal": "fraudulent"}, "OtherString"]},
        "Refund.Part": {"members": {"amount": "number"}},
        "Refund.Part.Fee": {"members": {"amount": "number"}},
    }
    assert found.bases == {"Refund": ["Base"]}
    assert found.imports["Gone"] == (tmp_path / "Charges.d.ts", "DeletedCharge")
    assert found.folders == {"Checkout": tmp_path / "Checkout"}


KNOWN = Declared(
    {
        "api": "",
        "objects": {"fee": "Fee", "deleted_fee": "DeletedFee", "event": "Event"},
        "types": {
            "Fee": {
                "object": "string",
                "amount": "number",
                "parent": ["string", "Fee", "DeletedFee", "null"],
                "note?": "string",
                "hint?": ["string", "null"],
                "tags?": {"map": "string"},
                "parts?": {"list": "Fee.Part"},
                "seen?": {"array": ["number", "null"]},
            },
            "Fee.Part": {"paid": "boolean"},
            "DeletedFee": {"object": "string", "deleted": "boolean"},
            "Event": {"object": "string", "data": "object"},
        },
    }
)
PAGE = {"object": "list", "data": [{"paid": True}], "has_more": False, "url": "/v1/fees"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"hint": None, "note": "n", "tags": {"a": "b"}, "parts": PAGE, "seen": [1, None, 2.5]}, None),
        ({"parent": {"object": "fee", "amount": 1, "parent": None}}, None),
        ({"parent": {"object": "fee", "deleted": True}}, None),
        ({"amount": ...}, "amount: absent, and Stripe always sends it"),
        ({"note": None}, "note: null, and Stripe leaves it out"),
        ({"nothing": None}, "nothing: Stripe doesn't have it in Fee"),
        ({"amount": None}, "amount: null, and Stripe leaves it out"),
        ({"amount": True}, "amount: 'True' isn't number"),
        ({"seen": ["x"]}, "seen.0: 'x' isn't ['number', 'null']"),
        ({"tags": {"a": 1}}, "tags.a: '1' isn't string"),
        ({"parts": {**PAGE, "data": [{"paid": 1}]}}, "parts.data.0.paid: '1' isn't boolean"),
        ({"parts": {"object": "list", "data": [], "url": ""}}, "parts.has_more: absent, in a list"),
        (
            {"parent": {"object": "fee", "amount": 1}},
            "parent.parent: absent, and Stripe always sends it",
        ),
    ],
)
def test_what_is_wrong_with_an_object_is_said(change: Obj, problem: str | None) -> None:
    obj = {"object": "fee", "amount": 1, "parent": None} | change
    given = {name: value for name, value in obj.items() if value is not ...}
    problems = [] if problem is None else [problem]
    event = {"object": "event", "data": {"object": given}}

    assert KNOWN.check(given) == problems
    assert KNOWN.check({"object": "list", "data": [given]}) == [f"data.0.{each}" for each in problems]
    assert KNOWN.check(event) == [f"data.object.{each}" for each in problems]


def test_what_an_event_says_has_changed_is_in_its_object() -> None:
    fee = {"object": "fee", "amount": 1, "parent": None}
    event = {"object": "event", "data": {"object": fee, "previous_attributes": {"note": None, "old": 1}}}

    assert KNOWN.check(event) == ["data.previous_attributes.old: Stripe doesn't have it in its object"]


def test_the_data_refers_to_nothing_that_it_lacks() -> None:
    known = declared.load()
    named = {name for members in known.types.values() for kind in members.values() for name in names(kind)}

    assert named - set(known.types) - set(declared.SCALARS) - {"any", "object"} == set()
    assert set(known.objects.values()) <= set(known.types)


def test_the_data_is_of_the_librarys_version_and_has_every_object_of_the_selection() -> None:
    known = declared.load()

    assert known.api == stripe.api_version
    assert set(ROOTS.values()) - {"api_errors"} <= set(known.objects)


def names(kind: declared.Kind) -> list[str]:
    if isinstance(kind, str):
        return [kind]
    return [name for part in (kind if isinstance(kind, list) else kind.values()) for name in names(part)]
