"""State machines that speak the protocols, rightly and wrongly, in any order (Hypothesis)."""
