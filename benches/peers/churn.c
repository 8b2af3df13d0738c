#include <stdio.h>
#include <stdlib.h>

typedef struct {
    long length;
    long items[];
} Buffer;

int main(void) {
    enum { slots = 10000 };
    Buffer **table = calloc(slots, sizeof *table);
    if (!table) return 1;
    long seed = 42;
    for (long op = 1; op <= 50000; op++) {
        seed = seed * 16807 % 2147483647;
        long slot = seed % slots;
        seed = seed * 16807 % 2147483647;
        long size = 8 + seed % 57;
        Buffer *buffer = calloc(1, sizeof *buffer + size * sizeof buffer->items[0]);
        if (!buffer) return 1;
        buffer->length = size;
        buffer->items[0] = op;
        buffer->items[size - 1] = slot;
        free(table[slot]);
        table[slot] = buffer;
    }
    long sum = 0;
    for (long i = 0; i < slots; i++) {
        Buffer *buffer = table[i];
        if (buffer) {
            sum = (sum * 31 + buffer->items[0] + buffer->items[buffer->length - 1]) % 1000003;
            free(buffer);
        }
    }
    free(table);
    printf("%ld\n", sum);
    return 0;
}
