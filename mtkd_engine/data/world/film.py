"""Frames to an mp4 file and back."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray


def write_film(path: Path, frames: NDArray[np.uint8], *, fps: int) -> None:
    """Encode RGB frames (T, H, W, 3) as H.264 without B-frames; the same frames give the same bytes."""
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "crf": "22", "g": "16", "bf": "0", "threads": "1"}
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height = frames.shape[2], frames.shape[1]
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, fps)
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def read_film(path: Path) -> NDArray[np.uint8]:
    """Decode all frames of a film as RGB (T, H, W, 3)."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        to_rgb = VideoReformatter()  # one for all frames: setting it up takes longer than a frame
        decoded = (to_rgb.reformat(frame, format="rgb24", threads=1) for frame in container.decode(stream))
        return np.stack([frame.to_ndarray() for frame in decoded])
