"""Data in: the one reader of what people hold, for every entry of the package.

kinds    what entries are numbers
forms    tables of pandas, xarray and polars: numbers, names, times, and results in their form
numbers  anything to float64
names    columns matched with the channels of a network
times    an index looked at: order, duplicates, regularity, sampling time
sequences  one sequence, or a list of them in any form
pairs    inputs and outputs that belong together
parts    the observed part of sequences, and its last part
"""
