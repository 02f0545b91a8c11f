"""The transcript engine: a virtual, incremental view of a conversation."""
