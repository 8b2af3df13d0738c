#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    long n = 10000000;
    uint8_t *buffer = malloc(n);
    if (!buffer) return 1;
    long seed = 42;
    for (long i = 0; i < n; i++) {
        seed = seed * 16807 % 2147483647;
        buffer[i] = seed % 256;
    }
    long sum = 0;
    for (long i = 0; i < n; i++) sum = (sum * 31 + buffer[i]) % 1000003;
    free(buffer);
    printf("%ld\n", sum);
    return 0;
}
