"""What is seen of networks and traces: figures of matplotlib, and drawings and tables in HTML."""
