import pytest
from textual.widgets import Static

from chatapp.core.messages import ModelRef
from chatapp.ui.widgets.empty_state import CHINESE_EXAMPLE, EXAMPLES, EmptyState, Example
from tests.ui.widgets.widget_bench import KEYMAP, Bench

LOCAL = ModelRef("local", "SmolLM2-135M-Instruct")
PATH = "~/.config/chatapp/config.toml"


def make(*, is_local: bool = True) -> EmptyState:
    return EmptyState(LOCAL, key_of=KEYMAP.key_of, is_local=is_local, config_path=PATH)


def words(state: EmptyState) -> str:
    return "\n".join(str(part.content) for part in state.query(Static))


@pytest.mark.parametrize(("width", "height"), [(60, 15), (80, 19), (140, 35)])
async def test_it_fits_the_room_above_the_composer(width: int, height: int) -> None:
    state = make()
    async with Bench(state).shown(width, height):
        assert state.max_scroll_y == 0
        assert state.max_scroll_x == 0


async def test_it_says_which_model_answers_and_how_to_connect_another() -> None:
    state = make()
    async with Bench(state).shown():
        text = words(state)
        assert "SmolLM2-135M-Instruct — a small model to try the app with" in text
        assert "its answers are often wrong" in text
        assert "OPENAI_API_KEY" in text
        assert PATH in text
        assert "Ctrl+L models" in text


async def test_another_model_takes_its_place() -> None:
    state = make()
    async with Bench(state).shown():
        state.show(ModelRef("deepseek", "[b]chat\x1b"), is_local=False)
        text = words(state)
        assert "[b]chat␛ at deepseek" in text
        assert "SmolLM2" not in text
        assert "OPENAI_API_KEY" not in text


async def test_what_the_small_model_cannot_do_is_offered_for_others_alone() -> None:
    state = make()
    async with Bench(state).shown():
        (chinese,) = (each for each in state.query(Example) if each.content == CHINESE_EXAMPLE)
        assert not chinese.display
        state.show(ModelRef("deepseek", "chat"), is_local=False)
        assert chinese.display


async def test_without_a_model_it_asks_for_one() -> None:
    state = make()
    async with Bench(state).shown():
        state.show(ModelRef("vllm", ""), is_local=False)
        assert "Choose a model (Ctrl+L) at vllm" in words(state)


@pytest.mark.parametrize("key", ["enter", "space"])
async def test_keys_take_an_example(key: str) -> None:
    state = make()
    bench = Bench(state)
    async with bench.shown() as pilot:
        state.query(Example)[len(EXAMPLES) - 1].focus()
        await pilot.press(key)
        assert [message.text for message in bench.posted(Example.Chosen)] == [EXAMPLES[-1]]


async def test_a_click_takes_an_example() -> None:
    state = make()
    bench = Bench(state)
    async with bench.shown() as pilot:
        await pilot.click(Example)
        assert [message.text for message in bench.posted(Example.Chosen)] == [EXAMPLES[0]]
