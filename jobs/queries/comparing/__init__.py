"""Jobs side by side, as far as rows tell: who they are, where their specs differ, their numbers and curves."""
