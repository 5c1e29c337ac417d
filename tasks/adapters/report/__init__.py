"""The page that a lead reads in a minute: a cycle as one HTML file that opens offline."""
