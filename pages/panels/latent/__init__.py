"""The Latent space page: the map's controls, and what is said beside and below it."""
