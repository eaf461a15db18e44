# Pages whose origin equals Host get in, and no others.
