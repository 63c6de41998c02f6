"""How objects are shown to people: texts and styles of plots, and tables in notebooks."""
