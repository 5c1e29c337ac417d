"""How is the simulated world drawn? Merchants, what they ask and own, and experts who label; the truth stays here."""
