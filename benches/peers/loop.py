def main():
    total = 0
    for i in range(1, 50_000_001):
        total = (total + i * i) % 1_000_003
    print(total)


main()
