"""Who may use the stack's servers: one rule for all of them.

`origins` refuses what a web page could send, and `signatures` what has no credentials of this start. `handlers` applies
both to servers of `http.server`, and `private` closes files to other users. The first two import nothing of this
project: ministack's interpreter runs them too.
"""
