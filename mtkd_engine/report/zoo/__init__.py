"""What a zoo leaves behind: every participant before and after, who taught whom, and the files of each."""
