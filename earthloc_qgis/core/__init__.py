"""What the plugin does, without widgets: engine client, queue, results store, map layers."""
