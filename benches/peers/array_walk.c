#include <stdio.h>
#include <stdlib.h>

int main(void) {
    long n = 1000000;
    long *a = calloc(n, sizeof *a);
    if (!a) return 1;
    for (long i = 0; i < n; i++) a[i] = i % 1000;
    long total = 0;
    for (long pass = 0; pass < 20; pass++) {
        long sum = 0;
        for (long i = 0; i < n; i++) sum += a[i];
        total += sum;
        a[pass]++;
    }
    free(a);
    printf("%ld\n", total);
    return 0;
}
