"""What `chatapp COMMAND` does without the full screen: one module a subcommand."""
