"""Fourth room: failures become training sets, and real workflows become synthetic requests."""
