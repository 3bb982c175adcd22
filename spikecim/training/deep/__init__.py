"""Deep ready networks: the recipes that train them with PyTorch, and their shipped weights."""
