"""The rules of templates and static files: what CSP, links, icons and budgets ask."""

import gzip
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.static

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Mails are read where there is no style sheet of ours: they bring their styles along.
PAGES = [path for path in TEMPLATES if path.parent != ROOT / "templates" / "mail"]
PARTIALS = [path for path in TEMPLATES if path.name.startswith("_")]

LONGEST_PARTIAL = 60  # lines
CSS_BUDGET = 12_000  # bytes after gzip, of all style sheets together
JS_BUDGET = 4 * 1024  # the same of our own scripts

TEMPLATE_COMMENT = re.compile(
    r"\{#[^\n]*?#\}|\{% *comment\b.*?%\}.*?\{% *endcomment *%\}", re.DOTALL
)
TEMPLATE_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

INLINE_CODE = re.compile(
    r"""<script(?![^>]*\ssrc\s*=)   # a script without an address, unless it holds data
      (?![^>]*\stype="application/json">)
    | <style\b
    | \s(?:style|on\w+|hx-on[\w:.-]*)\s*=
    | javascript:""",
    re.IGNORECASE | re.VERBOSE,
)
UNESCAPED = re.compile(r"\|\s*safe(?:seq)?\b|\{%\s*autoescape\s+off")
DEAD_LINK = re.compile(r"""\shref\s*=\s*(?:(["'])\s*\#?\s*\1|\#?[\s>])""", re.VERBOSE)
CONTEXT = re.compile(r"\{# context: .*#\}\n")
ICON = re.compile(r"""\{%\s*icon\s+["']([^"']+)["']""")
SYMBOL = re.compile(r"""<symbol\b[^>]*\sid\s*=\s*["']([^"']+)["']""")
# A colour follows a property's colon; an id selector is followed by a brace.
HEX_COLOUR = re.compile(r":[^;{}]*(#[0-9a-fA-F]{3,8})\b(?=[^{}]*[;}])")


def markup(path):
    """Return a template without comments."""
    return TEMPLATE_COMMENT.sub("", path.read_text())


def found(pattern, text, path):
    """Return each match of a pattern with the file it stands in."""
    return [
        f"{path.relative_to(ROOT)}: {match.group(0).strip()}"
        for match in pattern.finditer(text)
    ]


def gzipped(paths):
    """Return the bytes that a browser loads for all these files."""
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def test_templates_hold_no_inline_script_or_style():
    # Template code may stand between attributes and hold any character.
    offences = [
        offence
        for path in PAGES
        for offence in found(INLINE_CODE, TEMPLATE_CODE.sub("x", markup(path)), path)
    ]
    assert not offences, "\n".join(offences)


def test_templates_escape_everything():
    offences = [o for path in TEMPLATES for o in found(UNESCAPED, markup(path), path)]
    assert not offences, "\n".join(offences)


def test_every_link_leads_somewhere():
    offences = [o for path in TEMPLATES for o in found(DEAD_LINK, markup(path), path)]
    assert not offences, "\n".join(offences)


def test_partials_state_their_context():
    offences = [
        f"{path.relative_to(ROOT)} does not begin with {{# context: ... #}}"
        for path in PARTIALS
        if not CONTEXT.match(path.read_text())
    ]
    assert not offences, "\n".join(offences)


def test_partials_are_short():
    offences = [
        f"{path.relative_to(ROOT)} has {lines} lines"
        for path in PARTIALS
        if (lines := len(path.read_text().splitlines())) > LONGEST_PARTIAL
    ]
    assert not offences, "\n".join(offences)


def test_every_icon_is_in_the_sprite():
    used = {name for path in TEMPLATES for name in ICON.findall(markup(path))}
    sprite = STATIC / "icons.svg"
    drawn = set(SYMBOL.findall(sprite.read_text())) if sprite.exists() else set()
    assert used - drawn == set()


def test_colours_are_tokens():
    offences = [
        offence
        for path in sorted(STATIC.rglob("*.css"))
        if path.name != "tokens.css"
        for offence in found(HEX_COLOUR, CSS_COMMENT.sub("", path.read_text()), path)
    ]
    assert not offences, "\n".join(offences)


def test_style_sheets_stay_small():
    assert gzipped(STATIC.rglob("*.css")) <= CSS_BUDGET


def test_scripts_stay_small():
    assert gzipped(STATIC.rglob("*.js")) <= JS_BUDGET
