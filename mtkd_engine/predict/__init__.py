"""A student asked about one video: where does it show what a sentence says?"""

from mtkd_engine.predict.asking import Answer, Window, ask
from mtkd_engine.predict.video import Video, read_video

__all__ = ["Answer", "Video", "Window", "ask", "read_video"]
