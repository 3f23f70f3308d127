"""What there is: schools, labs, nodes, devices, points. Births are hints; only a person removes anything."""
