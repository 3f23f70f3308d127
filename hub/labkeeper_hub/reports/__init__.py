"""Reports people print: a document in words and numbers, drawn as one HTML page by a process of its own."""
