class Node:
    __slots__ = ("value", "next")

    def __init__(self, value, next):
        self.value = value
        self.next = next


def main():
    head = None
    for i in range(1, 1_000_001):
        head = Node(i, head)
    total = 0
    for _ in range(20):
        subtotal = 0
        p = head
        while p is not None:
            subtotal += p.value
            p = p.next
        total += subtotal
    # One by one: dropping the head alone would free the list recursively.
    while head is not None:
        head = head.next
    print(total)


main()
