"""Which variables a child does not get."""

from chatapp.core.key_variables import without_keys


def test_keys_are_told_by_their_names() -> None:
    keys = """OPENAI_API_KEY deepseek_api_key WORK_LLM_KEY API_KEYS OPENAI_CUSTOM_HEADERS HF_TOKEN
        GITHUB_TOKEN AWS_SECRET_ACCESS_KEY DB_PASSWORD SMTP_PASSWD apikey"""
    others = """PATH HOME LANG DISPLAY WAYLAND_DISPLAY XAUTHORITY DBUS_SESSION_BUS_ADDRESS
        XDG_RUNTIME_DIR PYTHONPATH SSL_CERT_FILE HTTPS_PROXY KEYBOARD MONKEY TOKENIZERS_PARALLELISM
        OPENAI_BASE_URL LD_LIBRARY_PATH SYSTEMROOT"""
    environ = dict.fromkeys([*keys.split(), *others.split()], "x")
    assert set(without_keys(environ)) == set(others.split())
