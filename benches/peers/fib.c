#include <stdio.h>

static long fibonacci(long n) {
    if (n <= 1) return n;
    return fibonacci(n - 1) + fibonacci(n - 2);
}

int main(void) {
    printf("%ld\n", fibonacci(35));
    return 0;
}
