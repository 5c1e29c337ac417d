"""What a workspace keeps: immutable artifacts, the step manifest, the catalogue over them, and labels."""
