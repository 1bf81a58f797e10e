"""The rules of the code that import-linter cannot express, read from the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.static

ROOT = Path(__file__).parent.parent
APPS = ("orgs", "secretkeys")
WEB = ("django.http", "django.shortcuts", "django.contrib.messages", "django.forms")
QUERYING = {"save", "delete", "create", "filter"}
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40


def modules(*folders: str) -> list[Path]:
    """Return the modules below the folders, without migrations."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in paths if "migrations" not in path.parts)


def named(*names: str) -> list[Path]:
    """Return the apps' modules of these names, each a file or a package."""
    return [path for path in modules(*APPS) if {path.stem, *path.parts} & set(names)]


def nodes(path: Path, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    """Yield the syntax nodes of some kinds in a module."""
    tree = ast.parse(path.read_text(), filename=str(path))
    return (node for node in ast.walk(tree) if isinstance(node, kinds))


def at(path: Path, node: ast.AST) -> str:
    """Return where a node stands, as editors understand it."""
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Return the dotted names that a statement imports."""
    prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    return [prefix + alias.name for alias in node.names]


def is_web(name: str) -> bool:
    """Say whether a dotted name belongs to the web: HTTP, pages, forms or messages."""
    own_forms = tuple(f"{app}.forms" for app in APPS)
    return f"{name}.".startswith(tuple(f"{part}." for part in WEB + own_forms))


def is_atomic(decorator: ast.expr) -> bool:
    """Say whether a decorator is transaction.atomic, with or without arguments."""
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(call) == "transaction.atomic"


def test_commands_and_models_know_nothing_of_the_web():
    offences = [
        f"{at(path, node)} imports {name}"
        for path in named("actions", "models", "commands")
        for node in nodes(path, ast.Import, ast.ImportFrom)
        for name in imported(node)
        if is_web(name)
    ]
    assert not offences, "\n".join(offences)


def test_views_leave_queries_to_models_and_writes_to_actions():
    offences = [
        f"{at(path, node)} calls .{node.func.attr}()"
        for path in named("views")
        for node in nodes(path, ast.Call)
        if isinstance(node.func, ast.Attribute) and node.func.attr in QUERYING
    ]
    assert not offences, "\n".join(offences)


def test_every_action_is_one_transaction():
    offences = [
        f"{at(path, function)} {function.name} lacks @transaction.atomic"
        for path in named("actions")
        for function in ast.parse(path.read_text()).body
        if isinstance(function, ast.FunctionDef)
        and not function.name.startswith("_")
        and not any(map(is_atomic, function.decorator_list))
    ]
    assert not offences, "\n".join(offences)


def test_modules_are_short():
    offences = [
        f"{path.relative_to(ROOT)} has {lines} lines"
        for path in modules("config", "deploy", *APPS)
        if (lines := len(path.read_text().splitlines())) > LONGEST_MODULE
    ]
    assert not offences, "\n".join(offences)


def test_functions_are_short():
    offences = [
        f"{at(path, node)} {node.name} has {lines} lines"
        for path in modules("config", "deploy", *APPS)
        for node in nodes(path, ast.FunctionDef, ast.AsyncFunctionDef)
        if (lines := node.end_lineno - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not offences, "\n".join(offences)
