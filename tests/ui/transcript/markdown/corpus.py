"""Short Markdown texts, at least one for each section of the CommonMark specification."""

CORPUS = (
    # tabs
    *("\tfoo\tbaz\t\tbim", "  - foo\n\n\tbar", "- foo\n\n\t\tbar", ">\t\tfoo", "-\t\tfoo"),
    *("    foo\n\tbar", " - foo\n   - bar\n\t - baz", "#\tFoo", "*\t*\t*\t"),
    # escapes, entities
    *("\\*not emphasized*\n\\# not a heading", "foo\\\nbar", "`\\[\\``", "&copy; &#35; &nosuch;"),
    # thematic breaks, headings
    *("***\n---\n___", "+++", "--\n**\n__", " - - -", "Foo\n***\nbar", "- foo\n***\n- bar"),
    *("# foo\n## foo\n####### foo", "#5 bolt", "## foo ##  ", "# foo#", "#\n## ##", "    # foo"),
    *("Foo *bar\nbaz*\n====", "Foo\n---", "    Foo\n---", "> Foo\n---", "- Foo\n---", "---\n---"),
    *("Foo\nBar\n---\nbaz", "`Foo\n----\n`", "> foo\nbar\n===", "\n====", "\\> foo\n------"),
    # indented and fenced code, HTML
    *("    a\n      b", "    one\n\n    two\n\n\n    three\n\n", "Foo\n    bar", "    foo\nbar"),
    *("```\n<\n >\n```", "~~~\naaa\n```\n~~~", "````\naaa\n```\n``````", "```", "``````\n\naaa"),
    *("> ```\n> aaa\n\nbbb", "   ```\n   aaa\n    aaa\n  ```", "``` ```\naaa", "~~~ aa ``` ~~~\nx"),
    *("foo\n```\nbar\n```\nbaz", "```ruby startline=3\ndef foo\nend\n```", "- ```\n  a\n\n- b"),
    *("<table>\n<tr>\n</table>\n\nokay.", "<!-- a\n\nb -->\nc", "<del>\n*foo*\n</del>", "<b>x</b>"),
    *(
        "<script>\n\nx\n</script>\ny",
        "Foo\n<div>\nbar\n</div>",
        "Foo\n<a href='x'>\nbar",
        "<?php\n\n?>",
    ),
    *("<![CDATA[\n\n]]>\nx", "<!X\n>\ny", "- <div>\n- foo", "<details>\n<summary>s</summary>\n\nx"),
    # link definitions
    *(
        "[foo]: /url\n\n[foo]",
        "[foo]\n\n[foo]: /url",
        "[foo]: <>\n\n[foo]",
        "[foo]: /url 't\nx'\n\n[foo]",
    ),
    *(
        "[foo]: /url 'a' ok\n\n[foo]",
        "[foo]: first\n[foo]: second\n\n[foo]",
        "# [Foo]\n[foo]: /u\n> b",
    ),
    *(
        "[foo][bar] [bar][]\n\n[bar]: /b",
        "- [foo]\n\n  [foo]: /url\n- x",
        "| [foo] |\n|-|\n\n[foo]: /u",
    ),
    # paragraphs, quotes
    *(
        "aaa\nbbb\n\n\nccc",
        "  aaa\n bbb",
        "aaa  \nbbb  ",
        "> # Foo\n> bar\n> baz",
        "> bar\nbaz\n> foo",
    ),
    *(
        "> - a\n> - b\n- c",
        "> ```\nfoo\n```",
        ">",
        "> foo\n>\n> bar",
        "> > > foo\nbar",
        ">>> foo\n> bar",
    ),
    # items and lists
    *(
        "A\n\n1.  b\n\n        code\n\n    > q",
        "- one\n\n two",
        "- foo\n\n\n  bar",
        "-one\n\n2.two",
    ),
    *(
        "1. a\n2. b\n3) c",
        "1234567890. no",
        "0. ok\n003. ok",
        "- foo\n\n      bar",
        "-\n  foo\n-\n  ```\n  b",
    ),
    *("-\n\n  foo", "- a\n-\n- c", "*", "foo\n*\n\nfoo\n1.", "  1.  a\n    b\nc", "> 1. > q\nlazy"),
    *(
        "- foo\n  - bar\n    - baz",
        "10) foo\n    - bar",
        "- - foo",
        "1. - 2. foo",
        "- # Foo\n- Bar\n  ---",
    ),
    *(
        "- foo\n- bar\n+ baz",
        "The number is\n14.  six",
        "Number\n1.  six",
        "- foo\n\n- bar\n\n\n- baz",
    ),
    *(
        "- a\n  - b\n\n    c\n- d",
        "- a\n  > b\n  ```\n  c\n  ```\n- d",
        "* a\n*\n\n* c",
        "- a\n - b\n  - c",
    ),
    *(
        "- a\n- b\n\n  [ref]: /url\n- d",
        "- [ ] todo\n- [x] done\n- [X] done\n- [y] no",
        "- a\n\n<!-- -->\n- b",
    ),
    # inlines
    *(
        "`foo` `` foo ` bar `` ` `` `",
        "`foo *bar*`",
        "**foo bar** *foo* _a_ __b__",
        "a*b*c a_b_c a **b**c",
    ),
    *(
        "***a** b* *a **b***",
        "foo***bar***baz",
        "*(**foo**)*",
        "**foo*bar**",
        "_foo [bar](/url)_",
        "*[bar*](/u)",
    ),
    *(
        "[link](/uri 'title')",
        "[link](<foo bar>)",
        "[a [b](u) c](v)",
        "![foo *bar*](train.jpg)",
        "[![m](i)](u)",
    ),
    *(
        "<https://foo.bar> <me@x.org> <nope>",
        "https://a.b/c_d_e. www.x.org, me@x.org",
        '<a href="*">*b*</a>',
    ),
    *(
        "~~gone~~ ~one~ ~~~three~~~",
        "$$\n\\frac{a_1}{b_2}\n$$ and \\(x\\)",
        "foo<br>bar",
        "[1] and [2]",
        "5 * 3",
    ),
    # tables
    *(
        "| a | b |\n| - | - |\n| `x\\|y` | z |",
        "a | b\n-|-\n1 | 2 | 3\n4",
        "| a |\n| - | - |",
        "|a|\n|:-:|\n> q",
    ),
    *(
        "x\n| a | b |\n|--|:-:|\n| 1 | 2 |\n\ny",
        "| a |\n|---|",
        "- | a |\n  |---|\n  | b |",
        "a\n---|---",
    ),
)
