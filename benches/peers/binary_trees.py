class Tree:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right


def make(depth):
    if depth > 0:
        return Tree(make(depth - 1), make(depth - 1))
    return Tree(None, None)


def check(node):
    if node.left is None:
        return 1
    return 1 + check(node.left) + check(node.right)


def main():
    max_depth = 16
    total = check(make(max_depth + 1))
    long_lived = make(max_depth)
    for depth in range(4, max_depth + 1, 2):
        for _ in range(2 ** (max_depth - depth + 4)):
            total += check(make(depth))
    total += check(long_lived)
    print(total)


main()
