"""Damage of each class of hardware error and what each cure gives back, before and after, over virtual chips."""
