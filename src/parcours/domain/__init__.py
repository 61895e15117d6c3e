"""Pure core: what a journey is and what may happen to it. Standard library only."""
