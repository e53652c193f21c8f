"""What a student is taken away as: safetensors, ONNX that was compared with it, and a card for people."""

from mtkd_engine.export.onnxfile import OnnxDiffersError
from mtkd_engine.export.student import export_student

__all__ = ["OnnxDiffersError", "export_student"]
