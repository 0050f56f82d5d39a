"""
Build an OpenAPI slice of Stripe's API from the installed ``stripe`` package.

The package's resource classes, parameter types and service methods are generated from Stripe's own OpenAPI
description, so the slice describes exactly the API version that the package pins. Only ``ast`` is used:
nothing of the package is executed.

    python tests/support/stripe_schema/generate.py [--out FILE] [--desc N] [--oas 3.1|3.0]

``--desc`` is the longest description that is kept (0: none). ``--oas 3.0`` writes Stripe's own dialect, with
``nullable``.
"""

import argparse
import ast
import importlib.util
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
Module = tuple[ast.Module, dict[str, tuple[str, str]]]

ROOTS = {  # class -> component, in Stripe's own names
    "checkout/_session.py:Session": "checkout.session",
    "_line_item.py:LineItem": "item",
    "_payment_intent.py:PaymentIntent": "payment_intent",
    "_charge.py:Charge": "charge",
    "_refund.py:Refund": "refund",
    "_event.py:Event": "event",
    "_customer.py:Customer": "customer",
    "_subscription.py:Subscription": "subscription",
    "_subscription_item.py:SubscriptionItem": "subscription_item",
    "billing_portal/_session.py:Session": "billing_portal.session",
    "billing_portal/_configuration.py:Configuration": "billing_portal.configuration",
    "_transfer.py:Transfer": "transfer",
    "_transfer_reversal.py:TransferReversal": "transfer_reversal",
    "_dispute.py:Dispute": "dispute",
    "radar/_early_fraud_warning.py:EarlyFraudWarning": "radar.early_fraud_warning",
    "_webhook_endpoint.py:WebhookEndpoint": "webhook_endpoint",
    "_price.py:Price": "price",
    "_product.py:Product": "product",
    "_invoice.py:Invoice": "invoice",
    "_invoice_line_item.py:InvoiceLineItem": "line_item",
    "_invoice_payment.py:InvoicePayment": "invoice_payment",
    "_payment_method.py:PaymentMethod": "payment_method",
    "_balance_transaction.py:BalanceTransaction": "balance_transaction",
    "_application_fee.py:ApplicationFee": "application_fee",
    "_discount.py:Discount": "discount",
    "_coupon.py:Coupon": "coupon",
    "_balance.py:Balance": "balance",
    "_error_object.py:ErrorObject": "api_errors",
}
SERVICES = {  # service module -> the methods to keep
    "checkout/_session_service.py": "create retrieve list expire update",
    "checkout/_session_line_item_service.py": "list",
    "_payment_intent_service.py": "retrieve list capture cancel",
    "_charge_service.py": "retrieve list",
    "_refund_service.py": "create retrieve list update cancel",
    "_event_service.py": "retrieve list",
    "_customer_service.py": "create retrieve list update delete search",
    "_customer_payment_method_service.py": "list",
    "_payment_method_service.py": "retrieve list attach detach",
    "_subscription_service.py": "retrieve list update cancel resume",
    "billing_portal/_session_service.py": "create",
    "billing_portal/_configuration_service.py": "create retrieve list update",
    "_transfer_service.py": "create retrieve list update",
    "_transfer_reversal_service.py": "create retrieve list",
    "_dispute_service.py": "retrieve list update close",
    "radar/_early_fraud_warning_service.py": "retrieve list",
    "_webhook_endpoint_service.py": "list retrieve create update delete",
    "_price_service.py": "retrieve list create update",
    "_product_service.py": "retrieve list create update",
    "_invoice_service.py": "retrieve list pay",
    "_invoice_payment_service.py": "retrieve list",
    "_balance_service.py": "retrieve",
    "_balance_transaction_service.py": "retrieve list",
}
DELETABLE = ("customer", "webhook_endpoint", "product", "price", "coupon")

