from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chatapp.ui.line_fitting import cut_end, cut_start

TEXT = st.text(st.sampled_from("ab中文 é-"), max_size=30)


@given(TEXT, st.integers(1, 40))
def test_cut_text_fits_and_is_whole_where_there_is_room(text: str, width: int) -> None:
    for cut in (cut_end(text, width), cut_start(text, width)):
        assert cell_len(cut) <= width
        assert (cut == text) == (cell_len(text) <= width)


def test_the_ellipsis_stands_where_something_is_missing() -> None:
    assert cut_end("deepseek-chat", 5) == "deep…"
    assert cut_start("deepseek-chat", 5) == "…chat"
    assert cut_start("模型名称", 4) == "…称"
