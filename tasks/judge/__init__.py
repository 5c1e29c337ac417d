"""Second room: outputs are judged, and the judge is held against the people."""
