"""One asyncio loop in a thread of its own: origins, load and lying relays live on it, the driver calls into it."""
import asyncio
import threading


class Loop:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True, name="loop").start()

    def call(self, coroutine, seconds=10):
        """Runs a coroutine to its end, from another thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def spawn(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)
