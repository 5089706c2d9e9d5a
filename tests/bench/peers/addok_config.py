"""addok's settings (read through ADDOK_CONFIG_MODULE)."""

PROCESSORS_PYPATHS = ["addok_chinese.tokens"]
QUERY_PROCESSORS_PYPATHS = []
FIELDS = [{"key": "name", "boost": 4, "null": False}]
FILTERS = ["district"]
# Prefixes of words are for typing aids; whole texts are asked here.
INDEX_EDGE_NGRAMS = False
BATCH_WORKERS = 1
