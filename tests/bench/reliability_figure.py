def draw(p, error, community):
    return ""
