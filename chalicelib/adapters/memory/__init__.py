"""The world in memory: every port, with the weakest semantics AWS documents for it.

For tests, simulation and trying things out. Single-threaded and deterministic: time is what the clock is set to, ids
are counted, and nothing happens unless it is called. State is in plain dicts and lists, open to be looked at and bent.
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
from chalicelib.adapters.memory.table import MemoryTable
from chalicelib.adapters.memory.warehouse import Fate, MemoryWarehouse

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
    "MemoryWarehouse",
    "Message",
]
