"""Built-in hub plugins (notifiers, exporters) live here and load through the same door as anyone's."""