# In classes that name every payment method, only these members are kept in full.
METHODS_KEPT = {
    *("card", "link", "us_bank_account", "sepa_debit", "ideal", "bancontact"),
    *("klarna", "bacs_debit", "customer_balance", "boleto", "cashapp", "paypal"),
}
METHOD_CLASS = re.compile(
    r"(PaymentMethodOptions?|PaymentMethodDetails?|PaymentMethodData|PaymentMethodDatum|PaymentMethodOption|"
    r"^PaymentMethod)$"
)
METHOD_MEMBERS = 5  # kept members that make a class of such a name one of these
METHOD_MEMBERS_ALONE = 8  # or of any name

PRIMITIVES: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "Any": {},
    "object": {},
    "None": {},
    "Decimal": {"type": "string", "format": "decimal"},
    "UntypedStripeObject": {"type": "object", "additionalProperties": True},
    "StripeObject": {"type": "object", "additionalProperties": True},
    "datetime": {"type": "integer", "format": "unix-time"},
}
NOT_MEMBERS = {
    *("OBJECT_NAME", "_inner_class_types", "_inner_class_dicts", "_field_encodings"),
    *("_field_remappings", "_search_attributes", "_SOURCES"),
}


def generate(*, longest_description: int = 0, dialect: str = "3.1") -> Schema:
    """Return the slice as an OpenAPI document."""
    return Builder(longest_description).document(dialect)


@dataclass
class Place:
    """Where an annotation stands: its module, and the classes that enclose it with their component names."""

    module: str
    prefix: str
    scopes: list[tuple[ast.ClassDef, str]]
    kind: str  # "resource" or "params"


