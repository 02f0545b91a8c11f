"""The looks of an exported page: by day, by night and on paper."""

from functools import cache

_PAGE = """\
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1f2328; --quiet: #59636e;
  --line: #d1d9e0; --box: #f6f8fa; --you: #eef4ff; --link: #0b5cad; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --line: #3d444d; --box: #161b22;
    --you: #14233a; --link: #6cb2ff; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 50rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.3; }
.quiet { color: var(--quiet); font-size: .85rem; }
article { margin-top: 1.5rem; padding-top: .5rem; border-top: 1px solid var(--line); }
article > h2 { margin: 0 0 .5rem; font-size: .95rem; }
article > h2 .quiet { font-weight: normal; }
article.user > .text { padding: .1rem 1rem; border-radius: .5rem; background: var(--you); }
.text h1, .text h2, .text h3 { font-size: 1.15rem; line-height: 1.3; }
a { color: var(--link); }
pre, code { font: .875rem/1.5 ui-monospace, monospace; }
code { padding: .1em .3em; border-radius: .25rem; background: var(--box); }
pre { padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem;
  background: var(--box); overflow-x: auto; white-space: pre-wrap; }
pre code { padding: 0; background: none; font-size: inherit; }
table { display: block; max-width: 100%; overflow-x: auto; border-collapse: collapse; }
th, td { padding: .3rem .7rem; border: 1px solid var(--line); }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: .25rem solid var(--line);
  color: var(--quiet); }
hr { border: 0; border-top: 1px solid var(--line); }
details { margin: .75rem 0; padding: .4rem .8rem; border: 1px solid var(--line);
  border-radius: .5rem; }
summary { cursor: pointer; color: var(--quiet); font-size: .9rem; }
.ending { color: var(--bad); font-weight: 600; }
"""

_PRINT = """\
@media print {
  :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --quiet: #444444;
    --line: #bbbbbb; --box: #f6f8fa; --you: #f2f2f2; --link: #000000; --bad: #000000; }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  h1, h2, h3, summary { break-after: avoid; }
  tr, blockquote { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .text a[href^="http"]::after { content: " (" attr(href) ")"; font-size: .85em; }
}
"""


@cache
def style_sheet() -> str:
    """The whole style sheet, the colours of code included."""
    from pygments.formatters.html import HtmlFormatter

    by_day = HtmlFormatter(style="default").get_token_style_defs("pre")  # type: ignore[no-untyped-call]  # not in its stubs
    by_night = HtmlFormatter(style="github-dark").get_token_style_defs("pre")  # type: ignore[no-untyped-call]  # not in its stubs
    parts = [
        _PAGE,
        "@media (prefers-color-scheme: light), print {",
        *by_day,
        "}\n@media screen and (prefers-color-scheme: dark) {",
        *by_night,
        "}",
        _PRINT,
    ]
    return "\n".join(parts)
