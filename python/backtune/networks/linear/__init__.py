"""The linear model of a network about an operating point, and what is said of it."""
