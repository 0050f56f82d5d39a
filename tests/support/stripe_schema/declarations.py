"""
Read the types in TypeScript's declaration files (``*.d.ts``), as far as npm's ``stripe`` uses the language.

A type is the name of another (``string``, ``Charge.Outcome``), or one of ``{"union": […]}``,
``{"array": …}``, ``{"list": …}`` (a page of the API), ``{"map": …}`` (any members), ``{"members": …}`` and
``{"literal": …}``. Members are types by name; the name of one that may be absent ends in ``?``.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Type = Any
Members = dict[str, Type]

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
TOKEN = re.compile(r"[A-Za-z_$][\w$]*|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\d+(?:\.\d+)?|=>|\.\.\.|\S")
NAMED_IMPORT = re.compile(r"(?:import|export)\s*{([^}]*)}\s*from\s*'([^']+)'")
FOLDER_IMPORT = re.compile(r"import\s*\*\s*as\s+(\w+)\s+from\s*'([^']+)/index\.js'")
OPENING, CLOSING = {"{", "(", "[", "<"}, {"}", ")", "]", ">"}
WRAPPERS = {"Array": "array", "ApiList": "list", "ReadonlyArray": "array"}


@dataclass
class Declarations:
    """
    The declarations of one file.

    ``types`` are interfaces and aliases by their qualified name, ``bases`` what an interface extends.
    ``imports`` are the file and the name of each imported name, ``folders`` the folder of each ``import *``.
    """

    types: dict[str, Type] = field(default_factory=dict)
    bases: dict[str, list[str]] = field(default_factory=dict)
    imports: dict[str, tuple[Path, str]] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)


def read(file: Path) -> Declarations:
    """Return the declarations of a file."""
    text = COMMENT.sub("", file.read_text(encoding="utf-8"))
    found = Declarations()
    for names, source in NAMED_IMPORT.findall(text):
        origin = file.parent / source.replace(".js", ".d.ts")
        for name in names.split(","):
            original, _, alias = name.strip().partition(" as ")
            found.imports[alias.strip() or original] = (origin.resolve(), original)
    found.folders = {name: (file.parent / folder).resolve() for name, folder in FOLDER_IMPORT.findall(text)}
    Parser(TOKEN.findall(text), found).statements("")
    return found


class Parser:
    """Reads one file's tokens into ``found``."""

    def __init__(self, tokens: list[str], found: Declarations) -> None:
        self.tokens, self.place, self.found = tokens, 0, found

    @property
    def token(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]

    def accept(self, wanted: str) -> bool:
        if self.token != wanted:
            return False
        self.place += 1
        return True

    def expect(self, wanted: str) -> None:
        if not self.accept(wanted):
            around = " ".join(self.tokens[max(0, self.place - 10) : self.place + 5])
            raise SystemExit(f"expected {wanted} and found {self.token}, in {around}")

    # Statements

    def statements(self, scope: str) -> None:
        """Read declarations until the end of the file, or of the namespace ``scope``."""
        while self.token and not self.accept("}"):
            self.statement(scope)

    def statement(self, scope: str) -> None:
        while self.token in ("export", "declare"):
            self.take()
        if self.accept("interface"):
            self.interface(scope)
        elif self.token == "type" and self.tokens[self.place + 2] in ("=", "<"):
            self.alias(scope)
        elif self.token in ("namespace", "module"):
            self.take()
            inner = scope + self.take() + "."
            self.expect("{")
            self.statements(inner)
        else:
            self.skip_statement()

    def interface(self, scope: str) -> None:
        name = scope + self.take()
        self.skip_parameters()
        if self.accept("extends"):
            self.found.bases[name] = [self.base()]
            while self.accept(","):
                self.found.bases[name].append(self.base())
        self.found.types[name] = self.object_type()

    def base(self) -> str:
        name = self.qualified()
        self.skip_parameters()
        return name

    def alias(self, scope: str) -> None:
        self.expect("type")
        name = scope + self.take()
        self.skip_parameters()
        self.expect("=")
        self.found.types[name] = self.type()
        self.accept(";")

    def skip_parameters(self) -> None:
        if self.token == "<":
            self.skip_balanced()

    def skip_balanced(self) -> None:
        depth = 0
        while True:
            token = self.take()
            depth += (token in OPENING) - (token in CLOSING)
            if depth == 0:
                return

    def skip_statement(self) -> None:
        """Pass over an import, a class or a constant: to a semicolon, or behind a block."""
        while self.token and not self.accept(";"):
            if self.token == "{":
                self.skip_balanced()
                if self.token not in ("from", ";"):
                    return
            else:
                self.take()

    # Types

    def type(self) -> Type:
        self.accept("|")
        parts = [self.single()]
        while self.accept("|"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else {"union": parts}

    def single(self) -> Type:
        made = self.primary()
        while self.token == "[":
            self.take()
            self.expect("]")
            made = {"array": made}
        if self.accept("&"):
            self.single()
            return "any"
        return made

    def primary(self) -> Type:
        if self.token == "{":
            return self.object_type()
        if self.token == "(":
            return self.function_or_group()
        if self.token[0] in "'\"" or self.token[0].isdigit():
            return {"literal": self.take().strip("'\"")}
        name = self.qualified()
        if name in ("typeof", "keyof", "import"):
            self.skip_to_end_of_type()
            return "any"
        return self.generic(name) if self.token == "<" else name

    def generic(self, name: str) -> Type:
        if name not in WRAPPERS:
            self.skip_balanced()
            return "any"
        self.expect("<")
        inner = self.type()
        self.expect(">")
        return {WRAPPERS[name]: inner}

    def function_or_group(self) -> Type:
        start = self.place
        self.skip_balanced()
        if self.accept("=>"):
            self.type()
            return "any"
        self.place = start + 1
        made = self.type()
        self.expect(")")
        return made

    def skip_to_end_of_type(self) -> None:
        while self.token not in (";", "}", ")", "|"):
            self.take()

    def qualified(self) -> str:
        name = self.take()
        while self.accept("."):
            name += "." + self.take()
        return name

    def object_type(self) -> Type:
        """Read ``{…}``: members, or any members of one type."""
        self.expect("{")
        members: Members = {}
        values: Type = None
        while not self.accept("}"):
            if self.token == "[":
                self.skip_balanced()
                self.expect(":")
                values = self.type()
            else:
                self.member(members)
            if not self.accept(";"):
                self.accept(",")
        return {"map": values} if values is not None and not members else {"members": members}

    def member(self, members: Members) -> None:
        if self.token == "readonly":
            self.take()
        name = self.take().strip("'\"")
        name += "?" if self.accept("?") else ""
        if self.token in ("(", "<"):  # a method
            self.skip_to_end_of_method()
            return
        self.expect(":")
        members[name] = self.type()

    def skip_to_end_of_method(self) -> None:
        while self.token != ";":
            if self.token in OPENING:
                self.skip_balanced()
            else:
                self.take()
