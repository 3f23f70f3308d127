"""What a node keeps on its disk: batches until the hub has them, commands until nobody can ask again."""
