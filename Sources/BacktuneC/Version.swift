import Backtune
