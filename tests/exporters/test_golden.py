"""What the exports look like, in files to be read.

`python -m tests.exporters.test_golden` writes them anew; look at the difference.
"""

import re
from pathlib import Path

import pytest

from chatapp.core.ports import Exporter
from chatapp.core.records import StoredConversation
from chatapp.exporters.registry import EXPORTERS
from tests.exporters.samples import CONVERSATION, GOLDEN, OTHER_BRANCH

CASES = [
    (branch, conversation, exporter)
    for branch, conversation in (("hostile", CONVERSATION), ("tools", OTHER_BRANCH))
    for exporter in EXPORTERS
]


def golden_file(branch: str, exporter: Exporter) -> Path:
    return GOLDEN / f"{branch}.{exporter.name}"


def without_style(text: str) -> str:
    """The colours of code are the library's, and change with it."""
    return re.sub(r"(?s)<style>.*?</style>", "<style></style>", text)


@pytest.mark.parametrize(("branch", "conversation", "exporter"), CASES)
def test_an_export_is_what_it_was(
    branch: str, conversation: StoredConversation, exporter: Exporter
) -> None:
    expected = golden_file(branch, exporter).read_bytes().decode()
    assert without_style(exporter.export(conversation)) == expected


if __name__ == "__main__":
    for case_branch, case_conversation, case_exporter in CASES:
        text = without_style(case_exporter.export(case_conversation))
        golden_file(case_branch, case_exporter).write_bytes(text.encode())
