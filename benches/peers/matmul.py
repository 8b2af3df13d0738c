def multiply(a, b, c, n):
    for i in range(n):
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += a[i * n + k] * b[k * n + j]
            c[i * n + j] = total


def main():
    n = 200
    a = [0.0] * (n * n)
    b = [0.0] * (n * n)
    c = [0.0] * (n * n)
    for i in range(n):
        for j in range(n):
            a[i * n + j] = ((i * 3 + j * 7) % 11) * 0.5
            b[i * n + j] = ((i * 5 + j * 2) % 13) * 0.25
    trace = 0.0
    for rep in range(3):
        multiply(a, b, c, n)
        for i in range(n):
            trace += c[i * n + i]
        a[rep * n + rep] += 1.0
    print(round(trace, 3))


main()
