"""Where real data for trials lies, if it lies anywhere; nothing of it is part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(os.environ.get("MTKD_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
FIR_ACTIONS = FOLDER / "fir_actions"
CHARADES_STA = FOLDER / "tsgv" / "charades_sta"
TACOS = FOLDER / "tsgv" / "tacos"
QVHIGHLIGHTS = FOLDER / "tsgv" / "qvhighlights_val_half"
SURV_FIGHT = FOLDER / "surv_fight"
UCF101_15 = FOLDER / "ucf101_15"
CAMVID = FOLDER / "camvid_240x180"
