#include <stdio.h>
#include <stdlib.h>

typedef struct Tree {
    struct Tree *left, *right;
} Tree;

static Tree *make(int depth) {
    Tree *node = malloc(sizeof *node);
    if (!node) exit(1);
    node->left = depth > 0 ? make(depth - 1) : NULL;
    node->right = depth > 0 ? make(depth - 1) : NULL;
    return node;
}

static long check(const Tree *node) {
    if (!node->left) return 1;
    return 1 + check(node->left) + check(node->right);
}

static void release(Tree *node) {
    if (node->left) {
        release(node->left);
        release(node->right);
    }
    free(node);
}

int main(void) {
    enum { max_depth = 16 };
    Tree *stretch = make(max_depth + 1);
    long total = check(stretch);
    release(stretch);
    Tree *long_lived = make(max_depth);
    for (int depth = 4; depth <= max_depth; depth += 2) {
        long iterations = 1L << (max_depth - depth + 4);
        for (long i = 0; i < iterations; i++) {
            Tree *tree = make(depth);
            total += check(tree);
            release(tree);
        }
    }
    total += check(long_lived);
    release(long_lived);
    printf("%ld\n", total);
    return 0;
}
