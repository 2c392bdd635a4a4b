"""Tables and queries of databases as sources."""
