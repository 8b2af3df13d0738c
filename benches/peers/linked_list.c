#include <stdio.h>
#include <stdlib.h>

typedef struct Node {
    long value;
    struct Node *next;
} Node;

int main(void) {
    Node *head = NULL;
    for (long i = 1; i <= 1000000; i++) {
        Node *node = malloc(sizeof *node);
        if (!node) return 1;
        node->value = i;
        node->next = head;
        head = node;
    }
    long total = 0;
    for (int pass = 0; pass < 20; pass++) {
        long sum = 0;
        for (Node *p = head; p; p = p->next) sum += p->value;
        total += sum;
    }
    while (head) {
        Node *rest = head->next;
        free(head);
        head = rest;
    }
    printf("%ld\n", total);
    return 0;
}
