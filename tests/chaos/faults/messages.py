"""What happens to messages: kicks five times or never, a broker that forgets, sockets that are slow or drop."""

from __future__ import annotations

from jobs.doorbell import ring
from jobs.models import Attempt
from tests.chaos.faults.base import Fault, NothingToBreakError, Scene
from tests.chaos.story import ask

KICKS = 5


class KickedFiveTimes(Fault):
    """The kick is delivered five times, at the submission and once more later."""

    kind = "kicked_five_times"
    strikes_first = True

    def strike(self, scene: Scene) -> None:
        """This will have the submission ring so often."""
        scene.rings = KICKS

    def mend(self, scene: Scene) -> bool:
        """This will ring five times more while the job is at work."""
        if scene.holder() is None and not scene.story.is_over:
            return False
        rung = [ring("cpu") for _ in range(KICKS)]
        if all(rung):
            self.prove(f"the broker took {KICKS} kicks, and {KICKS} more", shown=scene.rings == KICKS)
        return all(rung) or self.since() > 60


class NeverKicked(Fault):
    """The kick is never delivered; the tick finds the job."""

    kind = "never_kicked"
    strikes_first = True

    def strike(self, scene: Scene) -> None:
        """This will have the submission ring for nobody."""
        scene.rings = 0

    def mend(self, scene: Scene) -> bool:
        """This will wait until the job was taken without a kick."""
        taken = ask(lambda: Attempt.objects.filter(job_id=scene.story.job_id).exists())
        self.prove("no message was sent, and the job was taken", shown=bool(taken))
        return bool(taken) or self.since() > 120


class BrokerFlushed(Fault):
    """The broker forgets everything: messages, queues, bindings."""

    kind = "broker_flushed"

    def choose(self) -> None:
        """This will draw how often."""
        self._times = self.draw.randint(1, 4)

    def strike(self, scene: Scene) -> None:
        """This will flush it, and see it empty."""
        broker = scene.arena.broker
        if broker is None or broker.exit_code() is not None:
            raise NothingToBreakError
        with scene.arena.redis() as client:
            for _ in range(self._times):
                left = client.pipeline().flushall().dbsize().execute()[1]
                self.prove(f"the broker held {left} keys after it was flushed", shown=left == 0)


class SocketsTroubled(Fault):
    """The reader of the live page is slow and loses its socket again and again."""

    kind = "sockets_troubled"
    strikes_first = True

    def choose(self) -> None:
        """This will draw how often."""
        self._times = self.draw.randint(3, 8)
        self._begun = False

    def strike(self, scene: Scene) -> None:
        """This will wait for the reader, which comes with the job."""

    def mend(self, scene: Scene) -> bool:
        """This will trouble the reader, and see that it paused or lost its socket."""
        reader = scene.reader
        if reader is None:
            return False
        if not self._begun:
            reader.trouble(self._times)
            self._begun = True
        seen = f"the reader paused {reader.paused} times and dropped its socket {reader.dropped} times"
        self.prove(seen, shown=reader.paused + reader.dropped >= self._times)
        return bool(self.proof) or scene.story.is_over
