"""All formats, in the order in which they are offered and tried."""

from chatapp.core.ports import Exporter, Importer
from chatapp.exporters.html_export import HtmlExporter
from chatapp.exporters.import_chatapp import ChatappImporter
from chatapp.exporters.import_chatgpt import ChatgptImporter
from chatapp.exporters.import_claude import ClaudeImporter
from chatapp.exporters.import_llm import LlmImporter
from chatapp.exporters.json_export import JsonExporter
from chatapp.exporters.markdown_export import MarkdownExporter

EXPORTERS: tuple[Exporter, ...] = (MarkdownExporter(), JsonExporter(), HtmlExporter())

IMPORTERS: tuple[Importer, ...] = (
    ChatappImporter(),
    ChatgptImporter(),
    ClaudeImporter(),
    LlmImporter(),
)
