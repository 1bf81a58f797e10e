"""README is true: it names every module, setting and command, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.static

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def _modules() -> list[str]:
    found = [
        path.relative_to(ROOT).as_posix()
        for app in ("config", "orgs", "secretkeys")
        for path in (ROOT / app).rglob("*.py")
        if path.name != "__init__.py"
    ]
    elsewhere = ("/migrations/", "/commands/")
    return [module for module in found if not any(part in module for part in elsewhere)]


@pytest.mark.parametrize("module", sorted(_modules()))
def test_readme_maps_every_module(module: str) -> None:
    folder, name = module.rsplit("/", 1)
    rows = [line for line in README.splitlines() if line.startswith(f"| `{folder}/")]
    assert any(f"{name}`" in row for row in rows), module


def test_readme_names_every_setting_that_is_read() -> None:
    settings = (ROOT / "config/settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    assert read
    assert sorted(name for name in read if f"`{name}`" not in README) == []


def test_readme_names_every_command() -> None:
    commands = {
        path.stem
        for path in ROOT.glob("*/management/commands/*.py")
        if path.stem != "__init__"
    }
    assert commands
    assert sorted(name for name in commands if f"`{name}" not in README) == []


def test_readme_shows_only_targets_that_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text()
    shown = set(re.findall(r"`(?:PORT=\d+ )?make (\w+)`", README))
    assert {"run", "test"} <= shown
    assert sorted(name for name in shown if f"\n{name}:" not in makefile) == []
