"""The house's texts as HTML: what it knows, and that nothing typed is ever HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legal.markup import render


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("One.\r\n\r\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("Line\nbreak", "<p>Line<br>break</p>"),
        ("# § 1 Scope\nAll of it.", "<h2>§ 1 Scope</h2>\n<p>All of it.</p>"),
        ("### Deep", "<h4>Deep</h4>"),
        ("#hashtag", "<p>#hashtag</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("Such as:\n- a\n* b\nEnd", "<p>Such as:</p>\n<ul><li>a</li><li>b</li></ul>\n<p>End</p>"),
        ("(1) Stay as typed.", "<p>(1) Stay as typed.</p>"),
        ("<b>bold</b> & more", "<p>&lt;b&gt;bold&lt;/b&gt; &amp; more</p>"),
        ("# <script>x</script>", "<h2>&lt;script&gt;x&lt;/script&gt;</h2>"),
        (
            "See https://example.com/a.",
            '<p>See <a href="https://example.com/a">https://example.com/a</a>.</p>',
        ),
        ("box@example.com", '<p><a href="mailto:box@example.com">box@example.com</a></p>'),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
    ],
)
def test_a_text_is_rendered(text: str, html: str) -> None:
    assert render(text) == html


@given(st.text(alphabet="<>&\"'#-* \n\tahtps:/@.é§", max_size=80))
def test_whatever_is_typed_only_known_elements_come_of_it(text: str) -> None:
    rest = str(render(text))
    for known in ("p", "ul", "li", "h2", "h3", "h4"):
        rest = rest.replace(f"<{known}>", "").replace(f"</{known}>", "")
    rest = rest.replace("<br>", "").replace("</a>", "")
    for part in rest.split("<")[1:]:
        assert part.startswith(('a href="http', 'a href="mailto:')), rest
