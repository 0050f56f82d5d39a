"""
The house's texts as HTML.

Only what legal texts need: paragraphs, ``# headings``, ``- lists``, and addresses that become links. All else
is shown as it was typed; nothing in a text is ever HTML.
"""

import re
from itertools import groupby

from django.utils.html import conditional_escape, format_html, format_html_join, urlize
from django.utils.safestring import SafeString, mark_safe

HEADING = re.compile(r"(#{1,3}) +(.+)")
ITEM = re.compile(r"[-*•] +(.+)")


def render(text: str) -> SafeString:
    """Return ``text`` as HTML. Its headings begin at ``h2``, since the page has a title."""
    blocks = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n").strip())
    parts = (part for block in blocks for part in _render_block(block.strip().split("\n")))
    return format_html_join("\n", "{}", ((part,) for part in parts))


def _render_block(lines: list[str]) -> list[SafeString]:
    return [
        part
        for kind, group in groupby(lines, key=_kind_of)
        for part in _render_lines(kind, [line.strip() for line in group])
    ]


def _kind_of(line: str) -> str:
    line = line.strip()
    if HEADING.fullmatch(line):
        return "heading"
    return "list" if ITEM.fullmatch(line) else "words"


def _render_lines(kind: str, lines: list[str]) -> list[SafeString]:
    if kind == "heading":
        return [_heading(line) for line in lines]
    if kind == "list":
        items = format_html_join("", "<li>{}</li>", ((_link(ITEM.sub(r"\1", line)),) for line in lines))
        return [format_html("<ul>{}</ul>", items)]
    if not any(lines):
        return []
    return [
        format_html(
            "<p>{}</p>", format_html_join(mark_safe("<br>"), "{}", ((_link(line),) for line in lines))
        )
    ]


def _heading(line: str) -> SafeString:
    marks, words = HEADING.sub(r"\1", line), HEADING.sub(r"\2", line)
    tag = f"h{len(marks) + 1}"
    return format_html("<{}>{}</{}>", mark_safe(tag), words, mark_safe(tag))  # noqa: S308  # One of three.


def _link(words: str) -> SafeString:
    return mark_safe(urlize(conditional_escape(words), nofollow=False, autoescape=False))  # noqa: S308  # Escaped.
