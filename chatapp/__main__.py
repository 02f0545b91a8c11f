"""Where the program begins: `chatapp`, and `python -m chatapp`."""

import signal


def main() -> int:
    """Run the program; returns its exit code. Ctrl+C while it still loads ends it at once."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # it may be ignored, as in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from chatapp import cli

    signal.signal(signal.SIGINT, handler)
    return cli.main()


if __name__ == "__main__":
    raise SystemExit(main())
