"""What the model may call: tools of ours, the person's own, and those of MCP servers."""
