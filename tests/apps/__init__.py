"""The product's flows, through its pages."""
