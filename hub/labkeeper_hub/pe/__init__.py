"""PE classes: heart rates of children, which never leave the hub. docs/decisions/0041-pe-classes.md."""
