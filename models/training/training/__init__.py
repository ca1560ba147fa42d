"""Trains a fraud model on the features of an offline replay and writes a bundle that Tollgate serves."""
