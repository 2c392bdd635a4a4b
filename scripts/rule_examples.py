"""Examples of each of our semgrep rules: code that it must find, and similar correct code. See rules_bite.py."""

from __future__ import annotations

WRONG = {
    "chalicelib/f_string.py": ("no-dynamic-sql", 'def f(name):\n    return f"DELETE FROM {name} WHERE a = 1"\n'),
    "chalicelib/percent.py": ("no-dynamic-sql", 'def f(name):\n    return "select a from %s" % name\n'),
    "chalicelib/plus.py": ("no-dynamic-sql", 'def f(name):\n    return "drop table " + name\n'),
    "chalicelib/format.py": ("no-dynamic-sql", "def f(name):\n    return \"copy {} from 's3://'\".format(name)\n"),
    "chalicelib/copy_f.py": ("no-dynamic-sql", "def f(t, key):\n    return f\"COPY {t} FROM 's3://b/{key}'\"\n"),
    "chalicelib/computed.py": ("no-computed-statement", 'def f(cursor, name):\n    cursor.execute("x " + name)\n'),
    "chalicelib/f_execute.py": ("no-computed-statement", 'def f(c, name):\n    c.execute(f"lock {name}")\n'),
    "landfall/sql.py": (
        "no-computed-statement",
        'def f(c, a):\n    c.batch_execute_statement(Sqls=["x", f"y {a}"])\n',
    ),
    "chalicelib/formatted.py": ("no-formatted-statement", 'def f(c, name):\n    c.execute("lock {}".format(name))\n'),
    "chalicelib/percented.py": ("no-formatted-statement", "def f(c, sql, name):\n    c.execute(sql % name)\n"),
    "landfall/copying.py": ("no-formatted-statement", 'def f(c, name):\n    c.copy(f"copy {name}")\n'),
    "landfall/many.py": ("no-formatted-statement", 'def f(c, name, rows):\n    c.executemany(f"put {name}", rows)\n'),
    "chalicelib/api_sql.py": (
        "no-formatted-statement",
        'def f(c, a):\n    c.execute_statement(Sql="x {}".format(a))\n',
    ),
    "tests/patching.py": ("no-patching", "from unittest.mock import patch\n"),
    "tests/setting.py": ("no-patching", 'def test(monkeypatch):\n    monkeypatch.setattr("a.b", 1)\n'),
    "chalicelib/domain/clock.py": ("pure-domain", "import time\n"),
    "chalicelib/domain/dice.py": ("pure-domain", "import random\n"),
    "chalicelib/printing.py": ("no-print", 'print("hello")\n'),
    "app.py": ("route-has-authorizer", '@app.route("/runs", methods=["GET"])\ndef f():\n    return {}\n'),
    "chalicelib/logs.py": ("log-through-observe", "import logging\n"),
    "chalicelib/logs_error.py": ("log-through-observe", "def f(app, row):\n    app.log.exception(row)\n"),
    "chalicelib/warns.py": ("log-through-observe", "import warnings\n\n\ndef f(row):\n    warnings.warn(row)\n"),
    "chalicelib/traces.py": ("log-through-observe", "import traceback\n\n\ndef f():\n    traceback.print_exc()\n"),
    "chalicelib/note_row.py": ("note-no-values", 'def f(self, row):\n    self.note("bad", {"run": 1, "row": row})\n'),
    "chalicelib/note_text.py": ("note-no-values", 'def f(note, error):\n    note("bad", {"why": str(error)})\n'),
    "chalicelib/note_f.py": ("note-no-values", 'def f(note, error):\n    note("bad", {"why": f"it is {error}"})\n'),
    "chalicelib/note_reject.py": ("note-no-values", 'def f(p, r):\n    p.note("bad", {"line": 1, "what": r.record})\n'),
    "chalicelib/reaching.py": ("aws-in-adapters", "def f():\n    import boto3\n\n    return boto3\n"),
    "chalicelib/catching.py": ("aws-in-adapters", "from botocore.exceptions import ClientError\n"),
    "chalicelib/evaluated.py": ("no-code-from-data", "def f(rule, row):\n    return eval(rule, row)\n"),
    "chalicelib/pickled.py": ("no-code-from-data", "import pickle\n"),
    "local/loaded.py": ("no-code-from-data", "def f(yaml, text):\n    return yaml.load(text)\n"),
    "scripts/shell.py": ("no-code-from-data", "def f(subprocess, x):\n    subprocess.run(x, shell=True, check=True)\n"),
    "chalicelib/trusting.py": ("no-blind-trust", "def f(requests, url):\n    return requests.get(url, verify=False)\n"),
    "landfall/context.py": ("no-blind-trust", "import ssl\n\ncontext = ssl._create_unverified_context()\n"),
    "chalicelib/guess.py": ("constant-time", "def f(known, shown):\n    return known.token == shown\n"),
    "chalicelib/guess_digest.py": ("constant-time", "def f(digest, shown):\n    return digest != shown\n"),
    "chalicelib/decoding.py": ("keys-decoded-once", "from urllib.parse import unquote_plus\n"),
    "chalicelib/spaces.py": ("keys-decoded-once", 'def f(key):\n    return key.replace("+", " ")\n'),
    "chalicelib/fresh.py": ("ids-derive-from-work", "import uuid\n"),
    "chalicelib/today.py": ("ids-derive-from-work", "import time\n\n\ndef f():\n    return time.time()\n"),
    "sql/procedures/emptied.sql": ("one-transaction", "begin\n    truncate table staging;\nend;\n"),
    "sql/procedures/emptying.sql": ("one-transaction", "begin\n    execute 'truncate ' || v_table;\nend;\n"),
    "sql/procedures/committed.sql": ("one-transaction", "begin\n    COMMIT;\nend;\n"),
    "sql/procedures/apart.sql": ("one-transaction", "create procedure p() nonatomic\nas $$\n"),
}
"""By path: the only rule that must fire there, and the text."""

