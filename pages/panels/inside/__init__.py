"""Inside the update: panels that open in place, on the pages where a cell can be selected."""
