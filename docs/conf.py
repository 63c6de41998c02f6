"""Sphinx configuration."""

import os

from lwfast._version import __version__

# Executed pages show their figures, whatever the environment of the build says.
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"

project = "lwfast"
author = "The lwfast developers"
project_copyright = "2026, the lwfast developers"
release = version = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "jupyter_execute"]

html_theme = "furo"
html_title = f"lwfast {__version__}"
html_static_path = ["_static"]
html_css_files = ["tables.css"]

myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 3

# Executed pages run against the scheduler that ships with lwfast; an error in a cell fails the build.
nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_in_temp = True  # pages write their files where a reader would: in the folder they run in
nb_execution_raise_on_error = True
nb_execution_show_tb = True

default_role = "code"  # docstrings put code in single backticks
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False

# References to these would need an inventory from the network.
nitpick_ignore_regex = [
    (r"py:.*", r"(numpy|np|numba|msgspec|pandas|matplotlib|concurrent|collections|typing|enum|abc)\..*"),
    (r"py:(class|exc|obj)", r"[A-Z][A-Za-z]*(Error|Warning|Exception)?"),
    (r"py:(class|exc|obj)", r"(lwfast\.)?_.*|lwfast\..*"),
    (r"py:class", r".*[ \[\],].*"),  # "int for one state, int64[...] for more" in a Returns section
    (r"py:class", r"u?int(8|64)"),
    (r"py:class", r"(optional|callable|int|float|str|bool|bytes|dict|list|tuple|object)"),
]
