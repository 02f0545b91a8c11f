"""The inspector: what goes over the wire, event by event, beside the chat that it is about."""
