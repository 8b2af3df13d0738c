#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    long limit = 5000000;
    bool *composite = calloc(limit, sizeof *composite);
    if (!composite) return 1;
    for (long i = 2; i * i < limit; i++) {
        if (!composite[i]) {
            for (long j = i * i; j < limit; j += i) composite[j] = true;
        }
    }
    long count = 0;
    for (long k = 2; k < limit; k++) {
        if (!composite[k]) count++;
    }
    free(composite);
    printf("%ld\n", count);
    return 0;
}
