"""The grammar of Chinese location texts, in small steps: words, names, tokens, frames, readings."""