@dataclass
class Builder:
    longest_description: int
    components: dict[str, Schema] = field(default_factory=dict)
    cut: Counter[str] = field(default_factory=Counter)
    modules: dict[str, Module] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spec = importlib.util.find_spec("stripe")
        if spec is None or spec.origin is None:
            raise SystemExit("The stripe package is not installed.")
        self.package = Path(spec.origin).parent

    def document(self, dialect: str) -> Schema:
        for key, component in ROOTS.items():
            self.add_resource(key, component)
        self.add_errors_and_deletions()
        paths: Schema = {}
        for module, names in SERVICES.items():
            self.add_operations(paths, module, names.split())
        self.add_limits()
        used = self.used_by(paths)
        spec = self.envelope(paths, {name: self.components[name] for name in sorted(used)})
        return to_31(spec) if dialect == "3.1" else to_stripe_mock(spec)

    # Reading the package

    def module(self, name: str) -> Module:
        """Return a module's tree, and the imported names with the module and name they come from."""
        if name not in self.modules:
            tree = ast.parse((self.package / name).read_text(encoding="utf-8"))
            imports: dict[str, tuple[str, str]] = {}
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stripe."):
                    path = node.module.split(".", 1)[1].replace(".", "/") + ".py"
                    imports |= {alias.asname or alias.name: (path, alias.name) for alias in node.names}
            self.modules[name] = (tree, imports)
        return self.modules[name]

    def find_class(self, module: str, name: str) -> ast.ClassDef | None:
        body = self.module(module)[0].body
        return next((node for node in body if isinstance(node, ast.ClassDef) and node.name == name), None)

    def constant(self, module: str, name: str) -> str:
        text = (self.package / module).read_text(encoding="utf-8")
        found = re.search(rf'{name} = "([^"]+)"', text)
        if found is None:
            raise SystemExit(f"no {name} in {module}")
        return found.group(1)

    # From annotations to schemas

    def schema_of(self, node: ast.expr, place: Place) -> Schema:
        parts = flat(node)
        is_nullable = any(is_none(part) for part in parts)
        literals: list[Any] = []
        alternatives: list[Schema] = []
        has_text = False
        for part in parts:
            if is_none(part):
                continue
            if isinstance(part, ast.Subscript) and getattr(part.value, "id", "") == "Literal":
                literals += literal_values(part)
            elif isinstance(part, ast.Name) and part.id == "str":
                has_text = True
            elif (schema := self.single(part, place)) not in alternatives:
                alternatives.append(schema)
        alternatives = with_literals(alternatives, literals, has_text=has_text)
        merged = alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}
        return nullable(merged) if is_nullable else merged

    def single(self, node: ast.expr, place: Place) -> Schema:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.schema_of(parsed(node.value), place)
        if isinstance(node, ast.Name):
            return dict(PRIMITIVES[node.id]) if node.id in PRIMITIVES else self.class_schema(node.id, place)
        if isinstance(node, ast.Attribute):
            return self.class_schema(ast.unparse(node), place)
        if isinstance(node, ast.Subscript):
            return self.generic(node, place)
        raise SystemExit(f"unhandled {ast.unparse(node)} in {place.module}")

    def generic(self, node: ast.Subscript, place: Place) -> Schema:
        head = node.value.id if isinstance(node.value, ast.Name) else ast.unparse(node.value)
        if head in ("List", "list", "Sequence"):
            return {"type": "array", "items": self.schema_of(node.slice, place)}
        if head in ("Dict", "dict", "Mapping"):
            assert isinstance(node.slice, ast.Tuple)
            return {"type": "object", "additionalProperties": self.schema_of(node.slice.elts[1], place)}
        if head == "UntypedStripeObject":
            return {"type": "object", "additionalProperties": self.schema_of(node.slice, place)}
        if head == "ListObject":
            return list_of(self.schema_of(node.slice, place))
        if head == "ExpandableField":
            return self.expandable(node, place)
        if head == "ClassVar":
            return {}
        if head == "Literal":
            return self.schema_of(node, place)
        raise SystemExit(f"unhandled {ast.unparse(node)} in {place.module}")

    def expandable(self, node: ast.Subscript, place: Place) -> Schema:
        names = [ast.unparse(part).strip("'\"") for part in flat(node.slice)]
        schema = self.schema_of(node.slice, place)
        alternatives = [
            alternative
            if "$ref" in alternative
            else {"type": "object", "required": ["id", "object"], "x-cut": alternative.get("x-cut")}
            for alternative in schema.get("anyOf", [schema])
        ]
        return {"anyOf": [{"type": "string"}, *alternatives], "x-expandable": names}

    def class_schema(self, name: str, place: Place) -> Schema:
        """Return the schema of a class: nested in an enclosing one, of the same module, or imported."""
        for scope, prefix in reversed(place.scopes):
            for node in scope.body:
                if isinstance(node, ast.ClassDef) and node.name == name:
                    inner = f"{prefix}__{snake(name)}"
                    scopes = [*place.scopes, (node, inner)]
                    return self.object_schema(node, Place(place.module, inner, scopes, place.kind))
        if (found := self.find_class(place.module, name)) is not None:
            return self.own_class(found, name, place)
        path, original = self.module(place.module)[1].get(name, (None, None))
        if path is None or original is None:
            raise SystemExit(f"no class {name} in {place.module}")
        if f"{path}:{original}" in ROOTS:
            return reference(ROOTS[f"{path}:{original}"])
        self.cut[original] += 1
        return {"type": "object", "x-cut": original, "additionalProperties": True}

    def own_class(self, node: ast.ClassDef, name: str, place: Place) -> Schema:
        key = f"{place.module}:{name}"
        if key in ROOTS:
            return reference(ROOTS[key])
        if place.kind == "params":
            component = params_component(place.module, name)
            return self.object_schema(node, Place(place.module, component, [], "params"))
        component = f"x.{snake(name)}"
        return self.object_schema(node, Place(place.module, component, [(node, component)], "resource"))

    def object_schema(self, node: ast.ClassDef, place: Place) -> Schema:
        """Make the component of a class, unless it is made already, and return a reference to it."""
        name = place.prefix
        if name in self.components:
            return reference(name)
        self.components[name] = {}
        members = fields_of(node) + (self.functional(place.module, node) if place.kind == "params" else [])
        kept = sum(member in METHODS_KEPT for member, _, _ in members)
        names_methods = (
            kept >= METHOD_MEMBERS and METHOD_CLASS.search(node.name) is not None
        ) or kept >= METHOD_MEMBERS_ALONE
        properties: Schema = {}
        required = []
        for member, annotation, text in members:
            written = ast.unparse(annotation)
            if member in NOT_MEMBERS or written.startswith("ClassVar"):
                continue
            if is_required(written, place.kind):
                required.append(member)
            schema = (
                cut_method(member, is_required(written, place.kind), place.kind)
                if names_methods and is_other_method(member) and is_class(annotation)
                else self.schema_of(annotation, place)
            )
            properties[member] = self.described(schema, text)
        schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = sorted(required)
        if place.kind == "params":
            schema["additionalProperties"] = False
        self.components[name] = schema
        return reference(name)

    def functional(self, module: str, node: ast.ClassDef) -> list[tuple[str, ast.expr, str]]:
        """Return the members whose names are reserved words: ``_Base = TypedDict("Base", {"from": …})``."""
        bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
        members: list[tuple[str, ast.expr, str]] = []
        for statement in self.module(module)[0].body:
            if not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)):
                continue
            target = statement.targets[0]
            if isinstance(target, ast.Name) and target.id in bases:
                given = statement.value.args[1]
                assert isinstance(given, ast.Dict)
                members += [
                    (key.value, value, "")
                    for key, value in zip(given.keys, given.values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                ]
        return members

    def description(self, text: str | None) -> Schema:
        plain = re.sub(r"\s+", " ", text or "").strip()
        if not self.longest_description or not plain:
            return {}
        if len(plain) > self.longest_description:
            plain = plain[: self.longest_description - 1] + "…"
        return {"description": plain}

    def described(self, schema: Schema, text: str) -> Schema:
        added = self.description(text)
        return {"anyOf": [schema], **added} if "$ref" in schema and added else {**schema, **added}

    # Resources and operations

    def add_resource(self, key: str, component: str) -> None:
        module, name = key.split(":")
        node = self.find_class(module, name)
        if node is None:
            raise SystemExit(f"missing {key}")
        self.object_schema(node, Place(module, component, [(node, component)], "resource"))
        schema = self.components[component]
        if object_name := object_name_of(node):
            schema["properties"]["object"] = {"type": "string", "enum": [object_name]}
            schema["required"] = sorted({*schema.get("required", []), "object"})
        if component != "api_errors":
            schema["properties"].pop("deleted", None)
        schema["x-resourceId"] = component

    def add_errors_and_deletions(self) -> None:
        self.components["error"] = {
            "type": "object",
            "required": ["error"],
            "properties": {"error": reference("api_errors")},
        }
        for name in DELETABLE:
            self.components[f"deleted_{name}"] = {
                "type": "object",
                "required": ["id", "object", "deleted"],
                "properties": {
                    "id": {"type": "string"},
                    "object": {"type": "string", "enum": [name]},
                    "deleted": {"type": "boolean", "enum": [True]},
                },
            }

    def add_operations(self, paths: Schema, module: str, names: list[str]) -> None:
        service = next(node for node in self.module(module)[0].body if isinstance(node, ast.ClassDef))
        for method in service.body:
            if isinstance(method, ast.FunctionDef) and method.name in names:
                verb, url = request_of(method)
                paths.setdefault(url, {})[verb] = self.operation(module, method, verb, url)

    def operation(self, module: str, method: ast.FunctionDef, verb: str, url: str) -> Schema:
        component, schema, is_body_required = self.params_of(module, method)
        path_and_query = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "style": "simple",
                "schema": {"type": "string", "maxLength": 5000},
            }
            for name in re.findall(r"{(\w+)}", url)
        ]
        words = [word.title() for word in re.split(r"[^a-zA-Z]+", verb + url) if word]
        made: Schema = {"operationId": "".join(words), **self.description(ast.get_docstring(method))}
        if verb == "post":
            made["requestBody"] = body_of(reference(component) if component else schema, schema)
            made["requestBody"]["required"] = is_body_required
        else:
            path_and_query += query_of(schema)
        if path_and_query:
            made["parameters"] = path_and_query
        made["responses"] = {
            "200": answer("Successful response.", self.reply_schema(module, method, verb)),
            "default": answer("Error response.", reference("error")),
        }
        made["x-params"] = component if verb == "post" else None
        return made

    def params_of(self, module: str, method: ast.FunctionDef) -> tuple[str | None, Schema, bool]:
        """Return the component of a method's parameters, its schema, and whether there must be any."""
        arguments = method.args.args + method.args.kwonlyargs
        annotation = next((each.annotation for each in arguments if each.arg == "params"), None)
        if annotation is None:
            return None, {"type": "object", "properties": {}, "additionalProperties": False}, False
        written = ast.unparse(annotation).replace("'", "").replace('"', "")
        name = re.sub(r"^Optional\[(.*)\]$", r"\1", written)
        path, original = self.module(module)[1][name]
        node = self.find_class(path, original)
        assert node is not None
        component = params_component(path, original)
        self.object_schema(node, Place(path, component, [], "params"))
        return component, self.components[component], not written.startswith("Optional")

    def reply_schema(self, module: str, method: ast.FunctionDef, verb: str) -> Schema:
        assert method.returns is not None
        written = ast.unparse(method.returns).strip("'\"")
        name = re.sub(r"^(ListObject|SearchResultObject)\[(.*)\]$", r"\2", written)
        path, original = self.module(module)[1][name]
        component = ROOTS[f"{path}:{original}"]
        if written.startswith("ListObject"):
            return list_of(reference(component))
        if written.startswith("SearchResult"):
            found = list_of(reference(component))
            found["properties"]["object"] = {"type": "string", "enum": ["search_result"]}
            found["properties"]["next_page"] = {"type": "string", "nullable": True}
            return found
        if method.name == "delete":
            return reference(f"deleted_{component}")
        if name == "Customer" and verb == "get":
            return {"anyOf": [reference(component), reference("deleted_customer")]}
        return reference(component)

    # The document

    def add_limits(self) -> None:
        """Add the limits that are only in the docstrings."""
        for name, component in self.components.items():
            if name.startswith("param.") and "limit" in component.get("properties", {}):
                component["properties"]["limit"] |= {"minimum": 1, "maximum": 100}
        self.limit("param.checkout.session_create_params", "client_reference_id", maxLength=200)
        self.limit("param.event_list_params", "types", maxItems=20)

    def limit(self, component: str, member: str, **limits: int) -> None:
        properties = self.components.get(component, {}).get("properties", {})
        if member in properties:
            properties[member] |= limits

    def used_by(self, paths: Schema) -> set[str]:
        """Return the components that the paths and the resources refer to."""
        used: set[str] = set()
        todo = [json.dumps(paths), *(json.dumps(reference(name)) for name in [*ROOTS.values(), "error"])]
        while todo:
            for name in re.findall(r'"#/components/schemas/([^"]+)"', todo.pop()):
                if name not in used:
                    used.add(name)
                    todo.append(json.dumps(self.components[name]))
        return used

    def envelope(self, paths: Schema, schemas: Schema) -> Schema:
        library = self.constant("_version.py", "VERSION")
        return {
            "openapi": "3.0.0",
            "info": {
                "title": "Stripe API (slice)",
                "version": self.constant("_api_version.py", "CURRENT"),
                "description": f"Slice derived from the types of stripe-python {library} (MIT).",
                "x-derivedFrom": f"stripe-python=={library}",
            },
            "servers": [{"url": "https://api.stripe.com/"}],
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"bearerAuth": []}],
        }


