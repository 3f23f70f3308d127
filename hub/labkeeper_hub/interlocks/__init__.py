"""Sets of interlocks for nodes: one person proposes, another approves; the node proves which one it runs."""
