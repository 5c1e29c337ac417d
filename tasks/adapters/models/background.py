"""Where do calls run, so that plain code and code inside an event loop can wait for them? In a loop of our own."""

import asyncio
import atexit
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from functools import cache

_CLOSERS: list[Callable[[], Awaitable[None]]] = []


def background_loop() -> asyncio.AbstractEventLoop:
    """The process's loop for model calls, in its own thread. One for all: LiteLLM keeps its connections by loop."""
    return _loop_of(os.getpid())


def before_the_end(close: Callable[[], Awaitable[None]]) -> None:
    """Has `close` awaited in the loop before the loop ends; however often it is given, once."""
    if close not in _CLOSERS:
        _CLOSERS.append(close)


@cache
def _loop_of(process: int) -> asyncio.AbstractEventLoop:
    """A process that was forked has no threads of its parent's, so it gets a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=f"model-calls-{process}", daemon=True)
    thread.start()
    atexit.register(_stop, loop, thread)
    return loop


def _stop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """Closes connections and ends the loop, so that nothing complains when the interpreter goes.

    In a forked process the parent's thread is none: its loop and its connections are left to the parent, in silence.
    """
    if not thread.is_alive():
        loop.set_exception_handler(lambda *_: None)
        return
    asyncio.run_coroutine_threadsafe(_close(), loop).result(timeout=5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=5)
    if not thread.is_alive():
        loop.close()


async def _close() -> None:
    """Ends what is under way before its connections: a call that lost its connection would open another."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for close in _CLOSERS:
        await close()
    litellm = sys.modules.get("litellm")
    if litellm is not None:
        await litellm.close_litellm_async_clients()