RIGHT = {
    "chalicelib/domain/warehouse/load.py": (
        "no-dynamic-sql",
        'def f(name):\n    return f"DELETE FROM {name} WHERE a = 1"\n',
    ),
    "chalicelib/prose.py": (
        "no-dynamic-sql",
        'def f(n):\n    return f"{n} rows read from the file; select another, or create a table"\n',
    ),
    "landfall/constant.py": (
        "no-computed-statement",
        'def f(cursor):\n    cursor.execute("SELECT 1 FROM t")\n    print("done")\n',
    ),
    "landfall/parameters.py": ("no-formatted-statement", 'def f(c, name):\n    c.execute("SELECT %s", [name])\n'),
    "tests/setting_env.py": ("no-patching", 'def test(monkeypatch):\n    monkeypatch.setenv("A", "b")\n'),
    "chalicelib/domain/pure.py": ("pure-domain", "from datetime import UTC, datetime\n\nZERO = datetime.min\n"),
    "landfall/printing.py": ("no-print", 'print("hello")\n'),
    "chalicelib/route.py": (
        "route-has-authorizer",
        '@app.route("/runs", methods=["GET"], authorizer=authorize)\ndef f():\n    return {}\n',
    ),
    "chalicelib/observe.py": ("log-through-observe", "from aws_lambda_powertools import Logger\n"),
    "chalicelib/note_kind.py": (
        "note-no-values",
        'def f(note, error, rows):\n    note("bad", {"why": type(error).__name__, "rows": rows, "run": str(rows)})\n',
    ),
    "chalicelib/adapters/reaching.py": ("aws-in-adapters", "from botocore.exceptions import ClientError\n"),
    "scripts/listed.py": ("no-code-from-data", 'def f(subprocess, x):\n    subprocess.run(["ls", x], check=True)\n'),
    "scripts/pattern.py": ("no-code-from-data", 'import re\n\nFORM = re.compile("a")\n'),
    "landfall/trust.py": (
        "no-blind-trust",
        'def f(requests, url):\n    return requests.get(url, verify="ca.pem")\n',
    ),
    "chalicelib/compared.py": (
        "constant-time",
        "def f(hmac, token, shown):\n    return hmac.compare_digest(token, shown)\n",
    ),
    "chalicelib/api/requests.py": ("keys-decoded-once", "from urllib.parse import unquote\n"),
    "chalicelib/quoting.py": ("keys-decoded-once", "from urllib.parse import quote\n"),
    "chalicelib/adapters/clock.py": ("ids-derive-from-work", "import time\n\n\ndef f():\n    return time.time()\n"),
    "chalicelib/moment.py": ("ids-derive-from-work", "def f(clock):\n    return clock.now()\n"),
    "sql/procedures/emptied_slowly.sql": (
        "one-transaction",
        "-- Never TRUNCATE: it would commit;\nbegin\n    delete from staging; -- committed_at stays\nend;\n",
    ),
    "sql/migrations/0002.sql": ("one-transaction", "truncate table etl.scratch;\n"),
}
"""By path: the rule that seems to apply there, and the text. No rule may fire."""
