def main():
    slots = 10_000
    table = [None] * slots
    seed = 42
    for op in range(1, 50_001):
        seed = seed * 16807 % 2147483647
        slot = seed % slots
        seed = seed * 16807 % 2147483647
        size = 8 + seed % 57
        buffer = [0] * size
        buffer[0] = op
        buffer[-1] = slot
        table[slot] = buffer
    total = 0
    for buffer in table:
        if buffer is not None:
            total = (total * 31 + buffer[0] + buffer[-1]) % 1_000_003
    print(total)


main()
