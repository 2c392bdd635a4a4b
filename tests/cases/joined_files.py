"""Files that were joined from several: what is beside a header comes again, and is no row."""

from __future__ import annotations

from tests.cases.case import Bad, Layout
from tests.cases.files import TEXT_KEY

LAYOUTS = (
    *(
        Layout(
            name=f"{what} again in a joined file",
            dialect=dialect,
            text=f"{head}id{sep}txt\n{units}a{sep}b\n{line}\nc{sep}d\n",
            columns=TEXT_KEY,
            rows=[("a", "b"), ("c", "d")],
            bad=[Bad(code=0, reason="repeats a line beside the header")],
            left_out=left_out,
        )
        for what, dialect, sep, head, units, line, left_out in (
            ("a sep line", 'delimiter = ";"', ";", "sep=;\n", "", "sep=;", {"sep_lines": 1}),
            ("a sep line of the second file only", 'delimiter = ";"', ";", "", "", "SEP=;", {}),
            ("a sep line with tabs", 'delimiter = "\\t"', "\t", "", "", r"sep=\t", {}),
            ("a sep line behind a mark", 'delimiter = ";"', ";", "", "", "\ufeffsep=;", {}),
            ("a sep line of another width", "", ",", "", "", '"sep=,"', {}),
            ("units", "skip_after_header = 1", ",", "", "kg,m\n", "kg,m", {"lines_after_header": 1}),
            ("units in quotes", "skip_after_header = 1", ",", "", '"kg","m"\n', '"kg","m"', {"lines_after_header": 1}),
            ("inches", "skip_after_header = 1", ",", "", '3",m\n', '3",m', {"lines_after_header": 1}),
            ("dashes", "skip_after_header = 2", ",", "", "kg,m\n--,--\n", "--,--", {"lines_after_header": 2}),
        )
    ),
    Layout(
        name="a joined file without its heads",
        dialect='repeated_header = "skip"\nskip_after_header = 1',
        text="sep=,\nid,txt\nno,kg\na,b\nsep=,\nid,txt\nno,kg\nc,d\n",
        columns=TEXT_KEY,
        rows=[("a", "b"), ("c", "d")],
        left_out={"sep_lines": 1, "lines_after_header": 1, "repeated_headers": 3},
    ),
    Layout(
        name="rows like the lines beside a header",
        dialect='repeated_header = "row"\nskip_after_header = 1',
        text="sep=,\nid,txt\nno,kg\nsep=,\nno,kg\n",
        columns=TEXT_KEY,
        rows=[("sep=", None), ("no", "kg")],
        left_out={"sep_lines": 1, "lines_after_header": 1},
    ),
    Layout(
        name="rows almost like the lines beside a header",
        dialect="skip_after_header = 1",
        text='id,txt\n,\nsep=,x\n"SEP=",\nsep=;,\nsep,\n',
        columns=TEXT_KEY,
        rows=[("SEP=", None), ("sep", None), ("sep=", "x"), ("sep=;", None)],
        left_out={"lines_after_header": 1},
    ),
)
