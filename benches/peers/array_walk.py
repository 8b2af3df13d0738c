def main():
    n = 1_000_000
    a = [0] * n
    for i in range(n):
        a[i] = i % 1000
    total = 0
    for pass_number in range(20):
        subtotal = 0
        for i in range(n):
            subtotal += a[i]
        total += subtotal
        a[pass_number] += 1
    print(total)


main()
