"""Access to the stack's servers: one rule for all of them.

`origins` refuses requests that a web page could send, and `signatures` those without credentials of this start.
`handlers` applies both to servers of `http.server`, and `private` closes files to other users. The first two import
nothing of this project, because ministack's interpreter runs them too.
"""
