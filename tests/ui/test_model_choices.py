from chatapp.core.messages import ModelRef
from chatapp.ui.fuzzy import has_all_words, name_rank
from chatapp.ui.model_choices import Choice, Heading, ModelGroup, Note, model_choices

LISTS = (
    ModelGroup("openai", ("gpt-4o", "gpt-4o-mini")),
    ModelGroup("openrouter", is_loading=True),
    ModelGroup("ollama", failure="connection refused"),
    ModelGroup("llamacpp"),
)


def test_without_typing_everything_is_shown_recent_first() -> None:
    recent = (ModelRef("openai", "gpt-4o-mini"),)
    assert list(model_choices(LISTS, recent, "")) == [
        Heading("recent"),
        Choice(recent[0], is_recent=True),
        Heading("openai"),
        Choice(ModelRef("openai", "gpt-4o")),
        Choice(ModelRef("openai", "gpt-4o-mini")),
        Heading("openrouter"),
        Note("loading …"),
        Heading("ollama"),
        Note("connection refused"),
        Heading("llamacpp"),
        Note("lists no models; type a name"),
    ]


def test_all_typed_words_must_fit_endpoint_or_model() -> None:
    listed = [
        line
        for line in model_choices(LISTS, (), "MINI open")
        if isinstance(line, Choice) and line.is_listed
    ]
    assert listed == [Choice(ModelRef("openai", "gpt-4o-mini"))]


def test_a_typed_name_is_offered_at_every_endpoint_that_does_not_list_it() -> None:
    unlisted = [
        line.model.endpoint
        for line in model_choices(LISTS, (), "gpt-4o")
        if isinstance(line, Choice) and not line.is_listed
    ]
    assert unlisted == ["openrouter", "ollama", "llamacpp"]


def test_a_typed_name_is_made_safe() -> None:
    lines = list(model_choices((ModelGroup("a"),), (), " x\x1b[2J "))
    assert lines[-1] == Choice(ModelRef("a", "x␛[2J"), is_listed=False)


def test_names_rank_by_how_they_fit() -> None:
    names = ("model", "models", "remodel", "my-odd-elephant", "mode")
    assert [name_rank("Model", name) for name in names] == [0, 1, 2, 3, None]
    assert name_rank("", "anything") == 1


def test_words_may_come_in_any_order() -> None:
    assert has_all_words("b A", "a/b")
    assert not has_all_words("a c", "a/b")
    assert has_all_words("", "a/b")
