"""Audio as bytes and as time: encoders (start there), where speech becomes audible, subtitles.

Both the speaking and the listening side import it; it imports `protocol` and the top's modules.

Public: `book_file`, `compressed`, `encoders`, `onset_detection`, `subtitles`.
"""
