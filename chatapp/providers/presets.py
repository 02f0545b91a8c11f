"""Well-known services as data: a row here is all that a new one needs.

Where a service has one address for China and one for the rest of the world under the same key
variable, the row has the Chinese one; `base_url` in config.toml chooses the other.
"""

from chatapp.core.endpoints import Preset, Quirks

PRESETS: tuple[Preset, ...] = (
    Preset(
        name="openai",
        label="OpenAI",
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        default_model="gpt-6-luna",
        # its reasoning models refuse max_tokens
        quirks=Quirks(max_tokens_field="max_completion_tokens"),
    ),
    Preset(
        name="deepseek",
        label="DeepSeek",
        # continuing needs "prefix", which works under /beta alone
        base_url="https://api.deepseek.com",
        key_variable="DEEPSEEK_API_KEY",
        default_model="deepseek-flash",
    ),
    Preset(
        name="zhipu",
        label="Zhipu GLM",
        base_url="https://open.bigmodel.cn/api/paas/v4",
        key_variable="ZHIPUAI_API_KEY",
        default_model="glm-5.3-flash",
    ),
    Preset(
        name="zai",
        label="Z.ai GLM",
        base_url="https://api.z.ai/api/paas/v4",
        key_variable="ZAI_API_KEY",
        default_model="glm-5.3-flash",
    ),
    Preset(
        name="moonshot",
        label="Moonshot Kimi",
        base_url="https://api.moonshot.cn/v1",
        key_variable="MOONSHOT_API_KEY",
        default_model="kimi-k2.6",
        quirks=Quirks(continue_field="partial"),
    ),
    Preset(
        name="dashscope",
        label="Alibaba Qwen",
        base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
        key_variable="DASHSCOPE_API_KEY",
        default_model="qwen3.8-flash",
        quirks=Quirks(continue_field="partial"),
    ),
    Preset(
        name="openrouter",
        label="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        default_model="openrouter/auto",
    ),
    Preset(
        name="groq",
        label="Groq",
        base_url="https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        default_model="openai/gpt-oss-20b",
    ),
    Preset(
        name="mistral",
        label="Mistral",
        base_url="https://api.mistral.ai/v1",
        key_variable="MISTRAL_API_KEY",
        default_model="mistral-small-latest",
        # it refuses fields it does not know, and reports usage unasked
        quirks=Quirks(has_stream_options=False, continue_field="prefix"),
    ),
    Preset(name="ollama", label="Ollama", base_url="http://localhost:11434/v1"),
    Preset(name="lmstudio", label="LM Studio", base_url="http://localhost:1234/v1"),
    Preset(name="vllm", label="vLLM", base_url="http://localhost:8000/v1"),
    Preset(name="llamacpp", label="llama.cpp", base_url="http://localhost:8080/v1"),
)


def preset_table() -> str:
    """The Markdown table of the presets, as the README shows it."""
    rows = [
        f"| `{preset.name}` | {preset.label} "
        f"| {f'`{preset.key_variable}`' if preset.key_variable else 'none'} | {preset.base_url} |"
        for preset in PRESETS
    ]
    return "\n".join(["| name | service | key | address |", "| --- | --- | --- | --- |", *rows])
