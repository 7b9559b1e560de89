"""The sentences of evidence in `rules/api/*.toml`: how they are read, and whether they hold for a release.

`4.56.0 transformers/modeling_utils.py has parameter Class.method:name`; `rules/api/README.md` lists the forms.
"""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass

SENTENCE = re.compile(
    r"(?P<version>\S+) (?P<file>\S+) "
    r"(?:(?P<presence>exists|missing)|(?P<verb>has|lacks) (?P<what>text|symbol|parameter|named parameter) (?P<operand>.+))"
)


class Unreadable(Exception):
    """The file can't be parsed, or has no such function."""


@dataclass(frozen=True)
class Sentence:
    """One sentence of evidence."""

    version: str
    file: str
    verb: str
    what: str
    operand: str

    @classmethod
    def parse(cls, text: str) -> Sentence | None:
        """The sentence, or `None` for one that is for people."""
        match = SENTENCE.fullmatch(text)
        if match is None:
            return None
        if match["presence"]:
            return cls(match["version"], match["file"], match["presence"], "", "")
        return cls(match["version"], match["file"], match["verb"], match["what"], match["operand"])

    @property
    def affirms(self) -> bool:
        return self.verb in ("has", "exists")

    def holds(self, package) -> bool:
        """Whether the sentence is true of the release."""
        if self.what == "":
            there = any(name == self.file or name.startswith(f"{self.file}/") for name in package.names())
            return there == self.affirms
        text = package.read(self.file)
        if text is None:
            raise Unreadable(f"{package.name} {package.version} has no {self.file}")
        if self.what == "text":
            return (self.operand in text) == self.affirms
        if self.what == "symbol":
            return has_symbol(text, self.operand) == self.affirms
        function, _, parameter = self.operand.partition(":")
        named, takes_any = parameters_of(text, function)
        if self.affirms:
            return parameter in named
        return parameter not in named and (self.what == "named parameter" or not takes_any)


@functools.lru_cache(maxsize=64)
def parse_module(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def definitions(body: list[ast.stmt], name: str) -> list[ast.AST]:
    """What binds `name` in `body`, also under conditions; not in functions."""
    found: list[ast.AST] = []
    for statement in body:
        match statement:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                bound = {statement.name}
            case ast.Assign(targets=targets):
                bound = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=identifier)):
                bound = {identifier}
            case ast.Import(names=names):
                bound = {alias.asname or alias.name.split(".")[0] for alias in names}
            case ast.ImportFrom(names=names):
                bound = {alias.asname or alias.name for alias in names}
            case _:
                bound = set()
                for field in ("body", "orelse", "finalbody"):
                    found += definitions(getattr(statement, field, []), name)
                for handler in getattr(statement, "handlers", []):
                    found += definitions(handler.body, name)
        if name in bound:
            found.append(statement)
    return found


def lookup(text: str, dotted: str) -> list[ast.AST]:
    """What defines `Class.method` or `name` in a module."""
    found: list[ast.AST] = [parse_module(text)]
    for part in dotted.split("."):
        found = [
            definition
            for scope in found
            if isinstance(scope, (ast.Module, ast.ClassDef))
            for definition in definitions(scope.body, part)
        ]
    return found


def has_symbol(text: str, dotted: str) -> bool:
    return bool(lookup(text, dotted))


def parameters_of(text: str, function: str) -> tuple[set[str], bool]:
    """The names of the parameters of a function, method or constructor, and whether it takes any keyword."""
    named: set[str] = set()
    takes_any = False
    functions = lookup(text, function)
    for found in lookup(text, function):
        if isinstance(found, ast.ClassDef):
            constructors = definitions(found.body, "__init__")
            functions += constructors
            if not constructors:
                # A dataclass: its fields are the parameters.
                fields = [node.target for node in found.body if isinstance(node, ast.AnnAssign)]
                named |= {field.id for field in fields if isinstance(field, ast.Name)}
                takes_any |= not fields
    found_function = bool(named)
    for found in functions:
        if isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = found.args
            named |= {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
            takes_any |= arguments.kwarg is not None
            found_function = True
    if not found_function:
        raise Unreadable(f"no function {function}")
    return named, takes_any
