"""The block structure of a Markdown text in plain values, by two parsers that share no code."""

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from chatapp.ui.transcript.block_patterns import table_cells
from chatapp.ui.transcript.block_tree import (
    Block,
    Container,
    Document,
    Fence,
    Heading,
    HtmlBlock,
    IndentedCode,
    Item,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Table,
)
from chatapp.ui.transcript.fence_lines import code_lines
from chatapp.ui.transcript.inline_markup import InlineMarkup
from chatapp.ui.transcript.markdown_blocks import BlockParser

Structure = tuple[object, ...]


def our_structure(pieces: list[str]) -> Structure:
    """What our parser makes of the text that came in these pieces."""
    parser = BlockParser(InlineMarkup().define)
    for piece in pieces:
        parser.feed(piece)
    parser.close()
    return _of_block(parser.document)


def reference_structure(text: str) -> Structure:
    """What markdown-it makes of the text as a whole."""
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return _of_node(SyntaxTreeNode(markdown.parse(text)))


def _of_block(block: Block) -> Structure:
    match block:
        case Document() | Quote() | Item():
            return (type(block).__name__.lower(), *map(_of_block, block.children))
        case ListBlock():
            has_text = any(
                isinstance(part, Paragraph)
                for item in block.children
                if isinstance(item, Container)
                for part in item.children
            )
            start = None if block.marker.bullet else block.marker.start
            looseness = block.is_loose if has_text else None
            return ("list", start, looseness, *map(_of_block, block.children))
        case Paragraph():
            return ("paragraph", _trimmed("\n".join(block.lines)))
        case Heading():
            return ("heading", block.level, _trimmed("\n".join(block.lines)))
        case Fence():
            return ("fence", block.info, "\n".join(code_lines(block)).rstrip())
        case IndentedCode():
            return ("code", "\n".join(code_lines(block)).rstrip())
        case HtmlBlock():
            return ("html", "\n".join(block.lines).rstrip())
        case Rule():
            return ("rule",)
        case Table():
            width = len(block.header)
            rows = [(table_cells(line) + [""] * width)[:width] for line in block.lines]
            return ("table", [list(block.header), *rows])
        case _:
            raise AssertionError(block)


def _of_node(node: SyntaxTreeNode) -> Structure:
    match node.type:
        case "root":
            return ("document", *map(_of_node, node.children))
        case "blockquote":
            return ("quote", *map(_of_node, node.children))
        case "list_item":
            return ("item", *map(_of_node, node.children))
        case "bullet_list" | "ordered_list":
            paragraphs = [
                part for item in node.children for part in item.children if part.type == "paragraph"
            ]
            looseness = not all(p.hidden for p in paragraphs) if paragraphs else None
            start = None if node.type == "bullet_list" else int(node.attrs.get("start", 1))
            return ("list", start, looseness, *map(_of_node, node.children))
        case "paragraph":
            return ("paragraph", _trimmed(node.children[0].content))
        case "heading":
            return ("heading", int(node.tag[1]), _trimmed(node.children[0].content))
        case "fence":
            return ("fence", node.info.strip(), node.content.rstrip())
        case "code_block":
            return ("code", node.content.rstrip())
        case "html_block":
            return ("html", node.content.rstrip())
        case "hr":
            return ("rule",)
        case "table":
            rows = [row for part in node.children for row in part.children]
            return ("table", [[cell.children[0].content for cell in row.children] for row in rows])
        case _:
            raise AssertionError(node.type)


def _trimmed(text: str) -> str:
    return "\n".join(line.strip(" \t") for line in text.strip(" \t\n").split("\n"))
