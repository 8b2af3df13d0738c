def main():
    n = 10_000_000
    buffer = bytearray(n)
    seed = 42
    for i in range(n):
        seed = seed * 16807 % 2147483647
        buffer[i] = seed % 256
    total = 0
    for i in range(n):
        total = (total * 31 + buffer[i]) % 1_000_003
    print(total)


main()
