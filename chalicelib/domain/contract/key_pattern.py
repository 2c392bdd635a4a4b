"""Key patterns: the keys that a contract matches, and the captures in their names.

`*` matches any characters except a slash. At the end of a pattern, after a slash, it matches everything below that
folder, at any depth. `**` matches any characters. `{name}` captures one or more characters except a slash, as few as
fit. Other characters match themselves. Matching takes time linear in the key, for every pattern and every key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

_TOKEN = re.compile(r"(?P<any>\*\*)|(?P<star>\*)|\{(?P<name>[^{}]*)\}|(?P<text>[^*{}]+)|(?P<stray>[{}])")
_CAPTURE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class PatternError(ValueError):
    """An invalid pattern; the message names the fault and the fix."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A literal text, or a wildcard of at least `least` characters."""

    text: str = ""
    least: int = 0
    slashes: bool = False
    """Whether the wildcard runs across slashes."""
    name: str = ""
    """The name of the capture; empty if it captures nothing."""

    @property
    def wild(self) -> bool:
        return not self.text


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A compiled pattern."""

    source: str
    tokens: tuple[Token, ...]

    @cached_property
    def rank(self) -> tuple[bool, int]:
        """A greater rank is more specific: no wildcard, else more literal characters."""
        return (not any(t.wild for t in self.tokens), sum(len(t.text) for t in self.tokens))

    @property
    def prefix(self) -> str:
        """The literal text before the first wildcard."""
        first = self.tokens[0]
        return first.text

    def match(self, key: str) -> dict[str, str] | None:
        """Return the captures if the whole key matches, else None."""
        if not key.startswith(self.prefix) or not all(token.text in key for token in self.tokens):
            return None  # most keys, at once
        ends = _ends(self.tokens, key)
        return _captures(self.tokens, key, ends) if 0 in ends[0] else None


@lru_cache(maxsize=4096)
def compile_pattern(source: str) -> Pattern:
    """Return a pattern from its text. Raises PatternError."""
    tokens = [_token(m) for m in _TOKEN.finditer(source)]
    if not tokens:
        raise PatternError('is empty; write a pattern such as "incoming/orders/*"')
    if len(tokens) > 1 and source.endswith("/*"):
        tokens[-1] = Token(least=1, slashes=True)
    if any(a.wild and b.wild for a, b in pairwise(tokens)):
        raise PatternError("has two wildcards side by side; put text between them")
    names = [t.name for t in tokens if t.name]
    if len(set(names)) < len(names):
        raise PatternError("captures the same name twice; give each capture its own name")
    return Pattern(source=source, tokens=tuple(tokens))


def _token(found: re.Match[str]) -> Token:
    if found["stray"]:
        raise PatternError("has a brace without its partner; write a capture as {name}")
    if (name := found["name"]) is not None:
        if not _CAPTURE.fullmatch(name):
            raise PatternError(f"captures {{{name}}}; use only lower-case letters, digits and underscores in the name")
        return Token(least=1, name=name)
    return Token(slashes=True) if found["any"] else Token(text=found["text"] or "")


def _ends(tokens: tuple[Token, ...], key: str) -> list[set[int]]:
    """For each token, the indices in the key from which it and all later tokens match to the end."""
    ends = [{len(key)}]
    for token in reversed(tokens):
        after = ends[0]
        ends.insert(0, _wild_starts(token, key, after) if token.wild else _text_starts(token.text, key, after))
    return ends


def _text_starts(text: str, key: str, after: set[int]) -> set[int]:
    return {end - len(text) for end in after if end >= len(text) and key.startswith(text, end - len(text))}


def _wild_starts(token: Token, key: str, after: set[int]) -> set[int]:
    starts: set[int] = set()
    nearest = -1  # the nearest index at or after the start, `least` away, that the rest can match from
    for start in range(len(key), -1, -1):
        if start + token.least in after:
            nearest = start + token.least
        if start < len(key) and key[start] == "/" and not token.slashes:
            nearest = -1 if token.least or start not in after else start
        if nearest >= 0:
            starts.add(start)
    return starts


def _captures(tokens: tuple[Token, ...], key: str, ends: list[set[int]]) -> dict[str, str]:
    """Walk forward; each wildcard takes the fewest characters that let the rest match."""
    found: dict[str, str] = {}
    at = 0
    for token, after in zip(tokens, ends[1:], strict=True):
        end = at + len(token.text)
        if token.wild:
            end = next(p for p in range(at + token.least, len(key) + 1) if p in after)
        if token.name:
            found[token.name] = key[at:end]
        at = end
    return found


def overlap(one: Pattern, other: Pattern) -> bool:
    """Return whether some key matches both: a walk over pairs of indices in the two patterns."""
    a, b = _steps(one), _steps(other)
    todo, seen = [(0, 0)], {(0, 0)}
    while todo:
        i, j = todo.pop()
        if i == len(a) and j == len(b):
            return True
        for pair in _next_pairs(a, i, b, j):
            if pair not in seen:
                seen.add(pair)
                todo.append(pair)
    return False


_SEGMENT, _ANY = "*", "**"  # in a list of steps: zero or more characters (but a slash | of any kind)


def _steps(pattern: Pattern) -> list[str]:
    """Split a pattern into steps of one character. A wildcard of 1 or more characters is `?` (or `??`) and a run."""
    steps: list[str] = []
    for token in pattern.tokens:
        run = _ANY if token.slashes else _SEGMENT
        steps += [f"={c}" for c in token.text] if not token.wild else ["?" + run] * token.least + [run]
    return steps


def _next_pairs(a: list[str], i: int, b: list[str], j: int) -> list[tuple[int, int]]:
    pairs = []
    if i < len(a) and a[i] in (_SEGMENT, _ANY):
        pairs.append((i + 1, j))
    if j < len(b) and b[j] in (_SEGMENT, _ANY):
        pairs.append((i, j + 1))
    if i < len(a) and j < len(b) and _meet(a[i], b[j]):
        ahead = (i + (a[i] not in (_SEGMENT, _ANY)), j + (b[j] not in (_SEGMENT, _ANY)))
        pairs.append(ahead)
    return pairs


def _meet(one: str, other: str) -> bool:
    """Return whether some character fits both steps."""
    if one[0] == "=" and other[0] == "=":
        return one == other
    if one[0] == "=" or other[0] == "=":
        text, wild = (one, other) if one[0] == "=" else (other, one)
        return text[1:] != "/" or wild.endswith(_ANY)
    return True
