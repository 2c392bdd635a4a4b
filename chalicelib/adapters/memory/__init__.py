"""Every port in memory, with the weakest semantics that AWS documents for it.

For tests, simulation and experiments. Single-threaded and deterministic: the clock is set, ids are counted, and every
effect follows a call. State is in plain dicts and lists, which tests may read and change.
The same contract suite (tests/adapters) holds these and the real adapters to the same behaviour.
"""

from chalicelib.adapters.memory.bookmarks import MemoryBookmarks
from chalicelib.adapters.memory.chunks import MemoryChunks
from chalicelib.adapters.memory.clock import MemoryClock
from chalicelib.adapters.memory.load_queue import MemoryLoadQueue
from chalicelib.adapters.memory.notifier import MemoryNotifier
from chalicelib.adapters.memory.objects import MemoryObjects
from chalicelib.adapters.memory.queue import MemoryQueue, Message
from chalicelib.adapters.memory.runs import MemoryRuns
from chalicelib.adapters.memory.searches import MemorySearch
from chalicelib.adapters.memory.source import MemorySource
from chalicelib.adapters.memory.statements import Fate
from chalicelib.adapters.memory.table import MemoryTable
from chalicelib.adapters.memory.tries import MemoryTries
from chalicelib.adapters.memory.warehouse import MemoryWarehouse

__all__ = [
    "Fate",
    "MemoryBookmarks",
    "MemoryChunks",
    "MemoryClock",
    "MemoryLoadQueue",
    "MemoryNotifier",
    "MemoryObjects",
    "MemoryQueue",
    "MemoryRuns",
    "MemorySearch",
    "MemorySource",
    "MemoryTable",
    "MemoryTries",
    "MemoryWarehouse",
    "Message",
]
