"""The forms that result files have; `lwfast.results.load` reads results from them."""
