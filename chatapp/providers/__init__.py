"""Endpoints that answer chat requests: from bytes on the wire to stream events."""
