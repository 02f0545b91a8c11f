"""What is pasted reaches the program as text, however the terminal cuts it."""

from hypothesis import given
from hypothesis import strategies as st

from chatapp.ui.paste_filter import PasteFilter

BEGIN, END = "\x1b[200~", "\x1b[201~"
_PIECES = st.sampled_from([BEGIN, END, "\x1b", "[", "2", "0", "1~", "\x1b[A", "a", "\r", "\x07"])
TYPED = st.lists(_PIECES, max_size=12).map("".join)


def fed(*texts: str) -> str:
    paste_filter = PasteFilter()
    return "".join(map(paste_filter.feed, texts))


def test_controls_in_a_paste_become_visible_and_keys_stay() -> None:
    typed = f"\x1b[A\x07{BEGIN}a\x1b]0;b\x07\x9bc\td\r\ne{END}\x07\x1b"
    assert fed(typed) == f"\x1b[A\x07{BEGIN}a␛]0;b␇‹9B›c\td\r\ne{END}\x07\x1b"


def test_a_key_is_never_held_back() -> None:
    assert fed("\x1b") == "\x1b"
    assert fed("\x1b[", "A") == "\x1b[A"


@given(TYPED, st.integers(0, 60))
def test_a_cut_anywhere_makes_no_difference(typed: str, place: int) -> None:
    typed += f"{END}{END}"  # so that nothing waits
    assert fed(typed[:place], typed[place:]) == fed(typed)


@given(TYPED)
def test_what_is_between_begin_and_end_cannot_act(typed: str) -> None:
    inside = typed.replace(END, "").replace(BEGIN, "")
    pasted = fed(*f"{BEGIN}{inside}{END}").removeprefix(BEGIN).removesuffix(END)
    assert "\x1b" not in pasted
    assert "\x07" not in pasted
