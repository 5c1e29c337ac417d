"""Arrays in, `Estimate` out: no input or output, no clock, no global randomness."""
