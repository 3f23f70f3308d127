"""The devices of the lab, one module per family; none of them knows a topic."""
