"""A model chosen in the program answers at the next start, until somebody says something newer."""

from pathlib import Path

import pytest

from chatapp.config import Settings, load_settings
from chatapp.config.allowed_files import AllowedFiles, Verdict, digest_of
from chatapp.config.kept_choice import KeptChoice
from chatapp.config.settings import ALLOWED_FILES
from chatapp.providers.presets import PRESETS

OPENAI = {"OPENAI_API_KEY": "sk-own"}
BOTH = {**OPENAI, "GROQ_API_KEY": "sk-groq"}
LAB = "https://lab.example/v1"


class Person:
    """Somebody's machine, and what they write and choose on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "data" / "model.json"

    def configure(self, *lines: str) -> None:
        (self.folder / "config.toml").write_text("\n".join(lines), encoding="utf-8")

    def enter(self, dotenv: str) -> None:
        """Go to a folder with this `.env`."""
        (self.folder / ".env").write_text(dotenv, encoding="utf-8")

    def start(
        self, environ: dict[str, str] | None = None, embedded: str = "small", **flags: str
    ) -> Settings:
        return load_settings(
            flags,
            environ or {},
            self.folder,
            self.folder,
            PRESETS,
            embedded,
            model_file=self.file,
        )

    def begins_with(self, environ: dict[str, str] | None = None, **flags: str) -> str:
        """The model of a start, whose endpoint is the first and at which nothing is wrong."""
        settings = self.start(environ, **flags)
        assert settings.endpoints[0].name == settings.model.endpoint
        assert settings.held_back is not None or settings.problems == ()
        return str(settings.model)

    def choose(self, model: str, environ: dict[str, str] | None = None, **flags: str) -> None:
        choice = self.start(environ, **flags).model_choice
        assert choice is not None
        choice.keep(model)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_a_choice_is_there_at_the_next_start(person: Person) -> None:
    usual = person.begins_with(BOTH)
    person.choose("groq/first", BOTH)
    person.choose("groq/org/second", BOTH)
    assert person.begins_with(BOTH) == "groq/org/second" != usual
    assert person.start(BOTH).origins["model"] == "/model"


def test_the_other_endpoints_stay_at_hand(person: Person) -> None:
    person.configure('endpoint = "ollama"')
    person.choose("groq/llama", BOTH)
    names = [endpoint.name for endpoint in person.start(BOTH).endpoints]
    assert names == ["groq", "ollama", "openai", "local"]


@pytest.mark.parametrize("model", ["ollama/qwen", "openai/gpt", "local/small"])
def test_it_comes_before_what_config_toml_says(person: Person, model: str) -> None:
    person.configure('endpoint = "ollama"', 'model = "llama"')
    assert person.begins_with(OPENAI) == "ollama/llama"
    person.choose(model, OPENAI)
    assert person.begins_with(OPENAI) == model


@pytest.mark.parametrize(
    "line", ['model = "openai/gpt-5"', 'endpoint = "openai"', 'base_url = "https://api.openai.com"']
)
def test_it_holds_until_config_toml_says_something_else(person: Person, line: str) -> None:
    person.choose("groq/llama", BOTH)
    person.configure(line)
    assert not person.begins_with(BOTH).startswith("groq/")
    person.configure('theme = "nord"')
    assert person.begins_with(BOTH) == "groq/llama"


@pytest.mark.parametrize(
    ("said", "begun"),
    [
        ({"endpoint": "openai"}, "openai/"),
        ({"model": "openai/gpt-5"}, "openai/gpt-5"),
        ({"model": "gpt-5"}, "openai/gpt-5"),
        ({"base_url": LAB}, "lab.example/"),
        ({"base_url": LAB, "model": "lab-model"}, "lab.example/lab-model"),
        ({"endpoint": "groq"}, "groq/llama"),
        ({"endpoint": "groq", "model": "qwen"}, "groq/qwen"),
    ],
)
def test_flag_variable_and_dotenv_are_stronger(
    person: Person, said: dict[str, str], begun: str
) -> None:
    person.configure("[endpoints.openai]")
    person.choose("groq/llama", BOTH)
    variables = {
        "OPENAI_BASE_URL" if name == "base_url" else f"CHATAPP_{name.upper()}": value
        for name, value in said.items()
    }
    assert person.begins_with(BOTH, **said).startswith(begun)
    assert person.begins_with({**BOTH, **variables}).startswith(begun)
    person.enter("".join(f"{name}={value}\n" for name, value in variables.items()))
    assert person.begins_with({"GROQ_API_KEY": "sk-groq"}).startswith(begun)


def test_what_was_chosen_at_an_address_is_there_wherever_the_address_is(person: Person) -> None:
    at_lab = {**OPENAI, "OPENAI_BASE_URL": LAB}
    person.choose("lab.example/org/second", at_lab)
    assert person.begins_with(at_lab) == "lab.example/org/second"
    assert person.begins_with(base_url=LAB) == "lab.example/org/second"
    assert person.begins_with(OPENAI).startswith("openai/")
    elsewhere = {"OPENAI_BASE_URL": "https://other.example/v1"}
    assert person.begins_with(elsewhere) == "other.example/"


def test_an_endpoint_that_is_gone_is_passed_over_without_a_word(person: Person) -> None:
    person.choose("groq/llama", BOTH)
    assert person.begins_with(OPENAI).startswith("openai/")
    assert person.begins_with() == "local/small"
    assert person.begins_with(BOTH) == "groq/llama"


def test_the_embedded_model_is_a_choice_too_whichever_it_is_by_now(person: Person) -> None:
    person.choose("local/small", OPENAI)
    assert person.begins_with(OPENAI) == "local/small"
    assert person.begins_with(OPENAI, embedded="larger") == "local/larger"


class TestAStrangersFile:
    """A `.env` that gave an address when its model was chosen."""

    STRANGE = f"OPENAI_BASE_URL={LAB}\n"

    def test_has_no_say_in_other_folders(self, person: Person) -> None:
        usual = person.start(OPENAI)
        person.enter(self.STRANGE)
        person.choose("lab.example/trap", OPENAI)
        assert person.begins_with(OPENAI) == "lab.example/trap"
        person.enter("")
        settings = person.start(OPENAI)
        assert (settings.endpoints, settings.model) == (usual.endpoints, usual.model)

    def test_gets_no_key_for_it(self, person: Person) -> None:
        person.enter(self.STRANGE)
        person.choose("lab.example/trap", OPENAI)
        settings = person.start(OPENAI)
        assert settings.endpoints[0].api_key is None
        assert settings.held_back is not None

    def test_does_not_give_the_name_of_a_kept_endpoint_another_address(
        self, person: Person
    ) -> None:
        at_lab = {**OPENAI, "OPENAI_BASE_URL": LAB}
        person.choose("lab.example/mine", at_lab)
        person.enter("OPENAI_BASE_URL=http://lab.example/trap\n")
        assert person.start(at_lab).endpoints[0].base_url == LAB
        (trap, *_) = person.start(OPENAI).endpoints
        assert (trap.base_url, trap.api_key) == ("http://lab.example/trap", None)

    def test_is_not_allowed_for_what_was_chosen_in_it_before(self, person: Person) -> None:
        """Allowed it gets the key, as ever; changed by a byte neither it nor the choice does."""
        person.enter(self.STRANGE)
        dotenv = person.folder / ".env"
        allowed = AllowedFiles(person.folder / ALLOWED_FILES)
        allowed.decide(dotenv, digest_of(dotenv.read_bytes()), Verdict.ALLOWED)
        person.choose("lab.example/m", OPENAI)
        assert person.start(OPENAI).held_back is None
        person.enter(self.STRANGE.replace("/v1", "/v2"))
        assert person.start(OPENAI).endpoints[0].api_key is None
        assert person.start(OPENAI).held_back is not None


def test_nothing_is_kept_where_nothing_is_to_be(person: Person) -> None:
    person.choose("groq/llama", BOTH)
    settings = load_settings({}, BOTH, person.folder, person.folder, PRESETS)
    assert settings.model_choice is None
    assert settings.model.model != "llama"


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"model": 7}', '{"instead_of": ""}'])
def test_a_file_that_cannot_be_understood_says_nothing(person: Person, kept: str) -> None:
    usual = person.begins_with(BOTH)
    person.file.parent.mkdir()
    person.file.write_text(kept, encoding="utf-8")
    assert person.begins_with(BOTH) == usual


@pytest.mark.parametrize("model", ["", "/", "groq", "groq/", "/llama", "  "])
def test_what_names_no_model_of_an_endpoint_says_nothing(person: Person, model: str) -> None:
    usual = person.begins_with(BOTH)
    person.choose(model, BOTH)
    assert person.begins_with(BOTH) == usual


@pytest.mark.parametrize("name", ["模型", "half \ud800 a pair", "two\nlines"])
def test_a_server_may_call_its_model_as_it_likes(tmp_path: Path, name: str) -> None:
    choice = KeptChoice(tmp_path / "model.json", "model", "")
    choice.keep(f"groq/{name}")
    assert choice.load() == f"groq/{name}"


def test_a_chosen_model_is_what_decides(person: Person) -> None:
    person.configure('endpoint = "groq"', 'model = "llama"')
    person.choose("openai/gpt-x", BOTH)
    settings = person.start(BOTH)
    assert str(settings.model) == "openai/gpt-x"
    assert settings.deciders == {"model": "/model", "endpoint": "/model"}
    flagged = person.start(BOTH, endpoint="local")
    assert flagged.deciders == {"model": "the command line", "endpoint": "the command line"}
    assert Person(person.folder / "nowhere").start().deciders == {"model": "", "endpoint": ""}