# Annotations


def parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def flat(node: ast.expr) -> list[ast.expr]:
    """Return the alternatives of ``A | B``, ``Union[A, B]`` and ``Optional[A]``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return flat(parsed(node.value))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return flat(node.left) + flat(node.right)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if node.value.id == "Union" and isinstance(node.slice, ast.Tuple):
            return [part for each in node.slice.elts for part in flat(each)]
        if node.value.id == "Optional":
            return [*flat(node.slice), ast.Constant(None)]
        if node.value.id in ("NotRequired", "Annotated"):
            return flat(node.slice)
    return [node]


def literal_values(node: ast.Subscript) -> list[Any]:
    elements = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return [element.value for element in elements if isinstance(element, ast.Constant)]


def with_literals(alternatives: list[Schema], literals: list[Any], *, has_text: bool) -> list[Schema]:
    """Add the literals of a union, which the package leaves open where ``str`` stands beside them."""
    if literals == [""] and has_text:  # "a text, or empty to unset": no enumeration
        return [*alternatives, {"type": "string"}]
    if not literals:
        return [{"type": "string"}, *alternatives] if has_text else alternatives
    if all(isinstance(value, bool) for value in literals):
        return [*alternatives, {"type": "boolean", "enum": literals}]
    texts = [value for value in literals if isinstance(value, str)]
    if not texts:
        return [*alternatives, {"enum": literals}]
    return [*alternatives, {"type": "string", "enum": texts, **({"x-open-enum": True} if has_text else {})}]


def fields_of(node: ast.ClassDef) -> list[tuple[str, ast.expr, str]]:
    """Return the annotated members of a class body with their docstrings."""
    members = []
    for position, statement in enumerate(node.body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = docstring_after(node.body, position)
            members.append((statement.target.id, statement.annotation, text))
    return members


def docstring_after(body: list[ast.stmt], position: int) -> str:
    following = body[position + 1] if position + 1 < len(body) else None
    if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
        return str(following.value.value)
    return ""


def is_required(written: str, kind: str) -> bool:
    return "NotRequired" not in written if kind == "params" else not written.startswith("Optional")


def is_other_method(member: str) -> bool:
    return member not in METHODS_KEPT and member not in ("type", "id", "object")


def is_class(annotation: ast.expr) -> bool:
    """Return whether a member is typed by a class, not by a scalar, an enumeration or a list of scalars."""
    return any(
        isinstance(part, ast.Name | ast.Attribute) and getattr(part, "id", "") not in PRIMITIVES
        for part in flat(annotation)
    )


def cut_method(member: str, required: bool, kind: str) -> Schema:
    schema = {"type": "object", "x-cut": f"payment method {member}", "additionalProperties": True}
    return schema if kind == "params" or required else {**schema, "nullable": True}


def object_name_of(node: ast.ClassDef) -> Any:
    return next(
        (
            statement.value.value
            for statement in node.body
            if isinstance(statement, ast.AnnAssign)
            and getattr(statement.target, "id", "") == "OBJECT_NAME"
            and isinstance(statement.value, ast.Constant)
        ),
        None,
    )


def request_of(method: ast.FunctionDef) -> tuple[str, str]:
    """Return the verb and the URL template of a service method."""
    call = next(
        node
        for node in ast.walk(method)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "_request"
    )
    verb, url = call.args[0], call.args[1]
    if isinstance(url, ast.Call) and isinstance(url.func, ast.Attribute):
        url = url.func.value  # "/v1/…/{id}".format(…)
    assert isinstance(verb, ast.Constant)
    assert isinstance(url, ast.Constant)
    return str(verb.value), str(url.value)


# Schemas


def reference(name: str) -> Schema:
    return {"$ref": "#/components/schemas/" + name}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema], "nullable": True} if "$ref" in schema else {**schema, "nullable": True}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def params_component(module: str, name: str) -> str:
    """Return ``param.checkout.x`` for class ``X`` of ``params/checkout/_session_create_params.py``."""
    return "param." + ".".join([*module.split("/")[1:-1], snake(name)])


def list_of(item: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["object", "data", "has_more", "url"],
        "properties": {
            "object": {"type": "string", "enum": ["list"]},
            "data": {"type": "array", "items": item},
            "has_more": {"type": "boolean"},
            "url": {"type": "string"},
            "total_count": {"type": "integer"},
        },
    }


def answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def is_deep(schema: Schema) -> bool:
    written = json.dumps(schema)
    return any(mark in written for mark in ('"object"', '"array"', "$ref"))


def body_of(schema: Schema, members: Schema) -> Schema:
    encoding = {
        name: {"style": "deepObject", "explode": True}
        for name, member in members["properties"].items()
        if is_deep(member)
    }
    return {"content": {"application/x-www-form-urlencoded": {"schema": schema, "encoding": encoding}}}


def query_of(schema: Schema) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "style": "deepObject" if is_deep(member) else "form",
            "explode": True,
            "schema": member,
        }
        for name, member in schema["properties"].items()
    ]


# Dialects


def to_31(spec: Schema) -> Schema:
    """Return OpenAPI 3.1: plain JSON Schema 2020-12 in place of ``nullable``."""
    converted: Schema = without_nullable(spec)
    return {**converted, "openapi": "3.1.0"}


def without_nullable(value: Any) -> Any:
    if isinstance(value, list):
        return [without_nullable(item) for item in value]
    if not isinstance(value, dict):
        return value
    schema = {key: without_nullable(item) for key, item in value.items()}
    if schema.pop("nullable", None) is not True:
        return schema
    if "anyOf" in schema:
        schema["anyOf"] = schema["anyOf"] + [{"type": "null"}]
    elif "allOf" in schema:
        schema = {"anyOf": [{"allOf": schema.pop("allOf")}, {"type": "null"}], **schema}
    elif "type" in schema:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = schema["enum"] + [None]
    return schema


MOCK_DROPS = ("x-open-enum", "x-cut", "minimum", "maximum", "maxItems", "x-params")


def to_stripe_mock(spec: Schema) -> Schema:
    """Return Stripe's own dialect of OpenAPI 3.0, with only the keywords that stripe-mock accepts."""
    plain: Schema = mock_keywords(spec)
    schemas = plain["components"]["schemas"]
    plain["paths"] = inlined_params(plain["paths"], schemas)
    kept = {name: schema for name, schema in schemas.items() if not name.startswith("param.")}
    for schema in kept.values():
        expandable = [
            name for name, member in schema.get("properties", {}).items() if "x-expansionResources" in member
        ]
        if expandable or "x-resourceId" in schema:
            schema["x-expandableFields"] = expandable
    plain["components"]["schemas"] = kept
    return plain


