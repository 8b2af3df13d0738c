def main():
    limit = 5_000_000
    composite = [False] * limit
    i = 2
    while i * i < limit:
        if not composite[i]:
            for j in range(i * i, limit, i):
                composite[j] = True
        i += 1
    count = 0
    for k in range(2, limit):
        if not composite[k]:
            count += 1
    print(count)


main()