def mock_keywords(value: Any) -> Any:
    if isinstance(value, list):
        return [mock_keywords(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        if key in MOCK_DROPS and not isinstance(item, dict):
            continue
        if key == "x-expandable" and isinstance(item, list):
            references = [each for each in value.get("anyOf", []) if "$ref" in each]
            if references:
                kept["x-expansionResources"] = {"oneOf": references}
            continue
        kept[key] = mock_keywords(item)
    return kept


def inlined_params(value: Any, schemas: Schema) -> Any:
    """Put parameter schemas in the place of references to them, as stripe-mock wants."""
    if isinstance(value, list):
        return [inlined_params(item, schemas) for item in value]
    if not isinstance(value, dict):
        return value
    target = value.get("$ref", "")
    if target.startswith("#/components/schemas/param."):
        return inlined_params(schemas[target.rsplit("/", 1)[1]], schemas)
    return {key: inlined_params(item, schemas) for key, item in value.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Build a slice of Stripe's API description.")
    parser.add_argument("--out", type=Path, help="the file to write; otherwise standard output")
    parser.add_argument("--desc", type=int, default=160, help="longest description; 0 for none")
    parser.add_argument("--oas", default="3.1", choices=["3.1", "3.0"])
    options = parser.parse_args()
    builder = Builder(options.desc)
    spec = builder.document(options.oas)
    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")
    counts = (len(spec["paths"]), sum(len(verbs) for verbs in spec["paths"].values()))
    sys.stderr.write(
        f"api {spec['info']['version']}, {spec['info']['x-derivedFrom']}: "
        f"{counts[0]} paths, {counts[1]} operations, {len(spec['components']['schemas'])} schemas, "
        f"{len(text.encode())} bytes\nleft out: {dict(builder.cut.most_common(40))}\n"
    )


if __name__ == "__main__":
    main()
